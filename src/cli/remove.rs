//! `backup-share catalog remove`: records out of a store, which may be one that a server is running on. It opens the
//! store itself and calls nobody.

use std::{collections::HashSet, fmt::Write, io::BufRead, path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::{
    Failure, Outcome,
    audit_line::{Audit, Ended},
    output,
    serve::failure,
    words,
};
use crate::{
    causes,
    clock::SystemClock,
    config::{Config, Database},
    model, serve,
    store::{Removal, RemovalOutcome, RemovalRefused, Removed, TokenHash},
};

/// Remove users, tokens, access keys, projects, vaults or backups from a store
///
/// All of them are removed, or none. A user goes with its tokens and access keys, a backup with its shares, and the
/// vaults that it was accepted into get the capacity back. A vault that holds a backup, an accepted one included, and a
/// project that has a user, a vault, a backup or a share is refused with the list of what stands in the way.
///
/// A server may be running on the store. Every server stops to let a removed user or token in, and to share with a
/// removed project, within 5 seconds, for as long as it caches them; everything else takes effect at once. A line about
/// the command goes to where the setting `audit` says.
///
/// Records that are taken out of a data file stay in the store, and records that are removed come back when a data file
/// that has them is loaded again: take them out of the files that a server loads at start too. To keep a user, a token
/// or a key out for a time, say `enabled: false` in its data file instead.
///
/// Exit codes: 0 removed, 1 refused or failed, with nothing removed, 2 wrong usage.
#[derive(Args)]
pub(super) struct Remove {
    /// What they are
    kind: Kind,
    /// Their ids: names of users; tokens, or sha256: and the hexadecimal SHA-256 of one; the public part of access keys;
    /// ids of projects, vaults and backups. `-` reads them from stdin, one in a line: other users of this machine can
    /// see what stands on a command line
    #[arg(value_name = "ID", required = true, value_parser = words::text)]
    ids: Vec<String>,
    /// Print what would go, and what with it, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The store: sqlite:FILE, or postgres://… [default: sqlite:backup-share.db] [env: BACKUP_SHARE_DATABASE]
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// Settings in TOML, the same as the server's
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    #[value(alias = "user")]
    Users,
    #[value(alias = "token")]
    Tokens,
    #[value(aliases = ["key", "access-key", "access-keys"])]
    Keys,
    #[value(alias = "project")]
    Projects,
    #[value(alias = "vault")]
    Vaults,
    #[value(alias = "backup")]
    Backups,
}

impl Remove {
    pub(super) fn run(self) -> Outcome {
        let config = Config::read(self.config.as_deref(), std::env::vars());
        let mut config = config.map_err(|error| Failure::Usage(error.to_string()))?;
        config.database = self.database.unwrap_or(config.database);
        let removal = self.kind.removal(given(&self.ids)?)?;
        must_exist(&config.database)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
        match self.dry_run {
            true => {
                let planned = told(runtime.block_on(plan(&config, &removal))?)?;
                output::print(&table(removal.kind(), &planned, "nothing was removed: this was a dry run"))
            }
            false => {
                let audit = Audit::open(&config.audit)?;
                let outcome = runtime.block_on(remove(&config, removal.clone()));
                audit.write(
                    &SystemClock,
                    &format!("catalog:remove:{}", removal.kind()),
                    &removal.ids(),
                    ended(&outcome),
                )?;
                let removed = told(outcome?)?;
                output::print(&table(removal.kind(), &removed, &format!("removed from {}", config.database)))
            }
        }
    }
}

/// The ids, those from stdin in the place of `-`, each once.
fn given(arguments: &[String]) -> Result<Vec<String>, Failure> {
    let mut ids = vec![];
    for argument in arguments {
        match argument.as_str() {
            "-" => {
                let lines = std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>();
                let lines = lines.map_err(|error| Failure::Usage(format!("cannot read ids from stdin: {error}")))?;
                ids.extend(lines.into_iter().filter(|line| !line.is_empty()));
            }
            id => ids.push(id.to_owned()),
        }
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    match ids.is_empty() {
        true => Err(Failure::Usage("there are no ids on stdin".to_owned())),
        false => Ok(ids),
    }
}

impl Kind {
    fn removal(self, ids: Vec<String>) -> Result<Removal, Failure> {
        let uuid = |id: String| words::uuid(&id).map_err(|why| Failure::Usage(format!("{id}: {why}")));
        Ok(match self {
            Self::Users => Removal::Users(ids),
            Self::Tokens => Removal::Tokens(ids.iter().map(|id| token(id)).collect()),
            Self::Keys => Removal::AccessKeys(ids),
            Self::Projects => Removal::Projects(ids.iter().map(|id| project(id)).collect::<Result<_, _>>()?),
            Self::Vaults => {
                Removal::Vaults(ids.into_iter().map(|id| uuid(id).map(Uuid::into)).collect::<Result<_, _>>()?)
            }
            Self::Backups => {
                Removal::Backups(ids.into_iter().map(|id| uuid(id).map(Uuid::into)).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// A token by itself, or by its hash.
fn token(id: &str) -> TokenHash {
    id.strip_prefix("sha256:").and_then(TokenHash::from_hex).unwrap_or_else(|| TokenHash::of(id))
}

fn project(id: &str) -> Result<model::ProjectId, Failure> {
    model::ProjectId::from_str(id).map_err(|error| Failure::Usage(format!("{id}: {error}")))
}

/// A store to remove from is there: no file is made.
fn must_exist(database: &Database) -> Outcome {
    match serve::sqlite_file(database) {
        Ok(file) if !file.exists() => Err(Failure::failed(format!("there is no file {}", file.display()))),
        _ => Ok(()),
    }
}

async fn plan(config: &Config, removal: &Removal) -> Result<RemovalOutcome, Failure> {
    let store = serve::find_store(config).await.map_err(failure)?;
    store.plan_removal(removal).await.map_err(|error| failed(&error))
}

async fn remove(config: &Config, removal: Removal) -> Result<RemovalOutcome, Failure> {
    // Only looked at before: nobody who writes waits for a refusal, and a store that an older server is running on is not
    // brought up to date under it.
    if let Err(refused) = plan(config, &removal).await? {
        return Ok(Err(refused));
    }
    let store = serve::open_store(config, &SystemClock).await.map_err(failure)?;
    store.remove(removal).await.map_err(|error| failed(&error))
}

fn failed(error: &model::Error) -> Failure {
    Failure::failed(causes::all(error))
}

fn ended(outcome: &Result<RemovalOutcome, Failure>) -> Ended {
    match outcome {
        Ok(Ok(_)) => Ended::Done,
        Ok(Err(_)) => Ended::Refused,
        Err(_) => Ended::Failed,
    }
}

fn told(outcome: RemovalOutcome) -> Result<Vec<Removed>, Failure> {
    outcome.map_err(|refused| {
        Failure::Refused(match &refused {
            RemovalRefused::Missing { .. } => format!("nothing was removed: {refused}"),
            RemovalRefused::InTheWay { count: 1, .. } => format!("nothing was removed: 1 record is {refused}"),
            RemovalRefused::InTheWay { count, .. } => format!("nothing was removed: {count} records are {refused}"),
        })
    })
}

/// A line for each record, and one at the end.
fn table(kind: &str, removed: &[Removed], last: &str) -> String {
    let mut text = String::new();
    for record in removed {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line(kind, record));
    }
    let _ = writeln!(text, "{}; {last}", count(removed.len() as u64, kind));
    text
}

fn line(kind: &str, removed: &Removed) -> String {
    let mut parts = vec![];
    match kind {
        "user" => parts.extend([count(removed.tokens, "token"), count(removed.access_keys, "access key")]),
        "backup" => parts.push(count(removed.shares, "share")),
        _ => {}
    }
    if removed.images > 0 {
        parts.push(format!("{} registered from them", count(removed.images, "image")));
    }
    // A backup's size is in GB, and so is what it takes of a vault.
    parts.extend(
        removed.freed.iter().map(|(vault, megabytes)| format!("frees {} GB in vault {vault}", megabytes / 1024)),
    );
    match parts.is_empty() {
        true => format!("{kind} {}", removed.id),
        false => format!("{kind} {}: {}", removed.id, parts.join(", ")),
    }
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::{Removed, line, token};
    use crate::store::TokenHash;

    #[test]
    fn a_token_is_named_by_itself_or_by_its_hash() {
        let hash = TokenHash::of("secret");
        assert_eq!(token("secret"), hash);
        assert_eq!(token(&format!("sha256:{}", hash.to_hex())), hash);
        assert_eq!(token(&format!("sha256:{}", hash.to_hex().to_uppercase())), hash);
        assert_eq!(token("sha256:é"), TokenHash::of("sha256:é"), "what is no hash is a token");
    }

    #[test]
    fn what_goes_with_a_record_is_counted_in_words() {
        let vault = uuid::Uuid::nil();
        let removed = Removed {
            id: "x".into(),
            shares: 3,
            images: 1,
            freed: [(vault.into(), 120 * 1024)].into(),
            ..Removed::default()
        };
        let told = format!("backup x: 3 shares, 1 image registered from them, frees 120 GB in vault {vault}");
        assert_eq!(line("backup", &removed), told);
        let user = Removed { id: "alice".into(), tokens: 1, ..Removed::default() };
        assert_eq!(line("user", &user), "user alice: 1 token, 0 access keys");
        assert_eq!(line("vault", &Removed { id: "v".into(), ..Removed::default() }), "vault v");
    }
}
