//! What becomes of work that fails, waits, or loses its caller.

use std::{sync::mpsc, thread, time::Duration};

use futures::future::join_all;
use rusqlite::Connection;
use tokio::time::sleep;

use super::{QUEUE, Writer};
use crate::model::Error;

fn writer() -> (tempfile::TempDir, Writer) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("test.db");
    let connection = Connection::open(&file).expect("a database");
    connection
        .execute_batch("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
        .expect("a table");
    (folder, Writer::start(connection, &file).expect("a thread"))
}

fn insert(connection: &Connection, n: i64) -> Result<(), Error> {
    connection
        .execute("INSERT INTO numbers VALUES (?1)", [n])
        .map(drop)
        .map_err(Error::store)
}

async fn count(writer: &Writer) -> i64 {
    let count = |c: &Connection| c.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0));
    writer
        .run(move |c| count(c).map_err(Error::store))
        .await
        .expect("a count")
}

#[tokio::test]
async fn a_failed_piece_of_work_undoes_itself_and_nothing_else() {
    let (_folder, writer) = writer();
    let good = writer.run(|c| insert(c, 1));
    let half = writer.run(|c| insert(c, 2).and_then(|()| insert(c, 1)));
    let panicking = writer.run::<(), _>(|c| {
        insert(c, 3)?;
        panic!("a broken rule")
    });
    let (good, half, panicking) = tokio::join!(good, half, panicking);
    assert!(good.is_ok() && half.is_err() && panicking.is_err());
    assert_eq!(
        count(&writer).await,
        1,
        "the writer goes on after a panic, and only the good work stands"
    );
}

#[tokio::test]
async fn work_after_a_transaction_that_the_database_undid_is_still_done_whole_or_not_at_all() {
    let (_folder, writer) = writer();
    let good = writer.run(|c| insert(c, 1));
    // As SQLite does by itself when the disk fails it.
    let undoing = writer.run(|c| c.execute_batch("ROLLBACK").map_err(Error::store));
    let half = writer.run(|c| insert(c, 2).and_then(|()| insert(c, 2)));
    let last = writer.run(|c| insert(c, 3));
    let (good, undoing, half, last) = tokio::join!(good, undoing, half, last);
    assert!(good.is_ok() && undoing.is_err() && half.is_err() && last.is_ok());
    assert_eq!(count(&writer).await, 2, "what was answered, and no half");
}

#[tokio::test]
async fn waiting_work_shares_a_transaction_and_all_of_it_is_answered() {
    let (_folder, writer) = writer();
    let all = join_all((0..2_000).map(|n| writer.run(move |c| insert(c, n)))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(count(&writer).await, 2_000);
}

const SHORT: Duration = Duration::from_millis(50);

/// Keeps the thread busy for three times that.
async fn block(writer: &Writer) -> Result<(), Error> {
    let work = |_: &Connection| {
        thread::sleep(3 * SHORT);
        Ok(())
    };
    writer.run(work).await
}

#[tokio::test]
async fn work_that_was_not_begun_by_its_deadline_is_not_done_and_its_caller_knows() {
    let (_folder, writer) = writer();
    let waiting = async {
        sleep(SHORT / 5).await;
        writer.run_within(SHORT, |c| insert(c, 1)).await
    };
    let (blocked, late) = tokio::join!(block(&writer), waiting);
    assert!(
        blocked.is_ok() && matches!(late, Err(Error::Busy(_))),
        "{late:?}"
    );
    assert_eq!(count(&writer).await, 0);
}

#[tokio::test]
async fn work_that_was_begun_and_is_not_done_by_its_deadline_is_in_doubt() {
    let (_folder, writer) = writer();
    let slow = |c: &Connection| {
        thread::sleep(3 * SHORT);
        insert(c, 1)
    };
    let late = writer.run_within(SHORT, slow).await;
    assert!(matches!(late, Err(Error::StoreUnavailable(_))), "{late:?}");
    assert_eq!(count(&writer).await, 1, "it was done all the same");
}

#[tokio::test]
async fn work_whose_caller_left_is_not_done() {
    let (_folder, writer) = writer();
    let leaving = async {
        sleep(SHORT / 5).await;
        tokio::time::timeout(SHORT, writer.run(|c| insert(c, 1))).await
    };
    let (blocked, left) = tokio::join!(block(&writer), leaving);
    assert!(blocked.is_ok() && left.is_err());
    assert_eq!(count(&writer).await, 0);
}

#[tokio::test]
async fn a_full_queue_refuses_more_work() {
    let (_folder, writer) = writer();
    let (release, released) = mpsc::channel();
    let blocked = writer.run(move |_| released.recv().map_err(Error::store));
    let all = async {
        sleep(SHORT / 5).await;
        let mut all = join_all((0..=QUEUE).map(|_| writer.run(|_| Ok(()))));
        assert!(
            futures::poll!(&mut all).is_pending(),
            "each has its place or is refused"
        );
        release.send(()).expect("it is waited for");
        all.await
    };
    let (blocked, all) = tokio::join!(blocked, all);
    let busy = all
        .iter()
        .filter(|outcome| matches!(outcome, Err(Error::Busy(_))))
        .count();
    assert!(blocked.is_ok() && busy == 1, "{busy}");
    assert!(writer.run(|_| Ok(())).await.is_ok(), "there is room again");
}
