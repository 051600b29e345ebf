//! The rules of storage, each as a test that any store can be run through.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use backup_share::{
    model::{
        Backup, BackupStatus, Change, Error, Facts, Member, MemberStatus, ObjectType, ProjectId,
        ProtectType, Selection, Vault, VaultId, VaultSelection, VaultStatus,
        facts::{Capacity, MemberSelection},
    },
    store::{Account, Catalog, FixedToken, Loaded, Project, Store, TokenHash},
    timestamp::Timestamp,
};
use uuid::Uuid;

pub type Any = Arc<dyn Store>;

pub fn now() -> Timestamp {
    Timestamp::from_micros(1_580_899_114_209_782).expect("a moment of 2020")
}

pub fn project(name: &str) -> ProjectId {
    name.parse().expect("a project id")
}

pub fn backup() -> Backup {
    Backup {
        id: Uuid::from_u128(1).into(),
        project_id: project("owner"),
        vault_id: Uuid::from_u128(2).into(),
        name: "a server".into(),
        resource_type: "OS::Nova::Server".into(),
        resource_size: 40,
        status: BackupStatus::Available,
        encrypted: false,
    }
}

pub fn vault(number: u128, owner: &str) -> Vault {
    Vault {
        id: Uuid::from_u128(number).into(),
        project_id: project(owner),
        name: "a vault".into(),
        object_type: ObjectType::Server,
        protect_type: ProtectType::Backup,
        status: VaultStatus::Available,
        size: 100,
        used: 512,
    }
}

pub const BOBS: u128 = 3;

pub fn token(text: &str) -> FixedToken {
    FixedToken {
        hash: TokenHash::of(text),
        user_name: "alice".into(),
        loaded_at: now(),
        enabled: true,
    }
}

pub fn catalog() -> Catalog {
    let account = Account {
        name: "alice".into(),
        password_hash: Some("a hash".to_owned().into()),
        project_id: project("owner"),
        project_name: "owner".into(),
        roles: vec!["member".into(), "reader".into()],
        enabled: true,
    };
    Catalog {
        projects: vec![Project {
            id: project("owner"),
            name: "the owner's".into(),
        }],
        accounts: vec![account],
        tokens: vec![token("fixed")],
        vaults: vec![vault(2, "owner").into(), vault(BOBS, "bob").into()],
        backups: vec![backup().into()],
        ..Catalog::default()
    }
}

pub async fn loaded(store: &Any) -> Loaded {
    store.load_catalog(catalog()).await.expect("a good catalog")
}

pub fn everything() -> Selection {
    let vault = VaultSelection::Named(VaultId::from(Uuid::from_u128(BOBS)));
    Selection {
        backup_id: backup().id,
        members: MemberSelection::All,
        vault,
    }
}

pub async fn facts(store: &Any) -> Facts {
    store.load(&everything()).await.expect("facts")
}

pub async fn used(store: &Any) -> u64 {
    facts(store).await.vault.expect("bob's vault").used
}

pub fn pending(number: u128, name: &str) -> Member {
    Member::pending(
        Uuid::from_u128(number).into(),
        backup().id,
        project(name),
        now(),
    )
}

/// Carries out a change that was decided without looking.
pub async fn blindly(store: &Any, change: Change) -> Result<Change, Error> {
    store
        .change(everything(), Box::new(move |_| Ok(change.clone())))
        .await
}

pub fn accepting(before: &Member) -> Change {
    let vault = VaultId::from(Uuid::from_u128(BOBS));
    let after = before.accepted(vault, now());
    Change::Update {
        before: before.clone(),
        after,
        capacity: Capacity::Take(vault, backup().megabytes()),
    }
}

pub async fn facts_are_what_was_loaded(store: Any) {
    assert!(
        facts(&store).await.backup.is_none(),
        "an empty store knows nothing"
    );
    loaded(&store).await;
    let facts = facts(&store).await;
    assert_eq!(facts.backup, Some(backup()));
    assert_eq!(facts.vault, Some(vault(BOBS, "bob")));
    assert!(facts.members.is_empty());
    let of_backup = Selection {
        vault: VaultSelection::OfBackup,
        ..everything()
    };
    assert_eq!(
        store.load(&of_backup).await.expect("facts").vault,
        Some(vault(2, "owner"))
    );
}

pub async fn a_rule_sees_the_facts_and_its_change_is_carried_out(store: Any) {
    loaded(&store).await;
    let both = Change::Add(vec![
        pending(10, "bob"),
        pending(11, "carol"),
        pending(12, "dave"),
    ]);
    assert_eq!(blindly(&store, both.clone()).await.expect("added"), both);
    let rule = |facts: &Facts| {
        let bob = facts
            .members
            .iter()
            .find(|m| m.dest_project_id == project("bob"))
            .ok_or(Error::NoSuchMember)?;
        Ok(accepting(bob))
    };
    store
        .change(everything(), Box::new(rule))
        .await
        .expect("accepted");
    let of = MemberSelection::Of {
        caller: project("bob"),
        member: project("carol"),
    };
    let mut some = store
        .load(&Selection {
            members: of,
            ..everything()
        })
        .await
        .expect("facts")
        .members;
    some.sort_by(|a, b| a.dest_project_id.cmp(&b.dest_project_id));
    assert_eq!(some[0].status, MemberStatus::Accepted);
    assert_eq!(some[1], pending(11, "carol"), "every field comes back");
    assert_eq!(some.len(), 2, "only those that were asked for");
    let bob = some.swap_remove(0);
    assert_eq!(used(&store).await, 512 + 40 * 1024);
    let freed = Capacity::Free(Uuid::from_u128(BOBS).into(), backup().megabytes());
    blindly(
        &store,
        Change::Delete {
            before: bob,
            capacity: freed,
        },
    )
    .await
    .expect("deleted");
    assert_eq!(used(&store).await, 512);
    assert_eq!(facts(&store).await.members.len(), 2);
}

/// One by one, and many at once.
pub async fn an_update_stores_the_whole_record(store: Any) {
    loaded(&store).await;
    let members: Vec<_> = (0..40)
        .map(|n| pending(100 + n, &format!("p{n}")))
        .collect();
    blindly(&store, Change::Add(members.clone()))
        .await
        .expect("added");
    let after = |before: &Member| Member {
        status: MemberStatus::Accepted,
        created_at: Timestamp::from_micros(1).expect("a time"),
        updated_at: Some(now()),
        vault_id: Some(Uuid::from_u128(7).into()),
        image_id: Some(Uuid::from_u128(8).into()),
        ..before.clone()
    };
    let update = |before: &Member| Change::Update {
        before: before.clone(),
        after: after(before),
        capacity: Capacity::Same,
    };
    blindly(&store, update(&members[0])).await.expect("updated");
    let updates = members[1..]
        .iter()
        .map(|before| blindly(&store, update(before)));
    futures::future::try_join_all(updates)
        .await
        .expect("updated");
    let mut stored = facts(&store).await.members;
    stored.sort_by_key(|member| *member.id.as_uuid());
    assert_eq!(stored, members.iter().map(after).collect::<Vec<_>>());
}

pub async fn a_refusal_by_the_rule_does_nothing(store: Any) {
    loaded(&store).await;
    let refused = store
        .change(everything(), Box::new(|_| Err(Error::VaultNotNamed)))
        .await;
    assert!(
        matches!(refused, Err(Error::VaultNotNamed)),
        "comes back as it is"
    );
    assert!(facts(&store).await.members.is_empty());
}

pub async fn the_database_refuses_a_second_record_for_the_same_pair(store: Any) {
    loaded(&store).await;
    blindly(&store, Change::Add(vec![pending(10, "bob")]))
        .await
        .expect("added");
    let again = blindly(
        &store,
        Change::Add(vec![pending(11, "carol"), pending(12, "bob")]),
    )
    .await;
    assert!(
        matches!(again, Err(Error::AlreadyShared(_))),
        "though the rule did not look: {again:?}"
    );
    assert_eq!(
        facts(&store).await.members,
        [pending(10, "bob")],
        "and carol was not added either"
    );
}

pub async fn a_change_is_done_whole_or_not_at_all(store: Any) {
    loaded(&store).await;
    let bob = pending(10, "bob");
    blindly(&store, Change::Add(vec![bob.clone()]))
        .await
        .expect("added");
    let nowhere = VaultId::from(Uuid::from_u128(99));
    let after = bob.accepted(nowhere, now());
    let capacity = Capacity::Take(nowhere, 1);
    assert!(
        blindly(
            &store,
            Change::Update {
                before: bob.clone(),
                after,
                capacity
            }
        )
        .await
        .is_err(),
        "no such vault"
    );
    assert_eq!(
        facts(&store).await.members,
        [bob],
        "the member was not changed alone"
    );
}

pub async fn a_vault_never_holds_less_than_nothing(store: Any) {
    loaded(&store).await;
    let bob = pending(10, "bob");
    blindly(&store, Change::Add(vec![bob.clone()]))
        .await
        .expect("added");
    let capacity = Capacity::Free(Uuid::from_u128(BOBS).into(), 1);
    assert!(
        blindly(
            &store,
            Change::Delete {
                before: bob,
                capacity
            }
        )
        .await
        .is_err()
    );
    assert_eq!(facts(&store).await.members.len(), 1);
}

pub async fn a_change_of_what_is_not_there_any_more_fails(store: Any) {
    loaded(&store).await;
    assert!(
        blindly(&store, accepting(&pending(10, "bob")))
            .await
            .is_err(),
        "nobody to update"
    );
    blindly(&store, Change::Add(vec![pending(10, "bob")]))
        .await
        .expect("added");
    assert!(
        blindly(&store, accepting(&pending(11, "bob")))
            .await
            .is_err(),
        "another record of the same project"
    );
    assert_eq!(used(&store).await, 512, "and no capacity was taken");
}

pub async fn many_changes_at_once_are_all_decided_on_current_facts(store: Any) {
    loaded(&store).await;
    let add = |number: u128| {
        let store = store.clone();
        let rule = move |facts: &Facts| match facts.members.len() {
            0..50 => Ok(Change::Add(vec![pending(
                100 + number,
                &format!("p{number}"),
            )])),
            _ => Err(Error::VaultNotNamed),
        };
        // As `add_member` does it: not around a vault that is written, which may be locked for that
        // alone.
        let around = Selection {
            vault: VaultSelection::OfBackup,
            ..everything()
        };
        tokio::spawn(async move { store.change(around, Box::new(rule)).await })
    };
    let tasks: Vec<_> = (0..200).map(add).collect();
    let mut added = 0;
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => added += 1,
            Err(Error::VaultNotNamed) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((added, facts(&store).await.members.len()), (50, 50));
}

/// Shares with two projects at once, under this number.
fn two(number: u128) -> Change {
    let one = |which: u128| pending(1_000 + 2 * number + which, &format!("p{number}-{which}"));
    Change::Add(vec![one(0), one(1)])
}

pub async fn a_bad_change_harms_none_of_those_that_wait_with_it(store: Any) {
    loaded(&store).await;
    blindly(&store, Change::Add(vec![pending(10, "bob")]))
        .await
        .expect("added");
    let change = |number: u128| {
        let store = store.clone();
        tokio::spawn(async move {
            match number % 4 {
                0 => blindly(&store, Change::Add(vec![pending(1_000 + number, "bob")])).await,
                1 => {
                    store
                        .change(everything(), Box::new(|_| Err(Error::VaultNotNamed)))
                        .await
                }
                2 => {
                    store
                        .change(everything(), Box::new(|_| panic!("a broken rule")))
                        .await
                }
                _ => blindly(&store, two(number)).await,
            }
        })
    };
    let tasks: Vec<_> = (0..200).map(change).collect();
    for (number, task) in tasks.into_iter().enumerate() {
        match (number % 4, task.await.expect("no panic")) {
            (0, Err(Error::AlreadyShared(_)))
            | (1, Err(Error::VaultNotNamed))
            | (2, Err(Error::Store(_)))
            | (3, Ok(_)) => {}
            (_, other) => panic!("{number} got the response of another: {other:?}"),
        }
    }
    assert_eq!(facts(&store).await.members.len(), 1 + 2 * 50);
}

pub async fn a_caller_that_leaves_harms_none_of_those_that_wait_with_it(store: Any) {
    loaded(&store).await;
    let begun = Arc::new(AtomicBool::new(false));
    let add = |number: u128| {
        let (store, begun) = (store.clone(), Arc::clone(&begun));
        let rule = move |_: &Facts| {
            begun.store(true, Ordering::Relaxed);
            Ok(two(number))
        };
        tokio::spawn(async move { store.change(everything(), Box::new(rule)).await })
    };
    let mut leaving: Vec<_> = (0..200).map(add).collect();
    let staying = leaving.split_off(100);
    while !begun.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
    leaving.iter().for_each(tokio::task::JoinHandle::abort);
    for task in staying {
        task.await.expect("no panic").expect("added");
    }
    let members = facts(&store).await.members;
    for number in 0..200 {
        let added = members
            .iter()
            .filter(|m| {
                m.dest_project_id
                    .as_str()
                    .starts_with(&format!("p{number}-"))
            })
            .count();
        assert!(
            added == 2 || (added == 0 && number < 100),
            "{added} of the two of {number}"
        );
    }
}

pub async fn a_catalog_loaded_twice_changes_nothing(store: Any) {
    assert_eq!(
        loaded(&store).await,
        Loaded {
            added: 6,
            changed: 0,
            unchanged: 0
        }
    );
    assert_eq!(
        loaded(&store).await,
        Loaded {
            added: 0,
            changed: 0,
            unchanged: 6
        }
    );
    let mut renamed = catalog();
    renamed.vaults[0].vault.name = "another name".into();
    assert_eq!(
        store.load_catalog(renamed).await.expect("loaded"),
        Loaded {
            added: 0,
            changed: 1,
            unchanged: 5
        }
    );
}

pub async fn a_catalog_does_not_undo_what_users_did(store: Any) {
    let shared = Catalog {
        members: vec![pending(10, "bob")],
        ..catalog()
    };
    store.load_catalog(shared.clone()).await.expect("loaded");
    blindly(&store, accepting(&pending(10, "bob")))
        .await
        .expect("accepted");
    store.load_catalog(shared).await.expect("loaded");
    assert_eq!(
        facts(&store).await.members[0].status,
        MemberStatus::Accepted
    );
    assert_eq!(
        used(&store).await,
        512 + 40 * 1024,
        "what shares take stays taken"
    );
}

pub async fn the_size_of_a_backup_cannot_change(store: Any) {
    loaded(&store).await;
    let mut larger = catalog();
    larger.backups[0].backup.resource_size = 41;
    larger.vaults[0].vault.name = "another name".into();
    let refused = store
        .load_catalog(larger)
        .await
        .expect_err("shares have been counted with it");
    assert!(
        refused.to_string().contains(&backup().id.to_string()),
        "{refused}"
    );
    assert_eq!(
        loaded(&store).await.unchanged,
        6,
        "nothing of the refused catalog was taken over"
    );
}

pub async fn accounts_and_tokens_are_found_again(store: Any) {
    loaded(&store).await;
    let account = store
        .find_account("alice")
        .await
        .expect("asked")
        .expect("known");
    assert_eq!(
        (account.project_name.as_str(), account.roles.len()),
        ("the owner's", 2)
    );
    assert!(store.find_account("bob").await.expect("asked").is_none());
    assert!(store.has_project(&project("owner")).await.expect("asked"));
    assert!(!store.has_project(&project("bob")).await.expect("asked"));
    let fixed = store
        .find_token(&TokenHash::of("fixed"))
        .await
        .expect("asked")
        .expect("known");
    assert_eq!((fixed.expires_at, fixed.revoked), (None, false));
    store
        .insert_token(TokenHash::of("issued"), "alice".into(), now(), now())
        .await
        .expect("kept");
    assert!(
        store
            .revoke_token(TokenHash::of("issued"), now())
            .await
            .expect("revoked")
    );
    assert!(
        !store
            .revoke_token(TokenHash::of("unknown"), now())
            .await
            .expect("asked")
    );
    let issued = store
        .find_token(&TokenHash::of("issued"))
        .await
        .expect("asked")
        .expect("still known");
    assert!(issued.revoked && issued.expires_at == Some(now()));
}

pub async fn expired_tokens_are_deleted_some_at_a_time_and_no_others(store: Any) {
    loaded(&store).await;
    let at = |second: i64| {
        Timestamp::from_micros(now().as_micros() + second * 1_000_000).expect("a moment")
    };
    for second in 0..10 {
        let hash = TokenHash::of(&second.to_string());
        store
            .insert_token(hash, "alice".into(), now(), at(second))
            .await
            .expect("kept");
    }
    for deleted in [3, 3, 1, 0] {
        assert_eq!(
            store
                .delete_expired_tokens(at(7), 3)
                .await
                .expect("deleted"),
            deleted
        );
    }
    for (token, stands) in [("6", false), ("7", true), ("9", true), ("fixed", true)] {
        let found = store
            .find_token(&TokenHash::of(token))
            .await
            .expect("asked");
        assert_eq!(found.is_some(), stands, "{token}");
    }
}

pub async fn a_panic_in_a_rule_is_an_error_of_that_request_alone(store: Any) {
    loaded(&store).await;
    let panicked = store
        .change(everything(), Box::new(|_| panic!("a broken rule")))
        .await;
    assert!(matches!(panicked, Err(Error::Store(_))));
    blindly(&store, Change::Add(vec![pending(10, "bob")]))
        .await
        .expect("others go on");
    store.ready().await.expect("ready");
}
