//! Between rows and values: how every type of the model is written in SQLite, and read back.

use rusqlite::{
    Connection, Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use crate::{
    model::{
        Backup, BackupId, BackupStatus, ImageId, Member, MemberStatus, ObjectType, ProjectId,
        ProtectType, ShareId, Vault, VaultId, VaultStatus,
    },
    timestamp::Timestamp,
};

macro_rules! uuid_columns {
    ($($id:ty),*) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_uuid().as_bytes().as_slice()))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::from_slice(value.as_blob()?).map(Self::from).map_err(FromSqlError::other)
            }
        }
    )*};
}

uuid_columns!(BackupId, VaultId, ImageId, ShareId);

macro_rules! word_columns {
    ($($type:ty { $($variant:ident = $word:literal),* })*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(match self { $(Self::$variant => $word),* }))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(FromSqlError::InvalidType),
                }
            }
        }
    )*};
}

word_columns! {
    MemberStatus { Pending = "pending", Accepted = "accepted", Rejected = "rejected" }
    BackupStatus { Available = "available", Unavailable = "unavailable" }
    ObjectType { Server = "server", Disk = "disk", Other = "other" }
    ProtectType { Backup = "backup", Replication = "replication", Hybrid = "hybrid" }
    VaultStatus { Available = "available", Lock = "lock", Frozen = "frozen", Deleting = "deleting", Error = "error" }
}

impl ToSql for ProjectId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for ProjectId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_micros()))
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let micros = value.as_i64()?;
        Self::from_micros(micros).ok_or(FromSqlError::OutOfRange(micros))
    }
}

/// The columns of [`backup`], in its order.
macro_rules! backup_columns {
    () => {
        "b.id, b.project_id, b.vault_id, b.name, b.resource_type, b.resource_size, b.status, b.encrypted"
    };
}
/// The columns of [`member`], in its order.
macro_rules! member_columns {
    () => {
        "m.backup_id, m.dest_project_id, m.id, m.status, m.created_at, m.updated_at, m.vault_id, m.image_id"
    };
}
/// The same of another member.
macro_rules! other_member_columns {
    () => {
        "o.backup_id, o.dest_project_id, o.id, o.status, o.created_at, o.updated_at, o.vault_id, o.image_id"
    };
}
pub(super) use {backup_columns, member_columns, other_member_columns};

/// A backup, from the columns that start at `at`.
pub(super) fn backup(row: &Row<'_>, at: usize) -> rusqlite::Result<Backup> {
    Ok(Backup {
        id: row.get(at)?,
        project_id: row.get(at + 1)?,
        vault_id: row.get(at + 2)?,
        name: row.get(at + 3)?,
        resource_type: row.get(at + 4)?,
        resource_size: row.get(at + 5)?,
        status: row.get(at + 6)?,
        encrypted: row.get(at + 7)?,
    })
}

/// A member, from the columns that start at `at`; `None` where an outer join found none.
pub(super) fn member(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Member>> {
    let Some(backup_id) = row.get(at)? else {
        return Ok(None);
    };
    Ok(Some(Member {
        backup_id,
        dest_project_id: row.get(at + 1)?,
        id: row.get(at + 2)?,
        status: row.get(at + 3)?,
        created_at: row.get(at + 4)?,
        updated_at: row.get(at + 5)?,
        vault_id: row.get(at + 6)?,
        image_id: row.get(at + 7)?,
    }))
}

/// A number of MB, from a column of the database's signed numbers.
pub(super) fn megabytes(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let signed: i64 = row.get(at)?;
    u64::try_from(signed).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, signed))
}

/// A vault; `used` with what accepted shares take.
pub(super) fn vault(connection: &Connection, id: VaultId) -> rusqlite::Result<Option<Vault>> {
    use rusqlite::OptionalExtension;

    let sql = "SELECT id, project_id, name, object_type, protect_type, status, size, used + shared FROM vaults WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Vault {
            id: row.get(0)?,
            project_id: row.get(1)?,
            name: row.get(2)?,
            object_type: row.get(3)?,
            protect_type: row.get(4)?,
            status: row.get(5)?,
            size: row.get(6)?,
            used: megabytes(row, 7)?,
        })
    };
    connection
        .prepare_cached(sql)?
        .query_row([id], read)
        .optional()
}
