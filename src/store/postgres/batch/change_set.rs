//! What changes come to that are decided one after the other and written together: each is decided
//! upon facts with those before it in them, and what is written is the difference between the first
//! moment and the last.

use std::collections::BTreeMap;

use crate::model::{
    BackupId, Change, Facts, Member, ProjectId, Selection, VaultId,
    facts::{Capacity, MemberSelection},
};

/// What the changes up to now have done.
#[derive(Debug, Default)]
pub(super) struct Effects {
    records: BTreeMap<BackupId, BTreeMap<ProjectId, Record>>,
    capacities: BTreeMap<VaultId, i64>,
}

/// What stood for a pair of backup and project before all changes, and what stands after them.
#[derive(Debug)]
struct Record {
    before: Option<Member>,
    after: Option<Member>,
}

/// A change that was not decided upon what stands after those before it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("does not follow from the changes before it")]
pub(super) struct Misfit;

impl Effects {
    /// These facts, which were read before all changes, as they are after them.
    pub(super) fn upon(&self, mut facts: Facts, selection: &Selection) -> Facts {
        if let Some(records) = self.records.get(&selection.backup_id) {
            facts
                .members
                .retain(|member| !records.contains_key(&member.dest_project_id));
            let selected = records
                .iter()
                .filter(|(project, _)| selects(&selection.members, project));
            facts
                .members
                .extend(selected.filter_map(|(_, record)| record.after.clone()));
        }
        if let Some(vault) = &mut facts.vault {
            let moved = self.capacities.get(&vault.id).copied().unwrap_or_default();
            vault.used = vault.used.saturating_add_signed(moved);
        }
        facts
    }

    /// Puts a change after those before it.
    ///
    /// # Errors
    /// [`Misfit`]; a part of the change may be in the effects then.
    pub(super) fn put(&mut self, change: &Change) -> Result<(), Misfit> {
        match change {
            Change::Keep(_) => Ok(()),
            Change::Add(members) => members
                .iter()
                .try_for_each(|member| self.record(None, Some(member))),
            Change::Update {
                before,
                after,
                capacity,
            } => {
                self.record(Some(before), Some(after))?;
                self.move_capacity(*capacity)
            }
            Change::Delete { before, capacity } => {
                self.record(Some(before), None)?;
                self.move_capacity(*capacity)
            }
        }
    }

    fn record(&mut self, before: Option<&Member>, after: Option<&Member>) -> Result<(), Misfit> {
        let Some(named) = before.or(after) else {
            return Ok(());
        };
        let of_backup = self.records.entry(named.backup_id).or_default();
        let record = of_backup
            .entry(named.dest_project_id.clone())
            .or_insert_with(|| Record {
                before: before.cloned(),
                after: before.cloned(),
            });
        if record.after.as_ref() != before {
            return Err(Misfit);
        }
        record.after = after.cloned();
        Ok(())
    }

    fn move_capacity(&mut self, capacity: Capacity) -> Result<(), Misfit> {
        let (vault, megabytes, taken) = match capacity {
            Capacity::Same => return Ok(()),
            Capacity::Take(vault, megabytes) => (vault, megabytes, true),
            Capacity::Free(vault, megabytes) => (vault, megabytes, false),
        };
        let megabytes = i64::try_from(megabytes).map_err(|_| Misfit)?;
        let moved = self.capacities.entry(vault).or_default();
        *moved = moved
            .checked_add(if taken { megabytes } else { -megabytes })
            .ok_or(Misfit)?;
        Ok(())
    }

    /// The records that are there at the end and were not before.
    pub(super) fn inserted(&self) -> Vec<&Member> {
        self.records()
            .filter(|record| !record.is_same())
            .filter_map(|record| record.after.as_ref())
            .collect()
    }

    /// The records that were there before and are not at the end.
    pub(super) fn deleted(&self) -> Vec<&Member> {
        self.records()
            .filter(|record| !record.is_same())
            .filter_map(|record| record.before.as_ref())
            .collect()
    }

    /// The records that are others at the end than before: what stood, and what is to stand.
    pub(super) fn updated(&self) -> Vec<(&Member, &Member)> {
        let same = self.records().filter(|record| record.is_same());
        same.filter_map(|r| r.before.as_ref().zip(r.after.as_ref()))
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

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().flat_map(BTreeMap::values)
    }
}

impl Record {
    /// Whether one record stands all the time. Deleted and added again, it is another one.
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
