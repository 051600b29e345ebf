//! How PostgreSQL writes and reads the values of columns, and the facts in a row.

use std::{error::Error as StdError, sync::LazyLock};

use tokio_postgres::{
    Row,
    types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};
use uuid::Uuid;

use super::{
    super::{
        TokenHash,
        tables::{Stored, vault_in_use},
        values::{Field, SqlRow, SqlType, SqlValue},
    },
    retry::AttemptError,
};
use crate::{
    model::{Backup, BackupId, Facts, Member, MemberStatus, ProjectId, ShareId, Vault, VaultId},
    timestamp::Timestamp,
};

type ToSqlResult = Result<IsNull, Box<dyn StdError + Sync + Send>>;

impl ToSql for SqlValue<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> ToSqlResult {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Uuid(id) => id.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
            Self::Time(micros) => jiff::Timestamp::from_microsecond(*micros)?.to_sql(ty, out),
            Self::Boolean(is) => is.to_sql(ty, out),
            Self::Integer(number) => number.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [
            Type::TEXT,
            Type::UUID,
            Type::BYTEA,
            Type::TIMESTAMPTZ,
            Type::BOOL,
            Type::INT8,
        ]
        .contains(ty)
    }

    to_sql_checked!();
}

/// Single values as parameters of statements.
macro_rules! parameters {
    ($($type:ty),+) => {$(
        impl ToSql for $type {
            fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> ToSqlResult {
                self.to_value()?.to_sql(ty, out)
            }

            fn accepts(ty: &Type) -> bool {
                SqlValue::accepts(ty)
            }

            to_sql_checked!();
        }
    )+};
}
parameters!(
    BackupId,
    VaultId,
    ShareId,
    ProjectId,
    MemberStatus,
    TokenHash,
    Timestamp
);

/// The type of a column.
pub(super) fn name_of(kind: SqlType) -> &'static str {
    match kind {
        SqlType::Text => "text",
        SqlType::Uuid => "uuid",
        SqlType::Bytes => "bytea",
        SqlType::Time => "timestamptz",
        SqlType::Boolean => "boolean",
        SqlType::Integer => "bigint",
    }
}

impl SqlRow for Row {
    type Error = AttemptError;

    fn value(&self, at: usize, kind: SqlType) -> Result<SqlValue<'_>, AttemptError> {
        let value = match kind {
            SqlType::Text => self
                .try_get::<_, Option<&str>>(at)?
                .map(|text| SqlValue::Text(text.into())),
            SqlType::Uuid => self.try_get::<_, Option<Uuid>>(at)?.map(SqlValue::Uuid),
            SqlType::Bytes => self
                .try_get::<_, Option<&[u8]>>(at)?
                .map(|bytes| SqlValue::Bytes(bytes.into())),
            SqlType::Time => self
                .try_get::<_, Option<jiff::Timestamp>>(at)?
                .map(|time| SqlValue::Time(time.as_microsecond())),
            SqlType::Boolean => self.try_get::<_, Option<bool>>(at)?.map(SqlValue::Boolean),
            SqlType::Integer => self.try_get::<_, Option<i64>>(at)?.map(SqlValue::Integer),
        };
        Ok(value.unwrap_or(SqlValue::Null))
    }
}

/// The columns of backups `b`, members `m` and vaults `v`, in this order.
pub(super) static LIST: LazyLock<String> = LazyLock::new(|| {
    let (backups, members, vaults) = (Backup::TABLE, Member::TABLE, Vault::TABLE);
    let lists = [
        backups.names_in("b"),
        members.names_in("m"),
        vaults.names_in("v"),
    ];
    lists.join(", ")
});
const MEMBER: usize = Backup::TABLE.columns.len();
const VAULT: usize = MEMBER + Member::TABLE.columns.len();
/// How many they are together.
pub(super) const COLUMNS: usize = VAULT + Vault::TABLE.columns.len();

/// Adds a row of [`LIST`] to the facts about its backup: there is one for each member, or one
/// without a member.
pub(super) fn add_to(facts: &mut Facts, row: &Row) -> Result<(), AttemptError> {
    if facts.backup.is_none() {
        facts.backup = Some(Backup::read(row, 0)?);
        facts.vault = vault_in_use(row, VAULT)?;
    }
    facts.members.extend(Member::find(row, MEMBER)?);
    Ok(())
}
