//! PostgreSQL for tests: schemas in the cluster that `scripts/test` starts, and clusters of a
//! test's own, which may be broken. All of it is reached by Unix sockets, so that no port is ever
//! taken by another process; gone when dropped.

mod cluster;
mod held;
mod programs;
mod schema;

use std::thread;

use backup_share::config::{Config, Unreplicated};
use tokio_postgres::{NoTls, SimpleQueryMessage};

pub use self::{cluster::Cluster, held::HeldTransaction, schema::Schema};

/// Settings for a cluster without a standby.
pub fn config(url: String) -> Config {
    let mut config = Config {
        database: url.into(),
        ..Config::default()
    };
    config.postgres.unreplicated = Unreplicated::Warn;
    config
}

/// Runs a statement, on a new thread: for tests that are not asynchronous, and for
/// destructors.
pub fn execute(url: &str, sql: &str) {
    number_of(url, sql.to_owned());
}

/// The number that a query gives.
pub fn number(url: &str, sql: &str) -> i64 {
    number_of(url, sql.to_owned()).unwrap_or_else(|| panic!("no number: {sql}"))
}

fn number_of(url: &str, sql: String) -> Option<i64> {
    let url = url.to_owned();
    let ask = async move {
        let (client, connection) = tokio_postgres::connect(&url, NoTls)
            .await
            .expect("a connection");
        let served = tokio::spawn(connection);
        let rows = client
            .simple_query(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        let _ = served.await;
        rows.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse().ok()),
            _ => None,
        })
    };
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    };
    thread::spawn(move || runtime().block_on(ask))
        .join()
        .expect("no panic")
}
