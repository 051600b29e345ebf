//! What was given and is taken back while the service runs: everyone is let in for as long as
//! answers are cached, at most, and is told no more than that the credentials are not good.

use std::time::{Duration, Instant};

use backup_share::{
    catalog,
    clock::Clock,
    store::{Removal, RemovalOutcome, TokenHash},
};
use reqwest::Method;
use serde_json::json;

use super::house::{ALICE, Answer, BOB, House, backup, member, members, vault};

const DATA: &str = include_str!("data.yaml");
/// How long a token and a project are cached, as `catalog remove --help` says, and what a busy
/// machine takes.
const CACHED: Duration = Duration::from_millis(5_000 + 1_500);

/// Loads the data of the house with other words for a part of it, as another process does.
async fn load(house: &House, part: &str, instead: &str) {
    assert!(DATA.contains(part), "the data has no {part}");
    let clock: std::sync::Arc<dyn Clock> = house.clock.clone();
    let data = DATA.replace(part, instead);
    catalog::load_text("data.yaml", &data, house.running.store.as_ref(), &clock)
        .await
        .expect("good data");
}

async fn remove(house: &House, removal: Removal) -> RemovalOutcome {
    house
        .running
        .store
        .remove(removal)
        .await
        .expect("an answer")
}

async fn log_in(house: &House, name: &str, password: &str) -> Answer {
    let user = json!({"name": name, "password": password, "domain": {"id": "default"}});
    let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    house
        .send(
            Method::POST,
            "/v3/auth/tokens",
            None,
            Some(&body.to_string()),
        )
        .await
}

/// Asks until the answer is this one; how long that took.
async fn until(expected: (u16, &str), ask: impl AsyncFn() -> Answer) -> Duration {
    let start = Instant::now();
    loop {
        let answer = ask().await;
        let took = start.elapsed();
        if answer.status.is_client_error() {
            assert_eq!(answer.refusal(), (expected.0, expected.1.to_owned()));
            assert!(took < CACHED, "{took:?}");
            return took;
        }
        assert!(took < CACHED, "after {took:?} still {answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_disabled_user_is_refused_like_an_unknown_one_until_it_is_enabled_again() {
    let house = House::open().await;
    let issued = log_in(&house, "alice", "alice's password")
        .await
        .header("x-subject-token")
        .to_owned();
    for token in ["alice", &issued] {
        assert_eq!(house.get(&members(ALICE, 1), token).await.status, 200);
    }
    load(
        &house,
        "name: alice, password",
        "name: alice, enabled: false, password",
    )
    .await;
    let (disabled, unknown) = (
        log_in(&house, "alice", "alice's password").await,
        log_in(&house, "nobody", "alice's password").await,
    );
    assert_eq!(disabled.refusal(), (401, "APIGW.0301".into()));
    let text = |answer: &Answer| answer.json()["error_msg"].clone();
    assert_eq!(
        text(&disabled),
        text(&unknown),
        "nothing tells that there is such a user"
    );
    for token in ["alice", &issued] {
        let took = until((401, "APIGW.0307"), async || {
            house.get(&members(ALICE, 1), token).await
        })
        .await;
        println!("refused after {took:?}");
    }
    load(
        &house,
        "name: alice, password",
        "name: alice, enabled: true, password",
    )
    .await;
    for token in ["alice", &issued] {
        assert_eq!(
            house.get(&members(ALICE, 1), token).await.status,
            200,
            "what was good before is good again"
        );
    }
}

#[tokio::test]
async fn a_disabled_token_is_refused_and_the_others_of_its_user_are_not() {
    let house = House::open().await;
    let issued = log_in(&house, "alice", "alice's password")
        .await
        .header("x-subject-token")
        .to_owned();
    assert_eq!(house.get(&members(ALICE, 1), "alice").await.status, 200);
    load(
        &house,
        "tokens: [alice]",
        "tokens: [{token: alice, enabled: false}]",
    )
    .await;
    until((401, "APIGW.0307"), async || {
        house.get(&members(ALICE, 1), "alice").await
    })
    .await;
    assert_eq!(house.get(&members(ALICE, 1), &issued).await.status, 200);
}

#[tokio::test]
async fn a_removed_user_and_a_removed_token_are_as_if_they_had_never_been() {
    let house = House::open().await;
    for token in ["alice", "rita"] {
        assert_eq!(house.get(&members(ALICE, 1), token).await.status, 200);
    }
    remove(&house, Removal::Users(vec!["alice".into()]))
        .await
        .expect("removed");
    remove(&house, Removal::Tokens(vec![TokenHash::of("rita")]))
        .await
        .expect("removed");
    assert_eq!(
        log_in(&house, "alice", "alice's password").await.refusal(),
        (401, "APIGW.0301".into())
    );
    for token in ["alice", "rita"] {
        until((401, "APIGW.0301"), async || {
            house.get(&members(ALICE, 1), token).await
        })
        .await;
    }
    assert_eq!(
        log_in(&house, "root", "root's password").await.status,
        201,
        "others of the project go on"
    );
}

#[tokio::test]
async fn a_removed_backup_is_gone_for_its_owner_and_its_members_and_frees_their_vaults() {
    let house = House::open().await;
    let stand = || {
        (
            house.number("SELECT sum(shared) FROM vaults"),
            house.number("SELECT count(*) FROM members"),
        )
    };
    let before = stand();
    house.share(1, &[BOB, "p01"]).await;
    let accept = json!({"status": "accepted", "vault_id": vault(1)}).to_string();
    assert_eq!(
        house.put(&member(BOB, 1, BOB), "bob", &accept).await.status,
        200
    );
    assert_eq!(stand(), (before.0 + 40 * 1024, before.1 + 2));
    let id = backup(1).parse::<uuid::Uuid>().expect("an id").into();
    remove(&house, Removal::Backups(vec![id]))
        .await
        .expect("removed");
    let gone = (404, "BackupService.6200".to_owned());
    assert_eq!(house.get(&members(ALICE, 1), "alice").await.refusal(), gone);
    assert_eq!(house.get(&member(BOB, 1, BOB), "bob").await.refusal(), gone);
    assert_eq!(
        house
            .put(&member(BOB, 1, BOB), "bob", &accept)
            .await
            .refusal(),
        gone
    );
    assert_eq!(house.share(1, &["p02"]).await.refusal(), gone);
    assert_eq!(stand(), before);
}

#[tokio::test]
async fn a_removed_project_is_unknown_to_those_who_would_share_with_it() {
    let house = House::open().await;
    assert_eq!(house.share(1, &["p01"]).await.status, 200);
    assert_eq!(
        house.delete(&member(ALICE, 1, "p01"), "alice").await.status,
        204
    );
    remove(
        &house,
        Removal::Projects(vec!["p01".parse().expect("an id")]),
    )
    .await
    .expect("removed");
    let share = async || {
        let answer = house.share(1, &["p01"]).await;
        if answer.status.is_success() {
            house.delete(&member(ALICE, 1, "p01"), "alice").await;
        }
        answer
    };
    until((400, "BackupService.6704"), share).await;
}
