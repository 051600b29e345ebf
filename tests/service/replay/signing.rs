//! The signature of a recorded request, over the headers that its client signs.

use std::fmt::Write;

use reqwest::Url;
use testkit::signer::Unsigned;

use super::table::SignedQuery;

/// The time of the server, as signatures have it.
pub const DATE: &str = "20200205T103834Z";

/// How a client signs.
pub struct Signs<'a> {
    /// The names of the headers that it signs, where it sends them.
    pub headers: &'a [String],
    /// What becomes of the query.
    pub query: &'a SignedQuery,
    /// Its access key.
    pub access: &'a str,
    /// Its secret.
    pub secret: &'a str,
}

/// The head with the signature in it, where it has a place for one.
pub fn sign(head: &str, body: &str, how: &Signs<'_>) -> String {
    if !head.contains("{authorization}") {
        return head.to_owned();
    }
    let line = head.lines().next().unwrap_or_default();
    let words: Vec<&str> = line.split(' ').collect();
    let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
    let canonical = canonical(query);
    let headers = signed_headers(head, how.headers);
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let unsigned = Unsigned {
        method: words[0],
        path,
        query: &canonical,
        headers: &headers,
        date: DATE,
        body,
    };
    let head = head.replace(
        "{authorization}",
        &unsigned.authorization(how.access, how.secret),
    );
    match how.query {
        SignedQuery::Sorted if !query.is_empty() => head.replacen(query, &canonical, 1),
        _ => head,
    }
}

/// The headers that are signed: small names, in order.
fn signed_headers(head: &str, signs: &[String]) -> Vec<(String, String)> {
    let headers = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "));
    let mut signed: Vec<(String, String)> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| signs.contains(name))
        .collect();
    signed.sort();
    signed
}

/// A query as it is signed: decoded, sorted, and escaped again.
fn canonical(query: &str) -> String {
    let url = Url::parse(&format!("http://host/?{query}")).expect("a URL");
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.sort();
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => write!(escaped, "%{byte:02X}").expect("written"),
        }
    }
    escaped
}
