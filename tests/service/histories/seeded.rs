//! Stores with a bug in them, which the checker of histories must find.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use backup_share::{
    model::{
        BackupId, BackupQuery, Change, Error, Facts, Listing, MemberStatus, OfferedBackup,
        ProjectId, Result, Selection, VaultId, VaultQuery, VaultRecord,
    },
    store::{
        AccessKey, Account, Catalog, Loaded, Removal, RemovalOutcome, Rule, Store, TokenHash,
        TokenRecord,
    },
    timestamp::Timestamp,
};

/// What is wrong with a store.
pub enum Bug {
    /// Looks first, decides, and writes later what it decided: two who accept at once are both told
    /// yes.
    DoubleDecision,
    /// Answers from what it read some time ago.
    StaleRead(Mutex<HashMap<String, (Instant, Facts)>>),
    /// Lists what it read some time ago.
    StaleList(Mutex<HashMap<ProjectId, (Instant, Listing<OfferedBackup>)>>),
}

/// A sound store with a bug around it.
pub struct Seeded {
    pub store: Arc<dyn Store>,
    pub bug: Bug,
}

const STALE: Duration = Duration::from_millis(50);

#[async_trait]
impl Store for Seeded {
    async fn load(&self, selection: &Selection) -> Result<Facts> {
        let Bug::StaleRead(read) = &self.bug else {
            return self.store.load(selection).await;
        };
        let key = format!("{selection:?}");
        let cached = read
            .lock()
            .expect("no panic")
            .get(&key)
            .filter(|(at, _)| at.elapsed() < STALE)
            .cloned();
        if let Some((_, facts)) = cached {
            return Ok(facts);
        }
        let facts = self.store.load(selection).await?;
        read.lock()
            .expect("no panic")
            .insert(key, (Instant::now(), facts.clone()));
        Ok(facts)
    }

    async fn change(&self, selection: Selection, rule: Rule) -> Result<Change> {
        let Bug::DoubleDecision = self.bug else {
            return self.store.change(selection, rule).await;
        };
        let change = rule(&self.store.load(&selection).await?)?;
        match &change {
            Change::Update { after, .. } if after.status == MemberStatus::Accepted => {}
            _ => return self.store.change(selection, rule).await,
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        match self
            .store
            .change(selection, Box::new(move |_| Ok(change.clone())))
            .await
        {
            // Deleted meanwhile: what its member is told then.
            Err(Error::Store(_)) => Err(Error::NoSuchBackup),
            other => other,
        }
    }

    async fn find_backup(&self, id: BackupId, caller: &ProjectId) -> Result<Option<OfferedBackup>> {
        self.store.find_backup(id, caller).await
    }

    async fn list_backups(
        &self,
        caller: &ProjectId,
        query: &BackupQuery,
    ) -> Result<Listing<OfferedBackup>> {
        let Bug::StaleList(read) = &self.bug else {
            return self.store.list_backups(caller, query).await;
        };
        let fresh = |at: &Instant| at.elapsed() < STALE;
        let cached = read.lock().expect("no panic").get(caller).cloned();
        if let Some((_, listing)) = cached.filter(|(at, _)| fresh(at)) {
            return Ok(listing);
        }
        let listing = self.store.list_backups(caller, query).await?;
        let mut read = read.lock().expect("no panic");
        read.insert(caller.clone(), (Instant::now(), listing.clone()));
        Ok(listing)
    }

    async fn find_vault(&self, id: VaultId) -> Result<Option<VaultRecord>> {
        self.store.find_vault(id).await
    }

    async fn list_vaults(
        &self,
        owner: &ProjectId,
        query: &VaultQuery,
    ) -> Result<Listing<VaultRecord>> {
        self.store.list_vaults(owner, query).await
    }

    async fn find_account(&self, name: &str) -> Result<Option<Account>> {
        self.store.find_account(name).await
    }

    async fn find_token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>> {
        self.store.find_token(hash).await
    }

    async fn find_access_key(&self, access: &str) -> Result<Option<(AccessKey, Account)>> {
        self.store.find_access_key(access).await
    }

    async fn insert_token(
        &self,
        hash: TokenHash,
        user: String,
        issued: Timestamp,
        expires: Timestamp,
    ) -> Result<()> {
        self.store.insert_token(hash, user, issued, expires).await
    }

    async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        self.store.revoke_token(hash, now).await
    }

    async fn delete_expired_tokens(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.store.delete_expired_tokens(before, limit).await
    }

    async fn find_vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>> {
        self.store.find_vault_owner(id).await
    }

    async fn has_project(&self, id: &ProjectId) -> Result<bool> {
        self.store.has_project(id).await
    }

    async fn load_catalog(&self, catalog: Catalog) -> Result<Loaded> {
        self.store.load_catalog(catalog).await
    }

    async fn remove(&self, removal: Removal) -> Result<RemovalOutcome> {
        self.store.remove(removal).await
    }

    async fn ready(&self) -> Result<()> {
        self.store.ready().await
    }
}
