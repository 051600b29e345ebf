//! A PostgreSQL database that takes records as another store had them, many rows to a statement.

use async_trait::async_trait;
use deadpool_postgres::ClientWrapper;
use secrecy::ExposeSecret;
use tokio_postgres::{Error, types::ToSql};

use super::{
    super::{Export, Import, Record},
    Postgres,
    repeat::repeated,
    retry::Failure,
    session::Session,
    shares::Column,
};
use crate::model::Result;

/// The note that a copy is not finished: a table, so that no schema has to have it.
const NOTE: &str = "CREATE TABLE IF NOT EXISTS unfinished_copy ()";
const IS_NOTED: &str = "SELECT 1 WHERE to_regclass('unfinished_copy') IS NOT NULL";
const FORGET_NOTE: &str = "DROP TABLE IF EXISTS unfinished_copy";
const CLEAR: &str = "TRUNCATE projects, accounts, tokens, access_keys, vaults, backups, members";

/// Whether a copy was begun and has not been finished.
pub(super) async fn is_unfinished(session: &Session) -> std::result::Result<bool, Failure> {
    Ok(!session.read(IS_NOTED, &[]).await?.is_empty())
}

#[async_trait]
impl Import for Postgres {
    fn written(&self) -> &dyn Export {
        self
    }

    async fn is_unfinished(&self) -> Result<bool> {
        repeated!(self, |session| is_unfinished(session))
    }

    async fn begin(&self) -> Result<()> {
        repeated!(self, |client| client.batch_execute(NOTE))
    }

    async fn insert(&self, records: Vec<Record>) -> Result<()> {
        repeated!(self, |client| insert(client, &records))
    }

    async fn clear(&self) -> Result<()> {
        repeated!(self, |client| client.batch_execute(CLEAR))
    }

    async fn finish(&self) -> Result<()> {
        repeated!(self, |client| client.batch_execute(FORGET_NOTE))
    }
}

/// Inserts records where their keys are free, in one transaction.
async fn insert(client: &ClientWrapper, records: &[Record]) -> std::result::Result<(), Error> {
    macro_rules! put {
        ($table:literal, $kind:pat => $($name:ident: $type:literal = $value:expr),+ $(,)?) => {
            let columns: [(&str, &str, Column<'_>); _] = [$((
                stringify!($name), $type,
                Box::new(records.iter().filter_map(|record| match record {
                    #[allow(unused_variables, reason = "not every column is of every part of a record")]
                    $kind => Some($value),
                    _ => None,
                }).collect::<Vec<_>>()) as Column<'_>,
            )),+];
            put(client, $table, &columns).await?;
        };
    }
    let signed = |megabytes: u64| i64::try_from(megabytes).unwrap_or(i64::MAX);
    client.batch_execute("BEGIN").await?;
    put!("projects", Record::Project(p) => id: "text" = &p.id, name: "text" = &p.name);
    put!("accounts", Record::Account(a) => name: "text" = &a.name,
        password_hash: "text" = a.password_hash.as_ref().map(ExposeSecret::expose_secret),
        project_id: "text" = &a.project_id, roles: "text" = a.roles.join(","),
        enabled: "boolean" = a.enabled);
    put!("tokens", Record::Token(t) => hash: "bytea" = t.hash, user_name: "text" = &t.user_name,
        issued_at: "timestamptz" = t.issued_at, expires_at: "timestamptz" = t.expires_at,
        revoked_at: "timestamptz" = t.revoked_at, enabled: "boolean" = t.enabled);
    put!("access_keys", Record::AccessKey(k) => access: "text" = &k.access,
        secret: "text" = k.secret.expose_secret(), user_name: "text" = &k.user_name,
        enabled: "boolean" = k.enabled);
    put!("vaults", Record::Vault { vault: v, shared } => id: "uuid" = v.id, project_id: "text" = &v.project_id,
        name: "text" = &v.name, object_type: "text" = v.object_type, protect_type: "text" = v.protect_type,
        status: "text" = v.status, size: "bigint" = i64::from(v.size), used: "bigint" = signed(v.used),
        shared: "bigint" = signed(*shared));
    put!("backups", Record::Backup(b) => id: "uuid" = b.id, project_id: "text" = &b.project_id,
        vault_id: "uuid" = b.vault_id, name: "text" = &b.name, resource_type: "text" = &b.resource_type,
        resource_size: "bigint" = i64::from(b.resource_size), status: "text" = b.status,
        encrypted: "boolean" = b.encrypted);
    put!("members", Record::Member(m) => backup_id: "uuid" = m.backup_id, dest_project_id: "text" = &m.dest_project_id,
        id: "uuid" = m.id, status: "text" = m.status, created_at: "timestamptz" = m.created_at,
        updated_at: "timestamptz" = m.updated_at, vault_id: "uuid" = m.vault_id, image_id: "uuid" = m.image_id);
    client.batch_execute("COMMIT").await
}

/// Inserts rows, of each column the name, the type, and the values.
async fn put(
    client: &ClientWrapper,
    table: &str,
    columns: &[(&str, &str, Column<'_>)],
) -> std::result::Result<(), Error> {
    let names = columns
        .iter()
        .map(|(name, _, _)| *name)
        .collect::<Vec<_>>()
        .join(", ");
    let arrays = columns
        .iter()
        .enumerate()
        .map(|(at, (_, kind, _))| format!("${}::{kind}[]", at + 1));
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
    );
    let values: Vec<&(dyn ToSql + Sync)> = columns
        .iter()
        .map(|(_, _, values)| &**values as _)
        .collect();
    let statement = client.prepare_cached(&sql).await?;
    client.execute(&statement, &values).await.map(drop)
}
