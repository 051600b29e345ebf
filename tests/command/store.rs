//! `store check` and `store backup`: what they find, what they refuse, and that a server may go on
//! meanwhile.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Child, thread};

use rusqlite::Connection;
use testkit::demo::{ANOTHER, BACKUP, MEMBER, VAULT};

use crate::process::{Server, named, run};

/// The demo's data in a store of its own, with a share that was accepted.
fn server() -> (Server, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&data, backup_share::catalog::DEMO).expect("written");
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{} --data {}",
        named(&file),
        named(&data)
    );
    let server = Server::start(folder, &line);
    server
        .bob(&format!("accept {BACKUP} --vault {VAULT}"))
        .done();
    (server, file)
}

fn stop(child: &mut Child) {
    child.kill().and_then(|()| child.wait()).expect("gone");
}

#[test]
fn a_sound_store_is_found_so_while_a_server_is_running_on_it() {
    let (_server, file) = server();
    let said = run(&format!("store check --database sqlite:{}", named(&file))).done();
    let kinds: Vec<_> = said
        .lines()
        .map(|line| line.split_whitespace().next().expect("a kind"))
        .collect();
    assert_eq!(
        kinds,
        [
            "store",
            "integrity",
            "records",
            "capacity",
            "states",
            "orphans"
        ],
        "{said}"
    );
    assert!(
        said.starts_with(&format!("store      sqlite:{}\n", named(&file))),
        "{said}"
    );
    assert!(
        said.lines().skip(1).all(|line| line.ends_with(": ok")),
        "{said}"
    );
    assert!(
        said.contains("\nstates     2 shares: ok\n"),
        "it looked at the shares: {said}"
    );
}

#[test]
fn each_violation_is_found_counted_and_named() {
    for (sql, kind, named_so) in [
        (
            "UPDATE vaults SET shared = shared + 1",
            "capacity",
            "MB are accepted into it",
        ),
        (
            "UPDATE vaults SET shared = 0",
            "capacity",
            "counts 0 MB for shares, and 40960 MB are",
        ),
        (
            "UPDATE members SET status = 'rejected'",
            "states",
            "rejected, and in a vault",
        ),
        (
            "UPDATE members SET vault_id = NULL",
            "states",
            "accepted, and no vault",
        ),
        (
            "UPDATE members SET updated_at = created_at - 1",
            "states",
            "updated before it was made",
        ),
        ("DELETE FROM backups", "orphans", "no such backup"),
        ("DELETE FROM vaults WHERE shared > 0", "orphans", "no vault"),
        (
            "UPDATE vaults SET project_id = 'other'",
            "orphans",
            "of that project",
        ),
        ("DELETE FROM projects", "orphans", "no project"),
        (
            "UPDATE backups SET vault_id = randomblob(16)",
            "orphans",
            ": no vault ",
        ),
        (
            "UPDATE backups SET vault_id = (SELECT vault_id FROM members WHERE vault_id IS NOT NULL)",
            "orphans",
            "is of project",
        ),
        (
            "UPDATE backups SET project_id = 'gone'",
            "orphans",
            "backup a5200268-74a5-4806-acc6-95793ab0228b: no project gone",
        ),
        (
            "UPDATE vaults SET project_id = 'gone' WHERE shared = 0",
            "orphans",
            ": no project gone",
        ),
        (
            "INSERT INTO members (backup_id, dest_project_id, id, status, created_at)
             SELECT backup_id, 'gone', randomblob(16), 'pending', created_at FROM members LIMIT 1",
            "orphans",
            "with gone: no project gone",
        ),
        ("DELETE FROM accounts", "orphans", "a token: no user"),
        (
            "UPDATE backups SET status = 'lost'",
            "records",
            "cannot be read any further",
        ),
    ] {
        let (mut server, file) = server();
        stop(&mut server.process.child);
        let connection = Connection::open(&file).expect("the database");
        let by_hand =
            format!("PRAGMA foreign_keys = off; PRAGMA ignore_check_constraints = on; {sql}");
        connection.execute_batch(&by_hand).expect("seeded");
        drop(connection);
        let ran = run(&format!("store check --database sqlite:{}", named(&file)));
        assert_eq!(ran.code, Some(1), "{sql}: {ran:?}");
        let line = ran
            .out
            .lines()
            .find(|line| line.starts_with(kind))
            .expect("a line for each kind");
        assert!(
            line.ends_with(" wrong") && ran.err.contains(named_so),
            "{sql}: {ran:?}"
        );
        assert!(ran.err.contains("violations"), "{ran:?}");
    }
}

#[test]
fn damage_that_the_database_sees_is_reported() {
    let (mut server, file) = server();
    stop(&mut server.process.child);
    let connection = Connection::open(&file).expect("the database");
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .expect("one file");
    drop(connection);
    let mut bytes = fs::read(&file).expect("the database");
    // The page of a table, in which numbers say where its rows are.
    let page = bytes.len() / 4096 - 1;
    bytes[page * 4096..page * 4096 + 64].fill(0xff);
    fs::write(&file, bytes).expect("damaged");
    let ran = run(&format!("store check --database sqlite:{}", named(&file)));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out
            .contains("integrity  1 integrity check of the database: 1 wrong"),
        "{ran:?}"
    );
    let copy = file.with_file_name("copy.db");
    let said = run(&format!(
        "store backup {} --database sqlite:{}",
        named(&copy),
        named(&file)
    ))
    .failed(1);
    assert!(
        said.contains("damaged") && !copy.exists(),
        "no copy of what is damaged: {said}"
    );
}

#[test]
fn what_cannot_be_checked_exits_with_2_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("store.db");
    let said = run(&format!("store check --database sqlite:{}", named(&file))).failed(2);
    assert!(
        said.contains(&format!("cannot check: there is no file {}", named(&file))),
        "{said}"
    );
    let said = run(&format!(
        "store backup copy.db --database sqlite:{}",
        named(&file)
    ))
    .failed(1);
    assert!(
        said.contains(&format!("there is no file {}", named(&file))),
        "{said}"
    );
    let said = run(&format!(
        "store copy --from sqlite:{0} --to sqlite:{0}.copy",
        named(&file)
    ))
    .failed(1);
    assert!(
        said.contains(&format!("there is no file {}", named(&file))),
        "{said}"
    );
    fs::write(&file, "a letter").expect("written");
    let said = run(&format!("store check --database sqlite:{}", named(&file))).failed(2);
    assert!(said.contains("it is no SQLite database"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn a_copy_made_under_writes_is_whole_and_a_server_starts_on_it() {
    let (server, file) = server();
    let copies: Vec<_> = (0..5)
        .map(|n| server.file(&format!("copy{n}.db")))
        .collect();
    thread::scope(|scope| {
        let writes = scope.spawn(|| {
            for _ in 0..10 {
                server
                    .alice(&format!("share {BACKUP} --with {ANOTHER}"))
                    .done();
                server.alice(&format!("revoke {BACKUP} {ANOTHER}")).done();
            }
        });
        for copy in &copies {
            run(&format!(
                "store backup {} --database sqlite:{}",
                named(copy),
                named(&file)
            ))
            .done();
        }
        writes.join().expect("every write was answered");
    });
    for copy in &copies {
        assert_eq!(
            fs::metadata(copy).expect("a copy").permissions().mode() & 0o777,
            0o600
        );
        run(&format!("store check --database sqlite:{}", named(copy))).done();
    }
    let refused = run(&format!(
        "store backup {} --database sqlite:{}",
        named(&copies[0]),
        named(&file)
    ))
    .failed(1);
    assert!(refused.contains("is there already"), "{refused}");
    let log = |name: &str| server.file(&format!("copy0.db{name}"));
    assert!(
        !log("-wal").exists() && !log("-journal").exists(),
        "one file"
    );
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{}",
        named(&copies[0])
    );
    let from_copy = Server::start(tempfile::tempdir().expect("a folder"), &line);
    let members = from_copy.alice(&format!("members {BACKUP}")).done();
    assert!(
        members.contains(MEMBER) && members.contains("accepted"),
        "{members}"
    );
}

#[test]
fn a_store_of_an_older_version_is_backed_up_before_it_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, copy) = (folder.path().join("old.db"), folder.path().join("copy.db"));
    let released = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/released/1.0.1/store.db");
    fs::copy(released, &old).expect("copied");
    run(&format!(
        "store backup {} --database sqlite:{}",
        named(&copy),
        named(&old)
    ))
    .done();
    let said = run(&format!("store check --database sqlite:{}", named(&copy))).failed(2);
    assert!(
        said.contains("it has the schema 1") && said.contains("make a backup first"),
        "{said}"
    );
}

#[test]
fn an_empty_file_is_said_to_be_none_of_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("empty.db");
    fs::write(&file, "").expect("written");
    let said = run(&format!("store check --database sqlite:{}", named(&file))).failed(2);
    assert!(
        said.contains("there is nothing of backup-share in it"),
        "{said}"
    );
}
