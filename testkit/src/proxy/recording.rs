//! A proxy that writes down what a server is sent and what it responds: one line of JSON for each
//! exchange, added to the file that `RECORD` names. The recordings of released versions in
//! `tests/released` are made with it; by themselves the tests call the server.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::Arc,
    thread,
};

use serde_json::{Map, Value, json};

/// A proxy before one server. Its threads end with the process.
pub struct Recording {
    /// Where it listens.
    pub endpoint: String,
}

impl Recording {
    /// Before a server, where `RECORD` names a file.
    pub fn before(server: SocketAddr) -> Option<Self> {
        let file: Arc<PathBuf> = Arc::new(std::env::var_os("RECORD")?.into());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let story: Arc<str> = thread::current().name().unwrap_or_default().into();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (file, story) = (Arc::clone(&file), Arc::clone(&story));
                thread::spawn(move || forward(client, server, &file, &story));
            }
        });
        Some(Self { endpoint })
    }
}

/// Every exchange of one connection.
fn forward(
    mut client: TcpStream,
    server: SocketAddr,
    file: &PathBuf,
    story: &str,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    loop {
        let sent = Message::read(&mut client)?;
        server.write_all(&sent.bytes())?;
        let came = Message::read(&mut server)?;
        let mut line =
            json!({"story": story, "sent": sent.shown(), "came": came.shown()}).to_string();
        line.push('\n');
        // One write for a line: tests add to the same file at the same time.
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)?
            .write_all(line.as_bytes())?;
        client.write_all(&came.bytes())?;
    }
}

/// A request or a response.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    fn read(from: &mut TcpStream) -> io::Result<Self> {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            from.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let announced = headers(&head).find(|(name, _)| name == "content-length");
        let mut body = vec![
            0;
            announced
                .and_then(|(_, length)| length.parse().ok())
                .unwrap_or_default()
        ];
        from.read_exact(&mut body)?;
        Ok(Self { head, body })
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    /// The first line, the headers but for those that every run has others of, and the body.
    fn shown(&self) -> Value {
        let shown =
            headers(&self.head).filter(|(name, _)| !["date", "host"].contains(&name.as_str()));
        let shown: Map<String, Value> = shown.map(|(name, value)| (name, value.into())).collect();
        let line = self.head.lines().next().unwrap_or_default();
        json!({"line": line, "headers": shown, "body": String::from_utf8_lossy(&self.body)})
    }
}

fn headers(head: &str) -> impl Iterator<Item = (String, &str)> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_lowercase(), value.trim()))
}
