//! Many at once: the database decides, exactly one wins, nothing is counted twice.

use futures::future::join_all;
use testkit::{
    database::Backend,
    fixture::{ALICE, BOB, CAROL, member, members, vault},
    server::TestServer,
};

async fn of_eight_identical_requests_exactly_one_adds(backend: Backend) {
    let server = TestServer::on(backend).await;
    for _ in 0..10 {
        let path = members(ALICE, 1);
        let body = format!(r#"{{"members": ["{BOB}"]}}"#);
        let responses = join_all((0..8).map(|_| server.post(&path, "alice", &body))).await;
        let added = responses.iter().filter(|a| a.status == 200).count();
        let shared = responses
            .iter()
            .filter(|a| a.status == 400 && a.code() == "BackupService.6703")
            .count();
        assert_eq!((added, shared), (1, 7), "exactly one 200, seven 6703");
        assert_eq!(
            server.number("SELECT count(*) FROM members WHERE status = 'pending'"),
            1,
            "one record"
        );
        server.alice().revokes(1, BOB).await.expect("cleared");
    }
}

async fn of_two_accepts_into_a_vault_with_room_for_one_exactly_one_wins(backend: Backend) {
    let server = TestServer::on(backend).await;
    for number in [1, 2] {
        server.share(number, &[BOB]).await;
    }
    let bob = server.bob();
    // 41 GB less 1023 MB: room for one backup of 40 GB.
    let narrow = vault(7);
    for _ in 0..10 {
        let (first, second) = tokio::join!(bob.accepts(1, &narrow), bob.accepts(2, &narrow));
        let won = [&first, &second]
            .into_iter()
            .filter(|outcome| outcome.is_ok())
            .count();
        assert_eq!(won, 1, "{first:?} {second:?}");
        assert!(
            [&first, &second]
                .into_iter()
                .any(|o| o.as_ref().err().is_some_and(|e| e == "BackupService.6129"))
        );
        assert_eq!(
            server.number("SELECT shared FROM vaults WHERE used = 1023"),
            40 * 1024
        );
        for number in [1, 2] {
            bob.rejects(number).await.expect("freed");
        }
    }
}

async fn concurrent_adds_fill_a_backup_up_to_its_limit(backend: Backend) {
    let server = TestServer::on_with(backend, |config| config.limits.members_per_backup = 3).await;
    let bodies: Vec<String> = (1..=8)
        .map(|n| format!(r#"{{"members": ["p{n:02}"]}}"#))
        .collect();
    let path = members(ALICE, 1);
    let responses = join_all(bodies.iter().map(|body| server.post(&path, "alice", body))).await;
    let added = responses.iter().filter(|a| a.status == 200).count();
    let refused = responses
        .iter()
        .filter(|a| a.status == 400 && a.code() == "BackupService.6701")
        .count();
    assert_eq!((added, refused), (3, 5));
}

async fn accepts_rejects_and_deletes_at_once_keep_the_sums_exact(backend: Backend) {
    let server = TestServer::on(backend).await;
    let accept = format!(r#"{{"status": "accepted", "vault_id": "{}"}}"#, vault(1));
    let (bobs, alices) = (member(BOB, 1, BOB), member(ALICE, 1, BOB));
    for _ in 0..20 {
        server.share(1, &[BOB, CAROL]).await;
        let responses = join_all([
            server.put(&bobs, "bob", &accept),
            server.put(&bobs, "bob", r#"{"status": "rejected"}"#),
            server.put(&bobs, "bob", &accept),
            server.put(&bobs, "bob", r#"{"status": "pending"}"#),
        ])
        .await;
        assert!(responses.iter().all(|a| a.status == 200), "{responses:?}");
        let deleted = server.delete(&alices, "alice").await;
        assert_eq!(deleted.status, 204, "{deleted:?}");
        server.delete(&member(ALICE, 1, CAROL), "alice").await;
        assert_eq!(
            server.number("SELECT shared FROM vaults WHERE name = 'room for two'"),
            0
        );
    }
}

testkit::on_each_backend!("multi_thread":
    of_eight_identical_requests_exactly_one_adds,
    of_two_accepts_into_a_vault_with_room_for_one_exactly_one_wins,
    concurrent_adds_fill_a_backup_up_to_its_limit,
    accepts_rejects_and_deletes_at_once_keep_the_sums_exact
);
