//! The layers of `src`: who may know whom. Reads the source, and fails on a line that points
//! the wrong way.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Where, and what must not be named there, with the reason.
const LAYERS: [(&str, &[&str], &str); 7] = [
    (
        "src/model",
        &[
            "axum",
            "hyper",
            "utoipa",
            "rusqlite",
            "tokio_postgres",
            "serde_json",
            "crate::api",
            "crate::store",
            "crate::sharing",
            "tokio",
        ],
        "the model is rules without I/O",
    ),
    (
        "src/sharing.rs",
        &[
            "axum",
            "hyper",
            "rusqlite",
            "tokio_postgres",
            "crate::api",
            "serde_json",
        ],
        "use cases know neither HTTP nor SQL",
    ),
    (
        "src/store",
        &[
            "axum",
            "hyper",
            "crate::api",
            "crate::sharing",
            "crate::identity",
        ],
        "stores are at the bottom",
    ),
    (
        "src/identity",
        &[
            "axum",
            "rusqlite",
            "tokio_postgres",
            "crate::api",
            "crate::sharing",
        ],
        "identity is beside the stores, and knows no SQL",
    ),
    (
        "src/api",
        &[
            "rusqlite",
            "tokio_postgres",
            "store::sqlite",
            "Sqlite",
            "store::postgres",
            "crate::cli",
        ],
        "only `serve` picks a store",
    ),
    (
        "src/client",
        &[
            "axum",
            "utoipa",
            "rusqlite",
            "tokio_postgres",
            "crate::api",
            "crate::store",
            "crate::model",
            "crate::sharing",
            "crate::identity",
        ],
        "the client knows the contract alone",
    ),
    (
        "src/cli",
        &[
            "axum",
            "rusqlite",
            "tokio_postgres",
            "crate::sharing",
            "crate::identity",
            "crate::model",
            "crate::store",
        ],
        "the command uses the client; `serve`, `catalog`, `store` and `contract` aside",
    ),
];

fn files(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            files(&entry.expect("an entry").path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push((
            path.display().to_string(),
            fs::read_to_string(path).expect("a source file"),
        ));
    }
}

/// Code without comments and without the tests at the end of a file.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let code = code.unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// Whether a line names a crate or module, as a word of its own.
fn names(line: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

#[test]
fn the_arrows_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (place, forbidden, reason) in LAYERS {
        let mut found = vec![];
        files(&root.join(place), &mut found);
        assert!(!found.is_empty(), "{place} is gone: this test must follow");
        for (file, text) in found {
            for name in forbidden {
                let breach = code(&text).find(|line| names(line, name));
                assert_eq!(breach, None, "{file} names {name}, but {reason}");
            }
        }
    }
}

/// The folders of `src`, and files at its top, that are named in a text: in `crate::store::Store` as
/// in `use crate::{clock::Clock, store::{Store, TokenHash}}`.
fn folders_named(code: &str) -> BTreeSet<String> {
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    let first = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(word)
            .collect::<String>()
    };
    let mut named = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = &code[at + path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            named.insert(first(rest));
            continue;
        };
        let mut depth = 0;
        let mut starts = true;
        for (at, c) in group.char_indices() {
            if starts {
                named.insert(first(&group[at..]));
            }
            starts = depth == 0 && c == ',';
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    named
}

/// Which folder names which, tests apart.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    files(&source, &mut found);
    let mut arrows = BTreeMap::<String, BTreeSet<String>>::new();
    for (file, text) in found {
        let inner = file.strip_prefix(&format!("{}/", source.display()));
        let inner = inner.expect("a file of src");
        let folder = inner.split(['/', '.']).next().expect("a folder");
        if inner.ends_with("tests.rs") || ["lib", "main"].contains(&folder) {
            continue;
        }
        let code: Vec<&str> = code(&text).collect();
        let mut named = folders_named(&code.join("\n"));
        named.remove(folder);
        arrows
            .entry(folder.to_owned())
            .or_default()
            .append(&mut named);
    }
    arrows
}

/// Whether one folder names the other, by itself or through others.
fn reaches(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut queue = vec![from];
    while let Some(folder) = queue.pop() {
        for named in arrows.get(folder).into_iter().flatten() {
            if named == to {
                return true;
            }
            if seen.insert(named) {
                queue.push(named);
            }
        }
    }
    false
}

#[test]
fn no_folders_make_a_circle() {
    let arrows = arrows();
    assert!(reaches(&arrows, "api", "store"), "this test reads nothing");
    for (from, named) in &arrows {
        for to in named {
            assert!(
                !reaches(&arrows, to, from),
                "{from} names {to}, which names {from}, perhaps through others"
            );
        }
    }
}

/// Configuration is plain values: what they are for reads them, and not the other way round.
#[test]
fn configuration_names_nothing_that_is_configured() {
    let arrows = arrows();
    for folder in ["identity", "store", "serve", "api", "cli"] {
        assert!(!reaches(&arrows, "config", folder), "config names {folder}");
    }
}

#[test]
fn every_file_says_what_it_holds() {
    let mut found = vec![];
    for place in ["src", "client-gen", "contract", "tests", "build.rs"] {
        files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(place),
            &mut found,
        );
    }
    for (file, text) in found {
        assert!(text.starts_with("//!"), "{file} does not open with //!");
    }
}
