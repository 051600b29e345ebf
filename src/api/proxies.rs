//! Proxies before this server, and where a request comes from that they pass on: `Forwarded` (RFC
//! 7239) and `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Addresses of proxies whose headers about the client's address are trusted.
#[derive(Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// From addresses and networks.
    ///
    /// # Errors
    /// One sentence about the first that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| network(text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether the address is one of a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        !self.0.is_empty() && {
            let address = address.to_canonical();
            self.0.iter().any(|network| network.contains(&address))
        }
    }

    /// The last address before the trusted proxies, for a request that one of them (`peer`) sent.
    /// Where that is not to be had, `peer` itself: the headers are missing or malformed. Where both
    /// headers are there, they must agree: a proxy that writes one of them lets the other pass as
    /// its client wrote it.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded = headers
            .contains_key(FORWARDED)
            .then(|| self.before(forwarded(headers)));
        let x_forwarded = headers
            .contains_key(&X_FORWARDED_FOR)
            .then(|| self.before(x_forwarded_for(headers)));
        let client = match (forwarded, x_forwarded) {
            (Some(one), Some(other)) => one.filter(|_| one == other),
            (one, other) => one.or(other).flatten(),
        };
        client.unwrap_or(peer)
    }

    /// Of addresses from the last to the first, the first that is no trusted proxy; the last of all
    /// where all are.
    fn before(&self, hops: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut first = None;
        for hop in hops {
            first = Some(hop?);
            if first.is_some_and(|hop| !self.contains(hop)) {
                break;
            }
        }
        first
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
    let address = text
        .parse::<IpAddr>()
        .map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|_| text.parse()).map_err(|_| wrong())
}

/// The addresses of `X-Forwarded-For`, from the last to the first.
fn x_forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(&X_FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| {
        line.to_str()
            .unwrap_or_default()
            .rsplit(',')
            .map(|hop| address(hop.trim()))
    })
}

/// The same of `Forwarded`: what its elements say after `for=`.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED).iter().rev();
    lines.flat_map(|line| {
        let elements = split(line.to_str().unwrap_or_default(), ',');
        elements
            .into_iter()
            .rev()
            .map(|element| address(unquoted(of_client(element)?)))
    })
}

fn of_client(element: &str) -> Option<&str> {
    let mut pairs = split(element, ';')
        .into_iter()
        .filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
        .map(|(_, value)| value.trim())
}

/// Splits, except within quotation marks.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let separates = |char: char| {
        let separates = !quoted && char == separator;
        (quoted, escaped) = match char {
            _ if escaped => (quoted, false),
            '\\' => (quoted, quoted),
            '"' => (!quoted, false),
            _ => (quoted, false),
        };
        separates
    };
    text.split(separates).collect()
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
}

/// An address, with or without a port, in IPv6 with or without brackets. `unknown` and hidden names
/// are none.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let in_brackets = || {
        text.strip_prefix('[')?
            .split_once(']')?
            .0
            .parse()
            .ok()
            .map(IpAddr::V6)
    };
    let with_port = || {
        text.rsplit_once(':')?
            .0
            .parse::<Ipv4Addr>()
            .ok()
            .map(IpAddr::V4)
    };
    bare.or_else(in_brackets)
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::TrustedProxies;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn proxies() -> TrustedProxies {
        let texts = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].map(str::to_owned);
        TrustedProxies::parse(&texts).expect("networks")
    }

    /// Where a request comes from that 10.0.0.1 passes on.
    fn client(headers: &[(&'static str, &'static str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        proxies().client(ip("10.0.0.1"), &map).to_string()
    }

    #[test]
    fn a_proxy_is_an_address_or_in_a_network() {
        for trusted in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8:1::1"] {
            assert!(proxies().contains(ip(trusted)), "{trusted}");
        }
        assert!(
            !proxies().contains(ip("192.0.2.8"))
                && !TrustedProxies::default().contains(ip("10.0.0.1"))
        );
        let refused =
            TrustedProxies::parse(&["10.0.0.0/33".to_owned()]).expect_err("no such network");
        assert_eq!(
            refused,
            "\"10.0.0.0/33\" is neither an address nor a network such as 10.0.0.0/8"
        );
    }

    #[test]
    fn a_request_comes_from_the_last_address_that_is_no_trusted_proxy() {
        for (value, from) in [
            ("203.0.113.9", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db9::5,2001:db8::2", "2001:db9::5"),
            ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ] {
            assert_eq!(client(&[("x-forwarded-for", value)]), from, "{value}");
        }
        for (value, from) in [
            ("for=203.0.113.9", "203.0.113.9"),
            (
                "For=\"203.0.113.9:80\";proto=https;by=10.0.0.1, for=10.0.0.2",
                "203.0.113.9",
            ),
            ("by=\"a,b\\\";c\";for=\"[2001:db9::5]:4711\"", "2001:db9::5"),
        ] {
            assert_eq!(client(&[("forwarded", value)]), from, "{value}");
        }
        let two = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        assert_eq!(client(&two), "203.0.113.9", "several lines are one list");
    }

    #[test]
    fn what_is_missing_malformed_or_contradictory_leaves_the_proxy_itself() {
        assert_eq!(client(&[]), "10.0.0.1");
        for value in ["", "unknown", "203.0.113.9, x", "203.0.113.9,", "[::1"] {
            assert_eq!(client(&[("x-forwarded-for", value)]), "10.0.0.1", "{value}");
        }
        for value in [
            "",
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for=203.0.113.9;, by=10.0.0.1",
        ] {
            assert_eq!(client(&[("forwarded", value)]), "10.0.0.1", "{value}");
        }
        let both =
            |forwarded| client(&[("forwarded", forwarded), ("x-forwarded-for", "203.0.113.9")]);
        assert_eq!(both("for=203.0.113.9"), "203.0.113.9");
        assert_eq!(
            both("for=198.51.100.1"),
            "10.0.0.1",
            "one of the two was written by the client"
        );
    }
}
