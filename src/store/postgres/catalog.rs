//! A catalog into PostgreSQL, many rows to a statement. Each row is written, and locked, only where
//! it differs, so that loading twice changes nothing and hardly disturbs a server that is at work.

use deadpool_postgres::ClientWrapper;

use super::{
    super::{
        Catalog, Loaded,
        sql::POSTGRES,
        tables::{BACKUP_CREATED_AT, Stored, Table},
        values::read,
    },
    columns::{arrays, borrowed, columns_of},
    retry::AttemptError,
    shares,
    write::Transaction,
};
use crate::model::{BackupId, BackupRecord, Error, Member, vault::MB_PER_GB};

/// How many rows go into a statement.
const AT_ONCE: usize = 1_000;

impl Transaction for Catalog {
    type Input = ();
    type Output = Loaded;

    async fn read(&self, _: &ClientWrapper) -> Result<(), AttemptError> {
        Ok(())
    }

    /// In the order in which its parts refer to each other.
    async fn apply(&self, client: &ClientWrapper, (): ()) -> Result<Loaded, AttemptError> {
        let mut loaded = Loaded::default();
        put_all(client, &self.projects, &mut loaded).await?;
        put_all(client, &self.accounts, &mut loaded).await?;
        self.tokens(client, &mut loaded).await?;
        put_all(client, &self.access_keys, &mut loaded).await?;
        put_all(client, &self.vaults, &mut loaded).await?;
        for some in self.backups.chunks(AT_ONCE) {
            refuse_other_sizes(client, some).await?;
        }
        put_all(client, &self.backups, &mut loaded).await?;
        for some in self.backups.chunks(AT_ONCE) {
            move_shares(client, some).await?;
        }
        for some in self.members.chunks(AT_ONCE) {
            put_members(client, some, &mut loaded).await?;
        }
        Ok(loaded)
    }
}

impl Catalog {
    /// A fixed token that is there already stays as it is, revoked or not, but for whether it may
    /// be used.
    async fn tokens(
        &self,
        client: &ClientWrapper,
        loaded: &mut Loaded,
    ) -> Result<(), AttemptError> {
        let set = "UPDATE tokens t SET enabled = n.enabled
                   FROM unnest($1::bytea[], $2::boolean[]) AS n (hash, enabled)
                   WHERE t.hash = n.hash AND t.enabled <> n.enabled";
        let insert = "INSERT INTO tokens (hash, enabled, user_name, issued_at)
                      SELECT * FROM
                      unnest($1::bytea[], $2::boolean[], $3::text[], $4::timestamptz[])
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

/// Inserts records, or updates them where they differ.
async fn put_all<T: Stored + Sync>(
    client: &ClientWrapper,
    records: &[T],
    loaded: &mut Loaded,
) -> Result<(), AttemptError> {
    let sql = upsert(T::FIELDS);
    for some in records.chunks(AT_ONCE) {
        let columns = columns_of(some)?;
        let row = client.query_one(&sql, &borrowed(&columns)).await?;
        let added = read(&row, 0, "the count of new rows")?;
        let changed = read(&row, 1, "the count of changed rows")?;
        count(loaded, some.len(), added, changed);
    }
    Ok(())
}

/// The statement that inserts rows, or updates the columns of them that differ.
fn upsert(table: &Table) -> String {
    let (name, key, names) = (table.name, table.key(), table.names());
    let (old, new, arrays) = (table.names_in("t"), table.names_in("n"), arrays(table));
    let sets = table.each(|_, column| format!("{0} = excluded.{0}", column.name));
    // A row that was updated carries the number of this transaction as its locker; a new one
    // carries none.
    format!(
        "WITH put AS (
             INSERT INTO {name} ({names})
             SELECT DISTINCT ON (n.{key}) {new} FROM unnest({arrays}) AS n ({names})
             WHERE NOT EXISTS (
                 SELECT 1 FROM {name} t
                 WHERE t.{key} = n.{key} AND ({old}) IS NOT DISTINCT FROM ({new}))
             ON CONFLICT ({key}) DO UPDATE SET {sets} RETURNING xmax = 0 AS added
         ) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put"
    )
}

/// A backup is a picture of one moment: its size, which accepted shares take of vaults, cannot
/// change.
async fn refuse_other_sizes(
    client: &ClientWrapper,
    backups: &[BackupRecord],
) -> Result<(), AttemptError> {
    let ids: Vec<_> = backups.iter().map(|record| record.backup.id).collect();
    let sizes: Vec<_> = backups
        .iter()
        .map(|record| i64::from(record.backup.resource_size))
        .collect();
    let sql = "SELECT n.id FROM unnest($1::uuid[], $2::bigint[]) AS n (id, size)
               JOIN backups b ON b.id = n.id AND b.resource_size <> n.size LIMIT 1";
    let Some(row) = client.query_opt(sql, &[&ids, &sizes]).await? else {
        return Ok(());
    };
    let id: BackupId = read(&row, 0, "backups.id")?;
    let reason =
        format!("the size of a backup cannot change, and backup {id} is there with another");
    Err(Error::malformed("backups", reason).into())
}

/// What shares hold of their backups follows them: the order in which their members list them. None
/// is made meanwhile: the row of a backup that has just been written is locked.
async fn move_shares(client: &ClientWrapper, backups: &[BackupRecord]) -> Result<(), AttemptError> {
    let ids: Vec<_> = backups.iter().map(|record| record.backup.id).collect();
    let least = POSTGRES.least_time;
    let sql = format!(
        "UPDATE members m SET {BACKUP_CREATED_AT} = coalesce(b.created_at, {least})
         FROM backups b WHERE b.id = ANY ($1) AND m.backup_id = b.id
           AND m.{BACKUP_CREATED_AT} <> coalesce(b.created_at, {least})"
    );
    client.execute(&sql, &[&ids]).await?;
    Ok(())
}

/// A share that is there already belongs to the users: it stays as they left it. New ones take
/// their capacity.
async fn put_members(
    client: &ClientWrapper,
    members: &[Member],
    loaded: &mut Loaded,
) -> Result<(), AttemptError> {
    let backups: Vec<_> = members.iter().map(|member| member.backup_id).collect();
    // None of them is shared meanwhile.
    client
        .query(
            "SELECT 1 FROM backups WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
            &[&backups],
        )
        .await?;
    let insert = &*shares::INSERT;
    let sql = format!(
        "WITH new AS ({insert} ON CONFLICT DO NOTHING RETURNING backup_id, vault_id),
         takes AS (SELECT n.vault_id AS id,
                          (sum(b.resource_size) * {MB_PER_GB})::bigint AS megabytes
                   FROM new n JOIN backups b ON b.id = n.backup_id
                   WHERE n.vault_id IS NOT NULL GROUP BY n.vault_id),
         taken AS (UPDATE vaults v SET shared = shared + t.megabytes
                   FROM takes t WHERE v.id = t.id RETURNING v.id)
         SELECT (SELECT count(*) FROM new),
                (SELECT count(*) FROM takes) - (SELECT count(*) FROM taken)"
    );
    let columns = columns_of(members)?;
    let row = client.query_one(&sql, &borrowed(&columns)).await?;
    let added = read(&row, 0, "the count of new shares")?;
    let nowhere: u64 = read(&row, 1, "the count of missing vaults")?;
    if nowhere > 0 {
        return Err(Error::malformed(
            "members",
            "a share is accepted into a vault that does not exist",
        )
        .into());
    }
    count(loaded, members.len(), added, 0);
    Ok(())
}
