//! This version as the older one: a newer version has brought the store up to date, and everything
//! that may go on does, server by server; what would lose data is refused.

use std::fs;

use testkit::{
    database::expand,
    demo::{BACKUP, MEMBER, VAULT},
    postgres,
};

use crate::{
    place::{Place, both},
    process::{Server, named},
};

/// Runs statements on the store, beside whoever else is at work on it.
fn execute(place: &Place, sql: &str) {
    match place.database.strip_prefix("sqlite:") {
        Some(file) => rusqlite::Connection::open(file)
            .and_then(|store| store.execute_batch(sql))
            .expect("executed"),
        None => postgres::execute(&place.database, sql),
    }
}

/// A member accepts, lets go, and accepts again, by way of each of these servers.
fn tells_its_story_on(servers: &[&Server]) {
    for server in servers {
        server.bob(&format!("reject {BACKUP}")).done();
        server
            .bob(&format!("accept {BACKUP} --vault {VAULT}"))
            .done();
    }
    for server in servers {
        let seen = server.alice(&format!("members {BACKUP}")).done();
        assert!(seen.contains("accepted"), "{seen}");
    }
}

#[test]
fn servers_are_upgraded_one_by_one() {
    let place = Place::postgres();
    let (first, second) = (place.serve(), place.serve());
    tells_its_story_on(&[&first, &second]);
    execute(&place, &expand());
    tells_its_story_on(&[&first, &second]);
    // One begins again: on a schema that it does not know.
    drop(first);
    let first = place.serve();
    tells_its_story_on(&[&first, &second]);
    drop(second);
    let second = place.serve();
    tells_its_story_on(&[&first, &second]);
    let log = first.log();
    let said = "a newer version has brought the schema up to date: it is used as it is";
    assert!(log.contains(said), "{log}");
}

#[test]
fn operators_work_on_a_store_of_a_newer_version_and_take_nothing_out_that_they_do_not_know() {
    both(|place| {
        execute(place, &expand());
        execute(place, "UPDATE members SET note = 'keep'");
        let server = place.serve();
        tells_its_story_on(&[&server]);
        let data = place.file("data.yaml");
        place.run(&format!("catalog load {}", named(&data))).done();
        place
            .run(&format!(
                "catalog check {} --database {}",
                named(&data),
                place.database
            ))
            .done();
        let image = format!("--member {MEMBER} --image {VAULT}");
        place.run(&format!("image attach {BACKUP} {image}")).done();
        let checked = place.run("store check");
        assert!(
            checked.err.contains("what this one does not know of it"),
            "{checked:?}"
        );
        assert_eq!(checked.code, Some(0), "{checked:?}");
        let kept = "SELECT count(*) FROM members WHERE note = 'keep'";
        assert!(number(place, kept) > 0, "what only the newer one knows");

        let folder = tempfile::tempdir().expect("a folder");
        let new = format!("sqlite:{}", named(&folder.path().join("new.db")));
        for (from, to, which) in [
            (&place.database, &new, "source"),
            (&new, &place.database, "target"),
        ] {
            let refused = place
                .run(&format!("store copy --from {from} --to {to}"))
                .failed(1);
            assert!(
                refused.contains(&format!("the {which} has the schema "))
                    && refused.contains("use the newer one"),
                "{refused}"
            );
        }
        place.run(&format!("catalog remove backup {BACKUP}")).done();
    });
}

fn number(place: &Place, sql: &str) -> i64 {
    match place.database.strip_prefix("sqlite:") {
        Some(file) => rusqlite::Connection::open(file)
            .and_then(|store| store.query_row(sql, [], |row| row.get(0)))
            .expect("a number"),
        None => postgres::number(&place.database, sql),
    }
}

#[test]
fn a_copy_of_a_file_has_all_that_a_newer_version_wrote() {
    let place = Place::sqlite();
    execute(&place, &expand());
    execute(&place, "UPDATE members SET note = 'keep'");
    let copy = place.file("copy.db");
    place.run(&format!("store backup {}", named(&copy))).done();
    let kept = rusqlite::Connection::open(&copy)
        .and_then(|store| {
            let sql = "SELECT count(*) FROM members WHERE note = 'keep'";
            store.query_row(sql, [], |row| row.get::<_, i64>(0))
        })
        .expect("a number");
    assert!(kept > 0, "a file is copied page by page");
}

#[test]
fn a_store_that_needs_a_newer_version_is_refused_and_says_which() {
    both(|place| {
        execute(place, &expand());
        execute(place, "UPDATE compatibility SET oldest = oldest + 1");
        let needed = number(place, "SELECT oldest FROM compatibility");
        let why = format!(
            "written by a newer version of backup-share: it has the schema {needed}, for programs \
             that know the schema {needed}; this one knows {}",
            needed - 1
        );
        let data = place.file("data.yaml");
        for (line, code) in [
            (format!("catalog load {}", named(&data)), 1),
            (format!("catalog remove backup {BACKUP}"), 1),
            (format!("image detach {BACKUP} --member {MEMBER}"), 1),
            ("store check".to_owned(), 2),
            (
                format!(
                    "catalog check {} --database {}",
                    named(&data),
                    place.database
                ),
                2,
            ),
            ("serve --listen 127.0.0.1:0".to_owned(), 1),
        ] {
            let said = place.run(&line).failed(code);
            assert!(said.contains(&why), "{line}: {said}");
        }
    });
}

#[test]
fn the_log_of_an_upgrade_says_whom_it_shuts_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("store.db");
    let released = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/released/1.0.1/store.db");
    fs::copy(released, &file).expect("copied");
    let line = format!(
        "serve --listen 127.0.0.1:0 --database sqlite:{}",
        named(&file)
    );
    let server = Server::start(folder, &line);
    let log = server.log();
    assert!(log.contains("older versions refuse this database"), "{log}");
    for index in ["members_by_project", "backups_by_project"] {
        let of = |words: &str| {
            let told = |line: &&str| line.contains(index) && line.contains(words);
            log.lines().filter(told).count()
        };
        assert_eq!(
            (of("building an index"), of("the index is built")),
            (1, 1),
            "{log}"
        );
    }
    assert!(log.contains("seconds"), "{log}");
}
