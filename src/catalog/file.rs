//! The shapes of a data file. Their JSON Schema, made by schemars, is what a file is checked
//! against; names and words are those of the vendor's API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::token::{TokenEntry, yes};
use crate::{
    model::{self, BackupStatus, MemberStatus, ObjectType, ProjectId, ProtectType, VaultStatus},
    timestamp::Timestamp,
};

/// What the id of a project looks like.
pub(super) const PROJECT_ID: &str = "^[A-Za-z0-9_-]{1,64}$";
/// What any other id looks like.
pub(super) const UUID: &str =
    "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$";

/// What a role looks like.
pub(super) const ROLE: &str = "^[^,]+$";
/// What a time looks like.
pub(super) const TIME: &str = concat!(
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?",
    "(Z|[+-][0-9]{2}:[0-9]{2})?$"
);

/// A data file: what to put into the store before anybody calls.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DataFile {
    /// Projects that backups can be shared with, beside those of the users.
    pub projects: Vec<ProjectEntry>,
    /// Users of the embedded identity.
    pub users: Vec<UserEntry>,
    /// Vaults.
    pub vaults: Vec<VaultEntry>,
    /// Backups.
    pub backups: Vec<BackupEntry>,
    /// Shares that exist from the start. One that is there already stays as it is.
    pub members: Vec<MemberEntry>,
}

/// A project.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Project")]
pub(super) struct ProjectEntry {
    /// Its id.
    pub id: EntryId<ProjectId>,
    /// For people.
    pub name: String,
}

/// A user, with its one project.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "User")]
pub(super) struct UserEntry {
    /// The name to log in with.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Whether the user may log in, and use its tokens and keys.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The password to log in with; without one, only the tokens below are good.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// The project that this user's tokens are for.
    pub project_id: EntryId<ProjectId>,
    /// The user's roles in the project.
    #[schemars(inner(regex(pattern = ROLE)))]
    pub roles: Vec<String>,
    /// Fixed tokens, which do not end by themselves.
    #[serde(default, skip_serializing)]
    pub tokens: Vec<TokenEntry>,
    /// Keys to sign requests with.
    #[serde(default, skip_serializing)]
    pub access_keys: Vec<AccessKeyEntry>,
}

/// Secrets are not to be shown.
impl std::fmt::Debug for UserEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A key to sign requests with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessKey")]
pub(super) struct AccessKeyEntry {
    /// Names the key.
    pub access: String,
    /// Signs.
    pub secret: String,
    /// Whether it may be used.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A vault.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Vault")]
pub(super) struct VaultEntry {
    /// Its id.
    pub id: EntryId<Uuid>,
    /// The project that owns it.
    pub project_id: EntryId<ProjectId>,
    /// For people.
    pub name: String,
    /// What it is made for.
    pub object_type: Word<ObjectType>,
    /// How it protects.
    pub protect_type: Word<ProtectType>,
    /// Whether it can be used.
    pub status: Word<VaultStatus>,
    /// Capacity in GB.
    #[schemars(range(max = 4_294_967_295_u64))]
    pub size: u32,
    /// Used capacity in MB, without what accepted shares take.
    #[serde(default)]
    #[schemars(range(max = 1_000_000_000_000_u64))]
    pub used: u64,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<EntryTime>,
    /// Its enterprise project; `0` where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enterprise_project_id: Option<String>,
}

/// A backup.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Backup")]
pub(super) struct BackupEntry {
    /// Its id.
    pub id: EntryId<Uuid>,
    /// The project that owns it.
    pub project_id: EntryId<ProjectId>,
    /// The owner's vault that holds it.
    pub vault_id: EntryId<Uuid>,
    /// For people.
    pub name: String,
    /// What was backed up, such as `OS::Nova::Server`.
    pub resource_type: String,
    /// Size of what was backed up, in GB.
    #[schemars(range(max = 4_294_967_295_u64))]
    pub resource_size: u32,
    /// Whether it can be used.
    pub status: Word<BackupStatus>,
    /// Whether it is encrypted.
    #[serde(default)]
    pub encrypted: bool,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<EntryTime>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<EntryTime>,
    /// Which moment of the resource it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protected_at: Option<EntryTime>,
    /// When it will be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<EntryTime>,
    /// The id of what was backed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The name of what was backed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Whether it is a `backup` or a `replication`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_type: Option<String>,
    /// The restore point that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_id: Option<EntryId<Uuid>>,
    /// The backup that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<EntryId<Uuid>>,
    /// The owner's enterprise project; `0` where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enterprise_project_id: Option<String>,
}

/// A share that exists from the start.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Member")]
pub(super) struct MemberEntry {
    /// The id of the record; made from the next two where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<EntryId<Uuid>>,
    /// A backup of this file.
    pub backup_id: EntryId<Uuid>,
    /// The project it is shared with.
    pub dest_project_id: EntryId<ProjectId>,
    /// How far the share has come.
    #[serde(default)]
    pub status: Word<MemberStatus>,
    /// The member's vault that holds the accepted backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_id: Option<EntryId<Uuid>>,
    /// The image that the member registered from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<EntryId<Uuid>>,
    /// When it was made; when it is loaded, where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<EntryTime>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<EntryTime>,
}

/// An id, read as the model reads it.
#[derive(Debug)]
pub(super) struct EntryId<T>(pub T);

impl<'de> Deserialize<'de> for EntryId<ProjectId> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map(EntryId)
            .map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for EntryId<Uuid> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(EntryId)
    }
}

impl Serialize for EntryId<ProjectId> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl Serialize for EntryId<Uuid> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for EntryId<ProjectId> {
    fn schema_name() -> Cow<'static, str> {
        "ProjectId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": PROJECT_ID})
    }
}

impl JsonSchema for EntryId<Uuid> {
    fn schema_name() -> Cow<'static, str> {
        "Uuid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uuid", "pattern": UUID})
    }
}

/// A time, in UTC where it has no zone.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct EntryTime(pub Timestamp);

/// The first moment of the year 0, in seconds: earlier ones have no four digits.
const YEAR_0: i64 = -62_167_219_200;

impl<'de> Deserialize<'de> for EntryTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = Timestamp::deserialize(deserializer)?;
        if time.as_seconds() < YEAR_0 {
            let reason = "in UTC it is before the year 0";
            return Err(serde::de::Error::custom(reason));
        }
        Ok(Self(time))
    }
}

impl JsonSchema for EntryTime {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": TIME,
            "description": "A time, in UTC where it has no zone.",
            "examples": ["2020-02-21T07:07:25.114+00:00", "2020-02-21T07:07:25.114000"],
        })
    }
}

/// An enum of the model, by its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<T>(pub T);

macro_rules! words {
    ($($about:literal $type:ident;)*) => {$(
        impl<'de> Deserialize<'de> for Word<$type> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?.parse();
                word.map(Word).map_err(serde::de::Error::custom)
            }
        }

        impl Serialize for Word<$type> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }

        impl JsonSchema for Word<$type> {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": $type::WORDS, "description": $about})
            }
        }
    )*};
}

words! {
    "The kind of resource whose backups a vault holds. `other`: a kind that version 1.0 did not \
     keep; load the data file again that says it." ObjectType;
    "How a vault protects what it holds." ProtectType;
    "Whether a vault can be used." VaultStatus;
    "Whether a backup can be used. `unavailable`: it cannot, and version 1.0 did not keep why; \
     load the data file again that says it." BackupStatus;
    "How far a share has come." MemberStatus;
}

impl Default for Word<MemberStatus> {
    fn default() -> Self {
        Self(MemberStatus::Pending)
    }
}

impl From<VaultEntry> for model::VaultRecord {
    fn from(vault: VaultEntry) -> Self {
        let details = model::VaultDetails {
            description: vault.description,
            created_at: vault.created_at.map(|time| time.0),
            enterprise_project_id: vault.enterprise_project_id,
        };
        let vault = model::Vault {
            id: vault.id.0.into(),
            project_id: vault.project_id.0,
            name: vault.name,
            object_type: vault.object_type.0,
            protect_type: vault.protect_type.0,
            status: vault.status.0,
            size: vault.size,
            used: vault.used,
        };
        Self { vault, details }
    }
}

impl From<BackupEntry> for model::BackupRecord {
    fn from(backup: BackupEntry) -> Self {
        let details = model::BackupDetails {
            description: backup.description,
            created_at: backup.created_at.map(|time| time.0),
            updated_at: backup.updated_at.map(|time| time.0),
            protected_at: backup.protected_at.map(|time| time.0),
            expired_at: backup.expired_at.map(|time| time.0),
            resource_id: backup.resource_id,
            resource_name: backup.resource_name,
            image_type: backup.image_type,
            checkpoint_id: backup.checkpoint_id.map(|id| id.0),
            parent_id: backup.parent_id.map(|id| id.0),
            enterprise_project_id: backup.enterprise_project_id,
        };
        let backup = model::Backup {
            id: backup.id.0.into(),
            project_id: backup.project_id.0,
            vault_id: backup.vault_id.0.into(),
            name: backup.name,
            resource_type: backup.resource_type,
            resource_size: backup.resource_size,
            status: backup.status.0,
            encrypted: backup.encrypted,
        };
        Self { backup, details }
    }
}
