//! Changes together, held against the same changes one after the other in a small world.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*, sample::subsequence};
use uuid::Uuid;

use super::ChangeSet;
use crate::{
    model::{
        Backup, BackupId, BackupStatus, Change, Facts, Member, ObjectType, ProjectId, ProtectType,
        Selection, Vault, VaultId, VaultSelection, VaultStatus,
        facts::{Capacity, MemberSelection},
        rules::{self, Decision, NewMembers},
    },
    timestamp::Timestamp,
};

const OWNER: &str = "owner";
const MEMBERS: [&str; 3] = ["bob", "carol", "dave"];

#[derive(Clone, Debug)]
enum Operation {
    Add(Vec<usize>),
    Decide(usize, Decision),
    Delete(usize),
}

/// What is in a store: two backups and three vaults with little room, two of them bob's.
#[derive(Clone, Debug, PartialEq)]
struct StoreModel {
    members: BTreeMap<(BackupId, ProjectId), Member>,
    vaults: BTreeMap<VaultId, Vault>,
}

fn project(name: &str) -> ProjectId {
    name.parse().expect("a project id")
}

fn vault_id(number: usize) -> VaultId {
    Uuid::from_u128(number as u128).into()
}

fn vault(number: usize) -> Vault {
    Vault {
        id: vault_id(number),
        project_id: project([OWNER, "bob", "bob", "carol"][number]),
        name: String::new(),
        object_type: ObjectType::Server,
        protect_type: ProtectType::Backup,
        status: VaultStatus::Available,
        size: [100, 11, 20, 11][number],
        used: 0,
    }
}

fn backup(number: usize) -> Backup {
    Backup {
        id: Uuid::from_u128(10 + number as u128).into(),
        project_id: project(OWNER),
        vault_id: vault_id(0),
        name: String::new(),
        resource_type: "OS::Nova::Server".into(),
        resource_size: 10,
        status: BackupStatus::Available,
        encrypted: false,
    }
}

impl StoreModel {
    fn new() -> Self {
        let vaults = (0..4)
            .map(|number| (vault_id(number), vault(number)))
            .collect();
        Self {
            members: BTreeMap::new(),
            vaults,
        }
    }

    fn load(&self, selection: &Selection) -> Facts {
        let backup = (0..2)
            .map(backup)
            .find(|backup| backup.id == selection.backup_id);
        let selected = |m: &&Member| match &selection.members {
            MemberSelection::All => true,
            MemberSelection::Of { caller, member } => {
                [caller, member].contains(&&m.dest_project_id)
            }
        };
        let of_backup = self
            .members
            .values()
            .filter(|m| m.backup_id == selection.backup_id);
        let vault = match selection.vault {
            VaultSelection::None => None,
            VaultSelection::OfBackup => backup.as_ref().map(|backup| backup.vault_id),
            VaultSelection::Named(id) => Some(id),
        };
        Facts {
            backup,
            members: of_backup.filter(selected).cloned().collect(),
            vault: vault.map(|id| self.vaults[&id].clone()),
        }
    }

    fn put(&mut self, before: Option<&Member>, after: Option<&Member>) {
        let of = before.or(after).expect("a record");
        let key = (of.backup_id, of.dest_project_id.clone());
        let expected = match after {
            Some(after) => self.members.insert(key, after.clone()),
            None => self.members.remove(&key),
        };
        assert_eq!(
            expected.as_ref(),
            before,
            "a change says what was there before it"
        );
    }

    fn take(&mut self, vault: VaultId, megabytes: i64) {
        let vault = self.vaults.get_mut(&vault).expect("a vault");
        vault.used = vault
            .used
            .checked_add_signed(megabytes)
            .expect("not less than nothing");
    }

    fn carry_out(&mut self, change: &Change) {
        let capacity = match change {
            Change::Keep(_) => Capacity::Same,
            Change::Add(members) => {
                members
                    .iter()
                    .for_each(|member| self.put(None, Some(member)));
                Capacity::Same
            }
            Change::Update {
                before,
                after,
                capacity,
            } => {
                self.put(Some(before), Some(after));
                *capacity
            }
            Change::Delete { before, capacity } => {
                self.put(Some(before), None);
                *capacity
            }
        };
        match capacity {
            Capacity::Same => {}
            Capacity::Take(vault, megabytes) => self.take(vault, megabytes.cast_signed()),
            Capacity::Free(vault, megabytes) => self.take(vault, -megabytes.cast_signed()),
        }
    }

    fn write(&mut self, changes: &ChangeSet) {
        changes
            .deleted()
            .into_iter()
            .for_each(|member| self.put(Some(member), None));
        changes
            .inserted()
            .into_iter()
            .for_each(|member| self.put(None, Some(member)));
        changes
            .updated()
            .into_iter()
            .for_each(|(before, after)| self.put(Some(before), Some(after)));
        changes
            .moved()
            .into_iter()
            .for_each(|(vault, megabytes)| self.take(vault, megabytes));
    }
}

/// What an operation asks for.
fn selection(backup_number: usize, operation: &Operation) -> Selection {
    let of = |caller, member| MemberSelection::Of { caller, member };
    let (members, vault) = match operation {
        Operation::Add(_) => (MemberSelection::All, VaultSelection::OfBackup),
        Operation::Decide(member, decision) => {
            let vault = match decision {
                Decision::Accept(Some(vault)) => VaultSelection::Named(*vault),
                _ => VaultSelection::None,
            };
            (
                of(project(MEMBERS[*member]), project(MEMBERS[*member])),
                vault,
            )
        }
        Operation::Delete(member) => (
            of(project(OWNER), project(MEMBERS[*member])),
            VaultSelection::None,
        ),
    };
    Selection {
        backup_id: backup(backup_number).id,
        members,
        vault,
    }
}

/// What the rules say to an operation; a refusal in words.
fn decide(operation: &Operation, number: usize, facts: &Facts) -> Result<Change, String> {
    let now = Timestamp::from_micros(1_000_000 + i64::try_from(number).expect("few"))
        .expect("a moment of 1970");
    let decided = match operation {
        Operation::Add(projects) => {
            let id =
                |project: usize| Uuid::from_u128((1_000 + 10 * number + project) as u128).into();
            let members = projects
                .iter()
                .map(|p| (project(MEMBERS[*p]), id(*p)))
                .collect();
            let new = NewMembers {
                members,
                unknown: vec![],
                limit: 2,
                now,
            };
            rules::add_member(facts, &project(OWNER), &new)
        }
        Operation::Decide(member, decision) => {
            let member = project(MEMBERS[*member]);
            rules::update_member_status(facts, &member, &member, *decision, now)
        }
        Operation::Delete(member) => {
            rules::delete_member(facts, &project(OWNER), &project(MEMBERS[*member]))
        }
    };
    decided.map_err(|error| format!("{error:?}"))
}

fn operation() -> impl Strategy<Value = (usize, Operation)> {
    let decision = prop_oneof![
        3 => (1..4_usize).prop_map(|vault| Decision::Accept(Some(vault_id(vault)))),
        1 => Just(Decision::Reject),
        1 => Just(Decision::Postpone),
    ];
    let operation = prop_oneof![
        2 => subsequence(vec![0, 1, 2], 1..=2).prop_map(Operation::Add),
        4 => (0..3_usize, decision).prop_map(|(member, decision)| Operation::Decide(member, decision)),
        1 => (0..3_usize).prop_map(Operation::Delete),
    ];
    (0..2_usize, operation)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn changes_together_are_decided_and_come_to_what_they_do_one_after_the_other(
        operations in vec(operation(), 1..40),
        together in 1..20_usize,
    ) {
        let (mut one_by_one, mut in_batches) = (StoreModel::new(), StoreModel::new());
        for (number, group) in operations.chunks(together).enumerate() {
            let selections: Vec<_> = group.iter().map(|(backup, operation)| selection(*backup, operation)).collect();
            let facts: Vec<_> = selections.iter().map(|selection| in_batches.load(selection)).collect();
            let mut changes = ChangeSet::default();
            for (at, ((_, operation), (selection, facts))) in group.iter().zip(selections.iter().zip(facts)).enumerate() {
                let number = number * together + at;
                let decided = decide(operation, number, &changes.overlay(facts, selection));
                let expected = decide(operation, number, &one_by_one.load(selection));
                prop_assert_eq!(&decided, &expected);
                if let Ok(change) = decided {
                    prop_assert!(changes.push(&change).is_ok());
                    one_by_one.carry_out(&change);
                }
            }
            in_batches.write(&changes);
            prop_assert_eq!(&in_batches, &one_by_one);
        }
    }
}

#[test]
fn a_change_that_was_decided_on_something_else_is_a_conflict() {
    let member = Member::pending(
        Uuid::from_u128(1).into(),
        backup(0).id,
        project("bob"),
        Timestamp::MAX,
    );
    let delete = Change::Delete {
        before: member.clone(),
        capacity: Capacity::Same,
    };
    let mut changes = ChangeSet::default();
    assert!(changes.push(&Change::Add(vec![member.clone()])).is_ok());
    assert!(
        changes.push(&Change::Add(vec![member])).is_err(),
        "is there already"
    );
    assert!(changes.push(&delete).is_ok());
    assert!(changes.push(&delete).is_err(), "is gone already");
    assert!(
        changes.inserted().is_empty() && changes.deleted().is_empty(),
        "and nothing is to be written"
    );
}
