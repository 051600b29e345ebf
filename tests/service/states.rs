//! Every move between the states of a share, and what stands in its way.

use backup_share::client::types::MemberStatus;

use super::house::{ALICE, BOB, House, member, vault};

/// Brings bob's share of backup 1 into a state.
async fn house_in(state: MemberStatus) -> House {
    let house = House::open().await;
    house.alice().shares(1, &[BOB]).await.expect("shared");
    match state {
        MemberStatus::Pending => {}
        MemberStatus::Accepted => drop(house.bob().accepts(1, &vault(1)).await.expect("accepted")),
        MemberStatus::Rejected => drop(house.bob().rejects(1).await.expect("rejected")),
    }
    house
}

const STATES: [MemberStatus; 3] = [
    MemberStatus::Pending,
    MemberStatus::Accepted,
    MemberStatus::Rejected,
];

#[tokio::test]
async fn every_state_can_be_left_for_every_other_and_capacity_follows() {
    for from in STATES {
        for to in STATES {
            let house = house_in(from).await;
            let moved = match to {
                MemberStatus::Pending => house.bob().postpones(1).await,
                MemberStatus::Accepted => house.bob().accepts(1, &vault(1)).await,
                MemberStatus::Rejected => house.bob().rejects(1).await,
            };
            let moved = moved.unwrap_or_else(|code| panic!("{from} to {to}: {code}"));
            let taken = house.number("SELECT shared FROM vaults WHERE name = 'room for two'");
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

#[tokio::test]
async fn repeating_an_update_changes_nothing_not_even_the_time() {
    for state in STATES {
        let house = house_in(state).await;
        let before = house.bob().shows(1, BOB).await.expect("shown");
        house.clock.pass(std::time::Duration::from_secs(5));
        let body = match state {
            MemberStatus::Accepted => {
                format!(r#"{{"status": "accepted", "vault_id": "{}"}}"#, vault(1))
            }
            other => format!(r#"{{"status": "{other}"}}"#),
        };
        let answer = house.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(answer.status, 200, "{state}");
        assert_eq!(
            house.bob().shows(1, BOB).await.expect("shown"),
            before,
            "{state}"
        );
    }
}

#[tokio::test]
async fn a_reject_ignores_the_vault_it_carries() {
    for vault_id in [
        "null",
        r#""""#,
        &format!(r#""{}""#, vault(1)),
        r#""f0000000-0000-4000-8000-000000000001""#,
    ] {
        let house = house_in(MemberStatus::Accepted).await;
        let body = format!(r#"{{"status": "rejected", "vault_id": {vault_id}}}"#);
        let answer = house.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(answer.status, 200, "{vault_id}");
        assert!(
            answer.json()["member"]["vault_id"].is_null(),
            "{vault_id} is not stored"
        );
    }
}

#[tokio::test]
async fn accepting_is_refused_for_each_reason_in_turn() {
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
        let house = house_in(MemberStatus::Pending).await;
        let body = format!(r#"{{"status": "accepted", "vault_id": {vault_id}}}"#);
        let answer = house.put(&member(BOB, 1, BOB), "bob", &body).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.to_owned()), "{why}");
        assert_eq!(
            house.bob().shows(1, BOB).await.map(|m| m.status),
            Ok(MemberStatus::Pending),
            "{why}"
        );
    }
    let house = house_in(MemberStatus::Pending).await;
    let without = house
        .put(&member(BOB, 1, BOB), "bob", r#"{"status": "accepted"}"#)
        .await;
    assert_eq!(
        without.refusal(),
        (400, "BackupService.6706".into()),
        "no vault_id at all"
    );
    assert!(
        house.bob().accepts(1, &vault(7)).await.is_ok(),
        "one MB more than the backup's size is room enough"
    );
}

#[tokio::test]
async fn two_unknown_vaults_look_alike_whoever_owns_them() {
    let house = house_in(MemberStatus::Pending).await;
    let body = |vault: &str| format!(r#"{{"status": "accepted", "vault_id": "{vault}"}}"#);
    let send = async |vault: &str| {
        let mut json = house
            .put(&member(BOB, 1, BOB), "bob", &body(vault))
            .await
            .json();
        json.as_object_mut().expect("an error").remove("request_id");
        json.to_string()
    };
    let unknown = send("f0000000-0000-4000-8000-000000000001").await;
    assert_eq!(send("c0000000-0000-4000-8000-000000000001").await, unknown);
}

#[tokio::test]
async fn an_accepted_backup_does_not_move_to_another_vault() {
    let house = house_in(MemberStatus::Accepted).await;
    assert_eq!(
        house.bob().accepts(1, &vault(2)).await,
        Err("BackupService.6708".into())
    );
    assert_eq!(
        house.number("SELECT shared FROM vaults WHERE name = 'room for two'"),
        40 * 1024
    );
}

#[tokio::test]
async fn an_image_holds_the_accepted_backup() {
    let house = House::open().await;
    assert_eq!(
        house.bob().rejects(8).await,
        Err("BackupService.6710".into())
    );
    assert_eq!(
        house.bob().postpones(8).await,
        Err("BackupService.6710".into())
    );
    assert_eq!(
        house.alice().revokes(8, BOB).await,
        Err("BackupService.6710".into())
    );
    let same = house
        .bob()
        .accepts(8, &vault(2))
        .await
        .expect("repeating is safe");
    assert!(same.image_id.is_some() && same.updated_at.is_none());
}

#[tokio::test]
async fn a_vault_is_full_when_its_shares_fill_it() {
    let house = House::open().await;
    for number in 1..=3 {
        house.share(number, &[BOB]).await;
    }
    assert!(house.bob().accepts(1, &vault(1)).await.is_ok());
    assert!(
        house.bob().accepts(2, &vault(1)).await.is_ok(),
        "80 of 100 GB"
    );
    assert_eq!(
        house.bob().accepts(3, &vault(1)).await,
        Err("BackupService.6129".into())
    );
    house.alice().revokes(1, BOB).await.expect("revoked");
    assert!(
        house.bob().accepts(3, &vault(1)).await.is_ok(),
        "there is room again"
    );
    assert_eq!(
        house
            .put(&member(ALICE, 1, BOB), "alice", r#"{"status": "pending"}"#)
            .await
            .code(),
        "BackupService.6705"
    );
}
