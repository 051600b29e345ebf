//! Request signatures `SDK-HMAC-SHA256`: what the vendor's SDKs send when they have an access key instead of a token.
//! Only the arithmetic, as functions of a request; whose key it is, and whether the signature was seen before, is
//! decided by the identity service.

use std::{borrow::Cow, fmt::Write, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{civil::DateTime, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    model::{Error, Result},
    timestamp::Timestamp,
};

/// How far the time of a signature may lie from the present, either way.
pub const TOLERANCE: Duration = Duration::from_secs(15 * 60);

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const DATE: &str = "x-sdk-date";
const CONTENT_HASH: &str = "x-sdk-content-sha256";
/// Percent-encoded in paths and queries: everything but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What of a request a signature covers.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    /// `POST`.
    pub method: String,
    /// As it came, still percent-encoded.
    pub path: String,
    /// As it came, without the `?`.
    pub query: String,
    /// Every header, with its name in small letters; `authorization` among them.
    pub headers: Vec<(String, String)>,
    /// SHA-256 of the body, in hexadecimal digits.
    pub body_hash: String,
}

/// The parts of an `Authorization` header of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Names the key.
    pub access: &'a str,
    /// The headers that were signed, in the order in which they were.
    pub signed_headers: Vec<&'a str>,
    /// In hexadecimal digits.
    pub signature: &'a str,
}

impl SignedRequest {
    /// A header's value.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What the request claims.
    ///
    /// # Errors
    /// [`Error::UnknownCredentials`] where the header is not of this kind, or leaves out what a signature must cover: the
    /// host, and the time.
    pub fn claim(&self) -> Result<Claim<'_>> {
        let claim = self.header("authorization").and_then(claim).ok_or(Error::UnknownCredentials)?;
        let covers = ["host", DATE].iter().all(|name| claim.signed_headers.contains(name));
        if covers { Ok(claim) } else { Err(Error::UnknownCredentials) }
    }

    /// Whether the claim is true: signed with this secret, at about this time, with this very body.
    ///
    /// # Errors
    /// [`Error::UnknownCredentials`], for whatever reason.
    pub fn verify(&self, claim: &Claim<'_>, secret: &SecretString, now: Timestamp) -> Result<()> {
        let date = self.header(DATE).ok_or(Error::UnknownCredentials)?;
        let given = hex_bytes(claim.signature).ok_or(Error::UnknownCredentials)?;
        if !timely(date, now) || !self.body_is_what_was_signed() {
            return Err(Error::UnknownCredentials);
        }
        let canonical = self.canonical(claim).ok_or(Error::UnknownCredentials)?;
        let to_sign = format!("{ALGORITHM}\n{date}\n{}", hex(&Sha256::digest(canonical)));
        let key = secret.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::UnknownCredentials)?;
        mac.update(to_sign.as_bytes());
        // Compares in constant time.
        mac.verify_slice(&given).map_err(|_| Error::UnknownCredentials)
    }

    /// A client may send the hash beside the body; then it is the hash that was signed. `UNSIGNED-PAYLOAD` is no hash:
    /// every body that this service takes is one that the SDKs sign.
    fn body_is_what_was_signed(&self) -> bool {
        self.header(CONTENT_HASH).is_none_or(|hash| hash.eq_ignore_ascii_case(&self.body_hash))
    }

    /// The request in the one form that both sides hash; `None` where a signed header is missing.
    fn canonical(&self, claim: &Claim<'_>) -> Option<String> {
        let mut text = format!("{}\n{}\n{}\n", self.method, canonical_path(&self.path), canonical_query(&self.query));
        for name in &claim.signed_headers {
            writeln!(text, "{name}:{}", self.header(name)?.trim()).ok()?;
        }
        let body_hash = self.header(CONTENT_HASH).unwrap_or(&self.body_hash);
        write!(text, "\n{}\n{body_hash}", claim.signed_headers.join(";")).ok()?;
        Some(text)
    }
}

fn claim(header: &str) -> Option<Claim<'_>> {
    let rest = header.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let part = |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let signed_headers = part("SignedHeaders")?.split(';').collect();
    Some(Claim { access: part("Access")?, signed_headers, signature: part("Signature")? })
}

/// Whether a time like `20261121T203548Z` is near enough to the present.
fn timely(date: &str, now: Timestamp) -> bool {
    let Ok(time) = DateTime::strptime("%Y%m%dT%H%M%SZ", date) else { return false };
    let Ok(time) = time.to_zoned(TimeZone::UTC) else { return false };
    now.as_seconds().abs_diff(time.timestamp().as_second()) <= TOLERANCE.as_secs()
}

/// Every segment decoded and encoded again, with a slash at the end.
fn canonical_path(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let mut path = decoded.split('/').map(encoded).collect::<Vec<_>>().join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// Every pair decoded and encoded again, in order.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| {
            (percent_decode_str(key).decode_utf8_lossy(), percent_decode_str(value).decode_utf8_lossy())
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let sound = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    if sound { (0..text.len()).step_by(2).map(byte).collect() } else { None }
}

/// SHA-256 in hexadecimal digits, as signatures want it of bodies.
pub fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use super::{SignedRequest, body_hash};
    use crate::timestamp::Timestamp;

    const MEMBERS: &str = "/v3/0605767b5780d5762fc5c0118072a564/backups/a5200268-74a5-4806-acc6-95793ab0228b/members";

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    fn request(method: &str, path: &str, query: &str, media: &str, body: &str, signature: &str) -> SignedRequest {
        let signed = "content-type;host;user-agent;x-project-id;x-sdk-date";
        let authorization =
            format!("SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders={signed}, Signature={signature}");
        let headers = [
            ("content-type", media),
            ("host", "127.0.0.1:8799"),
            ("user-agent", "huaweicloud-usdk-python/3.0"),
            ("x-project-id", "0605767b5780d5762fc5c0118072a564"),
            ("x-sdk-date", "20200205T103834Z"),
            ("authorization", &authorization),
        ];
        SignedRequest {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body_hash: body_hash(body.as_bytes()),
        }
    }

    /// Made with the vendor's official SDK for Python.
    fn vectors() -> [SignedRequest; 4] {
        let (json, plain) = ("application/json;charset=UTF-8", "application/json");
        let update = r#"{"status":"accepted","vault_id":"4b27c05b-8ad7-48c6-a886-526666c035f0"}"#;
        let query = "limit=2&marker=a%20b~c%2F%C3%BC&sort=created_at%3Adesc";
        [
            request(
                "POST",
                MEMBERS,
                "",
                json,
                r#"{"members":["p01"]}"#,
                "e7b28f2052fed842456e885173246a8cb4773e26e7b9a3e517b9d68a6875bfeb",
            ),
            request(
                "GET",
                MEMBERS,
                query,
                plain,
                "",
                "e3b171db7a83d3b24d106f730fe1aa011fb1ec88f846a5495afb06688eeb11d7",
            ),
            request(
                "DELETE",
                &format!("{MEMBERS}/p%2001"),
                "",
                plain,
                "",
                "8239ce025dad5910edf5cd8b3665bdbc7073c10eb02cbe981ae8fc2ccf65f22a",
            ),
            request(
                "PUT",
                &format!("{MEMBERS}/p01"),
                "",
                json,
                update,
                "edbe90031f85c9a3f128b9563401879a91385b1d130e8658ea8391c12c690151",
            ),
        ]
    }

    fn verifies(request: &SignedRequest, now: &str) -> bool {
        request.claim().is_ok_and(|claim| request.verify(&claim, &"example-secret".to_owned().into(), at(now)).is_ok())
    }

    const NOW: &str = "2020-02-05T10:38:40.000000";

    #[test]
    fn what_the_vendors_sdk_signed_verifies() {
        for request in vectors() {
            assert!(verifies(&request, NOW), "{request:?}");
        }
    }

    #[test]
    fn a_byte_changed_anywhere_does_not_verify() {
        let changed = |text: &mut String, at: usize| {
            let byte = text.as_bytes()[at];
            let other = if byte == b'1' { '2' } else { '1' };
            text.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
        };
        let post = &vectors()[0];
        let mut places = 0;
        let mut refused = |request: SignedRequest| {
            places += 1;
            assert!(!verifies(&request, NOW), "{request:?}");
        };
        for at in 0..post.method.len() {
            let mut request = post.clone();
            changed(&mut request.method, at);
            refused(request);
        }
        for at in 0..post.path.len() {
            let mut request = post.clone();
            changed(&mut request.path, at);
            refused(request);
        }
        for at in 0..post.body_hash.len() {
            let mut request = post.clone();
            changed(&mut request.body_hash, at);
            refused(request);
        }
        for (header, (name, value)) in post.headers.iter().enumerate() {
            // The name of the key is not signed: that it is another key is found where keys are looked up.
            let start = if name == "authorization" { value.find("SignedHeaders").expect("in it") } else { 0 };
            for at in start..value.len() {
                let mut request = post.clone();
                changed(&mut request.headers[header].1, at);
                refused(request);
            }
        }
        assert!(places > 300, "{places}");
    }

    #[test]
    fn a_signature_is_good_for_fifteen_minutes_either_way() {
        let request = &vectors()[1];
        for (now, good) in [
            ("2020-02-05T10:53:34.999999", true),
            ("2020-02-05T10:53:35.000000", false),
            ("2020-02-05T10:23:34.000000", true),
            ("2020-02-05T10:23:33.999999", false),
        ] {
            assert_eq!(verifies(request, now), good, "{now}");
        }
    }

    #[test]
    fn a_claim_must_cover_host_and_time() {
        let mut request = vectors()[0].clone();
        for header in [
            "",
            "Bearer x",
            "SDK-HMAC-SHA256",
            "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=0",
            "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=0",
            "SDK-HMAC-SHA256 Access=a, Signature=0",
        ] {
            request.headers[5].1 = header.into();
            assert!(request.claim().is_err(), "{header}");
        }
    }

    #[test]
    fn a_body_that_is_not_signed_is_refused() {
        let mut request = vectors()[0].clone();
        request.headers.push(("x-sdk-content-sha256".into(), "UNSIGNED-PAYLOAD".into()));
        assert!(!verifies(&request, NOW));
    }
}
