//! Settings: what can be set, the defaults, and where values come from: flag, then `BACKUP_SHARE_*` environment, then
//! configuration file, then default.

mod database;
mod identity;
mod roles;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

pub use self::{
    database::{Database, Postgres, Unreplicated},
    identity::{Identity, IdentityMode, Keystone},
    roles::{Role, Roles, policy},
};

/// Everything that can be set. The names are those of the configuration file; in the environment they are in capitals,
/// behind `BACKUP_SHARE_`, parts joined by `_`: `limits.body_bytes` is `BACKUP_SHARE_LIMITS_BODY_BYTES`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// The address under which clients reach this service, such as `https://backups.example.com`: what
    /// `WWW-Authenticate` and links say. Empty for the `Host` of each request.
    pub public_url: String,
    /// Proxies before this server, as addresses or networks (`10.0.0.0/8`). A request that comes from one of them is
    /// taken to come from the address that it names in `Forwarded` or `X-Forwarded-For`.
    pub trusted_proxies: Vec<String>,
    /// Whether `/docs/` shows the contract in Swagger UI.
    pub docs: bool,
    /// Where to keep everything: `sqlite:FILE`, or `postgres://…`.
    pub database: Database,
    /// How PostgreSQL is used.
    pub postgres: Postgres,
    /// Data files to load at start.
    pub data: Vec<PathBuf>,
    /// Who is calling.
    pub identity: Identity,
    /// The Keystone to ask, where that is who knows.
    pub keystone: Keystone,
    /// How much and how large.
    pub limits: Limits,
    /// What roles may do: role to actions, `*` for any characters; or to the file of a policy document.
    pub roles: Roles,
    /// Where to write who was let do what, a line of JSON each: `stderr` or a file; empty for nowhere.
    pub audit: String,
    /// Address and port to answer `GET /metrics` on; empty for nowhere.
    pub metrics: String,
    /// What to log.
    pub log: Log,
    /// Which answers to hold against the contract before they go out.
    pub check_answers: CheckAnswers,
}

/// How much and how large.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// How many members a backup may have.
    pub members_per_backup: usize,
    /// How many requests a project may send in a second; 0 for no limit.
    pub requests_per_second: u32,
    /// How many requests without good credentials may come from an address in a second; 0 for no limit. Beyond, no
    /// password is hashed and Keystone is not asked for that address; tokens that are known are let in all the same.
    pub unauthenticated_per_second: u32,
    /// How many logins with a wrong password an address may try in a minute, in all; 0 for no limit. Beyond, no password
    /// from there is looked at. In IPv6 an address is its first 64 bits.
    pub failed_logins_per_minute: u32,
    /// How many logins with a wrong password an address may try in a minute for one user; 0 for no limit.
    pub failed_logins_per_minute_of_user: u32,
    /// How many connections may be open at a time; 0 for as many as the limit of open files leaves: all but 64 and those
    /// to PostgreSQL, at least half. Beyond it, a connection that waits for its client is closed for a new one.
    pub connections: usize,
    /// How many connections an address may have open at a time; 0 for no limit. Trusted proxies are exempt.
    pub connections_per_address: usize,
    /// How long a client may take to send the head of a request, in seconds. A connection that is kept without one is
    /// closed after the same time.
    pub header_seconds: u64,
    /// How long a client may take to send the body of a request, as a whole, in seconds.
    pub body_seconds: u64,
    /// How long a client may read nothing of a response, in seconds.
    pub response_seconds: u64,
    /// How long requests in flight may take once the server is told to stop, in seconds.
    pub stop_seconds: u64,
}

/// What to log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged, as a `tracing` filter: `info`, `backup_share=debug`.
    pub filter: String,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Which answers to hold against the contract before they go out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckAnswers {
    /// What an answer that breaks the contract leads to.
    pub mode: AnswerMode,
    /// One answer in so many is checked; 1 for every one.
    pub one_in: u32,
}

/// What an answer that breaks the contract leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// Nothing is checked.
    Off,
    /// A line in the log.
    Log,
    /// The same, and a 500 in its place.
    Fail,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8799".into(),
            public_url: String::new(),
            trusted_proxies: vec![],
            docs: true,
            database: "sqlite:backup-share.db".into(),
            postgres: Postgres::default(),
            data: vec![],
            identity: Identity::default(),
            keystone: Keystone::default(),
            limits: Limits::default(),
            roles: roles::defaults(),
            audit: String::new(),
            metrics: String::new(),
            log: Log::default(),
            check_answers: CheckAnswers::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            members_per_backup: 10,
            requests_per_second: 0,
            unauthenticated_per_second: 0,
            failed_logins_per_minute: 60,
            failed_logins_per_minute_of_user: 10,
            connections: 0,
            connections_per_address: 0,
            header_seconds: 10,
            body_seconds: 30,
            response_seconds: 30,
            stop_seconds: 30,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// In a build for tests, every answer, and a breach fails: whatever the test is about, it holds the contract too.
impl Default for CheckAnswers {
    fn default() -> Self {
        match cfg!(debug_assertions) {
            true => Self { mode: AnswerMode::Fail, one_in: 1 },
            false => Self { mode: AnswerMode::Log, one_in: 100 },
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A value is not what it should be, or there is no such key.
    #[error("{origin}: {reason}")]
    Value {
        /// The file, or the variable.
        origin: String,
        /// What is wrong.
        reason: String,
    },
}

const PREFIX: &str = "BACKUP_SHARE_";
/// Variables of the same prefix that belong to the client's commands, and the one that names the file.
const ELSEWHERE: [&str; 6] = ["ENDPOINT", "PROJECT", "TOKEN", "USER", "PASSWORD", "CONFIG"];

impl Config {
    /// Settings from a file (TOML) and the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file or the variable, and the key.
    pub fn read(
        file: Option<&std::path::Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = file.map(read_table).transpose()?.unwrap_or_default();
        // Once without the environment, so that an error of the file is said to be the file's.
        check(&table, &file.map(|f| f.display().to_string()).unwrap_or_default())?;
        let known = keys(&Self::default());
        for (name, text) in environment {
            let Some(key) = name.strip_prefix(PREFIX).filter(|key| !ELSEWHERE.contains(key)) else { continue };
            let (path, default) = known.get(key).ok_or_else(|| wrong(&name, "there is no such setting"))?;
            set(&mut table, path, value(default, &text));
            check(&table, &name)?;
        }
        check(&table, "settings")
    }
}

fn read_table(file: &std::path::Path) -> Result<Table, ConfigError> {
    let named = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| ConfigError::Read { file: named.clone(), source })?;
    // The parser shows the line as well, which may hold a secret.
    let line = |error: &toml::de::Error| text[..error.span().map_or(0, |at| at.start)].lines().count().max(1);
    text.parse().map_err(|error: toml::de::Error| wrong(&named, format!("line {}: {}", line(&error), error.message())))
}

fn check(table: &Table, origin: &str) -> Result<Config, ConfigError> {
    Config::deserialize(Value::Table(table.clone())).map_err(|error| wrong(origin, error))
}

fn wrong(origin: &str, reason: impl ToString) -> ConfigError {
    ConfigError::Value { origin: origin.to_owned(), reason: reason.to_string().trim().to_owned() }
}

/// Every key that the environment can set: its name there, its path in the file, and its default.
fn keys(defaults: &Config) -> BTreeMap<String, (Vec<String>, Value)> {
    let mut keys = BTreeMap::new();
    if let Ok(Value::Table(table)) = Value::try_from(defaults) {
        for (name, value) in table {
            match value {
                // Roles are the users' own words: they have no fixed names to be set by.
                Value::Table(_) if name == "roles" => {}
                Value::Table(inner) => {
                    keys.extend(inner.into_iter().map(|(key, value)| named(&[&name, &key], value)));
                }
                value => keys.extend([named(&[&name], value)]),
            }
        }
    }
    keys
}

fn named(path: &[&String], default: Value) -> (String, (Vec<String>, Value)) {
    let path: Vec<String> = path.iter().map(ToString::to_string).collect();
    (path.join("_").to_uppercase(), (path, default))
}

/// What a text of the environment stands for, by the default's kind; a list is written with commas.
fn value(default: &Value, text: &str) -> Value {
    let read = match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => {
            Some(text.split(',').filter(|part| !part.is_empty()).map(Value::from).collect::<Vec<_>>().into())
        }
        _ => None,
    };
    read.unwrap_or_else(|| text.into())
}

/// Sets one value.
fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [key] => drop(table.insert(key.clone(), value)),
        [outer, key] => {
            let inner = table.entry(outer.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                inner.insert(key.clone(), value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use secrecy::ExposeSecret;

    use super::{AnswerMode, Config, LogFormat};

    fn read(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let mut toml = tempfile::NamedTempFile::new().expect("a file");
        toml.write_all(file.as_bytes()).expect("written");
        let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Config::read(Some(toml.path()), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "listen = '127.0.0.1:1'\n[limits]\nbody_bytes = 10\nmembers_per_backup = 3";
        let environment =
            [("BACKUP_SHARE_LIMITS_BODY_BYTES", "20"), ("BACKUP_SHARE_LOG_FORMAT", "json"), ("HOME", "/")];
        let config = read(file, &environment).expect("good settings");
        assert_eq!((config.limits.body_bytes, config.limits.members_per_backup), (20, 3));
        assert_eq!((config.listen.as_str(), config.log.format), ("127.0.0.1:1", LogFormat::Json));
        assert_eq!(config.limits.header_seconds, 10);
    }

    #[test]
    fn the_check_of_answers_is_set_like_everything_else() {
        let file = "check_answers = { mode = 'log', one_in = 7 }";
        let config = read(file, &[("BACKUP_SHARE_CHECK_ANSWERS_MODE", "off")]).expect("good settings");
        assert_eq!((config.check_answers.mode, config.check_answers.one_in), (AnswerMode::Off, 7));
        assert!(read("[check_answers]\nmode = 'never'", &[]).is_err());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let refused = read("[limits]\nbody_kilobytes = 1", &[]).expect_err("no such key");
        assert!(refused.contains("body_kilobytes"), "{refused}");
        let refused = read("", &[("BACKUP_SHARE_LISTN", "x")]).expect_err("no such variable");
        assert!(refused.contains("BACKUP_SHARE_LISTN"), "{refused}");
    }

    #[test]
    fn no_password_is_shown() {
        let database = "database = 'postgres://user:hunter2@h/db?password=hunter2'";
        let config = read(database, &[]).expect("good settings");
        assert!(config.database.expose().contains("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
        let refused = read("database = 'postgres://user:hunter2@h/db", &[]).expect_err("no closing quote");
        assert!(refused.contains("line 1: ") && !refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn a_bad_value_is_refused_with_its_origin() {
        let refused = read("", &[("BACKUP_SHARE_LIMITS_BODY_BYTES", "many")]).expect_err("no number");
        assert!(refused.starts_with("BACKUP_SHARE_LIMITS_BODY_BYTES"), "{refused}");
        assert!(read("listen = 5", &[]).is_err());
    }

    #[test]
    fn a_secret_is_taken_as_it_is_and_never_shown() {
        let config = read("[keystone]\nuser = 'cbr'", &[("BACKUP_SHARE_KEYSTONE_PASSWORD", "12345")]);
        assert_eq!(config.expect("good settings").keystone.password.expose_secret(), "12345");
        for file in ["[keystone]\npassword = 12345", "[keystone]\npassword = 'ab12345\n"] {
            let refused = read(file, &[]).expect_err("no text");
            assert!(!refused.contains("12345"), "{refused}");
        }
        let refused = read("[keystone]\npassword = 'ab12345\n", &[]).expect_err("no end");
        assert!(refused.contains("line 2"), "{refused}");
    }

    #[test]
    fn the_environment_sets_switches_too() {
        let config = read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "true")]).expect("good settings");
        assert!(config.keystone.check_projects);
        assert!(read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "perhaps")]).is_err());
    }

    #[test]
    fn the_clients_variables_are_left_alone() {
        assert!(read("", &[("BACKUP_SHARE_TOKEN", "secret"), ("BACKUP_SHARE_ENDPOINT", "http://127.0.0.1:1")]).is_ok());
    }
}
