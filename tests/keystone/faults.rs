//! Everything that can be wrong with a token, with our account, and with Keystone itself: what
//! callers are told.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use testkit::{fixture::members, http::Response, server::TestServer};

use crate::cloud::Cloud;

/// What was tried, what should come, and what came.
#[derive(Default)]
struct Table(Vec<(&'static str, String, String)>);

impl Table {
    fn row(&mut self, fault: &'static str, told: &Response, expected: &str) {
        let code = if told.status.is_success() {
            String::new()
        } else {
            format!(" {}", told.code())
        };
        if told.status == 401 {
            assert!(
                told.header("www-authenticate")
                    .starts_with("Keystone uri=\"http://127.0.0.1:"),
                "{told:?}"
            );
        }
        if told.status == 503 {
            assert_eq!(told.header("retry-after"), "1");
        }
        self.0.push((
            fault,
            expected.to_owned(),
            format!("{}{code}", told.status.as_u16()),
        ));
    }

    fn end(self) {
        for (fault, expected, told) in &self.0 {
            let verdict = if expected == told {
                ""
            } else {
                "  <-- expected otherwise"
            };
            println!("{fault:<72} {told}{verdict}");
        }
        println!("{} cases", self.0.len());
        assert!(self.0.iter().all(|(_, expected, told)| expected == told));
    }
}

const GOOD: &str = "200";
const UNKNOWN: &str = "401 APIGW.0301";
const ENDED: &str = "401 APIGW.0307";
const UNAVAILABLE: &str = "503 BackupService.9998";

/// The times of the default settings.
const CACHE_TTL: Duration = Duration::from_secs(300);
const NEGATIVE_CACHE_TTL: Duration = Duration::from_secs(5);
/// That of these tests.
const DEADLINE: Duration = Duration::from_secs(1);

async fn list(server: &TestServer, project: &str, token: &str) -> Response {
    server.get(&members(project, 1), token).await
}

#[tokio::test]
async fn what_is_wrong_with_a_token() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    let alice = &cloud.alice;
    let mut table = Table::default();
    let good = cloud.token("alice", "alice").await;
    let path = members(&alice.id, 1);

    table.row("a good token", &list(&server, &alice.id, &good).await, GOOD);
    table.row(
        "no token",
        &server.send(Method::GET, &path, None, None).await,
        UNKNOWN,
    );
    table.row(
        "garbage",
        &list(&server, &alice.id, "garbage").await,
        UNKNOWN,
    );
    table.row(
        "a token without its last 20 characters",
        &list(&server, &alice.id, &good[..163]).await,
        UNKNOWN,
    );
    let unscoped = cloud.unscoped_token("alice").await;
    table.row(
        "a token without a project",
        &list(&server, &alice.id, &unscoped).await,
        UNKNOWN,
    );
    table.row(
        "a token of another project",
        &list(&server, &cloud.bob.id, &good).await,
        "403 APIGW.0302",
    );

    let asked = cloud.questions().values().sum::<usize>();
    table.row(
        "a token of 9,120 characters",
        &list(&server, &alice.id, &"x".repeat(9_120)).await,
        UNKNOWN,
    );
    assert_eq!(cloud.questions().values().sum::<usize>(), asked + 1);
    table.row(
        "a token of 60 KB: no lookup",
        &list(&server, &alice.id, &"x".repeat(60_000)).await,
        UNKNOWN,
    );
    assert_eq!(cloud.questions().values().sum::<usize>(), asked + 1);
    let signed = server
        .request(Method::GET, &path, None)
        .header("Authorization", "SDK-HMAC-SHA256 Access=a");
    table.row(
        "a signature: Keystone has no access keys here",
        &testkit::http::send(signed).await,
        UNKNOWN,
    );

    cloud.revokes(&good).await;
    table.row(
        "revoked, and still cached",
        &list(&server, &alice.id, &good).await,
        GOOD,
    );
    server.clock.advance(CACHE_TTL);
    table.row("revoked", &list(&server, &alice.id, &good).await, ENDED);

    let good = cloud.token("alice", "alice").await;
    list(&server, &alice.id, &good).await;
    cloud.assigns("DELETE", alice, "member").await;
    table.row(
        "its role taken, and still cached",
        &list(&server, &alice.id, &good).await,
        GOOD,
    );
    server.clock.advance(CACHE_TTL);
    table.row(
        "its role taken",
        &list(&server, &alice.id, &good).await,
        ENDED,
    );
    cloud.assigns("PUT", alice, "reader").await;
    table.row(
        "another role given, and the refusal still in the negative cache",
        &list(&server, &alice.id, &good).await,
        ENDED,
    );
    server.clock.advance(NEGATIVE_CACHE_TTL);
    table.row(
        "another role given: it may read",
        &list(&server, &alice.id, &good).await,
        GOOD,
    );
    let added = server.post(&path, &good, r#"{"members": ["p01"]}"#).await;
    table.row(
        "another role given: it may not write",
        &added,
        "403 APIGW.0302",
    );
    cloud.assigns("PUT", alice, "member").await;
    server.clock.advance(CACHE_TTL);
    let added = server.post(&path, &good, r#"{"members": ["p01"]}"#).await;
    table.row(
        "its role given back: the same token is good again",
        &added,
        GOOD,
    );

    cloud.enables(alice, false).await;
    server.clock.advance(CACHE_TTL);
    table.row(
        "its project disabled",
        &list(&server, &alice.id, &good).await,
        ENDED,
    );
    cloud.enables(alice, true).await;
    let good = cloud.token("alice", "alice").await;
    table.row(
        "its project enabled: a new token",
        &list(&server, &alice.id, &good).await,
        GOOD,
    );
    cloud
        .changes_user(alice, json!({"password": "changed"}))
        .await;
    server.clock.advance(CACHE_TTL);
    table.row(
        "its password changed",
        &list(&server, &alice.id, &good).await,
        ENDED,
    );
    let scope = json!({"project": {"id": alice.id}});
    let good = cloud
        .issued("alice", "changed", Some(scope))
        .await
        .expect("a token");
    table.row(
        "its password changed: a new token",
        &list(&server, &alice.id, &good).await,
        GOOD,
    );
    cloud.changes_user(alice, json!({"enabled": false})).await;
    server.clock.advance(CACHE_TTL);
    table.row(
        "its user disabled",
        &list(&server, &alice.id, &good).await,
        ENDED,
    );
    table.end();
}

#[tokio::test]
async fn what_is_wrong_with_our_account() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    let (alice, service) = (&cloud.alice, &cloud.service);
    let mut table = Table::default();
    let good = cloud.token("alice", "alice").await;
    let again = async |table: &mut Table, what, expected| {
        server.clock.advance(CACHE_TTL);
        table.row(what, &list(&server, &alice.id, &good).await, expected);
    };
    again(&mut table, "all is well", GOOD).await;
    cloud.assigns("PUT", service, "member").await;
    cloud.assigns("DELETE", service, "service").await;
    again(&mut table, "our account without its role", UNAVAILABLE).await;
    cloud.assigns("PUT", service, "service").await;
    again(&mut table, "its role given back", GOOD).await;
    cloud.changes_user(service, json!({"enabled": false})).await;
    again(
        &mut table,
        "our account disabled, our token with it",
        UNAVAILABLE,
    )
    .await;
    cloud.changes_user(service, json!({"enabled": true})).await;
    again(
        &mut table,
        "our account enabled: our token was revoked, a new one is got",
        GOOD,
    )
    .await;
    cloud
        .changes_user(service, json!({"password": "changed"}))
        .await;
    again(
        &mut table,
        "our password changed behind our back",
        UNAVAILABLE,
    )
    .await;
    let garbage = list(&server, &alice.id, "garbage").await;
    table.row(
        "our password changed: garbage is not told from others either",
        &garbage,
        UNAVAILABLE,
    );
    cloud
        .changes_user(service, json!({"password": "cbr"}))
        .await;
    again(&mut table, "our password set back", GOOD).await;
    table.end();
}

#[tokio::test]
async fn what_is_wrong_with_keystone() {
    let mut cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    let (alice, bob) = (cloud.alice.clone(), cloud.bob.clone());
    let mut table = Table::default();
    let (seen, new) = (
        cloud.token("alice", "alice").await,
        cloud.token("bob", "bob").await,
    );
    table.row("all is well", &list(&server, &alice.id, &seen).await, GOOD);

    cloud.stop();
    table.row(
        "stopped: a cached token",
        &list(&server, &alice.id, &seen).await,
        GOOD,
    );
    table.row(
        "stopped: another token",
        &list(&server, &bob.id, &new).await,
        UNAVAILABLE,
    );
    table.row(
        "stopped: garbage",
        &list(&server, &bob.id, "garbage").await,
        UNAVAILABLE,
    );
    server.clock.advance(CACHE_TTL);
    table.row(
        "stopped: a token that was cached",
        &list(&server, &alice.id, &seen).await,
        UNAVAILABLE,
    );
    cloud.start_again();
    table.row(
        "started again",
        &list(&server, &alice.id, &seen).await,
        GOOD,
    );

    cloud.signal("STOP");
    let asked = Instant::now();
    table.row(
        "hung: a cached token",
        &list(&server, &alice.id, &seen).await,
        GOOD,
    );
    assert!(asked.elapsed() < DEADLINE, "{:?}", asked.elapsed());
    let asked = Instant::now();
    table.row(
        "hung: another token, within the deadline",
        &list(&server, &bob.id, "another").await,
        UNAVAILABLE,
    );
    assert!(asked.elapsed() < 2 * DEADLINE, "{:?}", asked.elapsed());
    cloud.signal("CONT");
    table.row(
        "goes on",
        &list(&server, &bob.id, "another").await,
        "401 APIGW.0301",
    );

    // A Keystone whose tokens end at once. The time of the server stands still, and does not tell.
    let conf = cloud.folder().join("keystone.conf");
    let short = std::fs::read_to_string(&conf)
        .expect("settings")
        .replace("expiration = 3600", "expiration = 2");
    std::fs::write(conf, short).expect("written");
    cloud.stop();
    cloud.start_again();
    let (known, unknown) = (
        cloud.token("alice", "alice").await,
        cloud.token("bob", "bob").await,
    );
    table.row(
        "a token for two seconds",
        &list(&server, &alice.id, &known).await,
        GOOD,
    );
    while cloud.knows(&unknown).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.clock.advance(CACHE_TTL);
    table.row(
        "ended, and was seen",
        &list(&server, &alice.id, &known).await,
        ENDED,
    );
    table.row(
        "ended, and was never seen",
        &list(&server, &bob.id, &unknown).await,
        UNKNOWN,
    );
    table.end();
}
