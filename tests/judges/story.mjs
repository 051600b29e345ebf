// What the stories in tests/service do not send, through two Prisms: a strict one, which refuses requests and answers that
// break the contract, and a lenient one, which lets them through and lists in a header what is wrong with them.
//
//   node story.mjs STRICT LENIENT

const [strict, lenient] = process.argv.slice(2);

const OWNER = "0605767b5780d5762fc5c0118072a564";
const MEMBER = "f841e01fd2b14e7fa41b6ae7aa6b0594";
const BACKUP = "a5200268-74a5-4806-acc6-95793ab0228b";
const VAULT = "4b27c05b-8ad7-48c6-a886-526666c035f0";
const NOTHING = "00000000-0000-4000-8000-000000000000";

const members = (project, rest = "", backup = BACKUP) => `/v3/${project}/backups/${backup}/members${rest}`;
const add = (...projects) => ({ members: projects });
const accept = (vault_id) => ({ status: "accepted", vault_id });

// [the answer, the project that asks, method, path, body]: well-formed, whatever the answer is.
const WELL_FORMED = [
  ["200", OWNER, "POST", members(OWNER), { ...add("first"), domains: null, unknown: {} }],
  ["400 BackupService.6703", OWNER, "POST", members(OWNER), { ...add("first"), domains: [] }],
  ["403 APIGW.0302", "reader", "POST", members("reader"), add("fourth")],
  ["413 APIGW.0201", OWNER, "POST", members(OWNER), { ...add("fourth"), unknown: "x".repeat(1100000) }],
  ["200", OWNER, "GET", members(OWNER, "?limit=2&offset=1&sort=created_at%3Adesc,id")],
  ["200", OWNER, "GET", members(OWNER, "?marker=82cdee4b-4b6d-4dbe-9a3a-d1e0a9d0a0d5&sort=id")],
  ["200", OWNER, "GET", members(OWNER, `?status=accepted&dest_project_id=first&vault_id=${VAULT}&image_id=no-image`)],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, `?marker=${NOTHING}`)],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, "?no_such_parameter=1")],
  ["401 APIGW.0301", "nobody", "GET", members("nobody")],
  ["403 APIGW.0302", MEMBER, "GET", members(OWNER)],
  ["403 APIGW.0302", OWNER, "PUT", members(OWNER, "/first"), { status: "rejected" }],
  ["403 APIGW.0302", "first", "DELETE", members("first", "/first")],
  ["204", OWNER, "DELETE", members(OWNER, "/first")],
];

// The same, malformed: the service has to refuse what Prism finds fault with, in an answer without fault.
const MALFORMED = [
  ["401 APIGW.0301", undefined, "GET", members(OWNER)],
  ["400 BackupService.9900", OWNER, "POST", members(OWNER), {}],
  ["400 BackupService.9900", OWNER, "POST", members(OWNER), add()],
  ["400 BackupService.9900", OWNER, "POST", members(OWNER), add("first", "first")],
  ["400 BackupService.9900", OWNER, "POST", members(OWNER), add("no id")],
  ["400 BackupService.9900", OWNER, "POST", members(OWNER), { ...add("first"), domains: ["d"] }],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, "?limit=0")],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, "?status=gone")],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, "?sort=name")],
  ["400 BackupService.9900", OWNER, "GET", members(OWNER, "", "no-uuid")],
  ["400 BackupService.9900", MEMBER, "PUT", members(MEMBER, `/${MEMBER}`), { status: "gone" }],
  ["400 BackupService.9900", MEMBER, "PUT", members(MEMBER, `/${MEMBER}`), accept("no-uuid")],
];

async function call(proxy, [, project, method, path, body]) {
  const headers = { "X-Request-Id": "a story of judges" };
  if (project) headers["X-Auth-Token"] = `token-of-${project}`;
  if (body) headers["Content-Type"] = "application/json;charset=utf-8";
  const response = await fetch(proxy + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const json = text ? JSON.parse(text) : {};
  const violations = JSON.parse(response.headers.get("sl-violations") ?? "[]");
  return { outcome: [response.status, json.error_code].filter(Boolean).join(" "), text, violations };
}

const problems = [];

// An answer of Prism's own has no `error_code`, and so is none of those that are expected.
async function tell(proxy, steps, isRight) {
  for (const step of steps) {
    const { outcome, text, violations } = await call(proxy, step);
    if (outcome !== step[0] || !isRight(violations)) {
      const [expected, project, method, path] = step;
      problems.push(`${project}: ${method} ${path}: ${outcome} for ${expected}: ${text} ${JSON.stringify(violations)}`);
    }
  }
}

await tell(strict, WELL_FORMED, (violations) => violations.length === 0);
await tell(lenient, WELL_FORMED, (violations) => violations.length === 0);
await tell(lenient, MALFORMED, (violations) =>
  violations.length > 0 && violations.every(({ location }) => location[0] === "request"));

for (const problem of problems) console.error(problem);
console.log(`${WELL_FORMED.length} well-formed and ${MALFORMED.length} malformed requests`);
process.exit(problems.length ? 1 : 0);
