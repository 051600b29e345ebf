//! Passwords: argon2id hashes in PHC notation, made and checked. Slow on purpose: never call this on a thread that
//! serves requests.

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};

use crate::model::{Error, Result};

/// Hashes a password with a fresh salt.
///
/// # Errors
/// [`Error::Store`] where the operating system has no randomness to give.
pub fn hash(password: &SecretString) -> Result<SecretString> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string().into()).map_err(|error| Error::store(error.to_string()))
}

/// Whether the password is the one that was hashed. A hash that cannot be read matches nothing.
pub fn matches(password: &SecretString, hash: &SecretString) -> bool {
    PasswordHash::new(hash.expose_secret())
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{hash, matches};

    #[test]
    fn only_the_password_that_was_hashed_matches() {
        let hashed = hash(&"secret".into()).expect("a hash");
        assert!(matches(&"secret".into(), &hashed));
        assert!(!matches(&"Secret".into(), &hashed));
        assert!(!matches(&"secret".into(), &"no hash at all".into()));
    }

    #[test]
    fn the_same_password_is_hashed_with_another_salt() {
        use secrecy::ExposeSecret;
        let hashes = [(); 2].map(|()| hash(&"secret".into()).expect("a hash"));
        assert_ne!(hashes[0].expose_secret(), hashes[1].expose_secret());
    }
}
