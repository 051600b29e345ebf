//! Every move between the states of a share, and what stands in its way.

use backup_share::client::types::MemberStatus;
use testkit::{
    database::Backend,
    fixture::{ALICE, BOB, member, vault},
    server::TestServer,
};

/// Brings bob's share of backup 1 into a state.
async fn server_in(backend: Backend, state: MemberStatus) -> TestServer {
    let server = TestServer::on(backend).await;
    server.alice().shares(1, &[BOB]).await.expect("shared");
    match state {
        MemberStatus::Pending => {}
        MemberStatus::Accepted => drop(server.bob().accepts(1, &vault(1)).await.expect("accepted")),
        MemberStatus::Rejected => drop(server.bob().rejects(1).await.expect("rejected")),
    }
    server
}

const STATES: [MemberStatus; 3] = [
    MemberStatus::Pending,
    MemberStatus::Accepted,
    MemberStatus::Rejected,
];

async fn every_state_can_be_left_for_every_other_and_capacity_follows(backend: Backend) {
    for from in STATES {
        for to in STATES {
            let server = server_in(backend, from).await;
            let moved = match to {
                MemberStatus::Pending => server.bob().postpones(1).await,
                MemberStatus::Accepted => server.bob().accepts(1, &vault(1)).await,
                MemberStatus::Rejected => server.bob().rejects(1).await,
            };
            let moved = moved.unwrap_or_else(|code| panic!("{from} to {to}: {code}"));
            let taken = server.number("SELECT shared FROM vaults WHERE name = 'room for two'");
            assert_eq!(moved.status, to, "{from} to {to}");
            assert_eq!(
                moved.vault_id.is_some(),
                to == MemberStatus::Accepted,
                "{from} to {to}"
            );
            assert_eq!(
                taken,
                if to == MemberStatus::Accepted {
                    40 * 1024
                } else {
                    0
                },
                "{from} to {to}"
            );
        }
    }
}

async fn repeating_an_update_changes_nothing_not_even_the_time(backend: Backend) {
    for state in STATES {
        let server = server_in(backend, state).await;
        let before = server.bob().shows(1, BOB).await.expect("shown");
        server.clock.advance(std::time::Duration::from_secs(5));
        let body = match state {
            MemberStatus::Accepted => {
                format!(r#"{{"status": "accepted", "vault_id": "{}"}}"#, vault(1))
            }
            other => format!(r#"{{"status": "{other}"}}"#),
        };
        let response = server.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(response.status, 200, "{state}");
        assert_eq!(
            server.bob().shows(1, BOB).await.expect("shown"),
            before,
            "{state}"
        );
    }
}

async fn a_reject_ignores_the_vault_it_carries(backend: Backend) {
    for vault_id in [
        "null",
        r#""""#,
        &format!(r#""{}""#, vault(1)),
        r#""f0000000-0000-4000-8000-000000000001""#,
    ] {
        let server = server_in(backend, MemberStatus::Accepted).await;
        let body = format!(r#"{{"status": "rejected", "vault_id": {vault_id}}}"#);
        let response = server.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(response.status, 200, "{vault_id}");
        assert!(
            response.json()["member"]["vault_id"].is_null(),
            "{vault_id} is not stored"
        );
    }
}

async fn accepting_is_refused_for_each_reason_in_turn(backend: Backend) {
    let unknown = "f0000000-0000-4000-8000-000000000001";
    let carols = "c0000000-0000-4000-8000-000000000001";
    for (vault_id, refusal, why) in [
        ("null".to_owned(), (400, "BackupService.6706"), "no vault"),
        (
            r#""""#.to_owned(),
            (400, "BackupService.6706"),
            "an empty vault",
        ),
        (
            format!(r#""{unknown}""#),
            (404, "BackupService.6105"),
            "an unknown vault",
        ),
        (
            format!(r#""{carols}""#),
            (404, "BackupService.6105"),
            "another project's vault",
        ),
        (
            format!(r#""{}""#, vault(4)),
            (400, "BackupService.6713"),
            "a vault for disks",
        ),
        (
            format!(r#""{}""#, vault(6)),
            (400, "BackupService.6713"),
            "a vault that replicates",
        ),
        (
            format!(r#""{}""#, vault(5)),
            (400, "BackupService.6712"),
            "a locked vault",
        ),
        (
            format!(r#""{}""#, vault(3)),
            (400, "BackupService.6129"),
            "exactly as much free space as the backup's size",
        ),
    ] {
        let server = server_in(backend, MemberStatus::Pending).await;
        let body = format!(r#"{{"status": "accepted", "vault_id": {vault_id}}}"#);
        let response = server.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(response.error(), (refusal.0, refusal.1.to_owned()), "{why}");
        assert_eq!(
            server.bob().shows(1, BOB).await.map(|m| m.status),
            Ok(MemberStatus::Pending),
            "{why}"
        );
    }
    let server = server_in(backend, MemberStatus::Pending).await;
    let without = server
        .put(&member(BOB, 1, BOB), "bob", r#"{"status": "accepted"}"#)
        .await;
    assert_eq!(
        without.error(),
        (400, "BackupService.6706".into()),
        "no vault_id at all"
    );
    assert!(
        server.bob().accepts(1, &vault(7)).await.is_ok(),
        "one MB more than the backup's size is room enough"
    );
}

async fn a_vault_of_another_project_looks_like_one_that_does_not_exist(backend: Backend) {
    let server = server_in(backend, MemberStatus::Pending).await;
    let body = |vault: &str| format!(r#"{{"status": "accepted", "vault_id": "{vault}"}}"#);
    let send = async |vault: &str| {
        let mut json = server
            .put(&member(BOB, 1, BOB), "bob", &body(vault))
            .await
            .json();
        json.as_object_mut().expect("an error").remove("request_id");
        json.to_string()
    };
    let unknown = send("f0000000-0000-4000-8000-000000000001").await;
    assert_eq!(send("c0000000-0000-4000-8000-000000000001").await, unknown);
}

async fn an_accepted_backup_does_not_move_to_another_vault(backend: Backend) {
    let server = server_in(backend, MemberStatus::Accepted).await;
    assert_eq!(
        server.bob().accepts(1, &vault(2)).await,
        Err("BackupService.6708".into())
    );
    assert_eq!(
        server.number("SELECT shared FROM vaults WHERE name = 'room for two'"),
        40 * 1024
    );
}

async fn an_image_holds_the_accepted_backup(backend: Backend) {
    let server = TestServer::on(backend).await;
    assert_eq!(
        server.bob().rejects(8).await,
        Err("BackupService.6710".into())
    );
    assert_eq!(
        server.bob().postpones(8).await,
        Err("BackupService.6710".into())
    );
    assert_eq!(
        server.alice().revokes(8, BOB).await,
        Err("BackupService.6710".into())
    );
    let same = server
        .bob()
        .accepts(8, &vault(2))
        .await
        .expect("repeating is safe");
    assert!(same.image_id.is_some() && same.updated_at.is_none());
}

async fn a_vault_is_full_when_its_shares_fill_it(backend: Backend) {
    let server = TestServer::on(backend).await;
    for number in 1..=3 {
        server.share(number, &[BOB]).await;
    }
    assert!(server.bob().accepts(1, &vault(1)).await.is_ok());
    assert!(
        server.bob().accepts(2, &vault(1)).await.is_ok(),
        "80 of 100 GB"
    );
    assert_eq!(
        server.bob().accepts(3, &vault(1)).await,
        Err("BackupService.6129".into())
    );
    server.alice().revokes(1, BOB).await.expect("revoked");
    assert!(
        server.bob().accepts(3, &vault(1)).await.is_ok(),
        "there is room again"
    );
    assert_eq!(
        server
            .put(&member(ALICE, 1, BOB), "alice", r#"{"status": "pending"}"#)
            .await
            .code(),
        "BackupService.6705"
    );
}

testkit::on_each_schema!("current_thread":
    every_state_can_be_left_for_every_other_and_capacity_follows,
    repeating_an_update_changes_nothing_not_even_the_time,
    a_reject_ignores_the_vault_it_carries,
    accepting_is_refused_for_each_reason_in_turn,
    a_vault_of_another_project_looks_like_one_that_does_not_exist,
    an_accepted_backup_does_not_move_to_another_vault,
    an_image_holds_the_accepted_backup,
    a_vault_is_full_when_its_shares_fill_it
);
