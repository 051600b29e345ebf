//! Settings: what can be set, and the defaults, as plain values. `read` knows where values come from,
//! `bounds` how large numbers may be.

mod bounds;
mod database;
mod identity;
mod public_url;
mod read;
mod roles;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::{
    database::{Database, PostgresConfig, Unreplicated},
    identity::{IdentityConfig, IdentityMode, KeystoneConfig},
    read::ConfigError,
    roles::{Role, Roles, policy},
};

/// Everything that can be set. The names are those of the configuration file; in the environment
/// they are in capitals, behind `BACKUP_SHARE_`, parts joined by `_`: `limits.body_bytes` is
/// `BACKUP_SHARE_LIMITS_BODY_BYTES`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Config {
    /// Address and port to listen on; port 0 picks a free one.
    pub listen: String,
    /// The address under which clients reach this service, such as `https://backups.example.com`:
    /// what `WWW-Authenticate` and links say. Empty for the `Host` of each request.
    pub public_url: String,
    /// Proxies before this server, as addresses or networks (`10.0.0.0/8`). A request that comes
    /// from one of them is attributed to the address that it names in `Forwarded` or
    /// `X-Forwarded-For`.
    pub trusted_proxies: Vec<String>,
    /// Whether `/docs/` shows the contract in Swagger UI.
    pub docs: bool,
    /// The database: `sqlite:FILE`, or `postgres://…`.
    pub database: Database,
    /// How PostgreSQL is used.
    pub postgres: PostgresConfig,
    /// Data files to load at start.
    pub data: Vec<PathBuf>,
    /// How callers are authenticated.
    pub identity: IdentityConfig,
    /// The Keystone, where that authenticates callers.
    pub keystone: KeystoneConfig,
    /// Limits of size, number, rate and time.
    pub limits: Limits,
    /// What roles may do, in place of the roles that there are by default: role to actions, `*` for
    /// any characters; or to the file of a policy document.
    pub roles: Roles,
    /// Where to write the audit log, a line of JSON for each call: `stderr` or a file; empty for
    /// nowhere.
    pub audit: String,
    /// Address and port to serve `GET /metrics` on; empty for nowhere.
    pub metrics: String,
    /// What to log.
    pub log: Log,
    /// Which responses to check against the contract before they are sent.
    pub check_responses: CheckResponses,
    /// Which hosts are served: no setting, the demo decides it.
    #[serde(skip)]
    pub hosts: Hosts,
}

/// Which hosts are served, by the `Host` header of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// All.
    #[default]
    Any,
    /// This machine, by a loopback address or `localhost`.
    Loopback,
}

/// Limits of size, number, rate and time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Limits {
    /// The largest body, in bytes.
    pub body_bytes: usize,
    /// How many members a backup may have.
    pub members_per_backup: usize,
    /// How many requests a project may send in a second; 0 for no limit.
    pub requests_per_second: u32,
    /// The rate limit of unauthenticated requests of an address, per second; 0 for no limit. Beyond,
    /// no password is hashed and Keystone is not called for that address; cached tokens are accepted
    /// all the same. Logins and validations count until they succeed, so that no more of them are in
    /// flight than this.
    pub unauthenticated_per_second: u32,
    /// How many logins with a wrong password an address may try in a minute, in all; 0 for no
    /// limit. Beyond, no password from there is checked. In IPv6 an address is its first 64 bits.
    pub failed_logins_per_minute: u32,
    /// How many logins with a wrong password an address may try in a minute for one user; 0 for no
    /// limit.
    pub failed_logins_per_minute_of_user: u32,
    /// How many connections may be open at a time; 0 for as many as the limit of open files leaves:
    /// all but 64 and those to PostgreSQL, at least half. Beyond it, a connection that waits for
    /// its client is closed for a new one.
    pub connections: usize,
    /// How many connections an address may have open at a time; 0 for no limit. Trusted proxies are
    /// exempt.
    pub connections_per_address: usize,
    /// How long a client may take to send the head of a request, in seconds. An idle connection is
    /// closed after the same time.
    pub header_seconds: u64,
    /// How long a client may take to send the body of a request, as a whole, in seconds.
    pub body_seconds: u64,
    /// How long a client may read nothing of a response, in seconds.
    pub response_seconds: u64,
    /// The grace period of requests in flight when the server stops, in seconds.
    pub stop_seconds: u64,
}

/// What to log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
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

/// Which responses to check against the contract before they are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct CheckResponses {
    /// What happens when a response breaks the contract.
    pub mode: CheckMode,
    /// One response in so many is checked; 1 for every one.
    pub one_in: u32,
}

/// What happens when a response breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum CheckMode {
    /// Nothing is checked.
    Off,
    /// A line in the log.
    Log,
    /// The same, and a 500 is sent in its place.
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
            postgres: PostgresConfig::default(),
            data: vec![],
            identity: IdentityConfig::default(),
            keystone: KeystoneConfig::default(),
            limits: Limits::default(),
            roles: roles::defaults(),
            audit: String::new(),
            metrics: String::new(),
            log: Log::default(),
            check_responses: CheckResponses::default(),
            hosts: Hosts::Any,
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
        Self {
            format: LogFormat::Text,
            filter: "info".into(),
        }
    }
}

/// In a debug build every response is checked, and a violation fails: every test is a test of the
/// contract too.
impl Default for CheckResponses {
    fn default() -> Self {
        match cfg!(debug_assertions) {
            true => Self {
                mode: CheckMode::Fail,
                one_in: 1,
            },
            false => Self {
                mode: CheckMode::Log,
                one_in: 100,
            },
        }
    }
}
