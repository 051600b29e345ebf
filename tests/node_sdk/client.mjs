// The nine operations as calls of the vendor's core for Node, made of what its clients for single services hand to the
// core: method, path, media type and parameters. The client of this service is not published for Node. `uuid` in
// package.json is the core's: it requires it without saying so.
import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js";
import { ClientBuilder } from "@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js";

const JSON_UTF8 = "application/json;charset=UTF-8";
const BACKUPS = "/v3/{project_id}/backups";
const BACKUP = `${BACKUPS}/{backup_id}`;
const MEMBERS = `${BACKUP}/members`;
const MEMBER = `${MEMBERS}/{member_id}`;
const VAULTS = "/v3/{project_id}/vaults";

/** A project that works through the core, with an access key, and with a token as well where there is one. */
export class Client {
  static connect(endpoint, { project, access, secret, token }) {
    const credentials = new BasicCredentials().withAk(access).withSk(secret).withProjectId(project);
    const builder = new ClientBuilder((http) => new Client(http, token), "BasicCredentials");
    return builder.withCredential(credentials).withEndpoint(endpoint).build();
  }

  constructor(http, token) {
    this.http = http;
    this.token = token;
  }

  addMember(backup_id, body) {
    return this.#write("POST", MEMBERS, { backup_id }, body);
  }

  updateMemberStatus(backup_id, member_id, body) {
    return this.#write("PUT", MEMBER, { backup_id, member_id }, body);
  }

  showMembersDetail(backup_id, query) {
    return this.#read("GET", MEMBERS, { backup_id }, query);
  }

  showMemberDetail(backup_id, member_id) {
    return this.#read("GET", MEMBER, { backup_id, member_id });
  }

  deleteMember(backup_id, member_id) {
    return this.#read("DELETE", MEMBER, { backup_id, member_id });
  }

  listBackups(query) {
    return this.#read("GET", BACKUPS, {}, query);
  }

  showBackup(backup_id) {
    return this.#read("GET", BACKUP, { backup_id });
  }

  listVault(query) {
    return this.#read("GET", VAULTS, {}, query);
  }

  showVault(vault_id) {
    return this.#read("GET", `${VAULTS}/{vault_id}`, { vault_id });
  }

  #read(method, url, pathParams, queryParams = {}) {
    return this.#send({ method, url, contentType: "application/json", pathParams, queryParams, headers: {} });
  }

  #write(method, url, pathParams, data) {
    const headers = { "Content-Type": JSON_UTF8 };
    return this.#send({ method, url, contentType: JSON_UTF8, pathParams, queryParams: {}, headers, data });
  }

  #send(options) {
    if (this.token) options.headers["X-Auth-Token"] = this.token;
    options.responseHeaders = [""];
    return this.http.sendRequest(options);
  }
}
