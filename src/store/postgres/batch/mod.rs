//! Several changes in one transaction.
//!
//! What merging is: changes that arrive while others are under way wait in a queue (`queue`), and
//! the next transaction takes along all that can go together. It locks and reads the rows of all of
//! them in one round trip (`facts`), decides each on what those before it leave (`change_set`), and
//! writes the net effect in another round trip (`write`). A rejection by its rule is the result of
//! that change alone; where the database rejects anything, nothing of the batch is done, and each
//! change is tried by itself.
//!
//! Why it is worth its lines: a commit waits for the disk and the standby, and a batch waits once.
//! Under 64 callers it makes adds and accepts three times as many in a second, and accepts into one
//! vault, which else wait for each other, fifteen times (`docs/performance.md`). One caller alone
//! never waits for a batch.
//!
//! Rows are locked backups first and then vaults, each by their ids, also those that only `apply`
//! would write to: so no two batches, and no batch and single change, deadlock.

mod change_set;
mod facts;
mod queue;
mod write;

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures::TryFutureExt;
use tokio_postgres::types::ToSql;

use self::change_set::ChangeSet;
pub(super) use self::queue::BatchQueue;
use super::{pipeline::pipelined, retry::AttemptError, shares::PendingChange, write::Transaction};
use crate::model::{
    self, BackupId, Change, Error, Facts, ProjectId, VaultId, VaultSelection,
    facts::MemberSelection,
};

const LOCK_BACKUPS: &str =
    "SELECT 1 FROM backups WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";
// Those that are named, and those that hold one of these shares.
const LOCK_VAULTS: &str = "\
    SELECT 1 FROM vaults WHERE id = ANY (ARRAY(
        SELECT unnest($1::uuid[]) UNION
        SELECT vault_id FROM unnest($2::uuid[], $3::text[]) AS s (backup_id, dest_project_id)
        JOIN members USING (backup_id, dest_project_id) WHERE vault_id IS NOT NULL))
    ORDER BY id FOR NO KEY UPDATE";

/// Changes to be done together, in this order.
pub(super) struct Batch {
    changes: Vec<PendingChange>,
    settings: String,
}

impl Batch {
    /// `lock_timeout`: how long it waits for rows that other servers have locked before the
    /// database rejects it.
    fn new(changes: Vec<PendingChange>, lock_timeout: Duration) -> Self {
        // The few rows are found by keys, also where a plan was made when the tables were small.
        let settings = format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL enable_seqscan = off; \
             SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off",
            lock_timeout.as_millis()
        );
        Self { changes, settings }
    }

    /// The changes, to be done one by one.
    fn into_changes(self) -> Vec<PendingChange> {
        self.changes
    }

    /// The vaults that are named, and the shares that may free others.
    fn vaults(&self) -> (Vec<VaultId>, Vec<BackupId>, Vec<&ProjectId>) {
        let (mut named, mut backups, mut projects) = (vec![], vec![], vec![]);
        for PendingChange { selection, .. } in &self.changes {
            match (selection.vault, &selection.members) {
                (VaultSelection::Named(id), _) => named.push(id),
                (VaultSelection::None, MemberSelection::Of { member, .. }) => {
                    backups.push(selection.backup_id);
                    projects.push(member);
                }
                _ => {}
            }
        }
        (named, backups, projects)
    }

    fn decide(
        &self,
        facts: Vec<Facts>,
    ) -> Result<(Vec<model::Result<Change>>, ChangeSet), AttemptError> {
        let mut changes = ChangeSet::default();
        let mut decided = Vec::with_capacity(facts.len());
        for (change, facts) in self.changes.iter().zip(facts) {
            let outcome = change.decide(&changes.overlay(facts, &change.selection));
            if let Ok(change) = &outcome {
                changes.push(change).map_err(Error::store)?;
            }
            decided.push(outcome);
        }
        Ok((decided, changes))
    }
}

impl Transaction for Batch {
    type Input = Vec<Facts>;
    type Output = Vec<model::Result<Change>>;

    async fn read(&self, client: &ClientWrapper) -> Result<Vec<Facts>, AttemptError> {
        // Before anything is sent: facts must not be read before the rows are locked.
        let lock_backups = client.prepare_cached(LOCK_BACKUPS).await?;
        let lock_vaults = client.prepare_cached(LOCK_VAULTS).await?;
        let selections: Vec<_> = self
            .changes
            .iter()
            .map(|change| &change.selection)
            .collect();
        let ids: Vec<_> = selections
            .iter()
            .map(|selection| selection.backup_id)
            .collect();
        let (named, backups, projects) = self.vaults();
        let (ids, vaults): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 3]) =
            ([&ids], [&named, &backups, &projects]);
        let locks = pipelined(
            client.batch_execute(&self.settings),
            pipelined(
                client.execute(&lock_backups, &ids),
                client.execute(&lock_vaults, &vaults),
            ),
        );
        let facts = facts::load(client, &selections);
        let (_, facts) = pipelined(locks.err_into(), facts).await?;
        Ok(facts)
    }

    async fn apply(
        &self,
        client: &ClientWrapper,
        facts: Vec<Facts>,
    ) -> Result<Self::Output, AttemptError> {
        let (decided, changes) = self.decide(facts)?;
        write::write(client, &changes).await?;
        Ok(decided)
    }
}
