//! `store copy` and `store check` with PostgreSQL: what they print, what they refuse, and a copy
//! that is killed.

use std::{
    fmt::Write,
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tempfile::TempDir;
use testkit::{
    demo::{BACKUP, MEMBER},
    postgres::{Schema, execute, number},
};

use crate::process::{Ran, Server, command, named, run_with};

/// The cluster of the tests has no standby.
const WARNED: [(&str, &str); 1] = [("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn")];

fn run(line: &str) -> Ran {
    run_with(&WARNED, line)
}

/// The demo, and many backups beside.
fn source(backups: usize) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (
        folder.path().join("data.yaml"),
        folder.path().join("store.db"),
    );
    fs::write(&data, backup_share::catalog::DEMO).expect("written");
    let database = format!("sqlite:{}", named(&file));
    run(&format!(
        "catalog load {} --database {database}",
        named(&data)
    ))
    .done();
    let sql = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {backups})
         INSERT INTO backups (id, project_id, vault_id, name, resource_type, resource_size, status, encrypted)
         SELECT randomblob(16), project_id, vault_id, name || n.n, resource_type, resource_size, status, encrypted
         FROM n, (SELECT * FROM backups LIMIT 1) WHERE n.n > (SELECT count(*) FROM backups)"
    );
    Connection::open(&file)
        .and_then(|file| file.execute_batch(&sql))
        .expect("more backups");
    (folder, database)
}

#[test]
fn a_copy_is_reported_as_a_table_and_a_server_starts_on_it() {
    let ((_folder, from), schema) = (source(10), Schema::create());
    let said = run(&format!("store copy --from {from} --to {}", schema.url())).done();
    assert_eq!(
        said.lines().count(),
        8,
        "a head, and a line for each kind: {said}"
    );
    assert!(
        said.lines().skip(1).all(|line| line.ends_with(" equal")),
        "{said}"
    );
    let backups = said
        .lines()
        .find(|line| line.starts_with("backups "))
        .expect("a line");
    assert_eq!(
        backups
            .split_whitespace()
            .skip(1)
            .take(2)
            .collect::<Vec<_>>(),
        ["10", "10"],
        "{said}"
    );
    let checked = run(&format!("store check --database {}", schema.url())).done();
    assert!(
        checked.lines().skip(1).all(|line| line.ends_with(": ok")),
        "{checked}"
    );
    let line = format!(
        "serve --listen 127.0.0.1:0 --database {} --config",
        schema.url()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    fs::write(&config, "[postgres]\nunreplicated = \"warn\"").expect("written");
    let config = named(&config).to_owned();
    let server = Server::start(folder, &format!("{line} {config}"));
    let members = server.alice(&format!("members {}", BACKUP)).done();
    assert!(members.contains(MEMBER), "{members}");
}

#[test]
fn what_is_wrong_in_postgresql_is_found_counted_and_named() {
    let (_folder, from) = source(1);
    for (sql, kind, named_so) in [
        (
            "UPDATE vaults SET shared = shared + 1",
            "capacity",
            "MB are accepted into it",
        ),
        ("DELETE FROM backups", "orphans", "no such backup"),
        (
            "ALTER TABLE vaults ADD CONSTRAINT small CHECK (size < 9) NOT VALID",
            "integrity",
            "the constraint small of vaults is not validated",
        ),
        (
            "UPDATE backups SET status = 'lost'; UPDATE members SET status = 'pending'",
            "records",
            "read any further",
        ),
    ] {
        let schema = Schema::create();
        run(&format!("store copy --from {from} --to {}", schema.url())).done();
        execute(&schema.url(), sql);
        let ran = run(&format!("store check --database {}", schema.url()));
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
    }
}

#[test]
fn a_row_that_arrives_otherwise_than_it_was_sent_is_found() {
    let ((_folder, from), schema) = (source(10), Schema::create());
    let line = format!("store copy --from {from} --to {}", schema.url());
    run(&line).done();
    execute(
        &schema.url(),
        "TRUNCATE projects, accounts, tokens, access_keys, vaults, backups, members;
         CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN NEW.created_at := NEW.created_at + interval '1 microsecond'; RETURN NEW; END$$;
         CREATE TRIGGER spoil BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION spoil()",
    );
    let ran = run(&line);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let differ: Vec<_> = ran
        .out
        .lines()
        .filter(|line| line.ends_with(" differ"))
        .collect();
    assert!(
        differ.len() == 1 && differ[0].starts_with("members "),
        "{ran:?}"
    );
    let refused = run(&format!(
        "serve --listen 127.0.0.1:0 --database {}",
        schema.url()
    ))
    .failed(1);
    assert!(refused.contains("is not finished"), "{refused}");
    execute(&schema.url(), "DROP TRIGGER spoil ON members");
    let said = run(&line).done();
    assert!(
        !said.contains("differ"),
        "what differs was of an unfinished copy: it starts over: {said}"
    );
}

#[test]
fn a_copy_that_is_killed_goes_on_without_doubling_anything() {
    const BACKUPS: usize = 20_000;
    let ((_folder, from), schema) = (source(BACKUPS), Schema::create());
    let line = format!("store copy --from {from} --to {}", schema.url());
    let mut copying = command(&WARNED);
    let copying = copying
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut copying = copying.spawn().expect("the command runs");
    let there = || match number(
        &schema.url(),
        "SELECT count(*) FROM pg_class WHERE oid = to_regclass('backups')",
    ) {
        0 => 0,
        _ => number(&schema.url(), "SELECT count(*) FROM backups"),
    };
    let end = Instant::now() + Duration::from_secs(60);
    while there() == 0 {
        assert!(Instant::now() < end, "nothing is copied");
    }
    copying.kill().and_then(|()| copying.wait()).expect("gone");
    let killed_at = there();
    assert!(
        (1..i64::try_from(BACKUPS).expect("a number")).contains(&killed_at),
        "in the middle: {killed_at}"
    );
    let refused = run(&format!(
        "serve --listen 127.0.0.1:0 --database {}",
        schema.url()
    ))
    .failed(1);
    assert!(refused.contains("is not finished"), "{refused}");
    let said = run(&line).done();
    assert!(
        said.contains("20000   20000") && !said.contains("differ"),
        "{said}"
    );
}

#[test]
fn a_store_at_work_is_refused_as_a_target_and_left_alone() {
    let ((folder, from), schema) = (source(1), Schema::create());
    run(&format!("store copy --from {from} --to {}", schema.url())).done();
    execute(&schema.url(), "UPDATE members SET status = 'rejected'");
    let said = run(&format!("store copy --from {from} --to {}", schema.url())).failed(1);
    assert!(
        said.contains("the target holds 2 records that the source does not have, or not so"),
        "{said}"
    );
    assert_eq!(
        number(
            &schema.url(),
            "SELECT count(*) FROM members WHERE status = 'rejected'"
        ),
        2,
        "it stays"
    );
    let back = folder.path().join("back.db");
    run(&format!(
        "store copy --from {} --to sqlite:{}",
        schema.url(),
        named(&back)
    ))
    .done();
    assert!(
        !Path::new(&format!("{}-wal", named(&back))).exists(),
        "one file"
    );
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{}",
        named(&back)
    );
    let server = Server::start(tempfile::tempdir().expect("a folder"), &line);
    let members = server.alice(&format!("members {}", BACKUP)).done();
    assert!(members.contains("rejected"), "{members}");
}

#[test]
fn what_cannot_be_meant_exits_with_2_what_cannot_be_reached_with_1_and_no_password_is_printed() {
    let (folder, from) = source(1);
    let link = folder.path().join("link.db");
    std::fs::hard_link(folder.path().join("store.db"), &link).expect("linked");
    let mut all = String::new();
    for (line, code) in [
        (format!("store copy --from {from} --to {from}"), 2),
        (
            format!("store copy --from {from} --to sqlite:{}", named(&link)),
            2,
        ),
        (format!("store copy --from {from}"), 2),
        (
            format!("store copy --from {from} --to mysql://user:secret@127.0.0.1/"),
            2,
        ),
        (
            format!("store copy --from {from} --to postgres://user:secret@127.0.0.1:1/db"),
            1,
        ),
        (
            format!("store copy --from postgres://user:secret@127.0.0.1:1/db --to {from}"),
            1,
        ),
        (
            "store check --database postgres://user:secret@127.0.0.1:1/db".to_owned(),
            2,
        ),
    ] {
        let soon = [WARNED[0], ("BACKUP_SHARE_POSTGRES_DEADLINE_SECONDS", "1")];
        write!(all, "{}", run_with(&soon, &line).failed(code)).expect("written");
    }
    assert!(
        !all.contains("secret") && all.contains("127.0.0.1:1"),
        "{all}"
    );
}
