//! The layers of `src`: who may know whom. Reads the source, and fails on a line that points
//! the wrong way.

use std::{fs, path::Path};

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
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
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

#[test]
fn every_file_says_what_it_holds() {
    let mut found = vec![];
    for place in ["src", "client-gen", "tests", "build.rs"] {
        files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(place),
            &mut found,
        );
    }
    for (file, text) in found {
        assert!(text.starts_with("//!"), "{file} does not open with //!");
    }
}
