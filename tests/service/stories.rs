//! What owner, member and stranger live through, told with the typed client.

use std::time::Duration;

use backup_share::client::types::MemberStatus;
use testkit::{
    database::Backend,
    fixture::{ALICE, BOB, CAROL, vault},
    server::TestServer,
};

async fn an_owner_shares_a_member_accepts_and_the_owner_sees_it(backend: Backend) {
    let server = TestServer::on(backend).await;
    let added = server
        .alice()
        .shares(1, &[BOB])
        .await
        .expect("alice may share her backup");
    assert_eq!(added.members.len(), 1);
    assert_eq!(added.members[0].status, MemberStatus::Pending);
    assert_eq!(added.members[0].updated_at, None, "nothing has changed yet");

    server.clock.advance(Duration::from_secs(60));
    let accepted = server
        .bob()
        .accepts(1, &vault(1))
        .await
        .expect("bob may accept what was shared with him");
    assert_eq!(accepted.status, MemberStatus::Accepted);
    assert_eq!(
        accepted.vault_id.as_ref().map(|v| v.to_string()),
        Some(vault(1))
    );

    let seen = server
        .alice()
        .lists(1)
        .await
        .expect("alice may list")
        .members;
    assert_eq!(
        seen,
        std::slice::from_ref(&accepted),
        "the owner sees what the member did"
    );
    assert_eq!(
        accepted.created_at.to_string(),
        "2020-02-05T10:38:34.209782"
    );
    assert_eq!(
        accepted.updated_at.map(|t| t.to_string()).as_deref(),
        Some("2020-02-05T10:39:34.209782")
    );
    assert_eq!(
        server.number("SELECT shared FROM vaults WHERE name = 'room for two'"),
        40 * 1024,
        "in MB"
    );
}

async fn a_member_sees_itself_and_no_other_member(backend: Backend) {
    let server = TestServer::on(backend).await;
    server
        .alice()
        .shares(1, &[BOB, CAROL])
        .await
        .expect("two at once");
    let seen = server.bob().lists(1).await.expect("a member may list");
    assert_eq!(seen.count, Some(1));
    assert_eq!(seen.members[0].dest_project_id.to_string(), BOB);
    assert_eq!(
        server.bob().shows(1, BOB).await.map(|m| m.id),
        Ok(seen.members[0].id.clone())
    );
    assert_eq!(
        server.bob().shows(1, CAROL).await,
        Err("BackupService.6705".into()),
        "as if carol were no member"
    );
    assert_eq!(
        server.carol().lists(1).await.expect("so does carol").count,
        Some(1)
    );
}

async fn a_stranger_learns_nothing(backend: Backend) {
    let server = TestServer::on(backend).await;
    server.alice().shares(1, &[BOB]).await.expect("shared");
    assert_eq!(
        server.mallory().lists(1).await,
        Err("BackupService.6200".into())
    );
    assert_eq!(
        server.mallory().shows(1, BOB).await,
        Err("BackupService.6200".into())
    );
    assert_eq!(
        server.mallory().rejects(1).await,
        Err("BackupService.6200".into())
    );
    assert_eq!(
        server.mallory().shares(1, &[CAROL]).await.map(drop),
        Err("BackupService.6200".into())
    );
    assert_eq!(
        server.mallory().revokes(1, BOB).await,
        Err("BackupService.6200".into())
    );
}

async fn a_member_changes_its_mind_and_the_vault_keeps_count(backend: Backend) {
    let server = TestServer::on(backend).await;
    let taken = || server.number("SELECT shared FROM vaults WHERE name = 'room for two'");
    server.alice().shares(1, &[BOB]).await.expect("shared");
    assert!(
        server
            .bob()
            .rejects(1)
            .await
            .is_ok_and(|m| m.status == MemberStatus::Rejected)
    );
    assert!(
        server
            .bob()
            .accepts(1, &vault(1))
            .await
            .is_ok_and(|m| m.status == MemberStatus::Accepted)
    );
    assert_eq!(taken(), 40 * 1024);
    let open = server.bob().postpones(1).await.expect("back to pending");
    assert_eq!((open.status, open.vault_id), (MemberStatus::Pending, None));
    assert_eq!(taken(), 0, "leaving accepted frees the capacity");
    server
        .bob()
        .accepts(1, &vault(1))
        .await
        .expect("accepted again");
    assert!(
        server
            .bob()
            .rejects(1)
            .await
            .is_ok_and(|m| m.vault_id.is_none())
    );
    assert_eq!(taken(), 0);
}

async fn the_owner_stops_sharing_and_may_share_again(backend: Backend) {
    let server = TestServer::on(backend).await;
    let first = server
        .alice()
        .shares(1, &[BOB])
        .await
        .expect("shared")
        .members[0]
        .id
        .clone();
    server.bob().accepts(1, &vault(1)).await.expect("accepted");
    server
        .alice()
        .revokes(1, BOB)
        .await
        .expect("alice may stop sharing");
    assert_eq!(
        server.number("SELECT shared FROM vaults WHERE name = 'room for two'"),
        0,
        "the capacity is free again"
    );
    assert_eq!(
        server.bob().shows(1, BOB).await,
        Err("BackupService.6200".into()),
        "bob is a stranger now"
    );
    let again = server
        .alice()
        .shares(1, &[BOB])
        .await
        .expect("shared again");
    assert_ne!(again.members[0].id, first, "a new record");
    assert_eq!(again.members[0].status, MemberStatus::Pending);
}

async fn all_are_added_or_none(backend: Backend) {
    let server = TestServer::on(backend).await;
    server
        .alice()
        .shares(1, &[CAROL])
        .await
        .expect("carol alone");
    let refused = server.alice().shares(1, &[BOB, CAROL]).await.map(drop);
    assert_eq!(refused, Err("BackupService.6703".into()));
    assert_eq!(
        server.alice().shares(1, &[BOB, ALICE]).await.map(drop),
        Err("BackupService.6704".into())
    );
    assert_eq!(
        server.alice().lists(1).await.expect("listed").count,
        Some(1),
        "one bad id, and none is added"
    );
    let added = server
        .alice()
        .shares(1, &["p02", BOB, "p01"])
        .await
        .expect("three at once");
    let order: Vec<_> = added
        .members
        .iter()
        .map(|m| m.dest_project_id.to_string())
        .collect();
    assert_eq!(order, ["p02", BOB, "p01"], "in the order of the request");
    assert_eq!(added.count, Some(3));
    assert_eq!(
        added.dest_project_id.map(|p| p.to_string()).as_deref(),
        Some("p02"),
        "the first, at the top level"
    );
}

async fn an_eleventh_member_is_refused(backend: Backend) {
    let server = TestServer::on(backend).await;
    let ten: Vec<String> = (1..=10).map(|n| format!("p{n:02}")).collect();
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    server.alice().shares(1, &ten).await.expect("ten at once");
    assert_eq!(
        server.alice().shares(1, &["p11"]).await.map(drop),
        Err("BackupService.6701".into())
    );
    server
        .alice()
        .revokes(1, "p05")
        .await
        .expect("one place is free");
    server.alice().shares(1, &["p11"]).await.expect("and taken");
}

async fn everything_is_there_after_a_restart(backend: Backend) {
    let server = TestServer::on(backend).await;
    server
        .alice()
        .shares(1, &[BOB, CAROL])
        .await
        .expect("shared");
    server.bob().accepts(1, &vault(1)).await.expect("accepted");
    let before = server.alice().lists(1).await.expect("listed");
    let server = server.restart().await;
    assert_eq!(server.alice().lists(1).await.expect("listed"), before);
}

testkit::on_each_schema!("current_thread":
    an_owner_shares_a_member_accepts_and_the_owner_sees_it,
    a_member_sees_itself_and_no_other_member,
    a_stranger_learns_nothing,
    a_member_changes_its_mind_and_the_vault_keeps_count,
    the_owner_stops_sharing_and_may_share_again,
    all_are_added_or_none,
    an_eleventh_member_is_refused,
    everything_is_there_after_a_restart
);
