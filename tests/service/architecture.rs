//! The arrows of the house: which room of `src` may name which other, and which libraries a room
//! does without. Reads the source as the compiler does, tests left out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, ItemMod};

/// The rooms from top to bottom: each may name those below it, and none above, so there is no
/// circle.
const ROOMS: [&str; 22] = [
    "main",
    "lib",
    "cli",
    "serve",
    "api",
    "catalog",
    "expiry",
    "sharing",
    "client",
    "identity",
    "store",
    "telemetry",
    "config",
    "contract",
    "quota",
    "error_chain",
    "model",
    "deadline",
    "clock",
    "timestamp",
    "regular_file",
    "hex",
];

/// Names that must not stand in a room, with the reason: libraries, and rooms below it that are
/// not its business.
const FOREIGN: [(&str, &[&str], &str); 7] = [
    (
        "model",
        &[
            "axum",
            "hyper",
            "utoipa",
            "rusqlite",
            "tokio_postgres",
            "serde_json",
            "tokio",
        ],
        "the model is rules without I/O",
    ),
    (
        "sharing",
        &["axum", "hyper", "rusqlite", "tokio_postgres", "serde_json"],
        "use cases know neither HTTP nor SQL",
    ),
    ("store", &["axum", "hyper"], "a store knows no HTTP"),
    (
        "identity",
        &["axum", "rusqlite", "tokio_postgres"],
        "identity stands beside, and knows no SQL",
    ),
    (
        "api",
        &["rusqlite", "tokio_postgres", "store", "sqlite", "postgres"],
        "only `serve` picks a store",
    ),
    (
        "client",
        &[
            "axum",
            "utoipa",
            "rusqlite",
            "tokio_postgres",
            "model",
            "identity",
            "store",
            "contract",
            "config",
        ],
        "the client knows the contract alone",
    ),
    (
        "cli",
        &["axum", "rusqlite", "tokio_postgres", "sharing", "identity"],
        "the command has the client, and `serve`",
    ),
];

/// What is known of one source file that is compiled without `cfg(test)`.
struct File {
    path: PathBuf,
    /// How many modules it lies below the root of the crate.
    depth: usize,
    tokens: TokenStream,
}

/// A file and all that it declares with `mod`.
fn files(path: &Path, folder: &Path, depth: usize, found: &mut Vec<File>) {
    let text = fs::read_to_string(path).expect("a source file");
    let mut file = syn::parse_file(&text).expect("Rust");
    file.items.retain(|item| !is_test(item));
    for module in file.items.iter().filter_map(declared) {
        let name = module.ident.to_string();
        let flat = folder.join(format!("{name}.rs"));
        let nested = folder.join(&name).join("mod.rs");
        let path = if flat.exists() { flat } else { nested };
        files(&path, &folder.join(&name), depth + 1, found);
    }
    found.push(File {
        path: path.to_owned(),
        depth,
        tokens: file.to_token_stream(),
    });
}

/// `mod name;`, without a body in this file.
fn declared(item: &Item) -> Option<&ItemMod> {
    match item {
        Item::Mod(module) if module.content.is_none() => Some(module),
        _ => None,
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes
        .iter()
        .any(|attribute| attribute.to_token_stream().to_string() == "# [cfg (test)]")
}

/// The names that follow `crate::`, or as many `super::` as lead to the root.
fn rooms_named(tokens: TokenStream, depth: usize, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let TokenTree::Group(group) = &tokens[at] {
            rooms_named(group.stream(), depth, found);
        }
        let start = at;
        let mut above = 0;
        while ident(&tokens, at) == Some("super".to_owned()) && is_path(&tokens, at + 1) {
            above += 1;
            at += 3;
        }
        let root = ident(&tokens, at) == Some("crate".to_owned()) && is_path(&tokens, at + 1);
        if root {
            at += 3;
        }
        if root || (above > 0 && above == depth) {
            found.extend(first_names(&tokens, at));
        }
        at = at.max(start + 1);
    }
}

/// Every word of the code, wherever it stands.
fn identifiers(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Group(group) => identifiers(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// One name, or the first names of each branch of a group.
fn first_names(tokens: &[TokenTree], at: usize) -> Vec<String> {
    let Some(TokenTree::Group(group)) = tokens.get(at) else {
        return ident(tokens, at).into_iter().collect();
    };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    inner
        .split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
        .filter_map(|branch| ident(branch, 0))
        .collect()
}

fn ident(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_path(tokens: &[TokenTree], at: usize) -> bool {
    let colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// The sources that are compiled without tests, by room: a file or folder of `src`.
fn rooms() -> Vec<(String, File)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    for root in ["main.rs", "lib.rs"] {
        files(&src.join(root), &src, 0, &mut found);
    }
    let room = |file: &File| {
        let within = file.path.strip_prefix(&src).expect("a file of src");
        let room = Path::new(within.iter().next().expect("a name")).file_stem();
        room.expect("a name").to_string_lossy().into_owned()
    };
    found.into_iter().map(|file| (room(&file), file)).collect()
}

#[test]
fn rooms_name_what_is_below_them_alone() {
    let floor = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut arrows = 0;
    for (room, file) in rooms() {
        let from = floor(&room).unwrap_or_else(|| panic!("{room} has no floor in ROOMS"));
        let mut named = vec![];
        rooms_named(file.tokens, file.depth, &mut named);
        for to in named.iter().filter(|to| **to != room) {
            // What is no room is an item of `lib.rs`, or a word within a macro.
            let Some(below) = floor(to) else { continue };
            arrows += 1;
            assert!(
                from < below,
                "{} names {to}, which is above",
                file.path.display()
            );
        }
    }
    assert!(arrows > 100, "{arrows} arrows: they are not read any more");
}

#[test]
fn rooms_do_without_what_is_not_their_business() {
    let rooms = rooms();
    for (place, foreign, reason) in FOREIGN {
        let mut files = rooms.iter().filter(|(room, _)| room == place).peekable();
        assert!(
            files.peek().is_some(),
            "{place} is gone: this test must follow"
        );
        for (_, file) in files {
            let (mut words, mut named) = (BTreeSet::new(), vec![]);
            identifiers(file.tokens.clone(), &mut words);
            rooms_named(file.tokens.clone(), file.depth, &mut named);
            // A room's name is a word like any other, but for where it stands.
            words.retain(|word| !ROOMS.contains(&word.as_str()));
            words.extend(named);
            for name in foreign {
                let path = file.path.display();
                assert!(!words.contains(*name), "{path} names {name}, but {reason}");
            }
        }
    }
}

#[test]
fn every_file_says_what_it_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        "src",
        "client-gen",
        "contract",
        "testkit",
        "tests",
        "bench",
        "benches",
    ];
    let mut sources = vec![root.join("build.rs")];
    places
        .iter()
        .for_each(|place| walk(&root.join(place), &mut sources));
    assert!(sources.len() > 300, "{} files", sources.len());
    for file in sources {
        let text = fs::read_to_string(&file).expect("a source file");
        assert!(
            text.starts_with("//!"),
            "{} does not open with //!",
            file.display()
        );
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.extension() {
            _ if path.is_dir() && !path.ends_with("target") => walk(&path, found),
            Some(extension) if extension == "rs" => found.push(path),
            _ => {}
        }
    }
}
