//! What released versions left behind is used on: their stores open and are sound, their data files
//! load. Holds the hashes of `tests/released` and `openapi/released`, where nothing is ever
//! changed.

use std::{fs, path::Path, sync::Arc};

use backup_share::{
    catalog,
    clock::{Clock, SystemClock},
    config::Config,
    serve,
    store::check,
};
use sha2::{Digest, Sha256};
use testkit::postgres::{self, Schema};

/// Each file that a release froze, and its SHA-256.
const FROZEN: [(&str, &str); 5] = [
    (
        "openapi/released/1.0.1.yaml",
        "bfe2eca365829334f716231ab7e41001e19960274efeb650dbdcf6e5a91c8ccf",
    ),
    (
        "tests/released/1.0.1/data.yaml",
        "f180fcc127c9f5f8a959ff48fb93fc21a04a38caee2cba95c20424d70779d281",
    ),
    (
        "tests/released/1.0.1/store.db",
        "b084fcfe345e1860ca403c2cc68173e92872f4f43c03c279d068f837d2705800",
    ),
    (
        "tests/released/1.0.1/store.sql",
        "e0b4d5b2248ebe67bbc11c6f904e9203eb8f9cd8cd8744af1815380668dcc2fd",
    ),
    (
        "tests/released/1.0.1/stories.jsonl",
        "c0f99d003c4a7f92be210c87e00d3a6f52b8a4f8738be5c8355d0cd12c402add",
    ),
];

fn released(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn what_was_released_is_never_changed() {
    for (name, frozen) in FROZEN {
        let hash: String = Sha256::digest(released(name))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hash, frozen,
            "{name}: a released file is never changed; a new release has a folder of its own"
        );
    }
    let listed = |folder: &str| {
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
            .expect("a folder")
            .count()
    };
    assert_eq!(
        listed("openapi/released") + listed("tests/released/1.0.1"),
        FROZEN.len(),
        "each file has its hash here"
    );
}

/// Opens the store of a release, and finds in it what was put there.
async fn is_used_on(config: &Config) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(config, clock.as_ref())
        .await
        .expect("the store of a release opens");
    let account = store
        .find_account("mia")
        .await
        .expect("it can be read")
        .expect("a user of the release");
    assert_eq!(account.roles, ["cbr_admin"]);
    assert!(
        account.enabled,
        "what an older version did not know of shuts no user out"
    );
    let data = String::from_utf8(released("tests/released/1.0.1/data.yaml")).expect("text");
    let load = async || {
        let loaded = catalog::load_text("data.yaml", &data, store.as_ref(), &clock);
        let loaded = loaded.await.expect("it loads");
        (loaded.added, loaded.changed)
    };
    // Over what was there: nothing of it is new. A backup and a vault get the words that the file
    // has for them; that version kept one word for all but the usual ones.
    assert_eq!(load().await, (0, 2));
    assert_eq!(load().await, (0, 0), "loading twice changes nothing");
    drop(store);
    let found = serve::find_store(config).await.expect("it is there");
    for finding in check::check(found.as_ref(), check::Projects::InStore)
        .await
        .expect("it can be checked")
    {
        assert_eq!(finding.wrong, 0, "{}: {:?}", finding.kind, finding.examples);
    }
}

#[tokio::test]
async fn a_sqlite_store_of_a_release_is_used_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("store.db");
    fs::write(&file, released("tests/released/1.0.1/store.db")).expect("written");
    is_used_on(&Config {
        database: format!("sqlite:{}", file.display()).into(),
        ..Config::default()
    })
    .await;
}

#[tokio::test]
async fn a_postgresql_store_of_a_release_is_used_on() {
    let schema = Schema::create();
    let sql = String::from_utf8(released("tests/released/1.0.1/store.sql")).expect("text");
    // Without the name of a schema, each statement means the one that the URL names.
    postgres::execute(&schema.url(), &sql.replace("public.", ""));
    is_used_on(&postgres::config(schema.url())).await;
}

#[tokio::test]
async fn a_data_file_of_a_release_loads() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("store.db").display());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = Config {
        database: database.into(),
        ..Config::default()
    };
    let store = serve::open_store(&config, clock.as_ref())
        .await
        .expect("a store");
    let data = String::from_utf8(released("tests/released/1.0.1/data.yaml")).expect("text");
    let loaded = catalog::load_text("data.yaml", &data, store.as_ref(), &clock)
        .await
        .expect("it loads");
    assert_eq!(loaded.added, 19, "{loaded:?}");
}
