//! Request signatures `SDK-HMAC-SHA256`: what the vendor's SDKs send when they have an access key
//! instead of a token. Here they are parsed and verified; `replay` knows which were used before.
//! Whose key it is is decided by the identity service.

mod canonical;
mod replay;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{civil::DateTime, tz::TimeZone};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    hex,
    model::{Error, Result},
    timestamp::Timestamp,
};

pub use self::replay::ReplayCache;

/// How far the time of a signature may lie from the present, either way.
pub const TOLERANCE: Duration = Duration::from_secs(15 * 60);

/// The most headers that a claim covers: no request has more.
const MOST_HEADERS: usize = 100;
const ALGORITHM: &str = "SDK-HMAC-SHA256";
const DATE: &str = "x-sdk-date";
const CONTENT_HASH: &str = "x-sdk-content-sha256";

/// What of a request a signature covers, but for the body.
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
}

/// The parts of an `Authorization` header of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureClaim<'a> {
    /// Names the key.
    pub access: &'a str,
    /// The headers that were signed, in the order in which they were.
    pub signed_headers: Vec<&'a str>,
    signature: Signature,
}

/// A signature, in bytes.
pub type Signature = [u8; 32];

impl SignedRequest {
    /// Whether its method is safe: then a replay does no harm.
    pub fn only_reads(&self) -> bool {
        ["GET", "HEAD"].contains(&self.method.as_str())
    }

    /// A header's value; nothing where it is there twice, for only one of the two would be covered.
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// The values of all headers by their names, in one pass; as [`Self::header`] does, nothing for
    /// one that is there twice.
    fn by_name(&self) -> HashMap<&str, Option<&str>> {
        let mut values = HashMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            values
                .entry(name.as_str())
                .and_modify(|value| *value = None)
                .or_insert(Some(value.as_str()));
        }
        values
    }

    /// What the request claims, as far as that can be judged without its body and the key.
    ///
    /// # Errors
    /// [`Error::UnknownCredentials`] where the header is not of this kind, does not cover the time,
    /// covers a header that is not there, or one twice, or where the time is too far away.
    pub fn claim(&self, now: Timestamp) -> Result<SignatureClaim<'_>> {
        let claim = self
            .header("authorization")
            .and_then(claim)
            .ok_or(Error::UnknownCredentials)?;
        let covers_time = claim.signed_headers.contains(&DATE);
        let values = self.by_name();
        let complete = claim
            .signed_headers
            .iter()
            .all(|name| values.get(name).is_some_and(Option::is_some));
        let timely = self.header(DATE).is_some_and(|date| timely(date, now));
        if covers_time && complete && timely {
            Ok(claim)
        } else {
            Err(Error::UnknownCredentials)
        }
    }

    /// Whether the claim is true: signed with this secret, with a body of this [`body_hash`]. Then
    /// it is the signature.
    ///
    /// # Errors
    /// [`Error::UnknownCredentials`], for whatever reason.
    pub fn verify(
        &self,
        claim: &SignatureClaim<'_>,
        secret: &SecretString,
        body_hash: &str,
    ) -> Result<Signature> {
        let mac = self
            .authenticator(claim, secret, body_hash)
            .ok_or(Error::UnknownCredentials)?;
        // Compares in constant time.
        mac.verify_slice(&claim.signature)
            .map_err(|_| Error::UnknownCredentials)?;
        Ok(claim.signature)
    }

    /// What the signature must be; `None` where the body is not the one that was signed. A client
    /// may send the hash beside the body; then it is the hash that was signed. `UNSIGNED-PAYLOAD`
    /// is no hash: every body that this service accepts is one that the SDKs sign.
    fn authenticator(
        &self,
        claim: &SignatureClaim<'_>,
        secret: &SecretString,
        body_hash: &str,
    ) -> Option<Hmac<Sha256>> {
        let signed_hash = self.header(CONTENT_HASH).unwrap_or(body_hash);
        if !signed_hash.eq_ignore_ascii_case(body_hash) {
            return None;
        }
        let canonical = self.canonical(claim, signed_hash)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
        let date = self.header(DATE)?;
        mac.update(
            format!(
                "{ALGORITHM}\n{date}\n{}",
                hex::encode(&Sha256::digest(canonical))
            )
            .as_bytes(),
        );
        Some(mac)
    }

    /// The request in the one form that both sides hash; `None` where a signed header is missing.
    fn canonical(&self, claim: &SignatureClaim<'_>, body_hash: &str) -> Option<String> {
        let (path, query) = (canonical::path(&self.path), canonical::query(&self.query));
        let mut text = format!("{}\n{path}\n{query}\n", self.method);
        let values = self.by_name();
        for name in &claim.signed_headers {
            let value: &str = values.get(name).copied().flatten()?;
            writeln!(text, "{name}:{}", value.trim()).ok()?;
        }
        write!(text, "\n{}\n{body_hash}", claim.signed_headers.join(";")).ok()?;
        Some(text)
    }
}

fn claim(header: &str) -> Option<SignatureClaim<'_>> {
    let rest = header.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let part = |name: &str| {
        rest.split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let signed_headers = signed_headers(part("SignedHeaders")?)?;
    Some(SignatureClaim {
        access: part("Access")?,
        signed_headers,
        signature: signature(part("Signature")?)?,
    })
}

/// Each at most once, and no more than a request has: each takes as much of the canonical form as
/// its header is long, and that form is made before the signature is judged.
fn signed_headers(names: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = names.split(';').take(MOST_HEADERS + 1).collect();
    let mut seen = HashSet::with_capacity(names.len());
    (names.len() <= MOST_HEADERS && names.iter().all(|name| seen.insert(*name))).then_some(names)
}

/// Whether a time like `20261121T203548Z` is near enough to the present.
fn timely(date: &str, now: Timestamp) -> bool {
    let Ok(time) = DateTime::strptime("%Y%m%dT%H%M%SZ", date) else {
        return false;
    };
    let Ok(time) = time.to_zoned(TimeZone::UTC) else {
        return false;
    };
    now.as_seconds().abs_diff(time.timestamp().as_second()) <= TOLERANCE.as_secs()
}

/// A signature out of its hexadecimal digits.
fn signature(text: &str) -> Option<Signature> {
    let digits = text.bytes().map(|digit| {
        char::from(digit)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    });
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    (digits.len() == 64).then_some(bytes)?.try_into().ok()
}

/// SHA-256 in hexadecimal digits, as signatures want it of bodies.
pub fn body_hash(body: &[u8]) -> String {
    hex::encode(&Sha256::digest(body))
}

#[cfg(test)]
mod tests;
