//! What a store holds beside shares: the accounts of the embedded identity, and catalogs on their
//! way in.

use std::{fmt, ops::AddAssign};

use secrecy::SecretString;
use sha2::{Digest, Sha256};

use crate::{
    hex,
    model::{BackupRecord, Member, ProjectId, VaultRecord},
    timestamp::Timestamp,
};

/// SHA-256 of a token: tokens themselves are never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// A hash as it was stored.
    pub fn from_bytes(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The hash itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash in hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    /// A hash out of 64 hexadecimal digits.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A project that the embedded identity knows.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// For people.
    pub name: String,
}

/// A user of the embedded identity, with its one project.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name to log in with.
    pub name: String,
    /// The password, hashed with argon2 in PHC notation; `None` where there is none to log in with.
    pub password_hash: Option<SecretString>,
    /// The project that tokens of this user are for.
    pub project_id: ProjectId,
    /// That project's name.
    pub project_name: String,
    /// The roles of the user in that project.
    pub roles: Vec<String>,
    /// Whether the user may log in, and use its tokens and keys.
    pub enabled: bool,
}

/// A key to sign requests with.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Names the key.
    pub access: String,
    /// Signs with it. Stored as it is: a signature cannot be checked against a hash.
    pub secret: SecretString,
    /// Whose key it is.
    pub user_name: String,
    /// Whether it may be used.
    pub enabled: bool,
}

/// A token that a data file gives to a user.
#[derive(Clone, Debug)]
pub struct FixedToken {
    /// What is known of the token itself.
    pub hash: TokenHash,
    /// Whose it is.
    pub user_name: String,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// Whether it may be used.
    pub enabled: bool,
}

/// A token, whatever has become of it, and whose it is.
#[derive(Clone, Debug)]
pub struct TokenRecord {
    /// Whose it is.
    pub account: Account,
    /// When it was issued, or loaded.
    pub issued_at: Timestamp,
    /// When it ends; `None` for fixed tokens.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether it may be used, as far as its data file says.
    pub enabled: bool,
}

impl TokenRecord {
    /// Whether the token is still good, its time aside.
    pub fn is_good(&self) -> bool {
        !self.revoked && self.enabled && self.account.enabled
    }
}

/// What a data file holds, checked and ready to be taken over.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Projects.
    pub projects: Vec<Project>,
    /// Users.
    pub accounts: Vec<Account>,
    /// Fixed tokens. One that is there already stays its user's, and revoked where it was.
    pub tokens: Vec<FixedToken>,
    /// Access keys.
    pub access_keys: Vec<AccessKey>,
    /// Vaults; `used` without what accepted shares take.
    pub vaults: Vec<VaultRecord>,
    /// Backups.
    pub backups: Vec<BackupRecord>,
    /// Shares that exist from the start. One that is there already stays as it is.
    pub members: Vec<Member>,
}

/// What a catalog brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Records that were not there before.
    pub added: usize,
    /// Records that were there and differ now.
    pub changed: usize,
    /// Records that were there and are the same.
    pub unchanged: usize,
}

impl AddAssign for Loaded {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
    }
}
