//! Between rows and values: how every type of the model is written in PostgreSQL, and read back.

use std::error::Error as StdError;

use tokio_postgres::{
    Error, Row,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};
use uuid::Uuid;

use super::super::TokenHash;
use crate::{
    model::{
        Backup, BackupId, BackupStatus, ImageId, Member, MemberStatus, ObjectType, ProjectId,
        ProtectType, ShareId, Vault, VaultId, VaultStatus,
    },
    timestamp::Timestamp,
};

type Outcome<T> = Result<T, Box<dyn StdError + Sync + Send>>;

/// Writes and reads a type as another one that the driver knows.
macro_rules! column {
    ($type:ty as $wire:ty, |$value:ident| $write:expr, |$read:ident| $back:expr) => {
        impl ToSql for $type {
            fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Outcome<IsNull> {
                let $value = self;
                $write.to_sql(ty, out)
            }

            fn accepts(ty: &Type) -> bool {
                <$wire as ToSql>::accepts(ty)
            }

            to_sql_checked!();
        }

        impl<'a> FromSql<'a> for $type {
            fn from_sql(ty: &Type, raw: &'a [u8]) -> Outcome<Self> {
                let $read = <$wire as FromSql>::from_sql(ty, raw)?;
                $back
            }

            fn accepts(ty: &Type) -> bool {
                <$wire as FromSql>::accepts(ty)
            }
        }
    };
}

column!(BackupId as Uuid, |id| id.as_uuid(), |id| Ok(id.into()));
column!(VaultId as Uuid, |id| id.as_uuid(), |id| Ok(id.into()));
column!(ImageId as Uuid, |id| id.as_uuid(), |id| Ok(id.into()));
column!(ShareId as Uuid, |id| id.as_uuid(), |id| Ok(id.into()));
column!(
    TokenHash as &[u8],
    |hash| hash.as_bytes().as_slice(),
    |bytes| Ok(Self::from_bytes(bytes.try_into()?))
);
column!(
    ProjectId as &str,
    |id| id.as_str(),
    |text| Ok(text.parse()?)
);
column!(
    Timestamp as jiff::Timestamp,
    |time| jiff::Timestamp::from_microsecond(time.as_micros())?,
    |time| {
        Self::from_micros(time.as_microsecond()).ok_or_else(|| "a time beyond the year 9999".into())
    }
);

macro_rules! word_columns {
    ($($type:ty { $($variant:ident = $word:literal),* })*) => {$(
        column!(
            $type as &str,
            |value| match value { $(Self::$variant => $word),* },
            |text| match text {
                $($word => Ok(Self::$variant),)*
                other => Err(format!("{other:?} is unknown").into()),
            }
        );
    )*};
}

word_columns! {
    MemberStatus { Pending = "pending", Accepted = "accepted", Rejected = "rejected" }
    BackupStatus { Available = "available", Unavailable = "unavailable" }
    ObjectType { Server = "server", Disk = "disk", Other = "other" }
    ProtectType { Backup = "backup", Replication = "replication", Hybrid = "hybrid" }
    VaultStatus { Available = "available", Lock = "lock", Frozen = "frozen", Deleting = "deleting", Error = "error" }
}

/// The columns of [`backup`], [`member`] and [`vault`], in their order, eight each.
macro_rules! columns {
    () => {
        "b.id, b.project_id, b.vault_id, b.name, b.resource_type, b.resource_size, b.status, b.encrypted,
         m.backup_id, m.dest_project_id, m.id, m.status, m.created_at, m.updated_at, m.vault_id, m.image_id,
         v.id, v.project_id, v.name, v.object_type, v.protect_type, v.status, v.size, v.used + v.shared"
    };
}
pub(super) use columns;

const MEMBER: usize = 8;
const VAULT: usize = 16;
/// How many they are together.
pub(super) const COLUMNS: usize = 24;

/// The backup of a row.
pub(super) fn backup(row: &Row) -> Result<Backup, Error> {
    Ok(Backup {
        id: row.try_get(0)?,
        project_id: row.try_get(1)?,
        vault_id: row.try_get(2)?,
        name: row.try_get(3)?,
        resource_type: row.try_get(4)?,
        resource_size: gigabytes(row, 5)?,
        status: row.try_get(6)?,
        encrypted: row.try_get(7)?,
    })
}

/// The member of a row; `None` where an outer join found none.
pub(super) fn member(row: &Row) -> Result<Option<Member>, Error> {
    match row.try_get::<_, Option<BackupId>>(MEMBER)? {
        Some(_) => member_at(row, MEMBER).map(Some),
        None => Ok(None),
    }
}

/// A member, from the columns that start at `at`.
pub(super) fn member_at(row: &Row, at: usize) -> Result<Member, Error> {
    Ok(Member {
        backup_id: row.try_get(at)?,
        dest_project_id: row.try_get(at + 1)?,
        id: row.try_get(at + 2)?,
        status: row.try_get(at + 3)?,
        created_at: row.try_get(at + 4)?,
        updated_at: row.try_get(at + 5)?,
        vault_id: row.try_get(at + 6)?,
        image_id: row.try_get(at + 7)?,
    })
}

/// The vault of a row, `used` with what accepted shares take; `None` where an outer join found
/// none.
pub(super) fn vault(row: &Row) -> Result<Option<Vault>, Error> {
    let Some(id) = row.try_get(VAULT)? else {
        return Ok(None);
    };
    Ok(Some(Vault {
        id,
        project_id: row.try_get(VAULT + 1)?,
        name: row.try_get(VAULT + 2)?,
        object_type: row.try_get(VAULT + 3)?,
        protect_type: row.try_get(VAULT + 4)?,
        status: row.try_get(VAULT + 5)?,
        size: gigabytes(row, VAULT + 6)?,
        used: row.try_get::<_, i64>(VAULT + 7)?.unsigned_abs(),
    }))
}

/// A size, which the schema keeps from being negative and the catalog from being larger.
pub(super) fn gigabytes(row: &Row, at: usize) -> Result<u32, Error> {
    row.try_get::<_, i64>(at)
        .map(|size| u32::try_from(size).unwrap_or(u32::MAX))
}
