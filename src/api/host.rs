//! The name under which a client reaches this server: which ones are served, and what catalogs,
//! links and `WWW-Authenticate` say.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header::HOST, uri::Authority};

/// The address under which clients reach this server, without a slash at its end.
#[derive(Clone, Debug)]
pub enum PublicUrl {
    /// Always the same.
    Fixed(String),
    /// By the name in `Host`; where there is no usable one, this.
    OfHost(String),
}

impl Default for PublicUrl {
    fn default() -> Self {
        Self::Fixed(String::new())
    }
}

impl PublicUrl {
    /// The address, for the sender of these headers.
    pub(super) fn of(&self, headers: &HeaderMap) -> String {
        match self {
            Self::Fixed(url) => url.clone(),
            Self::OfHost(otherwise) => reached(headers.get(HOST)).unwrap_or(otherwise.clone()),
        }
    }
}

/// What `WWW-Authenticate` says: where callers without a good token get one.
#[derive(Clone, Debug)]
pub enum Challenge {
    /// Always the same.
    Fixed(HeaderValue),
    /// This server, under the name in `Host`; where there is no usable one, this.
    OfHost(HeaderValue),
}

impl Challenge {
    /// The same address for everyone.
    pub fn fixed(address: &str) -> Self {
        Self::Fixed(keystone(address))
    }

    /// The address under which a request reached this server; `otherwise` where it has none.
    pub fn of_host(otherwise: &str) -> Self {
        Self::OfHost(keystone(otherwise))
    }

    /// The `Host` of a request, where it matters.
    pub(super) fn host(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::Fixed(_) => None,
            Self::OfHost(_) => headers.get(HOST).cloned(),
        }
    }

    /// The header, for a request with this `Host`.
    pub(super) fn header(&self, host: Option<&HeaderValue>) -> HeaderValue {
        match self {
            Self::Fixed(header) => header.clone(),
            Self::OfHost(otherwise) => match reached(host) {
                Some(url) => keystone(&format!("{url}/v3")),
                None => otherwise.clone(),
            },
        }
    }
}

fn keystone(address: &str) -> HeaderValue {
    let header = HeaderValue::try_from(format!("Keystone uri=\"{}\"", address.replace('"', "%22")));
    header.unwrap_or(HeaderValue::from_static("Keystone uri=\"\""))
}

/// The address that this `Host` says, where it is one to go to. Without TLS: a server behind a proxy
/// that has it is told its public URL.
fn reached(host: Option<&HeaderValue>) -> Option<String> {
    let host = host.and_then(authority).filter(is_reachable)?;
    Some(format!("http://{host}"))
}

fn authority(host: &HeaderValue) -> Option<Authority> {
    Authority::try_from(host.as_bytes())
        .ok()
        .filter(|authority| !authority.as_str().contains('@'))
}

fn address(host: &Authority) -> Option<IpAddr> {
    let text = host.host().trim_start_matches('[').trim_end_matches(']');
    text.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// `0.0.0.0` is where a server listens, and no address to go to.
fn is_reachable(host: &Authority) -> bool {
    !host.host().is_empty() && address(host).is_none_or(|address| !address.is_unspecified())
}

/// Whether a request means this machine by a name that means it everywhere. A page of another host
/// cannot make a browser send such a name, whatever address its own name resolves to.
pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    headers
        .get_all(HOST)
        .iter()
        .all(|host| authority(host).is_some_and(|host| names_loopback(&host)))
}

fn names_loopback(host: &Authority) -> bool {
    let name = host.host().trim_end_matches('.').to_ascii_lowercase();
    address(host).map_or_else(
        || name == "localhost" || name.ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::HOST};

    use super::{Challenge, is_loopback};

    fn headers(host: &str) -> HeaderMap {
        HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).expect("a value"))])
    }

    #[test]
    fn callers_are_sent_to_the_name_under_which_they_came() {
        let challenge = Challenge::of_host("http://127.0.0.1:8799/v3");
        for (host, address) in [
            ("backups.example.com", "http://backups.example.com/v3"),
            ("192.0.2.1:8799", "http://192.0.2.1:8799/v3"),
            ("[2001:db8::1]:80", "http://[2001:db8::1]:80/v3"),
            ("0.0.0.0:8799", "http://127.0.0.1:8799/v3"),
            ("[::]:8799", "http://127.0.0.1:8799/v3"),
            ("", "http://127.0.0.1:8799/v3"),
            ("a b", "http://127.0.0.1:8799/v3"),
            ("a\"b", "http://127.0.0.1:8799/v3"),
            ("evil@example.com", "http://127.0.0.1:8799/v3"),
        ] {
            let host = challenge.host(&headers(host));
            assert_eq!(
                challenge.header(host.as_ref()),
                format!("Keystone uri=\"{address}\""),
                "{host:?}"
            );
        }
        let fixed = Challenge::fixed("https://keystone.example.com/v3");
        let host = fixed.host(&headers("elsewhere.example.com"));
        assert_eq!(
            fixed.header(host.as_ref()),
            "Keystone uri=\"https://keystone.example.com/v3\""
        );
    }

    #[test]
    fn names_that_mean_this_machine_everywhere_are_told_from_others() {
        for host in [
            "localhost",
            "LOCALHOST:8799",
            "a.localhost.",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8799",
            "[::1]",
        ] {
            assert!(is_loopback(&headers(host)), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.nip.io",
            "0.0.0.0",
            "192.0.2.1",
            "",
        ] {
            assert!(!is_loopback(&headers(host)), "{host}");
        }
    }
}
