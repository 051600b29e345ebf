//! How SQLite writes and reads the values of columns.

use std::borrow::Cow;

use rusqlite::{
    Row, ToSql,
    types::{FromSqlError, ToSqlOutput, Value, ValueRef},
};
use uuid::Uuid;

use super::super::{
    TokenHash,
    tables::BadValue,
    values::{Field, SqlRow, SqlType, SqlValue},
};
use crate::{
    model::{BackupId, MemberStatus, ProjectId, ShareId, VaultId},
    timestamp::Timestamp,
};

impl ToSql for SqlValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Time(number) | Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(is) => ValueRef::Integer(i64::from(*is)),
        }))
    }
}

/// Single values as parameters of statements.
macro_rules! parameters {
    ($($type:ty),+) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let value = self.to_value().map_err(|reason| {
                    rusqlite::Error::ToSqlConversionFailure(reason.into())
                })?;
                Ok(match value {
                    SqlValue::Text(Cow::Borrowed(text)) => text.into(),
                    SqlValue::Bytes(Cow::Borrowed(bytes)) => bytes.into(),
                    value => ToSqlOutput::Owned(match value.to_sql()? {
                        ToSqlOutput::Borrowed(value) => value.try_into()?,
                        _ => Value::Null,
                    }),
                })
            }
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

impl From<BadValue> for rusqlite::Error {
    fn from(error: BadValue) -> Self {
        FromSqlError::other(error).into()
    }
}

impl SqlRow for Row<'_> {
    type Error = rusqlite::Error;

    fn value(&self, at: usize, kind: SqlType) -> rusqlite::Result<SqlValue<'_>> {
        let value = self.get_ref(at)?;
        Ok(match kind {
            _ if value == ValueRef::Null => SqlValue::Null,
            SqlType::Text => SqlValue::Text(value.as_str()?.into()),
            SqlType::Uuid => {
                let bytes = value.as_blob()?;
                // What is no UUID is refused where the column is known.
                Uuid::from_slice(bytes)
                    .map_or_else(|_| SqlValue::Bytes(bytes.into()), SqlValue::Uuid)
            }
            SqlType::Bytes => SqlValue::Bytes(value.as_blob()?.into()),
            SqlType::Time => SqlValue::Time(value.as_i64()?),
            SqlType::Boolean => SqlValue::Boolean(value.as_i64()? != 0),
            SqlType::Integer => SqlValue::Integer(value.as_i64()?),
        })
    }
}
