//! The tables: names, types and order of their columns, once for both stores. Lists of columns in
//! statements, the values for them, and the reading of rows come from here; the statements
//! themselves are each store's own, but for those of lists (`listing`). The types in the databases
//! are those of `schema/`.
//!
//! Backups and vaults are read in two ways: requests that share read [`Backup`] and [`Vault`], and
//! what is only listed and shown stands behind their columns, in [`BackupRecord`] and
//! [`VaultRecord`].
//!
//! A new column is a migration for each store, a field of the record, and a line here.

use secrecy::SecretString;
use uuid::Uuid;

pub(super) use super::values::BadValue;
use super::{
    AccessKey, Account, Project, StoredToken, TokenHash,
    values::{Field, SqlRow, SqlType, SqlValue, read, write},
};
use crate::{
    model::{
        Backup, BackupDetails, BackupId, BackupRecord, BackupStatus, ImageId, Member, MemberStatus,
        ObjectType, ProjectId, ProtectType, ShareId, Vault, VaultDetails, VaultId, VaultRecord,
        VaultStatus,
    },
    timestamp::Timestamp,
};

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// How many of the first columns are its key.
    pub(super) keys: usize,
    /// Its columns.
    pub(super) columns: &'static [Column],
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) holds: SqlType,
}

impl Table {
    /// Something about each column, by its index from 1, separated by commas.
    pub(super) fn each(&self, about: impl Fn(usize, &Column) -> String) -> String {
        let each = self.columns.iter().enumerate();
        let each: Vec<_> = each.map(|(at, column)| about(at + 1, column)).collect();
        each.join(", ")
    }

    /// The same of the columns behind the key.
    pub(super) fn each_behind_key(&self, about: impl Fn(usize, &Column) -> String) -> Vec<String> {
        let each = self.columns.iter().enumerate().skip(self.keys);
        each.map(|(at, column)| about(at + 1, column)).collect()
    }

    /// The columns: `id, name`.
    pub(super) fn names(&self) -> String {
        self.each(|_, column| column.name.to_owned())
    }

    /// The columns of the table under an alias: `p.id, p.name`.
    pub(super) fn names_in(&self, alias: &str) -> String {
        self.each(|_, column| format!("{alias}.{}", column.name))
    }

    /// The key: `backup_id, dest_project_id`.
    pub(super) fn key(&self) -> String {
        let key: Vec<_> = self
            .columns
            .iter()
            .take(self.keys)
            .map(|column| column.name)
            .collect();
        key.join(", ")
    }
}

/// A record that is a row of a table.
pub(super) trait Stored: Sized {
    /// The table.
    const TABLE: &'static Table;
    /// The table with the columns alone that are fields.
    const FIELDS: &'static Table;

    /// The values of [`Stored::FIELDS`].
    fn values(&self) -> Result<Vec<SqlValue<'_>>, BadValue>;

    /// Reads the columns from an index on.
    fn read<R: SqlRow>(row: &R, at: usize) -> Result<Self, R::Error>;

    /// The same; `None` where an outer join found no row.
    fn find<R: SqlRow>(row: &R, at: usize) -> Result<Option<Self>, R::Error> {
        match row.value(at, Self::TABLE.columns[0].holds)? {
            SqlValue::Null => Ok(None),
            _ => Self::read(row, at).map(Some),
        }
    }
}

/// Makes a record a row of a table: a column for each field, of the same name. `beside`: columns
/// that are no field. `joined`: a field that is no column, read behind the columns.
macro_rules! stored {
    (
        $table:ident: $record:ty, $keys:literal key {
            $($field:ident: $field_type:ty),+ $(,)?
        } $(beside { $beside:ident: $beside_type:ty })? $(joined { $joined:ident: $joined_type:ty })?
    ) => {
        impl Stored for $record {
            const TABLE: &'static Table = &Table {
                name: stringify!($table),
                keys: $keys,
                columns: &[
                    $(Column { name: stringify!($field), holds: <$field_type>::TYPE },)+
                    $(Column { name: stringify!($beside), holds: <$beside_type>::TYPE },)?
                ],
            };

            const FIELDS: &'static Table = &Table {
                columns: &[$(Column { name: stringify!($field), holds: <$field_type>::TYPE }),+],
                ..*Self::TABLE
            };

            fn values(&self) -> Result<Vec<SqlValue<'_>>, BadValue> {
                Ok(vec![$(write(&self.$field, column!($table.$field))?),+])
            }

            fn read<R: SqlRow>(row: &R, at: usize) -> Result<Self, R::Error> {
                // Fields are read in the order in which they are written down here.
                let mut at = at..;
                let mut next = || at.next().unwrap_or_default();
                Ok(Self {
                    $($field: read(row, next(), column!($table.$field))?,)+
                    $($joined: read(row, next(), column!($table.$joined))?,)?
                })
            }
        }
    };
}

/// The tables with the columns that every request needs.
macro_rules! tables {
    ($($table:ident: $record:ty, $keys:literal key $columns:tt
       $(beside $beside:tt)? $(joined $joined:tt)?;)+) => {
        /// All tables, in the order in which they refer to each other.
        pub(super) const TABLES: &[&Table] = &[$(<$record>::TABLE),+];

        $(stored! { $table: $record, $keys key $columns $(beside $beside)? $(joined $joined)? })+
    };
}

/// Records out of two parts, whose columns follow each other in one table.
macro_rules! joined {
    ($($record:ident { $part:ident: $part_type:ty, $behind:ident: $behind_type:ty })+) => {$(
        impl Stored for $record {
            const TABLE: &'static Table = &Table {
                columns: &{
                    const FIRST: &[Column] = <$part_type>::TABLE.columns;
                    const SECOND: &[Column] = <$behind_type>::TABLE.columns;
                    concat::<{ FIRST.len() + SECOND.len() }>(FIRST, SECOND)
                },
                ..*<$part_type>::TABLE
            };

            const FIELDS: &'static Table = &Table {
                columns: &{
                    const FIRST: &[Column] = <$part_type>::FIELDS.columns;
                    const SECOND: &[Column] = <$behind_type>::FIELDS.columns;
                    concat::<{ FIRST.len() + SECOND.len() }>(FIRST, SECOND)
                },
                ..*<$part_type>::TABLE
            };

            fn values(&self) -> Result<Vec<SqlValue<'_>>, BadValue> {
                let mut values = self.$part.values()?;
                values.extend(self.$behind.values()?);
                Ok(values)
            }

            fn read<R: SqlRow>(row: &R, at: usize) -> Result<Self, R::Error> {
                Ok(Self {
                    $part: Stored::read(row, at)?,
                    $behind: Stored::read(row, at + <$part_type>::TABLE.columns.len())?,
                })
            }
        }
    )+};
}

/// The columns of one table behind those of another.
const fn concat<const N: usize>(first: &[Column], second: &[Column]) -> [Column; N] {
    let mut all = [first[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() {
            first[at]
        } else {
            second[at - first.len()]
        };
        at += 1;
    }
    all
}

/// How errors name a column.
macro_rules! column {
    ($table:ident.$name:ident) => {
        concat!(stringify!($table), ".", stringify!($name))
    };
}

tables! {
    projects: Project, 1 key { id: ProjectId, name: String };
    accounts: Account, 1 key {
        name: String,
        password_hash: Option<SecretString>,
        project_id: ProjectId,
        roles: Vec<String>,
        enabled: bool,
    } joined { project_name: String };
    tokens: StoredToken, 1 key {
        hash: TokenHash,
        user_name: String,
        issued_at: Timestamp,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
        enabled: bool,
    };
    access_keys: AccessKey, 1 key {
        access: String,
        secret: SecretString,
        user_name: String,
        enabled: bool,
    };
    vaults: Vault, 1 key {
        id: VaultId,
        project_id: ProjectId,
        name: String,
        object_type: ObjectType,
        protect_type: ProtectType,
        status: VaultStatus,
        size: u32,
        used: u64,
    } beside { shared: u64 };
    backups: Backup, 1 key {
        id: BackupId,
        project_id: ProjectId,
        vault_id: VaultId,
        name: String,
        resource_type: String,
        resource_size: u32,
        status: BackupStatus,
        encrypted: bool,
    };
    members: Member, 2 key {
        backup_id: BackupId,
        dest_project_id: ProjectId,
        id: ShareId,
        status: MemberStatus,
        created_at: Timestamp,
        updated_at: Option<Timestamp>,
        vault_id: Option<VaultId>,
        image_id: Option<ImageId>,
    };
}

stored! { vaults: VaultDetails, 0 key {
    description: Option<String>,
    created_at: Option<Timestamp>,
    enterprise_project_id: Option<String>,
}}
stored! { backups: BackupDetails, 0 key {
    description: Option<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    protected_at: Option<Timestamp>,
    expired_at: Option<Timestamp>,
    resource_id: Option<String>,
    resource_name: Option<String>,
    image_type: Option<String>,
    checkpoint_id: Option<Uuid>,
    parent_id: Option<Uuid>,
    enterprise_project_id: Option<String>,
}}
joined! {
    VaultRecord { vault: Vault, details: VaultDetails }
    BackupRecord { backup: Backup, details: BackupDetails }
}

/// The column of members that is no field and not read with them: `created_at` of the backup, or
/// the least moment there is, by which the index of shares by member is ordered.
pub(super) const BACKUP_CREATED_AT: &str = "backup_created_at";

/// The column of vaults that is no field of [`Vault`]: what accepted shares take, in MB.
pub(super) fn shared<R: SqlRow>(row: &R, at: usize) -> Result<u64, R::Error> {
    read(
        row,
        at + Vault::TABLE.columns.len() - 1,
        column!(vaults.shared),
    )
}

/// The value for that column.
pub(super) fn shared_value(megabytes: &u64) -> Result<SqlValue<'_>, BadValue> {
    write(megabytes, column!(vaults.shared))
}

/// A vault as the rules see it: `used` with what accepted shares take. `None` where an outer join
/// found no row.
pub(super) fn vault_in_use<R: SqlRow>(row: &R, at: usize) -> Result<Option<Vault>, R::Error> {
    let Some(vault) = Vault::find(row, at)? else {
        return Ok(None);
    };
    let used = vault.used + shared(row, at)?;
    Ok(Some(Vault { used, ..vault }))
}

/// The same with what is only shown.
pub(super) fn vault_record<R: SqlRow>(row: &R, at: usize) -> Result<Option<VaultRecord>, R::Error> {
    let Some(mut record) = VaultRecord::find(row, at)? else {
        return Ok(None);
    };
    record.vault.used += shared(row, at)?;
    Ok(Some(record))
}

/// How many records there are in all.
pub(super) fn count_all() -> String {
    let each: Vec<_> = TABLES
        .iter()
        .map(|table| format!("(SELECT count(*) FROM {})", table.name))
        .collect();
    format!("SELECT {}", each.join(" + "))
}
