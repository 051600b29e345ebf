//! The habits of existing clients, on the wire: all of them must work.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{
    fixture::{ALICE, BOB, member, members, vault},
    http::send,
    server::TestServer,
};

#[tokio::test]
async fn the_vendors_media_type_and_headers_are_accepted() {
    let server = TestServer::start().await;
    let request = server
        .request(Method::POST, &members(ALICE, 1), Some("alice"))
        .header("Content-Type", "application/json;charset=utf-8")
        .header("X-Project-Id", "something-else")
        .header("X-Language", "en-us")
        .header("X-User-Profile", "whatever")
        .header(
            "Authorization",
            "SDK-HMAC-SHA256 Access=x, SignedHeaders=host, Signature=0",
        );
    let added = send(request.body(format!(
        r#"{{"members": ["{BOB}"], "unknown": {{"key": 1}}}}"#
    )))
    .await;
    assert_eq!(
        added.status, 200,
        "the token decides, unknown headers and keys are ignored: {added:?}"
    );
    let request = server
        .request(Method::GET, &members(ALICE, 1), Some("alice"))
        .header("Content-Type", "application/json");
    assert_eq!(
        send(request.body("")).await.status,
        200,
        "a media type on an empty GET"
    );
    let request = server
        .request(Method::DELETE, &member(ALICE, 1, BOB), Some("alice"))
        .header("Content-Type", "application/json;charset=UTF-8");
    let deleted = send(request).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
}

#[tokio::test]
async fn a_reject_may_carry_a_null_vault() {
    let server = TestServer::start().await;
    server.share(1, &[BOB]).await;
    let rejected = server
        .put(
            &member(BOB, 1, BOB),
            "bob",
            r#"{"status": "rejected", "vault_id": null}"#,
        )
        .await;
    assert_eq!(rejected.status, 200);
}

/// The contract lets keys be left out for the vendor's sake; this server leaves out none.
#[tokio::test]
async fn every_key_is_sent_whether_or_not_the_contract_requires_it() {
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    };
    let eight = [
        "backup_id",
        "created_at",
        "dest_project_id",
        "id",
        "image_id",
        "status",
        "updated_at",
        "vault_id",
    ];
    let mut ten = eight.to_vec();
    ten.extend(["count", "members"]);
    ten.sort_unstable();
    let server = TestServer::start().await;
    let added = server.share(1, &[BOB, "p01"]).await.json();
    assert_eq!(keys(&added), ten);
    assert_eq!(keys(&added["members"][0]), eight);
    assert_eq!(added["count"], 2);
    for key in eight {
        assert_eq!(
            added[key], added["members"][0][key],
            "the top level is the first member: {key}"
        );
    }
    let listed = server.get(&members(ALICE, 1), "alice").await.json();
    assert_eq!(keys(&listed), ["count", "members"]);
    assert_eq!(keys(&listed["members"][0]), eight);
    let shown = server.get(&member(ALICE, 1, BOB), "alice").await.json();
    assert_eq!(
        (keys(&shown), keys(&shown["member"])),
        (vec!["member".to_owned()], eight.map(str::to_owned).to_vec())
    );
    let updated = server
        .put(&member(BOB, 1, BOB), "bob", r#"{"status": "rejected"}"#)
        .await
        .json();
    assert_eq!(keys(&updated["member"]), eight);
    for member in [&added["members"][0], &shown["member"]] {
        assert!(
            ["updated_at", "image_id", "vault_id"]
                .iter()
                .all(|key| member[key].is_null()),
            "null where not known"
        );
    }
}

#[tokio::test]
async fn the_vendors_example_of_an_update_byte_for_byte() {
    let owner = "0605767b5780d5762fc5c0118072a564";
    let project = "f841e01fd2b14e7fa41b6ae7aa6b0594";
    let backup = "a5200268-74a5-4806-acc6-95793ab0228b";
    let server = TestServer::start().await;
    load_demo(&server).await;
    let path = format!("/v3/{project}/backups/{backup}/members/{project}");
    let body = r#"{ "status" : "accepted", "vault_id" : "4b27c05b-8ad7-48c6-a886-526666c035f0" }"#;
    let accepted = server.put(&path, "demo-member", body).await;
    assert_eq!(accepted.status, 200);
    assert_eq!(
        accepted.json(),
        json!({"member": {
            "status": "accepted",
            "created_at": "2020-02-05T10:38:34.209782",
            "updated_at": "2020-02-05T10:38:34.209782",
            "backup_id": backup,
            "image_id": null,
            "dest_project_id": project,
            "vault_id": "4b27c05b-8ad7-48c6-a886-526666c035f0",
            "id": "82cdee4b-4b6d-4dbe-9a3a-d1e0a9d0a0d5",
        }})
    );
    let path = format!("/v3/{owner}/backups/{backup}/members");
    let added = server
        .post(
            &path,
            "demo-owner",
            r#"{"members": ["4229d7a45436489f8c3dc2b1d35d4987"]}"#,
        )
        .await;
    assert_eq!(
        added.json()["dest_project_id"],
        "4229d7a45436489f8c3dc2b1d35d4987",
        "the bare member at the top level"
    );
}

async fn load_demo(server: &TestServer) {
    let clock: std::sync::Arc<dyn backup_share::clock::Clock> = server.clock.clone();
    let store = server.running.store.as_ref();
    backup_share::catalog::load_text("demo", backup_share::catalog::DEMO, store, &clock)
        .await
        .expect("good data");
}

#[tokio::test]
async fn a_valid_request_id_is_adopted_and_any_other_replaced() {
    let server = TestServer::start().await;
    let sent = async |id: &str| {
        let request = server
            .request(Method::GET, &members(ALICE, 1), Some("alice"))
            .header("X-Request-Id", id);
        send(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(sent("req-5d1fb9a2:1.0_x").await, "req-5d1fb9a2:1.0_x");
    let long = "x".repeat(129);
    for insane in ["", "a b", "<script>", long.as_str()] {
        let id = sent(insane).await;
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{insane:?} becomes {id:?}"
        );
    }
    let (one, two) = (
        server.get("/livez", "x").await,
        server.get("/livez", "x").await,
    );
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn ids_are_read_in_either_case_and_written_in_small_letters() {
    let server = TestServer::start().await;
    server.share(1, &[BOB]).await;
    let upper = vault(1).to_uppercase();
    let body = format!(r#"{{"status": "accepted", "vault_id": "{upper}"}}"#);
    let path = member(BOB, 1, BOB).replace("d0000000", "D0000000");
    assert_eq!(
        server.put(&path, "bob", &body).await.json()["member"]["vault_id"],
        vault(1)
    );
}

#[tokio::test]
async fn alive_and_ready_are_told_apart() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/livez", "").await.status, 200);
    assert_eq!(server.get("/readyz", "").await.status, 200);
}

#[tokio::test]
async fn half_a_request_does_not_stay_for_ever() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = TestServer::with(|config| config.limits.header_seconds = 1).await;
    let mut stream = tokio::net::TcpStream::connect(server.running.address)
        .await
        .expect("connected");
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
        .await
        .expect("sent");
    let mut rest = vec![];
    let closed = tokio::time::timeout(
        std::time::Duration::from_secs(5),
        stream.read_to_end(&mut rest),
    )
    .await;
    assert!(
        closed.is_ok(),
        "the server closes a connection whose head does not come"
    );
}
