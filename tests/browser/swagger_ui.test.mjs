// Swagger UI of a running service, used in a real browser as a newcomer uses it: open an operation, press Execute, read
// the answer.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { Explorer, launch } from "./explorer.mjs";
import { root, start } from "./service.mjs";

const SCREENSHOTS = join(root, ".tools/screenshots");
const OPERATIONS = [
  { id: "add_member", status: "200", shows: '"dest_project_id": "4229d7a45436489f8c3dc2b1d35d4987"' },
  { id: "update_member_status", status: "200", shows: '"status": "accepted"' },
  { id: "list_members", status: "200", shows: '"count": 3' },
  { id: "show_member", status: "200", shows: '"dest_project_id": "f841e01fd2b14e7fa41b6ae7aa6b0594"' },
  { id: "delete_member", status: "204", shows: "" },
  { id: "list_backups", status: "200", shows: '"backups"' },
  { id: "show_backup", status: "200", shows: "a5200268-74a5-4806-acc6-95793ab0228b" },
  { id: "list_vaults", status: "200", shows: "4b27c05b-8ad7-48c6-a886-526666c035f0" },
  { id: "show_vault", status: "200", shows: "4b27c05b-8ad7-48c6-a886-526666c035f0" },
];
const REFUSED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)";

// Swagger UI has no editor of its own for the ids in a list, takes that for text, and says so.
const NO_EDITOR = "Could not find component: JsonSchema_string_uuid";

let browser, service, explorer;
before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());
afterEach(async () => {
  assert.deepEqual([...explorer.hosts], [new URL(service.address).host], "the page calls no host but its own");
  await explorer.page.close();
});

describe("the page of `serve --demo`", { timeout: 120_000 }, () => {
  before(async () => (service = await start("--demo")));
  after(() => service?.stop());

  for (const { id, status, shows } of OPERATIONS) {
    test(`${id} as it is filled in shows ${status}`, async () => {
      explorer = await Explorer.open(browser, service.address);
      const answer = await explorer.execute(id);
      if (id === "update_member_status") await explorer.photograph(id, join(SCREENSHOTS, `${id}.png`));
      assert.equal(answer.status, status);
      assert.ok(answer.body.includes(shows), `the answer shows ${shows}: ${answer.body}`);
      const errors = explorer.errors.filter((error) => error !== NO_EDITOR);
      assert.deepEqual(errors, [], "the page complains about nothing");
    });
  }

  test("every operation of the page was executed above", async () => {
    explorer = await Explorer.open(browser, service.address);
    assert.deepEqual((await explorer.operations()).sort(), OPERATIONS.map(({ id }) => id).sort());
  });

  test("a wrong token that was entered is sent, and shows 401", async () => {
    explorer = await Explorer.open(browser, service.address);
    await explorer.authorize("wrong");
    const answer = await explorer.execute("show_member");
    assert.equal(answer.status, "401");
    assert.match(answer.body, /"error_code": "APIGW.0301"/);
    assert.deepEqual(explorer.errors, [REFUSED], "the browser notes the refusal and nothing else");
  });
});

describe("the page of any other `serve`", { timeout: 120_000 }, () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "backup-share-browser-"));
    const data = join(root, "src/catalog/demo.yaml");
    service = await start("--database", `sqlite:${join(folder, "store.db")}`, "--data", data);
  });
  after(async () => {
    await service?.stop();
    await rm(folder, { recursive: true });
  });

  test("without a token shows 401", async () => {
    explorer = await Explorer.open(browser, service.address);
    assert.equal((await explorer.execute("show_member")).status, "401");
    assert.deepEqual(explorer.errors, [REFUSED], "the browser notes the refusal and nothing else");
  });

  test("with the right token entered shows 200", async () => {
    explorer = await Explorer.open(browser, service.address);
    await explorer.authorize("demo-member");
    assert.equal((await explorer.execute("show_member")).status, "200");
    assert.deepEqual(explorer.errors, [], "the page complains about nothing");
  });
});
