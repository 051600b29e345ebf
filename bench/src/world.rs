//! What the store holds under load, and the requests about it: one owner's backups, shared with ten projects, each of
//! which has vaults with room. Ids are scattered as random ones are, yet the same in every run.

use std::time::{Duration, Instant};

use backup_share::{
    clock::{Clock, SystemClock},
    config::{Config, Unreplicated},
    model::{Backup, BackupId, BackupStatus, ObjectType, ProjectId, ProtectType, Vault, VaultId, VaultStatus},
    serve,
    store::{Account, Catalog, FixedToken, Project, TokenHash},
};
use uuid::Uuid;

use crate::Outcome;

/// The number of the project that owns all backups.
pub const OWNER: usize = 10;
/// The projects that backups are shared with: numbers 0 to 9.
pub const MEMBERS: usize = 10;
const VAULTS_EACH: usize = 100;

/// Fills a database with so many backups; returns how long the store took to load them.
pub fn prepare(database: &str, backups: usize) -> Outcome<Duration> {
    let clock = SystemClock;
    let catalog = catalog(backups, &clock)?;
    let mut config = Config { database: database.into(), ..Config::default() };
    config.postgres.unreplicated = Unreplicated::Warn;
    let load = async {
        let store = serve::open_store(&config, &clock).await?;
        let start = Instant::now();
        store.load_catalog(catalog).await?;
        Ok(start.elapsed())
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(load)
}

fn catalog(backups: usize, clock: &SystemClock) -> Outcome<Catalog> {
    let mut catalog = Catalog::default();
    for number in 0..=OWNER {
        let id: ProjectId = project(number).parse()?;
        let name = format!("user-{number}");
        catalog.projects.push(Project { id: id.clone(), name: name.clone() });
        catalog.tokens.push(FixedToken {
            hash: TokenHash::of(&token(number)),
            user_name: name.clone(),
            loaded_at: clock.now(),
            enabled: true,
        });
        catalog.vaults.extend((0..VAULTS_EACH).map(|at| vault(id.clone(), vault_id(number, at))));
        let account = Account {
            name,
            password_hash: None,
            project_name: String::new(),
            project_id: id,
            roles: vec!["member".into()],
            enabled: true,
        };
        catalog.accounts.push(account);
    }
    let owner: ProjectId = project(OWNER).parse()?;
    catalog.backups.extend((0..backups).map(|number| backup(number, owner.clone())));
    Ok(catalog)
}

fn vault(project_id: ProjectId, id: VaultId) -> Vault {
    Vault {
        id,
        project_id,
        name: "vault".into(),
        object_type: ObjectType::Server,
        protect_type: ProtectType::Backup,
        status: VaultStatus::Available,
        size: 1_000_000,
        used: 0,
    }
}

fn backup(number: usize, project_id: ProjectId) -> Backup {
    Backup {
        id: backup_id(number),
        project_id,
        vault_id: vault_id(OWNER, number % VAULTS_EACH),
        name: format!("backup-{number}"),
        resource_type: "OS::Nova::Server".into(),
        resource_size: 1,
        status: BackupStatus::Available,
        encrypted: false,
    }
}

/// The id of a project.
pub fn project(number: usize) -> String {
    scattered(1, number).simple().to_string()
}

fn token(number: usize) -> String {
    format!("bench-token-{number}-{}", scattered(2, number).simple())
}

/// The id of one of a project's vaults.
pub fn vault_id(project: usize, at: usize) -> VaultId {
    scattered(3, project * VAULTS_EACH + at).into()
}

/// The id of a backup.
pub fn backup_id(number: usize) -> BackupId {
    scattered(4, number).into()
}

/// The id of a share.
pub fn share_id(number: usize) -> Uuid {
    scattered(5, number)
}

/// An id that looks random: the same for the same kind and number.
fn scattered(kind: u64, number: usize) -> Uuid {
    let seed = (kind << 48) ^ (number as u64);
    uuid::Builder::from_random_bytes(Uuid::from_u64_pair(mixed(seed), mixed(!seed)).into_bytes()).into_uuid()
}

/// The finishing step of splitmix64: neighbours end far from each other.
pub fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Shares a backup that is shared with nobody yet.
pub fn add_member(backup: usize) -> Vec<u8> {
    share_with(backup, backup % MEMBERS)
}

/// Shares a backup with a project.
pub fn share_with(backup: usize, member: usize) -> Vec<u8> {
    let body = format!("{{\"members\": [\"{}\"]}}", project(member));
    request("POST", &members(OWNER, backup), OWNER, Some(&body))
}

/// Accepts that share, into one of the member's vaults.
pub fn update_member_status(backup: usize) -> Vec<u8> {
    accept_share(backup, backup % MEMBERS)
}

/// Accepts a project's share, into one of its vaults.
pub fn accept_share(backup: usize, member: usize) -> Vec<u8> {
    let vault = vault_id(member, backup / MEMBERS % VAULTS_EACH);
    let body = format!("{{\"status\": \"accepted\", \"vault_id\": \"{vault}\"}}");
    request("PUT", &share(member, backup, member), member, Some(&body))
}

/// Makes a project's share pending again.
pub fn leave_share_pending(backup: usize, member: usize) -> Vec<u8> {
    request("PUT", &share(member, backup, member), member, Some("{\"status\": \"pending\"}"))
}

/// Takes a share back.
pub fn revoke(backup: usize, member: usize) -> Vec<u8> {
    request("DELETE", &share(OWNER, backup, member), OWNER, None)
}

/// Looks at that share, as its owner.
pub fn show_member(backup: usize) -> Vec<u8> {
    show_share(backup, backup % MEMBERS)
}

/// Looks at a project's share, as the backup's owner.
pub fn show_share(backup: usize, member: usize) -> Vec<u8> {
    request("GET", &share(OWNER, backup, member), OWNER, None)
}

/// Lists the backup's shares, as its owner.
pub fn list_members(backup: usize) -> Vec<u8> {
    request("GET", &members(OWNER, backup), OWNER, None)
}

/// Sends bare axum the body of an [`add_member`].
pub fn bare_post(backup: usize) -> Vec<u8> {
    let body = format!("{{\"members\": [\"{}\"]}}", project(backup % MEMBERS));
    request("POST", "/", OWNER, Some(&body))
}

/// Asks bare axum for its fixed answer.
pub fn bare_get(_: usize) -> Vec<u8> {
    request("GET", "/", OWNER, None)
}

fn share(caller: usize, backup: usize, member: usize) -> String {
    format!("{}/{}", members(caller, backup), project(member))
}

fn members(caller: usize, backup: usize) -> String {
    format!("/v3/{}/backups/{}/members", project(caller), backup_id(backup))
}

fn request(method: &str, path: &str, caller: usize, body: Option<&str>) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {}\r\n", token(caller));
    let rest = body.map(|body| {
        let length = body.len();
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
    });
    (head + rest.as_deref().unwrap_or("\r\n")).into_bytes()
}
