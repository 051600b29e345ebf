//! A proxy before a cluster that cuts connections at COMMIT, the one moment at which a transaction is
//! in doubt.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// COMMIT as it goes over the wire: a simple query, its length, its text.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// What becomes of the next COMMIT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// It is passed on, and so is the response.
    #[default]
    Never,
    /// It never arrives.
    Before,
    /// It arrives, and the connection is gone at once.
    Meanwhile,
    /// It arrives and is carried out, and the response is lost.
    After,
}

/// What becomes of the next COMMITs, and how many there have been.
#[derive(Default)]
struct Next {
    cut: Cut,
    times: u32,
    commits: u32,
}

impl Next {
    fn commit(&mut self) -> Cut {
        self.commits += 1;
        match self.times.checked_sub(1) {
            Some(left) => {
                self.times = left;
                self.cut
            }
            None => Cut::Never,
        }
    }
}

/// Passes bytes on between TCP on loopback and the socket of a cluster.
pub struct Proxy {
    port: u16,
    next: Arc<Mutex<Next>>,
    /// Whether new connections are let through.
    open: watch::Sender<bool>,
    /// How many connections were cut.
    cuts: watch::Receiver<u32>,
}

impl Proxy {
    /// Before a cluster's socket.
    pub async fn before(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let next = Arc::new(Mutex::new(Next::default()));
        let (open, opened) = watch::channel(true);
        let (count, cuts) = watch::channel(0);
        let state = Arc::clone(&next);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, count, mut opened) =
                    (Arc::clone(&state), count.clone(), opened.clone());
                let socket = socket.clone();
                tokio::spawn(async move {
                    let _ = opened.wait_for(|open| *open).await;
                    if let Ok(server) = UnixStream::connect(socket).await {
                        let _ = pass(client, server, &state, &count).await;
                    }
                });
            }
        });
        Self {
            port,
            next,
            open,
            cuts,
        }
    }

    /// What callers call instead of the cluster's own URL.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
            self.port
        )
    }

    /// Cuts the connection of the next COMMIT.
    pub fn cut(&self, cut: Cut) {
        self.cut_some(cut, 1);
    }

    /// Cuts the connections of the next so many COMMITs.
    pub fn cut_some(&self, cut: Cut, times: u32) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        (next.cut, next.times) = (cut, times);
    }

    /// How many COMMITs there have been.
    pub fn commits(&self) -> u32 {
        self.next
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .commits
    }

    /// Lets new connections through, or keeps them waiting.
    pub fn open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// Returns when so many connections were cut.
    pub async fn cuts(&mut self, number: u32) {
        self.cuts
            .wait_for(|count| *count >= number)
            .await
            .expect("the proxy is there");
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: UnixStream,
    next: &Mutex<Next>,
    count: &watch::Sender<u32>,
) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
                let cut = match commits {
                    true => next.lock().unwrap_or_else(PoisonError::into_inner).commit(),
                    false => Cut::Never,
                };
                if cut != Cut::Before {
                    server.write_all(bytes).await?;
                }
                if cut == Cut::After {
                    let _ = server.read(&mut answered).await?;
                }
                if cut != Cut::Never {
                    drop(client);
                    count.send_modify(|count| *count += 1);
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => {
                let bytes = &answered[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}
