//! The interface that a database has to implement, and what passes through it.
//!
//! How to add a store: load the [`Facts`] for a [`Selection`] from one snapshot ([`Store::load`]);
//! run a [`Rule`] over facts that are locked against other changes and apply its [`Change`], all or
//! nothing, durable before it returns ([`Store::change`]); store the accounts of the embedded
//! identity, and load a catalog; list backups and vaults (`listing` makes the SQL, and has a
//! dialect for each store). Let the database refuse a second record for the same pair of
//! backup and project ([`Error::AlreadyShared`](crate::model::Error)); never read first and hope. A
//! store that could not be reached in time says [`Error::StoreUnavailable`](crate::model::Error),
//! with no promise whether a write was done. Then run the new store through `tests/store`. A store
//! that also fills [`Export`] can be checked and copied, one that fills [`Import`] copied into.

mod accounts;
pub mod check;
mod compatibility;
pub mod copy;
mod digest;
mod export;
mod import;
mod indexes;
mod list_backups;
mod listing;
mod lookup;
pub mod postgres;
mod records;
mod removal;
mod sql;
pub mod sqlite;
mod tables;
mod values;

use async_trait::async_trait;

pub use digest::{Digest, RecordKind, digest};
pub use export::{Export, Record, StoredToken};
pub use import::Import;
pub use lookup::{BackupIdentity, Lookup, NoStore};
pub use records::{
    AccessKey, Account, Catalog, FixedToken, Loaded, Project, TokenHash, TokenRecord,
};
pub use removal::{Removal, RemovalOutcome, RemovalRefused, Removed};

use crate::{
    model::{
        BackupId, BackupQuery, Change, Facts, Listing, OfferedBackup, ProjectId, Result, Selection,
        VaultId, VaultQuery, VaultRecord,
    },
    timestamp::Timestamp,
};

/// How many expired tokens are deleted when a store is opened: what is left goes while the service
/// runs.
const EXPIRED_AT_START: u32 = 10_000;

/// What to do about the facts. Called once per try; must not depend on anything but the
/// facts.
pub type Rule = Box<dyn Fn(&Facts) -> Result<Change> + Send + Sync>;

/// A database. Its failures are
/// [`Error::StoreUnavailable`](crate::model::Error::StoreUnavailable) where the same may go well
/// another time, and else as [`Error::Store`](crate::model::Error::Store).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The facts about one backup, from one snapshot that holds every write acknowledged
    /// before the call.
    async fn load(&self, selection: &Selection) -> Result<Facts>;

    /// Decides by a rule, and carries out what it decides, in one transaction. Returns what was
    /// done once it is durable; a refusal by the rule comes back as it is, with nothing done.
    async fn change(&self, selection: Selection, rule: Rule) -> Result<Change>;

    /// The backup, where it is the caller's own or shared with it, in whatever status. Like every
    /// read of backups and vaults, from one snapshot that holds every write acknowledged before the
    /// call.
    async fn find_backup(&self, id: BackupId, caller: &ProjectId) -> Result<Option<OfferedBackup>>;

    /// A page of the caller's backups, and of those shared with it.
    /// [`BackupQuery::unknown_marker`] where the marker is none of them, filters aside.
    async fn list_backups(
        &self,
        caller: &ProjectId,
        query: &BackupQuery,
    ) -> Result<Listing<OfferedBackup>>;

    /// The vault, whosever it is; `used` with what accepted shares take.
    async fn find_vault(&self, id: VaultId) -> Result<Option<VaultRecord>>;

    /// A page of a project's vaults; `used` with what accepted shares take.
    async fn list_vaults(
        &self,
        owner: &ProjectId,
        query: &VaultQuery,
    ) -> Result<Listing<VaultRecord>>;

    /// The account of the embedded identity with this user name.
    async fn find_account(&self, name: &str) -> Result<Option<Account>>;

    /// The token with this hash, expired and revoked ones included, and its account.
    async fn find_token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>>;

    /// The access key of this name, and whose it is.
    async fn find_access_key(&self, access: &str) -> Result<Option<(AccessKey, Account)>>;

    /// Stores a token that was issued to `user_name`, until `expires_at`.
    /// [`Error::UnknownCredentials`](crate::model::Error::UnknownCredentials) where there is no
    /// such user any more.
    async fn insert_token(
        &self,
        hash: TokenHash,
        user_name: String,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()>;

    /// Marks a token as revoked; whether there was one.
    async fn revoke_token(&self, hash: TokenHash, now: Timestamp) -> Result<bool>;

    /// Deletes at most so many of the tokens that expired before a moment; how many there were.
    /// Fixed tokens stay.
    async fn delete_expired_tokens(&self, before: Timestamp, limit: u32) -> Result<u64>;

    /// The project that owns the vault, where there is such a vault.
    async fn find_vault_owner(&self, id: VaultId) -> Result<Option<ProjectId>>;

    /// Whether the project is known here.
    async fn has_project(&self, id: &ProjectId) -> Result<bool>;

    /// Loads a catalog, all or nothing. What is there already, and what users have done with it,
    /// stays.
    async fn load_catalog(&self, catalog: Catalog) -> Result<Loaded>;

    /// Removes records and what belongs to them: all of them, or none and why. Nothing can be
    /// shared, accepted or issued meanwhile that would refer to them; projects are an exception,
    /// because sharing reads them before.
    async fn remove(&self, removal: Removal) -> Result<RemovalOutcome>;

    /// Whether reads and writes work at present.
    async fn ready(&self) -> Result<()>;
}
