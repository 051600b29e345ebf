//! The net effect of changes that are decided one after the other and written together: each is
//! decided on facts that already hold those before it, and what is written is the difference
//! between the state before the first and the state after the last.

use std::collections::BTreeMap;

use crate::model::{
    BackupId, Change, Facts, Member, ProjectId, Selection, VaultId,
    facts::{Capacity, MemberSelection},
};

/// What the changes up to now have done.
#[derive(Debug, Default)]
pub(super) struct ChangeSet {
    members: BTreeMap<BackupId, BTreeMap<ProjectId, MemberChange>>,
    capacities: BTreeMap<VaultId, i64>,
}

/// The record of a pair of backup and project before all changes, and after them.
#[derive(Debug)]
struct MemberChange {
    before: Option<Member>,
    after: Option<Member>,
}

/// A change that was not decided on the state that those before it leave.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("does not follow from the changes before it")]
pub(super) struct Conflict;

impl ChangeSet {
    /// Facts that were read before all changes, as they are after them.
    pub(super) fn overlay(&self, mut facts: Facts, selection: &Selection) -> Facts {
        if let Some(changed) = self.members.get(&selection.backup_id) {
            facts
                .members
                .retain(|member| !changed.contains_key(&member.dest_project_id));
            let selected = changed
                .iter()
                .filter(|(project, _)| selects(&selection.members, project));
            facts
                .members
                .extend(selected.filter_map(|(_, member)| member.after.clone()));
        }
        if let Some(vault) = &mut facts.vault {
            let moved = self.capacities.get(&vault.id).copied().unwrap_or_default();
            vault.used = vault.used.saturating_add_signed(moved);
        }
        facts
    }

    /// Adds a change to those before it.
    ///
    /// # Errors
    /// [`Conflict`]; a part of the change may be in the set then.
    pub(super) fn push(&mut self, change: &Change) -> Result<(), Conflict> {
        match change {
            Change::Keep(_) => Ok(()),
            Change::Add(members) => members
                .iter()
                .try_for_each(|member| self.replace(None, Some(member))),
            Change::Update {
                before,
                after,
                capacity,
            } => {
                self.replace(Some(before), Some(after))?;
                self.move_capacity(*capacity)
            }
            Change::Delete { before, capacity } => {
                self.replace(Some(before), None)?;
                self.move_capacity(*capacity)
            }
        }
    }

    fn replace(&mut self, before: Option<&Member>, after: Option<&Member>) -> Result<(), Conflict> {
        let Some(named) = before.or(after) else {
            return Ok(());
        };
        let of_backup = self.members.entry(named.backup_id).or_default();
        let member = of_backup
            .entry(named.dest_project_id.clone())
            .or_insert_with(|| MemberChange {
                before: before.cloned(),
                after: before.cloned(),
            });
        if member.after.as_ref() != before {
            return Err(Conflict);
        }
        member.after = after.cloned();
        Ok(())
    }

    fn move_capacity(&mut self, capacity: Capacity) -> Result<(), Conflict> {
        if let Some((vault, megabytes)) = capacity.signed().map_err(|_| Conflict)? {
            let moved = self.capacities.entry(vault).or_default();
            *moved = moved.checked_add(megabytes).ok_or(Conflict)?;
        }
        Ok(())
    }

    /// The records that are there at the end and were not before.
    pub(super) fn inserted(&self) -> Vec<&Member> {
        self.members()
            .filter(|member| !member.is_same())
            .filter_map(|member| member.after.as_ref())
            .collect()
    }

    /// The records that were there before and are not at the end.
    pub(super) fn deleted(&self) -> Vec<&Member> {
        self.members()
            .filter(|member| !member.is_same())
            .filter_map(|member| member.before.as_ref())
            .collect()
    }

    /// The records that differ at the end: before and after.
    pub(super) fn updated(&self) -> Vec<(&Member, &Member)> {
        self.members()
            .filter(|member| member.is_same())
            .filter_map(|member| member.before.as_ref().zip(member.after.as_ref()))
            .filter(|(before, after)| before != after)
            .collect()
    }

    /// What vaults hold more than before, in MB; less where it is below zero.
    pub(super) fn moved(&self) -> Vec<(VaultId, i64)> {
        self.capacities
            .iter()
            .map(|(vault, moved)| (*vault, *moved))
            .filter(|(_, moved)| *moved != 0)
            .collect()
    }

    fn members(&self) -> impl Iterator<Item = &MemberChange> {
        self.members.values().flat_map(BTreeMap::values)
    }
}

impl MemberChange {
    /// Whether it is one record all the time. Deleted and added again, it is another one.
    fn is_same(&self) -> bool {
        self.before.as_ref().map(|member| member.id) == self.after.as_ref().map(|member| member.id)
    }
}

fn selects(members: &MemberSelection, project: &ProjectId) -> bool {
    match members {
        MemberSelection::All => true,
        MemberSelection::Of { caller, member } => project == caller || project == member,
    }
}

#[cfg(test)]
mod tests;
