//! A backup of the owner's, a vault of bob's, and the changes that the tests make.

use std::{sync::Arc, time::Duration};

use backup_share::{
    model::{
        Backup, BackupStatus, Change, Error, Facts, Member, MemberStatus, ObjectType, ProjectId,
        ProtectType, Selection, Vault, VaultId, VaultSelection, VaultStatus,
        facts::{Capacity, MemberSelection},
    },
    store::{
        Catalog, Store,
        postgres::{Postgres, Settings},
    },
    timestamp::Timestamp,
};
use testkit::postgres;
use uuid::Uuid;

pub type Any = Arc<dyn Store>;

pub fn now() -> Timestamp {
    Timestamp::from_micros(1_580_899_114_209_782).expect("a moment of 2020")
}

pub fn settings(deadline_seconds: u64) -> Settings {
    Settings {
        timeout: Duration::from_secs(deadline_seconds),
        ..(&postgres::config(String::new()).postgres).into()
    }
}

pub async fn open(url: &str, deadline_seconds: u64) -> Any {
    Arc::new(
        Postgres::open(url, &settings(deadline_seconds), now())
            .await
            .expect("a store"),
    )
}

/// With the catalog in it.
pub async fn furnished(url: &str, deadline: Duration) -> Any {
    let store = open(url, deadline.as_secs()).await;
    store.load_catalog(catalog()).await.expect("a good catalog");
    store
}

pub fn project(name: &str) -> ProjectId {
    name.parse().expect("a project id")
}

fn vault_id() -> VaultId {
    Uuid::from_u128(3).into()
}

fn catalog() -> Catalog {
    let backup = Backup {
        id: Uuid::from_u128(1).into(),
        project_id: project("owner"),
        vault_id: Uuid::from_u128(2).into(),
        name: "a server".into(),
        resource_type: "OS::Nova::Server".into(),
        resource_size: 1,
        status: BackupStatus::Available,
        encrypted: false,
    };
    let vault = Vault {
        id: vault_id(),
        project_id: project("bob"),
        name: "bob's".into(),
        object_type: ObjectType::Server,
        protect_type: ProtectType::Backup,
        status: VaultStatus::Available,
        size: 1_000_000,
        used: 0,
    };
    Catalog {
        backups: vec![backup.into()],
        vaults: vec![vault.into()],
        ..Catalog::default()
    }
}

pub fn selection() -> Selection {
    let backup_id = Uuid::from_u128(1).into();
    Selection {
        backup_id,
        members: MemberSelection::All,
        vault: VaultSelection::Named(vault_id()),
    }
}

pub fn pending(number: u128) -> Member {
    let name = project(&format!("p{number}"));
    Member::pending(
        Uuid::from_u128(1_000 + number).into(),
        Uuid::from_u128(1).into(),
        name,
        now(),
    )
}

/// Shares with one project; refused where that is a member already.
pub async fn add(store: &Any, number: u128) -> Result<Change, Error> {
    let rule = move |facts: &Facts| match find(facts, number) {
        Some(_) => Err(Error::AlreadyShared(vec![])),
        None => Ok(Change::Add(vec![pending(number)])),
    };
    store.change(selection(), Box::new(rule)).await
}

/// Accepts, which takes a GB of the vault; refused where it is accepted already.
pub async fn accept(store: &Any, number: u128) -> Result<Change, Error> {
    let rule = move |facts: &Facts| {
        let before = find(facts, number).ok_or(Error::NoSuchMember)?;
        if before.status == MemberStatus::Accepted {
            return Err(Error::AcceptedElsewhere(vault_id()));
        }
        let after = before.accepted(vault_id(), now());
        Ok(Change::Update {
            before,
            after,
            capacity: Capacity::Take(vault_id(), 1024),
        })
    };
    store.change(selection(), Box::new(rule)).await
}

/// Stops sharing; refused where there is nothing to stop.
pub async fn delete(store: &Any, number: u128) -> Result<Change, Error> {
    let rule = move |facts: &Facts| {
        let before = find(facts, number).ok_or(Error::NoSuchMember)?;
        let capacity = before
            .vault_id
            .map_or(Capacity::Same, |vault| Capacity::Free(vault, 1024));
        Ok(Change::Delete { before, capacity })
    };
    store.change(selection(), Box::new(rule)).await
}

fn find(facts: &Facts, number: u128) -> Option<Member> {
    facts
        .members
        .iter()
        .find(|member| member.id == pending(number).id)
        .cloned()
}

pub async fn facts(store: &Any) -> Facts {
    store.load(&selection()).await.expect("facts")
}

/// The vault holds exactly what was accepted into it.
pub async fn sums_are_exact(store: &Any) {
    let facts = facts(store).await;
    let accepted = facts
        .members
        .iter()
        .filter(|member| member.status == MemberStatus::Accepted)
        .count();
    assert_eq!(
        facts.vault.expect("bob's vault").used,
        accepted as u64 * 1024
    );
}
