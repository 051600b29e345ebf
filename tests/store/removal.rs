//! What was given and is taken back, disabled or removed: rules that any store can be run through.

use backup_share::{
    model::{
        Backup, Change, Error, Facts, Member, MemberStatus, Selection, VaultId, VaultSelection,
        facts::{Capacity, MemberSelection},
    },
    store::{AccessKey, Catalog, Loaded, Removal, RemovalRefused, Removed, TokenHash},
};
use uuid::Uuid;

use crate::suite::{
    Any, BOBS, backup, blindly, catalog, everything, facts, loaded, now, pending, project, token,
    used, vault,
};

fn key(access: &str) -> AccessKey {
    let (access, secret) = (access.to_owned(), "a secret".to_owned().into());
    AccessKey {
        access,
        secret,
        user_name: "alice".into(),
        enabled: true,
    }
}

async fn gone(store: &Any, removal: Removal) -> Vec<Removed> {
    store
        .remove(removal)
        .await
        .expect("a response")
        .expect("removed")
}

async fn refused(store: &Any, removal: Removal) -> RemovalRefused {
    store
        .remove(removal)
        .await
        .expect("a response")
        .expect_err("refused")
}

fn bobs() -> VaultId {
    Uuid::from_u128(BOBS).into()
}

/// Alice, her token and her key, as they stand.
async fn stand(store: &Any) -> (bool, bool, bool) {
    let account = store
        .find_account("alice")
        .await
        .expect("asked")
        .expect("alice");
    let token = store
        .find_token(&TokenHash::of("fixed"))
        .await
        .expect("asked")
        .expect("her token");
    let (key, of) = store
        .find_access_key("key")
        .await
        .expect("asked")
        .expect("her key");
    assert_eq!(
        (token.account.enabled, of.enabled),
        (account.enabled, account.enabled),
        "however it is found"
    );
    assert_eq!(token.is_good(), token.enabled && account.enabled);
    (account.enabled, token.enabled, key.enabled)
}

pub async fn what_is_disabled_is_found_as_such_and_can_be_enabled_again(store: Any) {
    let with_key = Catalog {
        access_keys: vec![key("key")],
        ..catalog()
    };
    let of = |enabled: [bool; 3]| {
        let mut catalog = with_key.clone();
        (catalog.accounts[0].enabled, catalog.tokens[0].enabled) = (enabled[0], enabled[1]);
        catalog.access_keys[0].enabled = enabled[2];
        catalog
    };
    let load = async |enabled| store.load_catalog(of(enabled)).await.expect("loaded");
    assert_eq!(load([true; 3]).await.added, 7);
    for enabled in [
        [false, true, true],
        [true, false, true],
        [true, true, false],
        [true; 3],
    ] {
        load(enabled).await;
        assert_eq!(stand(&store).await, enabled.into());
        assert_eq!(
            load(enabled).await,
            Loaded {
                added: 0,
                changed: 0,
                unchanged: 7
            },
            "twice changes nothing"
        );
    }
    assert_eq!(
        load([false; 3]).await,
        Loaded {
            added: 0,
            changed: 3,
            unchanged: 4
        }
    );
    assert_eq!(stand(&store).await, (false, false, false));
}

pub async fn a_token_that_its_user_revoked_stays_revoked_whatever_a_data_file_says(store: Any) {
    loaded(&store).await;
    assert!(
        store
            .revoke_token(TokenHash::of("fixed"), now())
            .await
            .expect("revoked")
    );
    for enabled in [false, true] {
        let mut again = catalog();
        again.tokens[0].enabled = enabled;
        store.load_catalog(again).await.expect("loaded");
        let token = store
            .find_token(&TokenHash::of("fixed"))
            .await
            .expect("asked")
            .expect("still known");
        assert!(token.revoked && !token.is_good() && token.enabled == enabled);
    }
}

pub async fn a_user_goes_with_its_tokens_and_keys(store: Any) {
    store
        .load_catalog(Catalog {
            access_keys: vec![key("k1"), key("k2")],
            ..catalog()
        })
        .await
        .expect("loaded");
    let issue = || store.insert_token(TokenHash::of("issued"), "alice".into(), now(), now());
    issue().await.expect("kept");
    let went = gone(&store, Removal::Users(vec!["alice".into()])).await;
    assert_eq!(
        went,
        [Removed {
            id: "alice".into(),
            tokens: 2,
            access_keys: 2,
            ..Removed::default()
        }]
    );
    assert!(store.find_account("alice").await.expect("asked").is_none());
    for text in ["fixed", "issued"] {
        assert!(
            store
                .find_token(&TokenHash::of(text))
                .await
                .expect("asked")
                .is_none(),
            "{text}"
        );
    }
    assert!(store.find_access_key("k1").await.expect("asked").is_none());
    let late = issue().await;
    assert!(
        matches!(late, Err(Error::UnknownCredentials)),
        "who was logging in meanwhile: {late:?}"
    );
    assert!(
        store.has_project(&project("owner")).await.expect("asked"),
        "the project stays"
    );
    assert_eq!(
        loaded(&store).await,
        Loaded {
            added: 2,
            changed: 0,
            unchanged: 4
        },
        "a data file brings them back"
    );
}

pub async fn tokens_and_keys_go_by_themselves(store: Any) {
    let tokens = vec![token("fixed"), token("other")];
    store
        .load_catalog(Catalog {
            tokens,
            access_keys: vec![key("k1"), key("k2")],
            ..catalog()
        })
        .await
        .expect("loaded");
    let went = gone(&store, Removal::Tokens(vec![TokenHash::of("fixed")])).await;
    let id = format!("sha256:{}", &TokenHash::of("fixed").to_hex()[..16]);
    assert_eq!(
        went,
        [Removed {
            id,
            ..Removed::default()
        }]
    );
    gone(&store, Removal::AccessKeys(vec!["k2".into(), "k2".into()])).await;
    assert!(
        store
            .find_token(&TokenHash::of("fixed"))
            .await
            .expect("asked")
            .is_none()
    );
    assert!(
        store
            .find_token(&TokenHash::of("other"))
            .await
            .expect("asked")
            .is_some()
    );
    assert!(store.find_access_key("k1").await.expect("asked").is_some());
    assert!(store.find_access_key("k2").await.expect("asked").is_none());
}

pub async fn a_backup_goes_with_its_shares_and_vaults_get_the_capacity_back(store: Any) {
    let image = Some(Uuid::from_u128(77).into());
    let registered = Member {
        image_id: image,
        ..pending(10, "bob").accepted(bobs(), now())
    };
    let other = Backup {
        id: Uuid::from_u128(9).into(),
        ..backup()
    };
    let of_other = Member {
        backup_id: other.id,
        ..pending(12, "bob").accepted(bobs(), now())
    };
    let members = vec![registered, pending(11, "carol"), of_other];
    store
        .load_catalog(Catalog {
            backups: vec![backup().into(), other.clone().into()],
            members,
            ..catalog()
        })
        .await
        .expect("loaded");
    assert_eq!(used(&store).await, 512 + 2 * 40 * 1024);
    let went = gone(&store, Removal::Backups(vec![backup().id])).await;
    let freed = [(bobs(), 40 * 1024)].into();
    let expected = Removed {
        id: backup().id.to_string(),
        shares: 2,
        images: 1,
        freed,
        ..Removed::default()
    };
    assert_eq!(went, [expected]);
    let facts = facts(&store).await;
    assert!(facts.backup.is_none() && facts.members.is_empty());
    let kept = store
        .load(&Selection {
            backup_id: other.id,
            ..everything()
        })
        .await
        .expect("facts");
    assert_eq!(
        (kept.members.len(), kept.vault.expect("bob's vault").used),
        (1, 512 + 40 * 1024),
        "the other stays"
    );
}

pub async fn what_holds_backups_or_has_anything_stays(store: Any) {
    let members = vec![pending(10, "bob").accepted(bobs(), now())];
    let projects = vec![
        backup_share::store::Project {
            id: project("bob"),
            name: "bob's".into(),
        },
        backup_share::store::Project {
            id: project("idle"),
            name: "without anything".into(),
        },
    ];
    loaded(&store).await;
    store
        .load_catalog(Catalog {
            projects,
            members,
            ..Catalog::default()
        })
        .await
        .expect("loaded");
    let of_owner: VaultId = Uuid::from_u128(2).into();
    let (a, owner) = (backup().id, "owner");
    for (removal, words) in [
        (
            Removal::Vaults(vec![bobs()]),
            vec![format!(
                "the share of backup {a} is accepted into vault {}",
                bobs()
            )],
        ),
        (
            Removal::Vaults(vec![of_owner]),
            vec![format!("backup {a} is in vault {of_owner}")],
        ),
        (
            Removal::Projects(vec![project("bob")]),
            vec![
                format!("vault {} belongs to project bob", bobs()),
                format!("backup {a} is shared with project bob"),
            ],
        ),
        (
            Removal::Projects(vec![project(owner)]),
            vec![
                format!("user alice is of project {owner}"),
                format!("vault {of_owner} belongs to project {owner}"),
                format!("backup {a} belongs to project {owner}"),
            ],
        ),
    ] {
        let expected = RemovalRefused::InTheWay {
            count: words.len() as u64,
            first: words,
        };
        assert_eq!(refused(&store, removal).await, expected);
    }
    gone(&store, Removal::Projects(vec![project("idle")])).await;
    assert!(!store.has_project(&project("idle")).await.expect("asked"));
    gone(&store, Removal::Backups(vec![a])).await;
    gone(&store, Removal::Vaults(vec![of_owner, bobs()])).await;
    gone(&store, Removal::Users(vec!["alice".into()])).await;
    gone(
        &store,
        Removal::Projects(vec![project("bob"), project(owner)]),
    )
    .await;
}

pub async fn all_go_or_none(store: Any) {
    loaded(&store).await;
    let unknown_users = Removal::Users(vec!["eve".into(), "alice".into(), "mallory".into()]);
    let expected = RemovalRefused::Missing {
        kind: "user",
        ids: vec!["eve".into(), "mallory".into()],
    };
    assert_eq!(refused(&store, unknown_users).await, expected);
    let unknown = Removal::Tokens(vec![TokenHash::of("fixed"), TokenHash::of("unknown")]);
    let RemovalRefused::Missing { ids, .. } = refused(&store, unknown).await else {
        panic!("another reason")
    };
    assert!(
        ids.len() == 1 && ids[0].len() == "sha256:".len() + 16,
        "{ids:?}"
    );
    let vaults = Removal::Vaults(vec![bobs(), Uuid::from_u128(2).into()]);
    assert!(
        matches!(
            refused(&store, vaults).await,
            RemovalRefused::InTheWay { count: 1, .. }
        ),
        "one of them is in use"
    );
    assert_eq!(loaded(&store).await.unchanged, 6, "nothing is gone");
}

/// Backups by number, each in the owner's vault and shared with bob.
const MANY: u128 = 60;

fn numbered(number: u128) -> Backup {
    Backup {
        id: Uuid::from_u128(1_000 + number).into(),
        ..backup()
    }
}

/// Around one of them, as its member accepts it.
fn around(number: u128) -> Selection {
    let members = MemberSelection::Of {
        caller: project("bob"),
        member: project("bob"),
    };
    Selection {
        backup_id: numbered(number).id,
        members,
        vault: VaultSelection::Named(bobs()),
    }
}

/// Accepts like the real rule, as far as it matters here.
fn accept(facts: &Facts) -> Result<Change, Error> {
    let before = facts.members.first().ok_or(Error::NoSuchBackup)?;
    let vault = facts.vault.as_ref().ok_or(Error::NoSuchVault)?;
    let capacity = Capacity::Take(vault.id, backup().megabytes());
    Ok(Change::Update {
        before: before.clone(),
        after: before.accepted(vault.id, now()),
        capacity,
    })
}

pub async fn who_shares_or_accepts_while_a_backup_is_removed_leaves_the_sums_right(store: Any) {
    let mut large = catalog();
    large.vaults[1].vault.size = 100_000;
    large.backups.extend((0..MANY).map(|n| numbered(n).into()));
    large.members = (0..MANY)
        .map(|n| Member {
            backup_id: numbered(n).id,
            ..pending(2_000 + n, "bob")
        })
        .collect();
    store.load_catalog(large).await.expect("loaded");
    let mut tasks = vec![];
    for number in 0..MANY {
        let accepting = store.clone();
        tasks.push(tokio::spawn(async move {
            match accepting.change(around(number), Box::new(accept)).await {
                Ok(_) => {}
                Err(Error::NoSuchBackup) if number % 2 == 0 => {}
                Err(other) => panic!("{number}: {other:?}"),
            }
        }));
        let adding = store.clone();
        tasks.push(tokio::spawn(async move {
            let selection = Selection {
                members: MemberSelection::All,
                vault: VaultSelection::OfBackup,
                ..around(number)
            };
            let rule = move |facts: &Facts| match facts.backup {
                Some(_) => Ok(Change::Add(vec![Member {
                    backup_id: numbered(number).id,
                    ..pending(3_000 + number, "carol")
                }])),
                None => Err(Error::NoSuchBackup),
            };
            match adding.change(selection, Box::new(rule)).await {
                Ok(_) => {}
                Err(Error::NoSuchBackup) if number % 2 == 0 => {}
                Err(other) => panic!("{number}: {other:?}"),
            }
        }));
    }
    for first in (0..MANY).step_by(6) {
        // Three at a time, in an order that is not theirs.
        let removing = store.clone();
        let ids = [first + 4, first, first + 2].map(|number| numbered(number).id);
        tasks.push(tokio::spawn(async move {
            drop(gone(&removing, Removal::Backups(ids.into())).await)
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    for number in 0..MANY {
        let selection = Selection {
            members: MemberSelection::All,
            ..around(number)
        };
        let facts = store.load(&selection).await.expect("facts");
        let accepted = facts
            .members
            .iter()
            .filter(|m| m.status == MemberStatus::Accepted)
            .count();
        let expected = if number % 2 == 0 {
            (false, 0, 0)
        } else {
            (true, 2, 1)
        };
        assert_eq!(
            (facts.backup.is_some(), facts.members.len(), accepted),
            expected,
            "{number}"
        );
    }
    assert_eq!(
        used(&store).await,
        512 + u64::try_from(MANY / 2).expect("few") * 40 * 1024
    );
}

pub async fn a_vault_is_removed_or_accepted_into_and_never_both(store: Any) {
    let mut outcomes = [0; 2];
    for round in 0..40 {
        let vaults = vec![vault(2, "owner").into(), vault(BOBS, "bob").into()];
        store
            .load_catalog(Catalog {
                vaults,
                ..catalog()
            })
            .await
            .expect("loaded");
        assert_eq!(used(&store).await, 512, "what was accepted is free again");
        let bob = pending(10 + round, "bob");
        blindly(&store, Change::Add(vec![bob.clone()]))
            .await
            .expect("shared");
        let selection = Selection {
            backup_id: backup().id,
            ..around(0)
        };
        let accepting = store.change(selection, Box::new(accept));
        let removing = store.remove(Removal::Vaults(vec![bobs()]));
        // Who is polled first is first in a queue.
        let (accepted, removed) = if round % 2 == 0 {
            tokio::join!(accepting, removing)
        } else {
            let (removed, accepted) = tokio::join!(removing, accepting);
            (accepted, removed)
        };
        match (accepted, removed.expect("a response")) {
            (Ok(_), Err(RemovalRefused::InTheWay { count: 1, .. })) => outcomes[0] += 1,
            (Err(Error::NoSuchVault), Ok(_)) => outcomes[1] += 1,
            other => panic!("{other:?}"),
        }
        // With its share, so that the next round begins like the first.
        gone(&store, Removal::Backups(vec![backup().id])).await;
    }
    println!("accepted {}, removed {}", outcomes[0], outcomes[1]);
}
