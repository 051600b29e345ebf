//! A store with the demo's data, on each of the databases, for commands that work on a store which
//! servers run on.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::postgres::Schema;

use crate::process::{Ran, Server, named, run_with};

/// A folder with the demo's data in a store, and an audit.
pub struct Place {
    folder: TempDir,
    /// What commands call the store.
    pub database: String,
    _schema: Option<Schema>,
}

impl Place {
    /// In SQLite.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", named(&folder.path().join("store.db")));
        Self {
            folder,
            database,
            _schema: None,
        }
        .filled()
    }

    /// In PostgreSQL.
    pub fn postgres() -> Self {
        let schema = Schema::create();
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            database: schema.url(),
            _schema: Some(schema),
        }
        .filled()
    }

    fn filled(self) -> Self {
        let data = self.file("data.yaml");
        let key = "tokens: [demo-owner, spare], access_keys: [{access: AK, secret: s3cret}]";
        let text = backup_share::catalog::DEMO.replace("tokens: [demo-owner]", key);
        fs::write(&data, text).expect("written");
        self.run(&format!("catalog load {}", named(&data))).done();
        self
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command on the store.
    pub fn run(&self, line: &str) -> Ran {
        let audit = self.file("audit.jsonl");
        let settings = [
            ("BACKUP_SHARE_DATABASE", self.database.as_str()),
            ("BACKUP_SHARE_POSTGRES_UNREPLICATED", "warn"),
            ("BACKUP_SHARE_AUDIT", named(&audit)),
        ];
        run_with(&settings, line)
    }

    /// A server on the store.
    pub fn serve(&self) -> Server {
        let config = self.file("config.toml");
        fs::write(&config, "[postgres]\nunreplicated = 'warn'").expect("written");
        let line = format!(
            "serve --listen 127.0.0.1:0 --database {} --config {}",
            self.database,
            named(&config)
        );
        Server::start(tempfile::tempdir().expect("a folder"), &line)
    }

    /// User, action, ids, outcome of each line.
    pub fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.file("audit.jsonl")).unwrap_or_default();
        let told = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            assert!(
                line["time"].as_str().is_some_and(|time| time.len() == 26),
                "{line}"
            );
            assert!(
                line["user"].as_str().is_some_and(|user| !user.is_empty()),
                "{line}"
            );
            json!([line["action"], line["ids"], line["outcome"]])
        };
        text.lines().map(told).collect()
    }
}

/// Runs a test on both stores.
pub fn both(test: impl Fn(&Place)) {
    test(&Place::sqlite());
    test(&Place::postgres());
}
