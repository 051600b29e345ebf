//! What fuzzing begins with, read and compared once. `scripts/test fuzz` goes on from there.

use std::{fs, path::PathBuf};

use openapi_proof::{
    diff::{Settings, compare},
    document::parse,
};

/// Name and text of each file in a folder of seeds.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/seeds")
        .join(folder);
    let entries = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path());
    let name = |path: &PathBuf| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    entries
        .map(|path| (name(&path), fs::read_to_string(&path).expect("text")))
        .collect()
}

#[test]
fn each_document_is_read_or_refused_in_one_line() {
    let files = files("documents");
    for (name, text) in &files {
        let refused = parse(name, text.clone().into_bytes())
            .err()
            .map(|fault| fault.to_string());
        let expected = match name.as_str() {
            "broken.yaml" => "broken.yaml:4:",
            "circle.yaml" => "in a circle",
            "dangling.yaml" => "reference to nothing",
            "remote.yaml" => "never fetched",
            "twice.yaml" => "is taken by",
            _ => {
                assert_eq!(refused, None);
                continue;
            }
        };
        let refused = refused.expect(name);
        assert!(
            refused.contains(expected) && refused.lines().count() == 1,
            "{refused} and not {expected}"
        );
    }
    assert!(files.len() > 5, "only {}", files.len());
}

#[test]
fn each_pair_is_compared_both_ways() {
    let files = files("pairs");
    for (name, text) in &files {
        let (base, head) = text.split_once("\n---\n").expect(name);
        let read = |text: &str| parse(name, text.into()).unwrap_or_else(|fault| panic!("{fault}"));
        let (base, head) = (read(base), read(head));
        for (old, new) in [(&base, &head), (&head, &base)] {
            let report = compare(old, new, &Settings::default()).expect(name);
            assert!(
                !report.changes.is_empty() && report.left_open.is_empty(),
                "{name}: {:?}",
                report.left_open
            );
        }
        let same = compare(&base, &base, &Settings::default()).expect(name);
        assert!(same.changes.is_empty(), "{name}: {:?}", same.changes);
    }
    assert!(files.len() > 2, "only {}", files.len());
}
