// The published core of the vendor's SDK for Node, unmodified, works with this service as with the vendor's cloud: what
// it signs is let in, and it reads what comes back. Its data is that of the SDK for Python, `tests/sdk/data.yaml`.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Logger4jInstance } from "@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js";

import { root, start } from "../browser/service.mjs";
import { Client } from "./client.mjs";

// It would print each refusal, with all that belongs to the request.
Logger4jInstance.level = "off";

const OTHERS = ["fifth", "first", "fourth", "second", "third"];
const OWNERS_VAULT = "10000000-0000-4000-8000-000000000001";
const [VAULT, DISKS] = [2, 3].map((n) => `20000000-0000-4000-8000-00000000000${n}`);
const BACKUPS = [1, 2, 3, 4, 5, 6].map((n) => `b0000000-0000-4000-8000-00000000000${n}`);
const [ACCEPTED, REJECTED, REFUSED, LISTED, AGAIN, OFFERED] = BACKUPS;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;

const olga = { project: "owner", access: "olgas-key", secret: "olgas-secret" };
const max = { project: "member", access: "maxs-key", secret: "maxs-secret" };
const CALLERS = {
  "signatures": { olga, max, intruder: { ...max, secret: "not maxs-secret" } },
  "signatures and tokens": {
    olga: { ...olga, token: "owner-token" },
    max: { ...max, token: "member-token" },
    intruder: { ...max, token: "no-such-token" },
  },
};

for (const [credentials, callers] of Object.entries(CALLERS)) {
  describe(`with ${credentials}`, { timeout: 60_000 }, () => {
    let folder, service, owner, member, intruder;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "backup-share-node-"));
      // The core writes a file there.
      process.env.HOME = folder;
      const store = `sqlite:${join(folder, "store.db")}`;
      service = await start("--database", store, "--data", join(root, "tests/sdk/data.yaml"));
      [owner, member, intruder] = [callers.olga, callers.max, callers.intruder].map((caller) =>
        Client.connect(service.address, caller),
      );
    });
    after(async () => {
      await service?.stop();
      await rm(folder, { recursive: true });
    });

    test("a share is added, accepted, seen and deleted", async () => {
      const added = await owner.addMember(ACCEPTED, { members: ["member", OTHERS[0]] });
      assert.equal(added.httpStatusCode, 200);
      assert.deepEqual(added.members.map((one) => one.dest_project_id), ["member", OTHERS[0]]);
      assertMember(added.members[0], { backup_id: ACCEPTED, status: "pending", vault_id: null });

      const accepted = await member.updateMemberStatus(ACCEPTED, "member", { status: "accepted", vault_id: VAULT });
      assertMember(accepted.member, { backup_id: ACCEPTED, status: "accepted", vault_id: VAULT });
      for (const person of [owner, member]) {
        assert.deepEqual((await person.showMemberDetail(ACCEPTED, "member")).member, accepted.member);
      }
      assert.equal((await owner.showMembersDetail(ACCEPTED)).count, 2);
      assert.deepEqual((await member.showMembersDetail(ACCEPTED)).members, [accepted.member]);

      assert.equal((await owner.deleteMember(ACCEPTED, "member")).httpStatusCode, 204);
      await refused(member.showMemberDetail(ACCEPTED, "member"), 404, "BackupService.6200");
    });

    test("a share is rejected, with null for a vault", async () => {
      await owner.addMember(REJECTED, { members: ["member"] });
      const rejected = await member.updateMemberStatus(REJECTED, "member", { status: "rejected", vault_id: null });
      assertMember(rejected.member, { backup_id: REJECTED, status: "rejected", vault_id: null });
    });

    test("a member is added, deleted and added again within one second", async () => {
      const started = performance.now();
      const [first] = (await owner.addMember(AGAIN, { members: ["member"] })).members;
      await owner.deleteMember(AGAIN, "member");
      const [again] = (await owner.addMember(AGAIN, { members: ["member"] })).members;
      assert.ok(performance.now() - started < 1000, "the test is of requests that are signed alike");
      assert.notEqual(again.id, first.id);
    });

    test("refusals carry status, code, message and request id", async () => {
      await owner.addMember(REFUSED, { members: ["member"] });
      await refused(owner.addMember(REFUSED, { members: ["member"] }), 400, "BackupService.6703");
      await refused(member.addMember(REFUSED, { members: [OTHERS[0]] }), 400, "BackupService.6707");
      await refused(owner.showMemberDetail(REFUSED, OTHERS[0]), 404, "BackupService.6705");
      await refused(intruder.showMembersDetail(REFUSED), 401, "APIGW.0301");
    });

    test("walks by offset and by marker end with an empty page", async () => {
      const sort = "dest_project_id:asc";
      const byOffset = await walk((read) => owner.showMembersDetail(LISTED, { limit: 2, offset: read.length, sort }));
      assert.deepEqual(byOffset.map((one) => one.dest_project_id), OTHERS);
      const byMarker = await walk((read) =>
        owner.showMembersDetail(LISTED, { limit: 2, sort, ...(read.length && { marker: read.at(-1).id }) }),
      );
      assert.deepEqual(byMarker, byOffset);
      const backups = await walk(
        (read) => owner.listBackups({ limit: 4, offset: read.length, sort: "id:asc" }),
        "backups",
      );
      assert.deepEqual(backups.map((one) => one.id), BACKUPS);
    });

    test("a backup is offered, accepted and rejected", async () => {
      const offers = { own_type: "shared", member_status: "pending", name: "orders-db" };
      assert.deepEqual((await member.listBackups(offers)).backups, []);
      await owner.addMember(OFFERED, { members: ["member"] });
      const [offered] = (await member.listBackups(offers)).backups;
      assert.deepEqual([offered.id, offered.project_id, offered.vault_id], [OFFERED, "owner", null]);
      assert.deepEqual([offered.resource_size, offered.created_at], [30, "2020-02-02T08:00:00.114000+00:00"]);

      await member.updateMemberStatus(OFFERED, "member", { status: "accepted", vault_id: DISKS });
      assert.equal((await member.showBackup(OFFERED)).backup.vault_id, DISKS);
      assert.equal((await member.showVault(DISKS)).vault.billing.used, 30 * 1024);
      await member.updateMemberStatus(OFFERED, "member", { status: "rejected" });
      await refused(member.showBackup(OFFERED), 404, "BackupService.6200");
    });

    test("vaults are listed and shown", async () => {
      const { vault } = await member.showVault(VAULT);
      assert.deepEqual([vault.name, vault.billing.size, vault.enterprise_project_id], ["of the member", 100, "0"]);
      const listed = await member.listVault({ cloud_type: "public", object_type: "server", limit: 10, offset: 0 });
      assert.deepEqual([listed.count, listed.vaults], [1, [vault]]);
      const named = await member.listVault({ id: [VAULT, DISKS, OWNERS_VAULT] });
      assert.deepEqual(named.vaults.map((one) => one.id).sort(), [VAULT, DISKS]);
      await refused(member.showVault(OWNERS_VAULT), 404, "BackupService.6105");
    });
  });
}

/** All eight fields, with their types and these values. */
function assertMember(member, values) {
  const { id, created_at, updated_at, image_id, ...others } = member;
  assert.match(id, UUID);
  assert.match(created_at, TIME);
  assert.ok(updated_at === null || TIME.test(updated_at), updated_at);
  assert.deepEqual({ image_id, ...others }, { image_id: null, dest_project_id: "member", ...values });
}

/** The call is refused with these. */
async function refused(call, httpStatusCode, errorCode) {
  await assert.rejects(call, (error) => {
    assert.deepEqual([error.httpStatusCode, error.errorCode], [httpStatusCode, errorCode]);
    assert.ok(error.errorMsg.length > 0);
    assert.match(error.requestId, /^[0-9a-f]{32}$/);
    return true;
  });
}

/** Everything that the pages have, until one is empty. */
async function walk(next, key = "members") {
  const read = [];
  for (;;) {
    const page = (await next(read))[key];
    if (page.length === 0) return read;
    read.push(...page);
  }
}
