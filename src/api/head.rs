//! What the head of every request must meet before it is routed: a `Host` as RFC 9112 (3.2)
//! requires it, and no header twice that decides who calls.

use std::net::Ipv6Addr;

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{AUTHORIZATION, HOST},
};

use super::problem::Problem;

static AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
static SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
const TWICE: &str = "it is there twice";

/// # Errors
/// [`Problem::BadHeader`].
pub(super) fn check(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    check_host(version, headers.get(HOST))?;
    // Hardly any request has a header twice: then there is nothing to look up.
    if headers.len() != headers.keys_len() {
        once(headers, &HOST, "Host")?;
        once(headers, &AUTHORIZATION, "Authorization")?;
        once(headers, &AUTH_TOKEN, "X-Auth-Token")?;
        once(headers, &SDK_DATE, "X-Sdk-Date")?;
    }
    Ok(())
}

fn once(headers: &HeaderMap, key: &HeaderName, name: &'static str) -> Result<(), Problem> {
    match headers.get_all(key).iter().nth(1) {
        Some(_) => Err(Problem::BadHeader {
            name,
            reason: TWICE,
        }),
        None => Ok(()),
    }
}

fn check_host(version: Version, host: Option<&HeaderValue>) -> Result<(), Problem> {
    let reason = match host {
        Some(host) if is_host(host.as_bytes()) => return Ok(()),
        None if version < Version::HTTP_11 => return Ok(()),
        Some(_) => "it must be a host, with or without a port",
        None => "it is missing",
    };
    Err(Problem::BadHeader {
        name: "Host",
        reason,
    })
}

/// `host [":" port]`, by RFC 3986 (3.2.2).
fn is_host(text: &[u8]) -> bool {
    let Some((host, port)) = split_port(text) else {
        return false;
    };
    let is_port =
        port.is_empty() || std::str::from_utf8(port).is_ok_and(|port| port.parse::<u16>().is_ok());
    is_port && port.first() != Some(&b'+') && is_name_or_address(host)
}

/// Host and port, which is empty where there is none.
fn split_port(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match text.first()? {
        b'[' => text.iter().position(|byte| *byte == b']')? + 1,
        _ => text
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(text.len()),
    };
    match text.split_at(end) {
        (host, []) => Some((host, &[])),
        (host, [b':', port @ ..]) => Some((host, port)),
        _ => None,
    }
}

fn is_name_or_address(host: &[u8]) -> bool {
    match host {
        [] => false,
        [b'[', address @ .., b']'] => {
            std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
        }
        name => name.iter().enumerate().all(|(at, byte)| match byte {
            b'%' => name
                .get(at + 1..at + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(byte),
        }),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Version};

    use super::{Problem, check, is_host};

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for good in [
            "a",
            "a.example:8799",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]",
            "[2001:db8::1]:443",
            "a%20b",
            "a:",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "", ":80", "a b", "a/b", "u@a", "a:b", "a:+1", "a:65536", "a:1:2", "::1", "[::1",
            "[a]", "[::1]x", "a%2", "a%zz", "ä",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    fn refusal(
        version: Version,
        headers: &[(&'static str, &'static str)],
    ) -> Option<(&'static str, &'static str)> {
        let pairs = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        match check(version, &headers) {
            Err(Problem::BadHeader { name, reason }) => Some((name, reason)),
            Err(other) => panic!("{other:?}"),
            Ok(()) => None,
        }
    }

    #[test]
    fn a_request_names_its_host_once() {
        let missing = Some(("Host", "it is missing"));
        assert_eq!(
            (
                refusal(Version::HTTP_11, &[]),
                refusal(Version::HTTP_10, &[])
            ),
            (missing, None)
        );
        assert_eq!(refusal(Version::HTTP_11, &[("host", "a")]), None);
        let twice = [("host", "a"), ("host", "a")];
        assert_eq!(
            refusal(Version::HTTP_11, &twice),
            Some(("Host", "it is there twice"))
        );
        assert!(
            refusal(Version::HTTP_10, &[("host", "a b/@@")]).is_some(),
            "malformed in any version"
        );
    }

    #[test]
    fn what_decides_who_calls_is_there_once_and_anything_else_as_often_as_it_likes() {
        for (header, name) in [
            ("authorization", "Authorization"),
            ("x-auth-token", "X-Auth-Token"),
            ("x-sdk-date", "X-Sdk-Date"),
        ] {
            let twice = [("host", "a"), (header, "1"), (header, "1")];
            assert_eq!(
                refusal(Version::HTTP_11, &twice),
                Some((name, "it is there twice"))
            );
        }
        assert_eq!(
            refusal(
                Version::HTTP_11,
                &[("host", "a"), ("accept", "x"), ("accept", "y")]
            ),
            None
        );
    }
}
