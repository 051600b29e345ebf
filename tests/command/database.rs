//! A database that cannot be used: the server says why in one sentence, ends with 1, and leaves the
//! file as it was.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tempfile::TempDir;
use testkit::{
    demo::{BACKUP, VAULT},
    postgres::{self, Schema},
};

use crate::process::{Ran, Server, named, run};

/// A folder with a database in it that a server could start on.
fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&data, "projects: []").expect("written");
    run(&format!(
        "catalog load {} --database sqlite:{}",
        named(&data),
        named(&file)
    ))
    .done();
    (folder, file)
}

/// The sentence of a server that must not start.
fn refused(file: &Path) -> String {
    let said = refused_at(&format!("sqlite:{}", named(file)));
    assert!(said.contains(named(file)), "it names the file: {said}");
    said
}

fn refused_at(database: &str) -> String {
    let mut serve = whom_permissions_bind();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--database", database]);
    let mut child = serve
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if start.elapsed() > Duration::from_secs(30) {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("it ended");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let said = Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
    .failed(1);
    assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    assert!(said.starts_with("backup-share: "), "{said}");
    said
}

/// The command, without root's right to pass over permissions.
fn whom_permissions_bind() -> Command {
    let binary = testkit::process::program();
    if !is_root() {
        return Command::new(binary);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--bounding-set", "-dac_override,-dac_read_search"])
        .arg(binary);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("proc").uid() == 0
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let (folder, newer) = database();
    let place = |name: &str| folder.path().join(name);
    let (text, foreign) = (place("text.db"), place("foreign.db"));
    fs::write(&text, "a letter to somebody").expect("written");
    let connection = Connection::open(&foreign).expect("a database");
    connection
        .execute_batch("CREATE TABLE members (name TEXT)")
        .expect("a table");
    let future =
        "INSERT INTO refinery_schema_history VALUES (99, 'future', '2030-01-01T00:00:00Z', '1');
         UPDATE compatibility SET oldest = 98";
    Connection::open(&newer)
        .and_then(|c| c.execute_batch(future))
        .expect("from the future");
    drop(connection);
    for (file, why) in [
        (&text, "it is no SQLite database"),
        (&foreign, "another program's"),
        (
            &newer,
            "written by a newer version of backup-share: it has the schema 99, for programs that \
             know the schema 98; this one knows ",
        ),
    ] {
        let before = fs::read(file).expect("a file");
        let said = refused(file);
        assert!(said.contains(why), "{said}");
        if file != &newer {
            assert_eq!(fs::read(file).expect("a file"), before, "left as it was");
        }
    }
    for (file, why) in [
        (folder.path().to_owned(), "it is a folder".to_owned()),
        (
            place("nowhere/store.db"),
            format!("there is no folder {}", named(&place("nowhere"))),
        ),
    ] {
        let said = refused(&file);
        assert!(said.contains(&why), "{said}");
    }
}

#[test]
fn what_this_user_may_not_touch_is_named_as_such() {
    let (folder, file) = database();
    let mode =
        |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
    mode(&file, 0o444);
    assert!(refused(&file).contains("read-only for this user"));
    mode(&file, 0o000);
    assert!(refused(&file).contains("this user may not read it"));
    if is_root() {
        mode(&file, 0o600);
        chown(&file, Some(65_534), Some(65_534)).expect("given away");
        assert!(
            refused(&file).contains("this user may not read it"),
            "somebody else's"
        );
        chown(&file, Some(0), Some(0)).expect("taken back");
    }
    mode(&file, 0o644);
    mode(folder.path(), 0o555);
    assert!(refused(&file).contains("read-only for this user, or its folder is"));
    let new = folder.path().join("new.db");
    assert!(refused(&new).contains("this user may not make it in"));
    mode(folder.path(), 0o755);
}

#[test]
fn a_database_that_another_program_keeps_locked_is_waited_for_and_then_named() {
    let (_folder, file) = database();
    let connection = Connection::open(&file).expect("a database");
    connection
        .execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; CREATE TABLE mine (n)")
        .expect("locked");
    assert!(refused(&file).contains("another process keeps it locked"));
}

/// The oldest PostgreSQL that the service is for.
const OLDEST: i64 = 15;

/// Which one it is, `scripts/test` chooses, and says.
#[test]
fn an_old_postgresql_is_refused_and_any_other_one_is_used() {
    let schema = Schema::create();
    let number = postgres::number(
        &schema.url(),
        "SELECT current_setting('server_version_num')",
    );
    let (version, patch) = (number / 10_000, number % 10_000);
    println!("PostgreSQL {version}.{patch}");
    let meant = std::env::var("POSTGRES_VERSION")
        .expect("POSTGRES_VERSION: run `scripts/test postgres_versions`");
    assert_eq!(version.to_string(), meant);
    if version < OLDEST {
        let why =
            format!("backup-share: PostgreSQL {version} is too old: {OLDEST} or newer is needed\n");
        assert_eq!(refused_at(&schema.url()), why);
    } else {
        let line = format!(
            "serve --listen 127.0.0.1:0 --unreplicated warn --database {}",
            schema.url()
        );
        drop(Server::start(tempfile::tempdir().expect("a folder"), &line));
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'members'";
    let made = postgres::number(&schema.url(), tables) == 1;
    assert_eq!(
        made,
        version >= OLDEST,
        "nothing is made in what is refused"
    );
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry
            .expect("a file")
            .file_name()
            .into_string()
            .expect("text")
    };
    let mut files: Vec<_> = fs::read_dir(folder).expect("a folder").map(name).collect();
    files.sort();
    files
}

#[test]
fn what_ends_gracefully_leaves_one_file() {
    let (folder, file) = database();
    let one = ["data.yaml", "store.db"];
    assert_eq!(
        files(folder.path()),
        one,
        "no log beside the database that somebody might forget to copy"
    );
    fs::write(folder.path().join("data.yaml"), backup_share::catalog::DEMO).expect("written");
    let data = folder.path().join("data.yaml");
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{} --data {}",
        named(&file),
        named(&data)
    );
    let mut server = Server::start(tempfile::tempdir().expect("a folder"), &line);
    server
        .bob(&format!("accept {BACKUP} --vault {VAULT}"))
        .done();
    assert!(
        files(folder.path()).contains(&"store.db-wal".to_owned()),
        "there is a log while it runs"
    );
    let told = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -TERM {}", server.process.child.id()))
        .status();
    assert!(
        told.expect("a shell").success()
            && server.process.child.wait().expect("it ended").success()
    );
    assert_eq!(
        files(folder.path()),
        one,
        "SIGTERM, with what was written just before"
    );
}

#[test]
fn a_file_that_others_can_open_is_named_once_with_the_command_that_closes_it() {
    let (_folder, file) = database();
    assert_eq!(
        fs::metadata(&file).expect("a file").mode() & 0o777,
        0o600,
        "made by `catalog load`"
    );
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("opened");
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{}",
        named(&file)
    );
    let start = || Server::start(tempfile::tempdir().expect("a folder"), &line);
    let server = start();
    let log = server.log();
    let (_, command) = log
        .split_once("other users can open the database")
        .expect("a warning");
    assert_eq!(log.matches("other users").count(), 1, "{log}");
    let command = command.split_once(": ").expect("a command").1.trim();
    assert!(
        command.starts_with("chmod 600 ") && command.contains("store.db-wal"),
        "{command}"
    );
    assert!(
        Command::new("sh")
            .args(["-c", command])
            .status()
            .expect("a shell")
            .success()
    );
    drop(server);
    assert!(!start().log().contains("other users"), "it is closed");
}

#[test]
fn what_is_copied_into_is_its_owners_alone() {
    let (folder, file) = database();
    let copy = folder.path().join("copy.db");
    run(&format!(
        "store copy --from sqlite:{} --to sqlite:{}",
        named(&file),
        named(&copy)
    ))
    .done();
    assert_eq!(fs::metadata(&copy).expect("a copy").mode() & 0o777, 0o600);
}

#[test]
fn what_sqlite_would_not_read_as_a_path_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data.yaml");
    fs::write(&data, "projects: []").expect("written");
    let memory = format!("file:{}/x?mode=memory&cache=shared", named(folder.path()));
    let unsafe_one = format!("{}/x.db?nolock=1", named(folder.path()));
    for name in [&memory, &unsafe_one, "file:x", ":memory:", ""] {
        for line in [
            "serve --listen 127.0.0.1:0".to_owned(),
            format!("catalog load {}", named(&data)),
        ] {
            let said = run(&format!("{line} --database sqlite:{name}")).failed(2);
            assert!(
                said.contains("a path without parameters and not in memory"),
                "{said}"
            );
        }
    }
    assert_eq!(files(folder.path()), ["data.yaml"]);
}
