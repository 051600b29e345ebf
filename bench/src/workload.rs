//! What the store holds under load, and the requests about it: one owner's backups, shared with ten
//! projects, each of which has vaults with room. Ids are scattered as random ones are, yet the same
//! in every run.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use backup_share::model::{BackupId, VaultId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Outcome;

/// The number of the project that owns all backups.
pub const OWNER: usize = 10;
/// The projects that backups are shared with: numbers 0 to 9.
pub const MEMBERS: usize = 10;
const VAULTS_EACH: usize = 100;

/// Fills a database with so many backups, by the program that will serve it, for its schema may be
/// an older one; returns how long the program took.
pub fn prepare(program: &Path, database: &str, backups: usize) -> Outcome<Duration> {
    let mut file = tempfile::NamedTempFile::new()?;
    write_data(&mut BufWriter::new(&mut file), backups)?;
    let start = Instant::now();
    let mut load = Command::new(program);
    load.args(["catalog", "load"])
        .arg(file.path())
        .args(["--database", database]);
    let loaded = load
        .env("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn")
        .stderr(Stdio::inherit())
        .output()?;
    match loaded.status.success() {
        true => Ok(start.elapsed()),
        false => Err(format!("{} did not load the data", program.display()).into()),
    }
}

/// A data file, as JSON, which is YAML too: a record on each line.
fn write_data(to: &mut impl Write, backups: usize) -> Outcome<()> {
    write!(to, "{{")?;
    list(to, "users", (0..=OWNER).map(user))?;
    list(
        to,
        "vaults",
        (0..=OWNER).flat_map(|owner| (0..VAULTS_EACH).map(move |at| vault(owner, at))),
    )?;
    list(to, "backups", (0..backups).map(backup))?;
    Ok(writeln!(to, "\"projects\": []}}")?)
}

fn list(to: &mut impl Write, name: &str, records: impl Iterator<Item = Value>) -> Outcome<()> {
    write!(to, "\"{name}\": [")?;
    for (number, record) in records.enumerate() {
        write!(to, "{}\n{record}", if number == 0 { "" } else { "," })?;
    }
    Ok(writeln!(to, "],")?)
}

fn user(number: usize) -> Value {
    let name = format!("user-{number}");
    json!({"name": name, "project_id": project(number), "roles": ["member"], "tokens": [token(number)]})
}

fn vault(owner: usize, at: usize) -> Value {
    json!({
        "id": vault_id(owner, at).to_string(), "project_id": project(owner), "name": "vault", "object_type": "server",
        "protect_type": "backup", "status": "available", "size": 1_000_000,
    })
}

fn backup(number: usize) -> Value {
    json!({
        "id": backup_id(number).to_string(), "project_id": project(OWNER),
        "vault_id": vault_id(OWNER, number % VAULTS_EACH).to_string(), "name": format!("backup-{number}"),
        "resource_type": "OS::Nova::Server", "resource_size": 1, "status": "available",
    })
}

/// The id of a project.
pub fn project(number: usize) -> String {
    scattered(1, number).simple().to_string()
}

/// The fixed token of a project's user.
pub fn token(number: usize) -> String {
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
    uuid::Builder::from_random_bytes(Uuid::from_u64_pair(mixed(seed), mixed(!seed)).into_bytes())
        .into_uuid()
}

/// The finishing step of splitmix64: neighbours end far from each other.
pub fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Shares a backup that is not shared yet.
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
    request(
        "PUT",
        &share(member, backup, member),
        member,
        Some("{\"status\": \"pending\"}"),
    )
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

/// Lists the youngest of what is shared with a project.
pub fn list_shared(member: usize) -> Vec<u8> {
    let path = format!("/v3/{}/backups?own_type=shared&limit=100", project(member));
    request("GET", &path, member, None)
}

/// Sends bare axum the body of an [`add_member`].
pub fn bare_post(backup: usize) -> Vec<u8> {
    let body = format!("{{\"members\": [\"{}\"]}}", project(backup % MEMBERS));
    request("POST", "/", OWNER, Some(&body))
}

/// Asks bare axum for its fixed response.
pub fn bare_get(_: usize) -> Vec<u8> {
    request("GET", "/", OWNER, None)
}

fn share(caller: usize, backup: usize, member: usize) -> String {
    format!("{}/{}", members(caller, backup), project(member))
}

fn members(caller: usize, backup: usize) -> String {
    format!(
        "/v3/{}/backups/{}/members",
        project(caller),
        backup_id(backup)
    )
}

fn request(method: &str, path: &str, caller: usize, body: Option<&str>) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {}\r\n",
        token(caller)
    );
    let rest = body.map(|body| {
        let length = body.len();
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
    });
    (head + rest.as_deref().unwrap_or("\r\n")).into_bytes()
}
