//! Several changes in one transaction: their rows locked and read in one round trip, each decided
//! upon what those before it made of the facts, and what they come to written in another. A refusal
//! by its rule is the answer to that change alone; where the database refuses anything, nothing of
//! the group is done.
//!
//! Rows are locked backups first and then vaults, each by their ids, those too from which only act
//! would take: so no two groups, and no group and single change, wait for each other in a circle.

mod change_set;
mod facts;
mod queue;
mod write;

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures::try_join;
use tokio_postgres::types::ToSql;

use self::change_set::Effects;
pub(super) use self::queue::Queue;
use super::{retry::Failure, shares::Ruled, write::Work};
use crate::model::{
    self, BackupId, Change, Error, Facts, ProjectId, VaultId, VaultSelection,
    facts::MemberSelection,
};

const LOCK_BACKUPS: &str =
    "SELECT 1 FROM backups WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";
// Those that are named, and those that hold one of these shares.
const LOCK_VAULTS: &str = "SELECT 1 FROM vaults WHERE id = ANY (ARRAY(
                               SELECT unnest($1::uuid[]) UNION
                               SELECT vault_id FROM unnest($2::uuid[], $3::text[]) AS s (backup_id, dest_project_id)
                               JOIN members USING (backup_id, dest_project_id) WHERE vault_id IS NOT NULL))
                           ORDER BY id FOR NO KEY UPDATE";

/// Changes to be done together, in this order.
pub(super) struct Group {
    changes: Vec<Ruled>,
    settings: String,
}

impl Group {
    /// `patience`: how long it waits for the rows of others before the database refuses it.
    pub(super) fn new(changes: Vec<Ruled>, patience: Duration) -> Self {
        // The few rows are found by keys, also where a plan was made when the tables were small.
        let settings = format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; \
             SET LOCAL enable_mergejoin = off",
            patience.as_millis()
        );
        Self { changes, settings }
    }

    /// The changes again.
    pub(super) fn apart(self) -> Vec<Ruled> {
        self.changes
    }

    /// The vaults that are named, and the shares that may free others.
    fn vaults(&self) -> (Vec<VaultId>, Vec<BackupId>, Vec<&ProjectId>) {
        let (mut named, mut backups, mut projects) = (vec![], vec![], vec![]);
        for Ruled { selection, .. } in &self.changes {
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

    fn decide(&self, facts: Vec<Facts>) -> Result<(Vec<model::Result<Change>>, Effects), Failure> {
        let mut effects = Effects::default();
        let mut decided = Vec::with_capacity(facts.len());
        for (change, facts) in self.changes.iter().zip(facts) {
            let outcome = change.decide(&effects.upon(facts, &change.selection));
            if let Ok(change) = &outcome {
                effects.put(change).map_err(Error::store)?;
            }
            decided.push(outcome);
        }
        Ok((decided, effects))
    }
}

impl Work for Group {
    type Facts = Vec<Facts>;
    type Outcome = Vec<model::Result<Change>>;

    async fn look(&self, client: &ClientWrapper) -> Result<Vec<Facts>, tokio_postgres::Error> {
        // Before anything is sent: facts must not be read before the locks are there.
        let lock_backups = client.prepare_cached(LOCK_BACKUPS).await?;
        let lock_vaults = client.prepare_cached(LOCK_VAULTS).await?;
        let ids: Vec<_> = self
            .changes
            .iter()
            .map(|change| change.selection.backup_id)
            .collect();
        let (named, backups, projects) = self.vaults();
        let (ids, vaults): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 3]) =
            ([&ids], [&named, &backups, &projects]);
        let set = client.batch_execute(&self.settings);
        let lock_backups = client.execute(&lock_backups, &ids);
        let lock_vaults = client.execute(&lock_vaults, &vaults);
        let selections: Vec<_> = self
            .changes
            .iter()
            .map(|change| &change.selection)
            .collect();
        let facts = facts::of(client, &selections);
        try_join!(set, lock_backups, lock_vaults, facts).map(|(_, _, _, facts)| facts)
    }

    async fn act(
        &self,
        client: &ClientWrapper,
        facts: Vec<Facts>,
    ) -> Result<Self::Outcome, Failure> {
        let (decided, effects) = self.decide(facts)?;
        write::write(client, &effects).await?;
        Ok(decided)
    }
}
