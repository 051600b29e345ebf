//! How long it takes to build an index over many shares, and how long writes take meanwhile: it is
//! printed. `INDEX_ROWS` says how many (10,000,000 take minutes and some GB); by default few.

use std::{
    env,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use backup_share::store::{postgres::Postgres, sqlite::Sqlite};
use rusqlite::Connection;
use testkit::postgres::{self, Schema};

use super::suite;

/// Half of what a request waits for the database: nobody is refused.
const PROMPT: Duration = Duration::from_millis(2_500);

fn rows() -> u64 {
    let rows = env::var("INDEX_ROWS").ok();
    rows.map_or(20_000, |rows| rows.parse().expect("a number of rows"))
}

/// How long an attempt took.
fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = run();
    (start.elapsed(), done)
}

#[test]
fn an_index_over_many_shares_in_sqlite_is_built_before_the_store_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("test.db");
    drop(Sqlite::open(&file, suite::now()).expect("a store"));
    let fill = format!(
        "DROP INDEX members_by_project;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {})
         INSERT INTO members (backup_id, dest_project_id, id, status, created_at)
         SELECT unhex(format('%032x', n)), 'p' || (n * 7919 % {}), randomblob(16), 'pending', n
         FROM n",
        rows(),
        projects()
    );
    Connection::open(&file)
        .and_then(|store| store.execute_batch(&fill))
        .expect("filled");
    let (took, store) = timed(|| Sqlite::open(&file, suite::now()));
    drop(store.expect("it opens"));
    println!(
        "SQLite: {} shares: members_by_project built in {took:.1?}",
        rows()
    );
    assert!(has_index(&file));
}

/// 1,000 shares of each.
fn projects() -> u64 {
    rows().div_ceil(1_000)
}

fn has_index(file: &Path) -> bool {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'members_by_project'";
    let found = Connection::open(file)
        .and_then(|store| store.query_row(sql, [], |row| row.get::<_, i64>(0)));
    found.expect("a number") == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_over_many_shares_in_postgresql_is_built_while_others_write() {
    let schema = Schema::create();
    let url = schema.url();
    let open = async || {
        let settings = (&postgres::config(schema.url()).postgres).into();
        Postgres::open(&schema.url(), &settings, suite::now()).await
    };
    drop(open().await.expect("a store"));
    let fill = format!(
        "DROP INDEX members_by_project;
         INSERT INTO members (backup_id, dest_project_id, id, status, created_at)
         SELECT lpad(to_hex(n), 32, '0')::uuid, 'p' || (n * 7919 % {}), gen_random_uuid(),
                'pending', now()
         FROM generate_series(1, {}) n; ANALYZE members",
        projects(),
        rows()
    );
    postgres::execute(&url, &fill);
    let is_built = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (url, is_built) = (url.clone(), Arc::clone(&is_built));
        move || slowest_write(&url, &is_built)
    });
    let start = Instant::now();
    let opened = open().await;
    let took = start.elapsed();
    is_built.store(true, Ordering::Relaxed);
    drop(opened.expect("it opens"));
    let (writes, slowest) = writer.join().expect("writes");
    println!(
        "PostgreSQL: {} shares: members_by_project built in {took:.1?}; meanwhile {writes} writes, \
         the slowest in {slowest:.1?}",
        rows()
    );
    assert!(slowest < PROMPT, "writes waited for the build: {slowest:?}");
}

/// Shares one more after the other until the index is there; how many, and how long the slowest took.
fn slowest_write(url: &str, is_built: &AtomicBool) -> (u32, Duration) {
    let write = "INSERT INTO members (backup_id, dest_project_id, id, status, created_at)
                 VALUES (gen_random_uuid(), 'p1', gen_random_uuid(), 'pending', now())";
    let (mut writes, mut slowest) = (0, Duration::ZERO);
    loop {
        let (took, ()) = timed(|| postgres::execute(url, write));
        (writes, slowest) = (writes + 1, slowest.max(took));
        if is_built.load(Ordering::Relaxed) {
            return (writes, slowest);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
