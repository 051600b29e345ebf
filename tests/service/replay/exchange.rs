//! One request over a connection of its own, byte for byte, and its response.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const WITHIN: Duration = Duration::from_secs(20);

/// A response.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its headers, names in small letters.
    headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let header = headers.find(|(there, _)| there.eq_ignore_ascii_case(name))?;
        Some(&header.1)
    }

    /// The body, which must be JSON and say so: Go's pagers look at the media type.
    pub fn json(&self, about: &str) -> Value {
        let media = self.header("content-type").unwrap_or_default();
        assert!(media.starts_with("application/json"), "no JSON\n{about}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}\n{about}"))
    }

    fn read(head: &str) -> Self {
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self {
            status: status
                .and_then(|status| status.parse().ok())
                .unwrap_or_else(|| panic!("no status: {head}")),
            headers: headers.collect(),
            body: String::new(),
        }
    }
}

/// Sends a request, and reads its response to the end.
pub async fn send(address: SocketAddr, request: &[u8]) -> Response {
    timeout(WITHIN, exchange(address, request))
        .await
        .unwrap_or_else(|_| panic!("no response: {}", String::from_utf8_lossy(request)))
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request).await.expect("sent");
    let mut received = Vec::new();
    let head = loop {
        if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let read = stream.read_buf(&mut received).await.expect("a response");
        assert!(read > 0, "{:?}", String::from_utf8_lossy(&received));
    };
    let mut response = Response::read(&String::from_utf8_lossy(&received[..head]));
    let length = response.header("content-length").unwrap_or("0");
    let end = head + 4 + length.parse::<usize>().expect("a length");
    while received.len() < end {
        let read = stream.read_buf(&mut received).await.expect("a body");
        assert!(read > 0, "the body ends early");
    }
    response.body = String::from_utf8_lossy(&received[head + 4..end]).into_owned();
    response
}
