//! The shapes of a data file. Their JSON Schema, made by schemars, is what a file is checked
//! against; names and words are those of the vendor's API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use uuid::Uuid;

use super::token::{Token, yes};
use crate::model::{self, ProjectId};

/// What the id of a project looks like.
pub(super) const PROJECT_ID: &str = "^[A-Za-z0-9_-]{1,64}$";
/// What any other id looks like.
pub(super) const UUID: &str =
    "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// A data file: what to put into the store before anybody calls.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DataFile {
    /// Projects that backups can be shared with, beside those of the users.
    pub projects: Vec<Project>,
    /// Users of the embedded identity.
    pub users: Vec<User>,
    /// Vaults.
    pub vaults: Vec<Vault>,
    /// Backups.
    pub backups: Vec<Backup>,
    /// Shares that exist from the start. One that is there already stays as it is.
    pub members: Vec<Member>,
}

/// A project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    /// Its id.
    pub id: Id<ProjectId>,
    /// For people.
    pub name: String,
}

/// A user, with its one project.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    /// The name to log in with.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Whether the user may log in, and use its tokens and keys.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The password to log in with; without one, only the tokens below are good.
    pub password: Option<String>,
    /// The project that this user's tokens are for.
    pub project_id: Id<ProjectId>,
    /// The user's roles in the project.
    pub roles: Vec<String>,
    /// Fixed tokens, which do not end by themselves.
    #[serde(default)]
    pub tokens: Vec<Token>,
    /// Keys to sign requests with.
    #[serde(default)]
    pub access_keys: Vec<AccessKey>,
}

/// Secrets are not to be shown.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A key to sign requests with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessKey {
    /// Names the key.
    pub access: String,
    /// Signs.
    pub secret: String,
    /// Whether it may be used.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A vault.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Vault {
    /// Its id.
    pub id: Id<Uuid>,
    /// The project that owns it.
    pub project_id: Id<ProjectId>,
    /// For people.
    pub name: String,
    /// What it is made for.
    pub object_type: ObjectType,
    /// How it protects.
    pub protect_type: ProtectType,
    /// Whether it can be used.
    pub status: VaultStatus,
    /// Capacity in GB.
    #[schemars(range(max = 4_294_967_295_u64))]
    pub size: u32,
    /// Used capacity in MB, without what accepted shares take.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub used: u64,
}

/// A backup.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Backup {
    /// Its id.
    pub id: Id<Uuid>,
    /// The project that owns it.
    pub project_id: Id<ProjectId>,
    /// The owner's vault that holds it.
    pub vault_id: Id<Uuid>,
    /// For people.
    pub name: String,
    /// What was backed up, such as `OS::Nova::Server`.
    pub resource_type: String,
    /// Size of what was backed up, in GB.
    #[schemars(range(max = 4_294_967_295_u64))]
    pub resource_size: u32,
    /// Whether it can be used.
    pub status: BackupStatus,
    /// Whether it is encrypted.
    #[serde(default)]
    pub encrypted: bool,
}

/// A share that exists from the start.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    /// The id of the record; made from the next two where it is left out.
    pub id: Option<Id<Uuid>>,
    /// A backup of this file.
    pub backup_id: Id<Uuid>,
    /// The project it is shared with.
    pub dest_project_id: Id<ProjectId>,
    /// How far the share has come.
    #[serde(default)]
    pub status: MemberStatus,
    /// The member's vault that holds the accepted backup.
    pub vault_id: Option<Id<Uuid>>,
    /// The image that the member registered from it.
    pub image_id: Option<Id<Uuid>>,
}

/// An id, read as the model reads it.
#[derive(Debug)]
pub(super) struct Id<T>(pub T);

impl<'de> Deserialize<'de> for Id<ProjectId> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map(Id)
            .map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Id<Uuid> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Id)
    }
}

impl JsonSchema for Id<ProjectId> {
    fn schema_name() -> Cow<'static, str> {
        "ProjectId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": PROJECT_ID})
    }
}

impl JsonSchema for Id<Uuid> {
    fn schema_name() -> Cow<'static, str> {
        "Uuid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uuid", "pattern": UUID})
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident for $model:ty { $($variant:ident => $to:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name { $($variant),* }

        impl From<$name> for $model {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$to),* }
            }
        }
    )*};
}

words! {
    /// The kind of resource whose backups a vault holds.
    ObjectType for model::ObjectType {
        Server => Server, Disk => Disk, Turbo => Other, Workspace => Other, Vmware => Other, File => Other,
    }
    /// How a vault protects what it holds.
    ProtectType for model::ProtectType { Backup => Backup, Replication => Replication, Hybrid => Hybrid }
    /// Whether a vault can be used.
    VaultStatus for model::VaultStatus {
        Available => Available, Lock => Lock, Frozen => Frozen, Deleting => Deleting, Error => Error,
    }
    /// Whether a backup can be used.
    BackupStatus for model::BackupStatus {
        Available => Available, Protecting => Unavailable, Deleting => Unavailable, Restoring => Unavailable,
        Error => Unavailable, WaitingProtect => Unavailable, WaitingDelete => Unavailable, WaitingRestore => Unavailable,
    }
    /// How far a share has come.
    MemberStatus for model::MemberStatus { Pending => Pending, Accepted => Accepted, Rejected => Rejected }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that makes the enum marks no variant"
)]
impl Default for MemberStatus {
    fn default() -> Self {
        Self::Pending
    }
}

impl From<Vault> for model::Vault {
    fn from(vault: Vault) -> Self {
        Self {
            id: vault.id.0.into(),
            project_id: vault.project_id.0,
            name: vault.name,
            object_type: vault.object_type.into(),
            protect_type: vault.protect_type.into(),
            status: vault.status.into(),
            size: vault.size,
            used: vault.used,
        }
    }
}

impl From<Backup> for model::Backup {
    fn from(backup: Backup) -> Self {
        Self {
            id: backup.id.0.into(),
            project_id: backup.project_id.0,
            vault_id: backup.vault_id.0.into(),
            name: backup.name,
            resource_type: backup.resource_type,
            resource_size: backup.resource_size,
            status: backup.status.into(),
            encrypted: backup.encrypted,
        }
    }
}
