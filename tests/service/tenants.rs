//! Every operation × every caller, driven from the contract: no operation escapes.

use backup_share::model::Operation;
use reqwest::Method;
use testkit::{
    fixture::{ALICE, BOB, CAROL, MALLORY, backup, vault},
    http::Response,
    server::TestServer,
};

/// Who calls: name, token, and the project in the path.
const CALLERS: [(&str, Option<&str>, &str); 10] = [
    ("owner", Some("alice"), ALICE),
    ("member", Some("bob"), BOB),
    ("other member", Some("carol"), CAROL),
    ("stranger", Some("mallory"), MALLORY),
    ("reader of the owner's project", Some("rita"), ALICE),
    (
        "user of the owner's project without a role",
        Some("nora"),
        ALICE,
    ),
    ("unauthenticated", None, ALICE),
    ("bad token", Some("garbage"), ALICE),
    ("expired token", Some("expired"), ALICE),
    ("wrong project", Some("alice"), BOB),
];

/// What the callers above are told, in their order, about bob's record of backup 1, and about his
/// vault 1.
fn expected(operation: Operation) -> [(u16, &'static str); 10] {
    let tail = [
        (401, "APIGW.0301"),
        (401, "APIGW.0301"),
        (401, "APIGW.0307"),
        (403, "APIGW.0302"),
    ];
    let own = match operation {
        Operation::AddMember => [
            (200, ""),
            (400, "BackupService.6707"),
            (400, "BackupService.6707"),
            (404, "BackupService.6200"),
            (403, "APIGW.0302"),
        ],
        Operation::ListMembers => [
            (200, ""),
            (200, ""),
            (200, ""),
            (404, "BackupService.6200"),
            (200, ""),
        ],
        Operation::ShowMember => [
            (200, ""),
            (200, ""),
            (404, "BackupService.6705"),
            (404, "BackupService.6200"),
            (200, ""),
        ],
        Operation::UpdateMemberStatus => [
            (403, "APIGW.0302"),
            (200, ""),
            (404, "BackupService.6705"),
            (404, "BackupService.6200"),
            (403, "APIGW.0302"),
        ],
        Operation::DeleteMember => [
            (204, ""),
            (403, "APIGW.0302"),
            (404, "BackupService.6705"),
            (404, "BackupService.6200"),
            (403, "APIGW.0302"),
        ],
        Operation::ListBackups | Operation::ListVaults => [(200, ""); 5],
        Operation::ShowBackup => [
            (200, ""),
            (200, ""),
            (200, ""),
            (404, "BackupService.6200"),
            (200, ""),
        ],
        Operation::ShowVault => [
            (404, "BackupService.6105"),
            (200, ""),
            (404, "BackupService.6105"),
            (404, "BackupService.6105"),
            (404, "BackupService.6105"),
        ],
    };
    let mut all = [(403, "APIGW.0302"); 10];
    all[..5].copy_from_slice(&own);
    all[6..].copy_from_slice(&tail);
    all
}

/// Sends an operation as the contract describes it: method and path from there, with a body where
/// it wants one.
async fn call(
    server: &TestServer,
    operation: Operation,
    token: Option<&str>,
    project: &str,
    backup: &str,
) -> Response {
    let path = operation
        .path()
        .replace("{project_id}", project)
        .replace("{backup_id}", backup)
        .replace("{vault_id}", &vault(1))
        .replace("{member_id}", BOB);
    let body = match operation {
        Operation::AddMember => Some(r#"{"members": ["p01"]}"#.to_owned()),
        Operation::UpdateMemberStatus => Some(format!(
            r#"{{"status": "accepted", "vault_id": "{}"}}"#,
            vault(1)
        )),
        _ => None,
    };
    let method: Method = operation.method().parse().expect("a method");
    server.send(method, &path, token, body.as_deref()).await
}

/// A server where bob and carol are members of backup 1, and the token `expired` has ended.
async fn shared() -> (TestServer, String) {
    let server = TestServer::with(|config| config.identity.token_seconds = 60).await;
    server.share(1, &[BOB, CAROL]).await;
    let ended = super::tokens::log_in(&server, "alice", "alice's password").await;
    server.clock.advance(std::time::Duration::from_secs(61));
    (server, ended)
}

#[tokio::test]
async fn every_caller_of_every_operation_is_told_what_the_table_says() {
    for operation in Operation::ALL {
        let (server, ended) = shared().await;
        // The owner last: what it deletes nobody can ask about afterwards.
        for ((who, token, project), (status, code)) in
            CALLERS.into_iter().zip(expected(operation)).rev()
        {
            let token = token.map(|token| {
                if token == "expired" {
                    ended.as_str()
                } else {
                    token
                }
            });
            let response = call(&server, operation, token, project, &backup(1)).await;
            assert_eq!(
                response.status,
                status,
                "{} by {who}: {}",
                operation.id(),
                response.text
            );
            if !code.is_empty() {
                assert_eq!(response.code(), code, "{} by {who}", operation.id());
            }
            if status == 401 {
                let sent_to = format!("Keystone uri=\"{}/v3\"", server.endpoint());
                assert_eq!(
                    response.header("www-authenticate"),
                    sent_to,
                    "every 401 says where to get a token"
                );
            }
        }
    }
}

const MISSING: &str = "f0000000-0000-4000-8000-000000000009";

#[tokio::test]
async fn to_a_stranger_a_backup_or_vault_looks_exactly_as_if_it_did_not_exist() {
    let (server, _) = shared().await;
    let lists = [Operation::ListBackups, Operation::ListVaults];
    for operation in Operation::ALL.into_iter().filter(|it| !lists.contains(it)) {
        let told = async |backup: &str, vault: &str| {
            let request_id = "the-same-for-both";
            let path = operation
                .path()
                .replace("{project_id}", MALLORY)
                .replace("{backup_id}", backup)
                .replace("{vault_id}", vault);
            let method: Method = operation.method().parse().expect("a method");
            let request =
                server.request(method, &path.replace("{member_id}", BOB), Some("mallory"));
            let request = request
                .header("X-Request-Id", request_id)
                .header("Content-Type", "application/json");
            let body = if operation == Operation::AddMember {
                r#"{"members": ["p01"]}"#
            } else {
                r#"{"status": "rejected"}"#
            };
            let mut response = testkit::http::send(request.body(body)).await;
            response.headers.remove("date");
            (
                response.status,
                format!("{:?}", response.headers),
                response.text,
            )
        };
        let (real, missing) = (
            told(&backup(1), &vault(1)).await,
            told(MISSING, MISSING).await,
        );
        assert_eq!(real, missing, "{}", operation.id());
        assert_eq!(real.0, 404);
    }
}

#[tokio::test]
async fn credentials_come_before_the_project_the_project_before_syntax_and_syntax_before_the_backup()
 {
    let server = TestServer::start().await;
    let bad = "/v3/some-project/backups/no-uuid/members";
    assert_eq!(
        server
            .send(Method::POST, bad, None, Some("{"))
            .await
            .error(),
        (401, "APIGW.0301".into())
    );
    assert_eq!(
        server.post(bad, "alice", "{").await.error(),
        (403, "APIGW.0302".into())
    );
    let bad = format!("/v3/{ALICE}/backups/no-uuid/members");
    assert_eq!(
        server.post(&bad, "rita", "{").await.error(),
        (403, "APIGW.0302".into()),
        "the role comes before syntax"
    );
    assert_eq!(
        server.post(&bad, "alice", "{").await.error(),
        (400, "BackupService.9900".into())
    );
    let missing = format!("/v3/{ALICE}/backups/{MISSING}/members");
    assert_eq!(
        server.post(&missing, "alice", "{").await.error(),
        (400, "BackupService.9900".into())
    );
    assert_eq!(
        server
            .post(&missing, "alice", r#"{"members": ["p01"]}"#)
            .await
            .error(),
        (404, "BackupService.6200".into())
    );
}
