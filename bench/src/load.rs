//! The load generator: one thread, keep-alive connections, each of which sends its next request
//! when the last one is answered (a closed loop). Requests are written beforehand, so that sending
//! one costs little but its system calls.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::Outcome;

/// A server that says nothing for so long will not say anything any more.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a burst of requests came to.
pub struct Burst {
    /// From the first request to the last response.
    pub took: Duration,
    /// How long each request took.
    pub latencies: Vec<Duration>,
    /// Answers other than 200 and 204.
    pub errors: usize,
    /// The first of them.
    pub first_error: Option<String>,
}

impl Burst {
    /// The latency that this part of the requests (0 to 1) stayed under.
    pub fn quantile(&mut self, part: f64) -> Duration {
        self.latencies.sort_unstable();
        let at = (self.latencies.len().saturating_sub(1)) as f64 * part;
        self.latencies.get(at as usize).copied().unwrap_or_default()
    }
}

struct Connection {
    stream: TcpStream,
    response: Vec<u8>,
    sent: Instant,
}

/// Sends all of these requests, as many at a time as there are connections, and waits for all
/// responses.
pub fn run(address: SocketAddr, connections: usize, requests: &[Vec<u8>]) -> Outcome<Burst> {
    let mut poll = Poll::new()?;
    let mut connections = connect(address, connections, &poll)?;
    let mut events = Events::with_capacity(connections.len());
    let mut waiting = requests.iter();
    let mut burst = Burst {
        took: Duration::ZERO,
        latencies: Vec::with_capacity(requests.len()),
        errors: 0,
        first_error: None,
    };
    let start = Instant::now();
    for connection in &mut connections {
        connection.send_next(&mut waiting)?;
    }
    while burst.latencies.len() < requests.len() {
        poll.poll(&mut events, Some(TIMEOUT))?;
        if events.is_empty() {
            return Err(format!("no response within {TIMEOUT:?}").into());
        }
        for event in &events {
            let connection = &mut connections[event.token().0];
            if event.is_readable() && connection.receive()? {
                connection.note(&mut burst);
                connection.send_next(&mut waiting)?;
            }
        }
    }
    burst.took = start.elapsed();
    Ok(burst)
}

fn connect(address: SocketAddr, connections: usize, poll: &Poll) -> Outcome<Vec<Connection>> {
    let connect = |at| {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry()
            .register(&mut stream, Token(at), Interest::READABLE)?;
        Ok(Connection {
            stream,
            response: Vec::with_capacity(16 * 1024),
            sent: Instant::now(),
        })
    };
    (0..connections).map(connect).collect()
}

impl Connection {
    fn send_next<'a>(&mut self, waiting: &mut impl Iterator<Item = &'a Vec<u8>>) -> Outcome<()> {
        let Some(request) = waiting.next() else {
            return Ok(());
        };
        self.response.clear();
        self.sent = Instant::now();
        // A request is smaller than the socket's buffer: it goes out at once.
        Ok(self.stream.write_all(request)?)
    }

    /// Reads what is there; whether the response is complete.
    ///
    /// Does not read until there is nothing: after a complete response the server sends nothing of
    /// its own accord.
    fn receive(&mut self) -> Outcome<bool> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(length) => self.response.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            if is_complete(&self.response) {
                return Ok(true);
            }
        }
    }

    fn note(&self, burst: &mut Burst) {
        burst.latencies.push(self.sent.elapsed());
        if !self.response.starts_with(b"HTTP/1.1 20") {
            burst.errors += 1;
            burst
                .first_error
                .get_or_insert_with(|| String::from_utf8_lossy(&self.response).into_owned());
        }
    }
}

/// Whether this is a whole response: a head, and as much of a body as the head announces.
fn is_complete(response: &[u8]) -> bool {
    let Some(end) = response.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    response.len() >= end + 4 + announced(&response[..end])
}

fn announced(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    let Some(at) = head
        .windows(NAME.len())
        .position(|part| part.eq_ignore_ascii_case(NAME))
    else {
        return 0;
    };
    let digits = head[at + NAME.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}
