//! HTTP by hand: requests that no client library sends, and connections that are left in the
//! middle.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// What came back on a connection.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// All of it, as text.
    pub text: String,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.trim()))
    }

    pub fn body(&self) -> &str {
        self.text
            .split_once("\r\n\r\n")
            .map_or("", |(_, body)| body)
    }
}

/// A connection that waits for nothing longer than this.
pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The same, from one of the addresses of this machine: 127.x.y.z are as many callers.
pub fn connect_from(
    source: Ipv4Addr,
    address: SocketAddr,
    timeout: Duration,
) -> io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&address.into(), timeout)?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    Ok(stream)
}

/// The text of a request that ends its connection.
pub fn get(path: &str, token: Option<&str>) -> String {
    let token = token
        .map(|token| format!("X-Auth-Token: {token}\r\n"))
        .unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{token}\r\n")
}

/// The text of a request with a body in JSON, which ends its connection.
pub fn with_body(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let token = token
        .map(|token| format!("X-Auth-Token: {token}\r\n"))
        .unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{token}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The body of a login.
pub fn login(user: &str, password: &str) -> String {
    let user =
        format!(r#"{{"name":"{user}","domain":{{"id":"default"}},"password":"{password}"}}"#);
    format!(r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{user}}}}}}}}}"#)
}

/// Sends a request on a new connection and reads until the server closes it.
pub fn ask(address: SocketAddr, request: &str, timeout: Duration) -> io::Result<Response> {
    let mut stream = connect(address, timeout)?;
    stream.write_all(request.as_bytes())?;
    read(&mut stream)
}

/// What comes until the connection is closed.
pub fn read(stream: &mut TcpStream) -> io::Result<Response> {
    let mut bytes = vec![];
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, text.clone()))?;
    Ok(Response { status, text })
}

/// Closes with a reset, as a client does that is gone all at once.
pub fn reset(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    let _ = socket.set_linger(Some(Duration::ZERO));
}
