//! A transaction that stays open, so that whoever has to wait for it does.

use std::{
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
};

use tokio_postgres::NoTls;

/// An open transaction; committed when dropped.
pub struct HeldTransaction {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HeldTransaction {
    /// Begins one, and runs statements in it.
    pub fn begin(url: &str, sql: &str) -> Self {
        let (end, ended) = channel();
        let (begun, has_begun) = channel();
        let (url, sql) = (url.to_owned(), sql.to_owned());
        let hold = async move {
            let (client, connection) = tokio_postgres::connect(&url, NoTls)
                .await
                .expect("a connection");
            let served = tokio::spawn(connection);
            let begin = format!("BEGIN; {sql}");
            let outcome = client.batch_execute(&begin).await;
            outcome.expect("a transaction");
            begun.send(()).expect("a test that waits");
            let wait = tokio::task::spawn_blocking(move || ended.recv());
            let _ = wait.await.expect("no panic");
            client.batch_execute("COMMIT").await.expect("committed");
            drop(client);
            let _ = served.await;
        };
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
        };
        let thread = thread::spawn(move || runtime().block_on(hold));
        has_begun.recv().expect("it begins");
        Self {
            end: Some(end),
            thread: Some(thread),
        }
    }
}

impl Drop for HeldTransaction {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
