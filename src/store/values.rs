//! The values of columns, between the types of the model and those of a database. Each type of a
//! field says here what it is in a column; each store says in its `rows` how it writes and reads
//! an [`SqlValue`].

use std::{borrow::Cow, fmt};

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::TokenHash;
use crate::{
    hex,
    model::{
        BackupId, BackupStatus, ImageId, MemberStatus, ObjectType, ProjectId, ProtectType, ShareId,
        VaultId, VaultStatus,
    },
    timestamp::Timestamp,
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqlType {
    Text,
    Uuid,
    Bytes,
    Time,
    Boolean,
    Integer,
}

/// A value of a column, secrets included: never to be shown. Times are microseconds since 1970 in
/// UTC.
pub(super) enum SqlValue<'a> {
    Null,
    Text(Cow<'a, str>),
    Uuid(Uuid),
    Bytes(Cow<'a, [u8]>),
    Time(i64),
    Boolean(bool),
    Integer(i64),
}

/// The drivers ask for it, and nothing shows it.
impl fmt::Debug for SqlValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqlValue(…)")
    }
}

impl SqlValue<'_> {
    /// As text, which compares as the value does in a key; `None` for null.
    pub(super) fn into_text(self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) => text.into_owned(),
            Self::Uuid(id) => id.to_string(),
            Self::Bytes(bytes) => hex::encode(&bytes),
            Self::Time(number) | Self::Integer(number) => number.to_string(),
            Self::Boolean(is) => is.to_string(),
        })
    }
}

/// A value that is no value of its column.
#[derive(Debug, thiserror::Error)]
#[error("{column} {reason}")]
pub(super) struct BadValue {
    column: &'static str,
    reason: String,
}

/// A row that a database returned.
pub(super) trait SqlRow {
    /// Why a value cannot be read.
    type Error: From<BadValue>;

    /// The value at an index.
    fn value(&self, at: usize, kind: SqlType) -> Result<SqlValue<'_>, Self::Error>;
}

/// A type that fills a column.
pub(super) trait Field: Sized {
    /// What the column holds.
    const TYPE: SqlType;

    /// What is written into the column; else why it cannot be.
    fn to_value(&self) -> Result<SqlValue<'_>, String>;

    /// Out of what was read; else what is wrong with it.
    fn from_value(value: SqlValue<'_>) -> Result<Self, String>;
}

/// Reads a value. `column` is for the error: `vaults.size`.
pub(super) fn read<T: Field, R: SqlRow>(
    row: &R,
    at: usize,
    column: &'static str,
) -> Result<T, R::Error> {
    let value = row.value(at, T::TYPE)?;
    T::from_value(value).map_err(|reason| BadValue { column, reason }.into())
}

/// A value to write.
pub(super) fn write<'a>(
    field: &'a impl Field,
    column: &'static str,
) -> Result<SqlValue<'a>, BadValue> {
    field
        .to_value()
        .map_err(|reason| BadValue { column, reason })
}

impl<T: Field> Field for Option<T> {
    const TYPE: SqlType = T::TYPE;

    fn to_value(&self) -> Result<SqlValue<'_>, String> {
        self.as_ref().map_or(Ok(SqlValue::Null), T::to_value)
    }

    fn from_value(value: SqlValue<'_>) -> Result<Self, String> {
        match value {
            SqlValue::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// How a type is written as the one of a variant, and read back.
macro_rules! fields {
    ($($type:ty as $variant:ident: |$write:ident| $to:expr, |$read:ident| $from:expr;)+) => {$(
        impl Field for $type {
            const TYPE: SqlType = SqlType::$variant;

            fn to_value(&self) -> Result<SqlValue<'_>, String> {
                let $write = self;
                Ok(SqlValue::$variant($to))
            }

            fn from_value(value: SqlValue<'_>) -> Result<Self, String> {
                match value {
                    SqlValue::$variant($read) => $from,
                    SqlValue::Null => Err("is null".to_owned()),
                    _ => Err("is of another type".to_owned()),
                }
            }
        }
    )+};
}

macro_rules! ids {
    ($($type:ty),+) => { fields! { $(
        $type as Uuid: |id| *id.as_uuid(), |id| Ok(id.into());
    )+}};
}

macro_rules! words {
    ($($type:ty),+) => { fields! { $(
        $type as Text: |word| Cow::Borrowed(word.as_str()), |text| parsed(&text);
    )+}};
}

ids!(BackupId, VaultId, ImageId, ShareId);
words!(
    MemberStatus,
    BackupStatus,
    ObjectType,
    ProtectType,
    VaultStatus
);
fields! {
    String as Text: |text| Cow::Borrowed(text.as_str()), |text| Ok(text.into_owned());
    ProjectId as Text: |id| Cow::Borrowed(id.as_str()), |text| parsed(&text);
    SecretString as Text:
        |secret| Cow::Borrowed(secret.expose_secret()), |text| Ok(text.into_owned().into());
    // Names, separated by commas.
    Vec<String> as Text: |names| Cow::Owned(names.join(",")), |text| Ok(names(&text));
    TokenHash as Bytes: |hash| Cow::Borrowed(hash.as_bytes()), |bytes| hash(&bytes);
    Timestamp as Time: |time| time.as_micros(), |micros| {
        Self::from_micros(micros).ok_or_else(|| "is no time between the years -9999 and 9999".to_owned())
    };
    Uuid as Uuid: |id| *id, |id| Ok(id);
    bool as Boolean: |is| *is, |is| Ok(is);
    u32 as Integer: |number| i64::from(*number), |number| {
        Self::try_from(number).map_err(|_| not_between(number, Self::MAX))
    };
    u64 as Integer: |number| {
        i64::try_from(*number).map_err(|_| not_between(number, i64::MAX))?
    }, |number| Self::try_from(number).map_err(|_| not_between(number, i64::MAX));
}

fn not_between(number: impl fmt::Display, most: impl fmt::Display) -> String {
    format!("is {number}, and must be from 0 to {most}")
}

fn parsed<T: std::str::FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error| format!("is {text:?}, and {error}"))
}

fn names(text: &str) -> Vec<String> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn hash(bytes: &[u8]) -> Result<TokenHash, String> {
    match bytes.try_into() {
        Ok(hash) => Ok(TokenHash::from_bytes(hash)),
        Err(_) => Err(format!("has {} bytes", bytes.len())),
    }
}
