//! Signs requests as the vendor's SDKs do, by arithmetic that shares nothing with the server's.
//! Paths and headers are taken to be in canonical form already.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A request that is to be signed.
pub struct Unsigned<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub path: &'a str,
    /// Its query.
    pub query: &'a str,
    /// Those that are signed, names in small letters, in order.
    pub headers: &'a [(&'a str, &'a str)],
    /// `20200205T103834Z`.
    pub date: &'a str,
    /// Its body.
    pub body: &'a str,
}

impl Unsigned<'_> {
    /// The value of `Authorization`.
    pub fn authorization(&self, access: &str, secret: &str) -> String {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("{}\n{}/\n{}\n", self.method, self.path, self.query);
        for (name, value) in self.headers {
            writeln!(canonical, "{name}:{value}").expect("written");
        }
        write!(canonical, "\n{names}\n{}", hex(&Sha256::digest(self.body))).expect("written");
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        let hashed = hex(&Sha256::digest(canonical));
        mac.update(format!("SDK-HMAC-SHA256\n{}\n{hashed}", self.date).as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders={names}, Signature={signature}")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
