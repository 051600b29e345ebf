//! A schema for one test in the shared cluster.

use std::sync::atomic::{AtomicU32, Ordering};

use super::execute;

/// The variable in which `scripts/test` says where its cluster is.
const SHARED: &str = "POSTGRES_UNDER_TEST";

/// A new schema in the shared cluster, with nothing in it: quicker to make than a database.
pub struct Schema {
    cluster: String,
    name: String,
}

impl Schema {
    /// A new one.
    pub fn create() -> Self {
        let cluster = std::env::var(SHARED)
            .unwrap_or_else(|_| panic!("{SHARED} is not set: run `scripts/test tests`"));
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        execute(
            &cluster,
            &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"),
        );
        Self { cluster, name }
    }

    /// Its URL: statements that name no schema mean this one.
    pub fn url(&self) -> String {
        format!("{}?options=-c%20search_path%3D{}", self.cluster, self.name)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        execute(&self.cluster, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}
