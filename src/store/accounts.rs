//! Accounts with what belongs to them, as both stores ask for them.

use std::sync::LazyLock;

use super::{
    AccessKey, Account, TokenRecord,
    tables::Stored,
    values::{SqlRow, read},
};

/// The columns of an account, and its project's name.
fn columns() -> String {
    format!("{}, p.name", Account::TABLE.names_in("a"))
}
/// How many they are.
const COLUMNS: usize = Account::TABLE.columns.len() + 1;

/// The account of a name.
pub(super) static ACCOUNT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM accounts a JOIN projects p ON p.id = a.project_id WHERE a.name = $1",
        columns()
    )
});

/// The token of a hash, and whose it is.
pub(super) static TOKEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, t.issued_at, t.expires_at, t.revoked_at IS NOT NULL, t.enabled
         FROM tokens t JOIN accounts a ON a.name = t.user_name
         JOIN projects p ON p.id = a.project_id WHERE t.hash = $1",
        columns()
    )
});

/// The access key of a name, and whose it is.
pub(super) static ACCESS_KEY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {} FROM access_keys k JOIN accounts a ON a.name = k.user_name
         JOIN projects p ON p.id = a.project_id WHERE k.access = $1",
        columns(),
        AccessKey::TABLE.names_in("k")
    )
});

/// A row of [`TOKEN`].
pub(super) fn token<R: SqlRow>(row: &R) -> Result<TokenRecord, R::Error> {
    Ok(TokenRecord {
        account: Account::read(row, 0)?,
        issued_at: read(row, COLUMNS, "tokens.issued_at")?,
        expires_at: read(row, COLUMNS + 1, "tokens.expires_at")?,
        revoked: read(row, COLUMNS + 2, "tokens.revoked_at")?,
        enabled: read(row, COLUMNS + 3, "tokens.enabled")?,
    })
}

/// A row of [`ACCESS_KEY`].
pub(super) fn access_key<R: SqlRow>(row: &R) -> Result<(AccessKey, Account), R::Error> {
    Ok((AccessKey::read(row, COLUMNS)?, Account::read(row, 0)?))
}
