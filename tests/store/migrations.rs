//! Migrations after the fourth only expand, so that older programs go on working on what they leave
//! behind: each statement of theirs is one of a few forms. The fourth made the table that says
//! which programs those are; what came before shuts older programs out anyway.

use std::{fs, path::Path};

/// The first that has to keep to it.
const FIRST: u32 = 5;

/// The words and signs of a statement, text in quotes as one, comments left out.
fn tokens(sql: &str) -> Vec<Vec<String>> {
    let mut statements = vec![vec![]];
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => {
                rest = rest
                    .split_once('\n')
                    .map_or("", |(_, after)| after)
                    .trim_start();
                continue;
            }
            '\'' => 2 + rest[1..].find('\'').expect("the end of a text"),
            first if first.is_alphanumeric() || first == '_' => rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
                .unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match token {
            ";" => statements.push(vec![]),
            _ => statements.last_mut().expect("one").push(token.to_owned()),
        }
        rest = after.trim_start();
    }
    statements.retain(|statement| !statement.is_empty());
    statements
}

/// What is wrong with a migration: nothing, or each statement that does more than expand.
fn refused(version: u32, sql: &str) -> Vec<String> {
    let statements = tokens(sql);
    let mut created: Vec<&str> = vec![];
    let mut wrong = vec![];
    for (at, statement) in statements.iter().enumerate() {
        let words: Vec<&str> = statement.iter().map(String::as_str).collect();
        let expands = match words.as_slice() {
            ["CREATE", "TABLE", name, "(", ..] => {
                created.push(name);
                refers_to(&words)
                    .iter()
                    .all(|table| created.contains(table))
            }
            // Over a table with rows it is built beside the migrations (src/store/indexes.rs).
            ["CREATE", "INDEX", _, "ON", table, "(", ..] => created.contains(table),
            ["ALTER", "TABLE", _, actions @ ..] => actions_of(actions).all(adds_a_column),
            ["INSERT", "INTO", table, ..] => created.contains(table),
            ["UPDATE", "compatibility", "SET", "oldest", "=", oldest] => {
                at + 1 == statements.len() && oldest.parse().is_ok_and(|n: u32| n <= version)
            }
            _ => false,
        };
        if !expands {
            wrong.push(words.join(" "));
        }
    }
    if oldest(sql).is_none() {
        wrong.push("it does not say which schema a program must know".to_owned());
    }
    wrong
}

fn refers_to<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let pairs = words.windows(2).filter(|pair| pair[0] == "REFERENCES");
    pairs.map(|pair| pair[1]).collect()
}

/// The parts between commas that are in no parentheses.
fn actions_of<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a [&'a str]> {
    let mut depth = 0;
    words.split(move |word| {
        depth += match *word {
            "(" => 1,
            ")" => -1,
            _ => 0,
        };
        *word == "," && depth == 0
    })
}

/// A column that older programs may leave out: null, or with a constant default, with which the
/// table is not written again.
fn adds_a_column(action: &[&str]) -> bool {
    let ["ADD", "COLUMN", name, kind, constraints @ ..] = action else {
        return false;
    };
    if !kind.chars().all(|c| c.is_ascii_uppercase()) {
        return false;
    }
    let (mut rest, mut not_null, mut default) = (constraints, false, false);
    loop {
        rest = match rest {
            [] => return default || !not_null,
            ["COLLATE", "\"", "C", "\"", after @ ..] => after,
            ["NOT", "NULL", after @ ..] => {
                not_null = true;
                after
            }
            ["DEFAULT", "-", constant, after @ ..] | ["DEFAULT", constant, after @ ..] => {
                let is_word = constant.starts_with(|c: char| c.is_alphabetic());
                if is_word && !["true", "false"].contains(constant) || after.first() == Some(&"(") {
                    return false;
                }
                default = true;
                after
            }
            // About itself alone: older programs change other columns.
            ["CHECK", "(", column, "IN", "(", after @ ..] if column == name => {
                match after.iter().position(|word| *word == ")") {
                    Some(end) if after.get(end + 1) == Some(&")") => &after[end + 2..],
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
}

/// The schema that a migration says a program must know.
fn oldest(sql: &str) -> Option<u32> {
    match tokens(sql)
        .last()?
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["UPDATE", "compatibility", "SET", "oldest", "=", oldest] => oldest.parse().ok(),
        _ => None,
    }
}

/// The migrations of a store that have to keep to it, in their order.
fn migrations(store: &str) -> Vec<(u32, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/store/schema")
        .join(store);
    let mut found: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let file = entry.expect("a file").path();
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .expect("text");
            let number = name
                .strip_prefix('V')
                .and_then(|name| name.split_once("__"));
            let version = number.and_then(|(number, _)| number.parse().ok());
            (
                version.expect("a version"),
                fs::read_to_string(&file).expect("SQL"),
            )
        })
        .filter(|(version, _)| *version >= FIRST)
        .collect();
    found.sort();
    found
}

#[test]
fn migrations_only_expand_and_say_which_schema_a_program_must_know() {
    for store in ["sqlite", "postgres"] {
        let migrations = migrations(store);
        assert!(!migrations.is_empty(), "{store}: nothing was read");
        for (version, sql) in &migrations {
            assert_eq!(
                refused(*version, sql),
                [] as [String; 0],
                "{store} V{version}: programs that know an older schema would fail"
            );
        }
        let said = migrations.iter().filter_map(|(_, sql)| oldest(sql));
        assert!(
            said.is_sorted(),
            "{store}: nobody needs to know less than before"
        );
    }
}

#[test]
fn both_stores_have_the_same_versions_for_the_same_programs() {
    let told = |store| -> Vec<_> {
        let each = migrations(store).into_iter();
        each.map(|(version, sql)| (version, oldest(&sql))).collect()
    };
    assert_eq!(told("sqlite"), told("postgres"));
}

#[test]
fn what_does_more_than_expand_is_noticed() {
    let says = "; UPDATE compatibility SET oldest = 5;";
    for expands in [
        "ALTER TABLE members ADD COLUMN note TEXT",
        "ALTER TABLE a ADD COLUMN b INTEGER NOT NULL DEFAULT -1, ADD COLUMN c TEXT DEFAULT 'x, y'",
        "ALTER TABLE a ADD COLUMN on INTEGER NOT NULL DEFAULT 1 CHECK (on IN (0, 1))",
        "CREATE TABLE a (b TEXT); -- new\nCREATE TABLE c (d TEXT REFERENCES a (b)); CREATE INDEX e ON a (b)",
    ] {
        let found = refused(6, &format!("{expands}{says}"));
        assert_eq!(found, [] as [String; 0], "{expands}");
    }
    for harms in [
        "DROP TABLE members",
        "DROP INDEX tokens_by_expiry",
        "ALTER TABLE members DROP COLUMN image_id",
        "ALTER TABLE members ADD COLUMN note TEXT, DROP COLUMN image_id",
        "ALTER TABLE members RENAME COLUMN image_id TO image",
        "ALTER TABLE members RENAME TO shares",
        "ALTER TABLE members ALTER COLUMN image_id TYPE TEXT",
        "ALTER TABLE members ADD COLUMN note TEXT NOT NULL",
        "ALTER TABLE members ADD COLUMN note TEXT UNIQUE",
        "ALTER TABLE members ADD COLUMN note TEXT REFERENCES projects (id)",
        "ALTER TABLE members ADD COLUMN n UUID DEFAULT gen_random_uuid()",
        "ALTER TABLE members ADD COLUMN n TEXT CHECK (n IN ('a') OR status = 'pending')",
        "ALTER TABLE members ADD CHECK (status <> 'rejected')",
        "CREATE TABLE a (b TEXT REFERENCES projects (id))",
        "CREATE INDEX slow ON members (image_id)",
        "CREATE UNIQUE INDEX one ON members (image_id)",
        "CREATE TRIGGER t AFTER INSERT ON members BEGIN SELECT 1",
        "UPDATE members SET status = 'pending'",
        "DELETE FROM members",
        "INSERT INTO projects VALUES ('a', 'b')",
        "-- DROP is no word here\n'; ' DROP TABLE members",
    ] {
        let found = refused(6, &format!("{harms}{says}"));
        assert_eq!(found.len(), 1, "{harms}: {found:?}");
    }
    assert_eq!(
        refused(6, "ALTER TABLE a ADD COLUMN b TEXT;").len(),
        1,
        "silent"
    );
    assert_eq!(
        refused(6, "UPDATE compatibility SET oldest = 7;").len(),
        1,
        "nobody"
    );
}
