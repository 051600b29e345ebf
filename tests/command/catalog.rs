//! `catalog load` with large files: memory that does not grow with them, all or nothing, and a
//! server beside it.

use std::{
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use testkit::demo::{BACKUP, OWNER};

use crate::process::{Server, command, named, run};

const VAULT: &str = "2b2f9d34-8c0e-4c3a-9b1e-6f4f2a7c9d10";
/// More than the store is given at a time.
const MANY: usize = 6_000;

/// A folder with a data file in it, and an address of a store.
struct Place {
    folder: TempDir,
    database: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", named(&folder.path().join("store.db")));
        Self { folder, database }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).expect("written");
        file
    }

    /// A file of so many backups; a line of `instead` stands in the place of the last.
    fn backups(&self, count: usize, instead: Option<&str>) -> PathBuf {
        let path = self.folder.path().join(format!("{count}.yaml"));
        let mut file = BufWriter::new(File::create(&path).expect("a file"));
        writeln!(file, "{}backups:", owner()).expect("written");
        for number in 0..count - usize::from(instead.is_some()) {
            writeln!(file, "  - {}", backup(number, 40)).expect("written");
        }
        writeln!(file, "{}", instead.unwrap_or_default()).expect("written");
        file.into_inner().expect("written");
        path
    }

    fn load(&self, file: &Path) -> String {
        format!("catalog load {} --database {}", named(file), self.database)
    }
}

/// The owner of all backups, and the vault that they are in: two records.
fn owner() -> String {
    format!(
        "projects: [{{id: {OWNER}, name: owner}}]\n\
         vaults: [{{id: {VAULT}, project_id: {OWNER}, name: v, object_type: server, protect_type: backup, \
         status: available, size: 100}}]\n"
    )
}

fn backup(number: usize, size: i64) -> String {
    format!(
        "{{id: d2000000-0000-4000-8000-{number:012}, project_id: {OWNER}, vault_id: {VAULT}, name: backup {number}, \
         resource_type: 'OS::Nova::Server', resource_size: {size}, status: available}}"
    )
}

/// Runs a line and returns the most memory of its own that it had, in MiB. What it maps of the
/// database is the system's, which takes it back at need.
fn peak(line: &str) -> f64 {
    let mut load = command(&[])
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command");
    let status = format!("/proc/{}/status", load.id());
    let mut peak = 0.0_f64;
    while load.try_wait().expect("a process").is_none() {
        // Of a process that has ended and was not waited for yet, there is no memory left to be
        // seen.
        let seen = fs::read_to_string(&status).unwrap_or_default();
        let line = seen
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .unwrap_or("0 kB");
        peak = peak.max(
            line.trim()
                .trim_end_matches(" kB")
                .parse::<f64>()
                .expect("a number")
                / 1024.0,
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(load.wait().expect("it ends").success());
    peak
}

/// `CATALOG_BACKUPS=1000000` loads a million.
#[test]
fn memory_does_not_grow_with_the_file() {
    let place = Place::new();
    let backups =
        std::env::var("CATALOG_BACKUPS").map_or(30_000, |count| count.parse().expect("a number"));
    let file = place.backups(backups, None);
    let peak = peak(&place.load(&file));
    println!(
        "{backups} backups in {} bytes: {peak:.0} MiB of memory",
        file.metadata().expect("a file").len()
    );
    // Two batches, what the database keeps at hand, and of each backup its id, in a table that may
    // be growing.
    let bound = 32.0 + backups as f64 * 80.0 / 1024.0 / 1024.0;
    assert!(
        (1.0..bound).contains(&peak),
        "{peak:.0} MiB, which is not under {bound:.0} MiB"
    );
}

#[test]
fn a_mistake_in_the_last_record_leaves_nothing_behind() {
    let place = Place::new();
    let last = format!("{MANY}.yaml:{}: backups[{}]", MANY + 3, MANY - 1);
    for (wrong, told) in [
        (
            format!("  - {}", backup(0, -1)),
            format!("{last}.resource_size: -1: it must be at least 0\n"),
        ),
        (
            format!("  - {}", backup(0, 40)),
            format!("{last}.id: the same id stands above\n"),
        ),
        (
            "  - {id: ".to_owned(),
            format!("{MANY}.yaml:{}: this is no YAML: ", MANY + 3),
        ),
        (
            format!("members: [{{backup_id: {BACKUP}, dest_project_id: p}}]"),
            format!("members[0].backup_id: \"{BACKUP}\": there is no such backup in this file\n"),
        ),
        (
            "secrets: []".to_owned(),
            ": secrets: there is no such key".to_owned(),
        ),
    ] {
        let refused = run(&place.load(&place.backups(MANY, Some(&wrong)))).failed(1);
        assert!(refused.contains(&told), "{wrong}: {refused}");
    }
    assert!(
        !place.folder.path().join("store.db").exists(),
        "no store was made"
    );
    let loaded = run(&place.load(&place.backups(MANY, None))).done();
    assert!(
        loaded.ends_with(&format!(": {} added, 0 changed, 0 unchanged\n", MANY + 2)),
        "{loaded}"
    );
}

#[test]
fn vaults_and_backups_keep_their_owners() {
    let place = Place::new();
    let users = owner().replace(
        "users: [",
        "users: [{name: other, project_id: other, roles: []}, ",
    );
    run(&place.load(&place.file(
        "first.yaml",
        &format!("{users}backups: [{}]", backup(0, 41)),
    )))
    .done();
    let moved = format!("{users}backups: [{}]", backup(0, 41)).replace(OWNER, "other");
    let moved = moved.replace(
        "name: other, project_id: other",
        &format!("name: owner, project_id: {OWNER}"),
    );
    let refused = run(&place.load(&place.file("moved.yaml", &moved))).failed(1);
    for record in ["vaults[0]", "backups[0]"] {
        let told = format!(
            "{record}.project_id: the owner cannot change, and the store has it with another"
        );
        assert!(refused.contains(&told), "{refused}");
    }
}

#[test]
fn what_the_store_would_refuse_is_found_before_anything_is_written() {
    let place = Place::new();
    let first = place.file(
        "first.yaml",
        &format!("{}backups: [{}]", owner(), backup(MANY - 1, 41)),
    );
    run(&place.load(&first)).done();
    let refused = run(&place.load(&place.backups(MANY, None))).failed(1);
    let place_told = format!(
        "backups[{}].resource_size: the size of a backup cannot change",
        MANY - 1
    );
    assert!(refused.contains(&place_told), "{refused}");
    let nowhere = format!(
        "backups: [{}]\nmembers: [{{backup_id: d2000000-0000-4000-8000-000000000000, dest_project_id: {OWNER}, \
         status: accepted, vault_id: {BACKUP}}}]",
        backup(0, 40)
    );
    let refused = run(&place.load(&place.file("nowhere.yaml", &nowhere))).failed(1);
    assert!(
        refused.contains(
            "members[0].vault_id: \"a5200268-74a5-4806-acc6-95793ab0228b\": there is no such vault in this file or in"
        ),
        "{refused}"
    );
    let loaded =
        run(&place.load(&place.file("other.yaml", &format!("backups: [{}]", backup(0, 40)))))
            .done();
    assert!(
        loaded.ends_with(": 1 added, 0 changed, 0 unchanged\n"),
        "{loaded}"
    );
}

#[test]
fn lists_may_stand_in_any_order() {
    let place = Place::new();
    let id = "d2000000-0000-4000-8000-000000000000";
    let text = format!(
        "members: [{{backup_id: {id}, dest_project_id: p, status: accepted, vault_id: {id}}}]\n\
         backups: [{}]\n\
         vaults:\n\
         - {{id: {VAULT}, project_id: {OWNER}, name: v, object_type: server, protect_type: backup, status: available, \
         size: 100}}\n\
         - {{id: {id}, project_id: p, name: v, object_type: server, protect_type: backup, status: available, \
         size: 100}}\n\
         users: [{{name: alice, project_id: p, roles: [], tokens: [t]}}]\n\
         projects: [{{id: p, name: p}}, {{id: {OWNER}, name: owner}}]\n",
        backup(0, 40)
    );
    let load = place.load(&place.file("data.yaml", &text));
    let loaded = run(&load).done();
    assert!(
        loaded.ends_with(": 8 added, 0 changed, 0 unchanged\n"),
        "{loaded}"
    );
    let loaded = run(&load).done();
    assert!(
        loaded.ends_with(": 0 added, 0 changed, 8 unchanged\n"),
        "{loaded}"
    );
}

#[test]
fn a_server_writes_while_a_large_file_is_loaded() {
    let place = Place::new();
    let user = format!(
        "projects: [{{id: p, name: p}}]\n\
         users: [{{name: alice, project_id: {OWNER}, roles: [member], tokens: [demo-owner]}}]\n\
         vaults: [{{id: {VAULT}, project_id: {OWNER}, name: v, object_type: server, protect_type: backup, \
         status: available, size: 100}}]\n\
         backups: [{}]",
        backup(0, 40)
    );
    let data = place.file("data.yaml", &user);
    let load = place.load(&place.backups(MANY, None));
    let line = format!(
        "serve --listen 127.0.0.1:0 --database {} --data {}",
        place.database,
        named(&data)
    );
    let server = Server::start(place.folder, &line);
    let mut load = command(&[])
        .args(load.split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .expect("the command");
    let mut written = 0;
    while load.try_wait().expect("a process").is_none() {
        let id = "d2000000-0000-4000-8000-000000000000";
        server.alice(&format!("share {id} --with p")).done();
        server.alice(&format!("revoke {id} p")).done();
        written += 1;
    }
    assert!(load.wait().expect("it ends").success());
    assert!(
        written > 0,
        "the load was over before anything could be written"
    );
}

#[test]
fn a_file_is_checked_without_being_loaded() {
    let place = Place::new();
    let file = place.file(
        "data.yaml",
        &format!("{}backups: [{}]", owner(), backup(0, 40)),
    );
    assert_eq!(
        run(&format!("catalog check {}", named(&file))).done(),
        format!("{}: 3 records, no mistakes\n", named(&file))
    );
    // Alone it leads nowhere; the store is asked only where it is named, and is never made.
    let alone = place.file("alone.yaml", &format!("backups: [{}]", backup(0, 40)));
    let refused = run(&format!("catalog check {}", named(&alone))).failed(1);
    assert!(
        refused.contains("backups[0].vault_id: ")
            && refused.ends_with("no such vault in this file\n"),
        "{refused}"
    );
    let check = format!(
        "catalog check {} --database {}",
        named(&alone),
        place.database
    );
    let refused = run(&check).failed(2);
    assert!(
        refused.contains("cannot check: there is no file "),
        "{refused}"
    );
    assert!(
        !place.folder.path().join("store.db").exists(),
        "no store was made"
    );
    run(&place.load(&file)).done();
    run(&check).done();
    let refused = run("catalog check nothere.yaml").failed(2);
    assert!(
        refused.contains("cannot check: cannot read nothere.yaml: "),
        "{refused}"
    );
}

#[test]
fn what_comes_through_a_pipe_is_read_as_often_as_a_file() {
    let place = Place::new();
    let text = format!("backups: [{}]\n{}", backup(0, 40), owner());
    for (line, said) in [
        ("catalog check -".to_owned(), "3 records, no mistakes\n"),
        (
            format!("catalog load - --database {}", place.database),
            "3 added, 0 changed, 0 unchanged\n",
        ),
    ] {
        let mut child = command(&[])
            .args(line.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let child = child.as_mut().expect("the command");
        child
            .stdin
            .take()
            .expect("its input")
            .write_all(text.as_bytes())
            .expect("written");
        let mut out = String::new();
        child
            .stdout
            .take()
            .expect("its output")
            .read_to_string(&mut out)
            .expect("text");
        assert!(
            child.wait().expect("it ends").success() && out.ends_with(said),
            "{line}: {out}"
        );
    }
}

#[test]
fn a_server_does_not_start_on_data_that_refers_to_nothing_and_warns_of_a_role_that_is_none() {
    let place = Place::new();
    let dangling = place.file("dangling.yaml", &format!("backups: [{}]", backup(0, 40)));
    let serve = format!(
        "serve --listen 127.0.0.1:0 --database {} --data",
        place.database
    );
    let refused = run(&format!("{serve} {}", named(&dangling))).failed(1);
    assert!(
        refused.contains("dangling.yaml:1: backups[0].vault_id: "),
        "{refused}"
    );
    let role = "users: [{name: a, project_id: p, roles: [memberr]}]";
    let role = place.file("role.yaml", role);
    let loaded = run(&place.load(&role));
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert!(
        loaded.err.contains("warning: ") && loaded.err.contains("did you mean member?"),
        "{loaded:?}"
    );
}
