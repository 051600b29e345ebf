//! The audit: a line for every decision, and nothing in it that is secret.

use serde_json::{Value, json};
use testkit::{
    fixture::{ALICE, BOB, MALLORY, backup, member, members, vault},
    server::TestServer,
};

/// A server whose audit goes to a file beside its store.
async fn audited() -> TestServer {
    TestServer::with(|config| {
        let folder = config
            .database
            .expose()
            .strip_prefix("sqlite:")
            .and_then(|file| file.strip_suffix("test.db"));
        config.audit = format!("{}audit.jsonl", folder.expect("a folder"));
    })
    .await
}

/// So many lines, which are accepted before the responses, and written soon after.
async fn lines(server: &TestServer, count: usize) -> Vec<Value> {
    let file = server.database.folder().join("audit.jsonl");
    let mut text = String::new();
    for _ in 0..500 {
        text = std::fs::read_to_string(&file).expect("an audit");
        if text.lines().count() >= count && text.ends_with('\n') {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for secret in ["garbage", "Signature", "s3cret"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// User, project, action, backup, members, outcome, status, code.
fn told(line: &Value) -> Value {
    json!([
        line["user"],
        line["project"],
        line["action"],
        line["backup"],
        line["members"],
        line["outcome"],
        line["status"],
        line["code"]
    ])
}

#[tokio::test]
async fn every_decision_leaves_a_line_and_no_secret_does() {
    let server = audited().await;
    server.share(1, &[BOB, "p01"]).await;
    let accept = format!(r#"{{"status": "accepted", "vault_id": "{}"}}"#, vault(1));
    server.put(&member(BOB, 1, BOB), "bob", &accept).await;
    server.get(&members(MALLORY, 1), "mallory").await;
    server.get(&members(ALICE, 1), "garbage").await;
    server.delete(&member(ALICE, 1, BOB), "rita").await;
    server
        .post(&members(ALICE, 1), "alice", r#"{"members": "s3cret"}"#)
        .await;
    let signed = "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=00";
    let signed = server
        .request(reqwest::Method::GET, &members(ALICE, 1), None)
        .header("Authorization", signed);
    testkit::http::send(signed).await;
    server.get("/livez", "alice").await;
    server.get("/no/such/path", "alice").await;
    let lines = lines(&server, 7).await;
    let (action, one) = (|name: &str| format!("cbr:member:{name}"), backup(1));
    let expected = [
        json!([
            "alice",
            ALICE,
            action("create"),
            one,
            [BOB, "p01"],
            "done",
            200,
            null
        ]),
        json!(["bob", BOB, action("update"), one, [BOB], "done", 200, null]),
        json!([
            "mallory",
            MALLORY,
            action("list"),
            one,
            [],
            "refused",
            404,
            "BackupService.6200"
        ]),
        json!([
            null,
            null,
            action("list"),
            one,
            [],
            "refused",
            401,
            "APIGW.0301"
        ]),
        json!([
            "rita",
            ALICE,
            action("delete"),
            one,
            [BOB],
            "refused",
            403,
            "APIGW.0302"
        ]),
        json!([
            "alice",
            ALICE,
            action("create"),
            one,
            [],
            "refused",
            400,
            "BackupService.9900"
        ]),
        json!([
            null,
            null,
            action("list"),
            one,
            [],
            "refused",
            401,
            "APIGW.0301"
        ]),
    ];
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(
        lines
            .iter()
            .all(|line| line["time"] == "2020-02-05T10:38:34.209782"),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .all(|line| line["request_id"].as_str().is_some_and(|id| id.len() == 32)),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_fault_of_ours_leaves_a_line_too() {
    let server = audited().await;
    server
        .database
        .execute("ALTER TABLE members RENAME TO gone");
    server.get(&members(ALICE, 1), "alice").await;
    let expected = json!([
        "alice",
        ALICE,
        "cbr:member:list",
        backup(1),
        [],
        "failed",
        500,
        "BackupService.9910"
    ]);
    assert_eq!(
        lines(&server, 1).await.iter().map(told).collect::<Vec<_>>(),
        [expected]
    );
}

#[tokio::test]
async fn what_is_sent_instead_of_an_id_is_cut_at_128_characters() {
    let server = audited().await;
    server
        .get(
            &format!("{}/{}", members(ALICE, 1), "%0A".repeat(5_000)),
            "garbage",
        )
        .await;
    let line = &lines(&server, 1).await[0];
    let member = line["members"][0].as_str().expect("a member");
    assert_eq!(
        (member.chars().count(), member.chars().last()),
        (128, Some('…'))
    );
}
