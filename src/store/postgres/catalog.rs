//! A catalog into PostgreSQL, many rows to a statement. Each row is written, and locked, only where
//! it differs, so that loading twice changes nothing and hardly disturbs a server that is at work.

use deadpool_postgres::ClientWrapper;
use secrecy::ExposeSecret;
use tokio_postgres::types::ToSql;

use super::{
    super::{Catalog, Loaded},
    retry::Failure,
    shares::{self, Column},
    write::Work,
};
use crate::model::{Backup, BackupId, Error, Member};

/// How many rows go into a statement.
const AT_ONCE: usize = 1_000;

impl Work for Catalog {
    type Facts = ();
    type Outcome = Loaded;

    async fn look(&self, _: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
        Ok(())
    }

    /// Takes it over, in the order in which its parts refer to each other.
    async fn act(&self, client: &ClientWrapper, (): ()) -> Result<Loaded, Failure> {
        let mut loaded = Loaded::default();
        macro_rules! put {
            ($table:literal, $records:expr, $record:ident; $($name:ident: $type:literal = $value:expr),+) => {
                for some in $records.chunks(AT_ONCE) {
                    let columns: &[(&str, &str, Column<'_>)] = &[$((
                        stringify!($name), $type,
                        Box::new(some.iter().map(|$record| $value).collect::<Vec<_>>()) as Column<'_>,
                    )),+];
                    put(client, $table, columns, some.len(), &mut loaded).await?;
                }
            };
        }
        put!("projects", self.projects, p; id: "text" = p.id.clone(), name: "text" = p.name.clone());
        put!("accounts", self.accounts, a; name: "text" = a.name.clone(),
            password_hash: "text" = a.password_hash.as_ref().map(|hash| hash.expose_secret().to_owned()),
            project_id: "text" = a.project_id.clone(), roles: "text" = a.roles.join(","),
            enabled: "boolean" = a.enabled);
        self.tokens(client, &mut loaded).await?;
        put!("access_keys", self.access_keys, k; access: "text" = k.access.clone(),
            secret: "text" = k.secret.expose_secret().to_owned(), user_name: "text" = k.user_name.clone(),
            enabled: "boolean" = k.enabled);
        put!("vaults", self.vaults, v; id: "uuid" = v.id, project_id: "text" = v.project_id.clone(),
            name: "text" = v.name.clone(), object_type: "text" = v.object_type, protect_type: "text" = v.protect_type,
            status: "text" = v.status, size: "bigint" = i64::from(v.size),
            used: "bigint" = i64::try_from(v.used).unwrap_or(i64::MAX));
        for some in self.backups.chunks(AT_ONCE) {
            keep_sizes(client, some).await?;
        }
        put!("backups", self.backups, b; id: "uuid" = b.id, project_id: "text" = b.project_id.clone(),
            vault_id: "uuid" = b.vault_id, name: "text" = b.name.clone(),
            resource_type: "text" = b.resource_type.clone(), resource_size: "bigint" = i64::from(b.resource_size),
            status: "text" = b.status, encrypted: "boolean" = b.encrypted);
        for some in self.members.chunks(AT_ONCE) {
            put_members(client, some, &mut loaded).await?;
        }
        Ok(loaded)
    }
}

impl Catalog {
    /// A fixed token that is there already stays as it is, revoked or not, but for whether it may
    /// be used.
    async fn tokens(&self, client: &ClientWrapper, loaded: &mut Loaded) -> Result<(), Failure> {
        let set = "UPDATE tokens t SET enabled = n.enabled FROM unnest($1::bytea[], $2::boolean[]) AS n (hash, enabled)
                   WHERE t.hash = n.hash AND t.enabled <> n.enabled";
        let insert = "INSERT INTO tokens (hash, enabled, user_name, issued_at)
                      SELECT * FROM unnest($1::bytea[], $2::boolean[], $3::text[], $4::timestamptz[])
                      ON CONFLICT DO NOTHING";
        for some in self.tokens.chunks(AT_ONCE) {
            let hashes: Vec<_> = some.iter().map(|token| token.hash).collect();
            let enabled: Vec<_> = some.iter().map(|token| token.enabled).collect();
            let users: Vec<_> = some.iter().map(|token| &token.user_name).collect();
            let times: Vec<_> = some.iter().map(|token| token.loaded_at).collect();
            let changed = client.execute(set, &[&hashes, &enabled]).await?;
            let added = client
                .execute(insert, &[&hashes, &enabled, &users, &times])
                .await?;
            count(loaded, some.len(), added, changed);
        }
        Ok(())
    }
}

fn count(loaded: &mut Loaded, given: usize, added: u64, changed: u64) {
    let (added, changed) = (
        usize::try_from(added).unwrap_or(given),
        usize::try_from(changed).unwrap_or(given),
    );
    loaded.added += added;
    loaded.changed += changed;
    loaded.unchanged += given.saturating_sub(added + changed);
}

/// Inserts rows, or updates the columns of them that differ. The first column is the key: name,
/// type, values of each.
async fn put(
    client: &ClientWrapper,
    table: &str,
    columns: &[(&str, &str, Column<'_>)],
    rows: usize,
    loaded: &mut Loaded,
) -> Result<(), Failure> {
    let key = columns.first().map_or("", |(name, _, _)| name);
    let list = |of: &dyn Fn(usize, &str, &str) -> String| {
        let each = columns
            .iter()
            .enumerate()
            .map(|(at, (name, kind, _))| of(at + 1, name, kind));
        each.collect::<Vec<_>>().join(", ")
    };
    let names = list(&|_, name, _| name.to_owned());
    let arrays = list(&|at, _, kind| format!("${at}::{kind}[]"));
    let sets = list(&|_, name, _| format!("{name} = excluded.{name}"));
    let stand = list(&|_, name, _| format!("t.{name}"));
    let come = list(&|_, name, _| format!("n.{name}"));
    // A row that was updated carries the number of this transaction as its locker; a new one
    // carries none.
    let sql = format!(
        "WITH put AS (
             INSERT INTO {table} ({names})
             SELECT DISTINCT ON (n.{key}) {come} FROM unnest({arrays}) AS n ({names})
             WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{key} = n.{key} AND ({stand}) IS NOT DISTINCT FROM ({come}))
             ON CONFLICT ({key}) DO UPDATE SET {sets} RETURNING xmax = 0 AS added
         ) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put"
    );
    let values: Vec<&(dyn ToSql + Sync)> = columns
        .iter()
        .map(|(_, _, values)| &**values as _)
        .collect();
    let row = client.query_one(&sql, &values).await?;
    let number = |at| row.try_get::<_, i64>(at).map(i64::unsigned_abs);
    count(loaded, rows, number(0)?, number(1)?);
    Ok(())
}

/// A backup is a picture of one moment: its size, which accepted shares take of vaults, cannot
/// change.
async fn keep_sizes(client: &ClientWrapper, backups: &[Backup]) -> Result<(), Failure> {
    let ids: Vec<_> = backups.iter().map(|backup| backup.id).collect();
    let sizes: Vec<_> = backups
        .iter()
        .map(|backup| i64::from(backup.resource_size))
        .collect();
    let sql = "SELECT n.id FROM unnest($1::uuid[], $2::bigint[]) AS n (id, size)
               JOIN backups b ON b.id = n.id AND b.resource_size <> n.size LIMIT 1";
    let Some(row) = client.query_opt(sql, &[&ids, &sizes]).await? else {
        return Ok(());
    };
    let id: BackupId = row.try_get(0)?;
    let reason =
        format!("the size of a backup cannot change, and backup {id} is there with another");
    Err(Error::malformed("backups", reason).into())
}

/// A share that is there already belongs to the users: it stays as they left it. New ones take
/// their capacity.
async fn put_members(
    client: &ClientWrapper,
    members: &[Member],
    loaded: &mut Loaded,
) -> Result<(), Failure> {
    let backups: Vec<_> = members.iter().map(|member| member.backup_id).collect();
    // Nobody shares one of them meanwhile.
    client
        .query(
            "SELECT 1 FROM backups WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
            &[&backups],
        )
        .await?;
    let sql = format!(
        "WITH new AS ({} ON CONFLICT DO NOTHING RETURNING backup_id, vault_id),
         takes AS (SELECT n.vault_id AS id, (sum(b.resource_size) * 1024)::bigint AS megabytes
                   FROM new n JOIN backups b ON b.id = n.backup_id WHERE n.vault_id IS NOT NULL GROUP BY n.vault_id),
         taken AS (UPDATE vaults v SET shared = shared + t.megabytes FROM takes t WHERE v.id = t.id RETURNING v.id)
         SELECT (SELECT count(*) FROM new), (SELECT count(*) FROM takes) - (SELECT count(*) FROM taken)",
        shares::INSERT
    );
    let row = client
        .query_one(
            &sql,
            &shares::columns_of(members.iter())
                .each_ref()
                .map(|column| &**column as _),
        )
        .await?;
    let (added, nowhere): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if nowhere > 0 {
        return Err(Error::malformed(
            "members",
            "a share is accepted into a vault that does not exist",
        )
        .into());
    }
    count(loaded, members.len(), added.unsigned_abs(), 0);
    Ok(())
}
