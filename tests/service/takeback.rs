//! What was given and is taken back while the service runs: everyone is let in for as long as
//! responses are cached, at most, and is told no more than that the credentials are not good.

use std::time::{Duration, Instant};

use backup_share::{
    catalog,
    clock::Clock,
    store::{Removal, RemovalOutcome, TokenHash},
};
use reqwest::Method;
use serde_json::json;
use testkit::{
    database::Backend,
    fixture::{ALICE, BOB, DATA, backup, member, members, vault},
    http::Response,
    server::TestServer,
};

/// How long a token and a project are cached, as `catalog remove --help` says, and what a busy
/// machine takes.
const CACHED: Duration = Duration::from_millis(5_000 + 1_500);

/// Loads the data of the server with other words for a part of it, as another process does.
async fn load(server: &TestServer, part: &str, instead: &str) {
    assert!(DATA.contains(part), "the data has no {part}");
    let clock: std::sync::Arc<dyn Clock> = server.clock.clone();
    let data = DATA.replace(part, instead);
    catalog::load_text("data.yaml", &data, server.running.store.as_ref(), &clock)
        .await
        .expect("good data");
}

async fn remove(server: &TestServer, removal: Removal) -> RemovalOutcome {
    server
        .running
        .store
        .remove(removal)
        .await
        .expect("a response")
}

async fn log_in(server: &TestServer, name: &str, password: &str) -> Response {
    let user = json!({"name": name, "password": password, "domain": {"id": "default"}});
    let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    server
        .send(
            Method::POST,
            "/v3/auth/tokens",
            None,
            Some(&body.to_string()),
        )
        .await
}

/// Asks until the response is this one; how long that took.
async fn until(expected: (u16, &str), ask: impl AsyncFn() -> Response) -> Duration {
    let start = Instant::now();
    loop {
        let response = ask().await;
        let took = start.elapsed();
        if response.status.is_client_error() {
            assert_eq!(response.error(), (expected.0, expected.1.to_owned()));
            assert!(took < CACHED, "{took:?}");
            return took;
        }
        assert!(took < CACHED, "after {took:?} still {response:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn a_disabled_user_is_refused_like_an_unknown_one_until_it_is_enabled_again(
    backend: Backend,
) {
    let server = TestServer::on(backend).await;
    let issued = log_in(&server, "alice", "alice's password")
        .await
        .header("x-subject-token")
        .to_owned();
    for token in ["alice", &issued] {
        assert_eq!(server.get(&members(ALICE, 1), token).await.status, 200);
    }
    load(
        &server,
        "name: alice, password",
        "name: alice, enabled: false, password",
    )
    .await;
    let (disabled, unknown) = (
        log_in(&server, "alice", "alice's password").await,
        log_in(&server, "nobody", "alice's password").await,
    );
    assert_eq!(disabled.error(), (401, "APIGW.0301".into()));
    let text = |response: &Response| response.json()["error_msg"].clone();
    assert_eq!(
        text(&disabled),
        text(&unknown),
        "nothing tells that there is such a user"
    );
    for token in ["alice", &issued] {
        let took = until((401, "APIGW.0307"), async || {
            server.get(&members(ALICE, 1), token).await
        })
        .await;
        println!("refused after {took:?}");
    }
    load(
        &server,
        "name: alice, password",
        "name: alice, enabled: true, password",
    )
    .await;
    for token in ["alice", &issued] {
        assert_eq!(
            server.get(&members(ALICE, 1), token).await.status,
            200,
            "what was good before is good again"
        );
    }
}

async fn a_disabled_token_is_refused_and_the_others_of_its_user_are_not(backend: Backend) {
    let server = TestServer::on(backend).await;
    let issued = log_in(&server, "alice", "alice's password")
        .await
        .header("x-subject-token")
        .to_owned();
    assert_eq!(server.get(&members(ALICE, 1), "alice").await.status, 200);
    load(
        &server,
        "tokens: [alice]",
        "tokens: [{token: alice, enabled: false}]",
    )
    .await;
    until((401, "APIGW.0307"), async || {
        server.get(&members(ALICE, 1), "alice").await
    })
    .await;
    assert_eq!(server.get(&members(ALICE, 1), &issued).await.status, 200);
}

async fn a_removed_user_and_a_removed_token_are_as_if_they_had_never_been(backend: Backend) {
    let server = TestServer::on(backend).await;
    for token in ["alice", "rita"] {
        assert_eq!(server.get(&members(ALICE, 1), token).await.status, 200);
    }
    remove(&server, Removal::Users(vec!["alice".into()]))
        .await
        .expect("removed");
    remove(&server, Removal::Tokens(vec![TokenHash::of("rita")]))
        .await
        .expect("removed");
    assert_eq!(
        log_in(&server, "alice", "alice's password").await.error(),
        (401, "APIGW.0301".into())
    );
    for token in ["alice", "rita"] {
        until((401, "APIGW.0301"), async || {
            server.get(&members(ALICE, 1), token).await
        })
        .await;
    }
    assert_eq!(
        log_in(&server, "root", "root's password").await.status,
        201,
        "others of the project go on"
    );
}

async fn a_removed_backup_is_gone_for_its_owner_and_its_members_and_frees_their_vaults(
    backend: Backend,
) {
    let server = TestServer::on(backend).await;
    let stand = || {
        (
            server.number("SELECT sum(shared) FROM vaults"),
            server.number("SELECT count(*) FROM members"),
        )
    };
    let before = stand();
    server.share(1, &[BOB, "p01"]).await;
    let accept = json!({"status": "accepted", "vault_id": vault(1)}).to_string();
    assert_eq!(
        server
            .put(&member(BOB, 1, BOB), "bob", &accept)
            .await
            .status,
        200
    );
    assert_eq!(stand(), (before.0 + 40 * 1024, before.1 + 2));
    let id = backup(1).parse::<uuid::Uuid>().expect("an id").into();
    remove(&server, Removal::Backups(vec![id]))
        .await
        .expect("removed");
    let gone = (404, "BackupService.6200".to_owned());
    assert_eq!(server.get(&members(ALICE, 1), "alice").await.error(), gone);
    assert_eq!(server.get(&member(BOB, 1, BOB), "bob").await.error(), gone);
    assert_eq!(
        server
            .put(&member(BOB, 1, BOB), "bob", &accept)
            .await
            .error(),
        gone
    );
    assert_eq!(server.share(1, &["p02"]).await.error(), gone);
    assert_eq!(stand(), before);
}

async fn a_removed_project_is_unknown_to_those_who_would_share_with_it(backend: Backend) {
    let server = TestServer::on(backend).await;
    assert_eq!(server.share(1, &["p01"]).await.status, 200);
    assert_eq!(
        server
            .delete(&member(ALICE, 1, "p01"), "alice")
            .await
            .status,
        204
    );
    remove(
        &server,
        Removal::Projects(vec!["p01".parse().expect("an id")]),
    )
    .await
    .expect("removed");
    let share = async || {
        let response = server.share(1, &["p01"]).await;
        if response.status.is_success() {
            server.delete(&member(ALICE, 1, "p01"), "alice").await;
        }
        response
    };
    until((400, "BackupService.6704"), share).await;
}

testkit::on_each_schema!("current_thread":
    a_disabled_user_is_refused_like_an_unknown_one_until_it_is_enabled_again,
    a_disabled_token_is_refused_and_the_others_of_its_user_are_not,
    a_removed_user_and_a_removed_token_are_as_if_they_had_never_been,
    a_removed_backup_is_gone_for_its_owner_and_its_members_and_frees_their_vaults,
    a_removed_project_is_unknown_to_those_who_would_share_with_it
);
