//! Passwords: argon2id hashes in PHC notation, made and checked. Slow on purpose: never call this
//! on a thread that serves requests.

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHasher, Version,
    password_hash::phc::{Output, PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};

use crate::model::{Error, Result};

/// The largest memory that a stored hash may ask for, in KiB, and how many times it may be gone
/// over.
const MEMORY_LIMIT: u32 = 64 * 1024;
const PASSES_LIMIT: u32 = 16;

/// What a password is hashed in: 19 MiB by default. Reused, because what is allocated for each login
/// stays with the allocator.
#[derive(Default)]
pub(super) struct Argon2Memory(Vec<Block>);

/// Hashes a password with a fresh salt.
///
/// # Errors
/// [`Error::Store`] where the operating system has no randomness to give.
pub fn hash(password: &SecretString) -> Result<SecretString> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash| hash.to_string().into())
        .map_err(|error| Error::store(error.to_string()))
}

/// Whether the password is the one that was hashed. A hash that cannot be read, or costs more than
/// the limits allow, matches nothing.
pub fn matches(password: &SecretString, hash: &SecretString) -> bool {
    matches_in(&mut Argon2Memory::default(), password, hash)
}

/// The same, in memory that is there already.
pub(super) fn matches_in(
    memory: &mut Argon2Memory,
    password: &SecretString,
    hash: &SecretString,
) -> bool {
    let hash = PasswordHash::new(hash.expose_secret()).ok();
    hash.and_then(|hash| verify(memory, password.expose_secret().as_bytes(), &hash))
        .unwrap_or(false)
}

fn verify(memory: &mut Argon2Memory, password: &[u8], hash: &PasswordHash) -> Option<bool> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash
        .version
        .map_or(Ok(Version::default()), Version::try_from)
        .ok()?;
    let params = Params::try_from(hash).ok().filter(is_affordable)?;
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let mut buffer = [0; Output::MAX_LENGTH];
    let output = buffer.get_mut(..expected.len())?;
    memory.grow(params.block_count());
    let argon2 = Argon2::new(algorithm, version, params);
    argon2
        .hash_password_into_with_memory(password, salt, output, memory.0.as_mut_slice())
        .ok()?;
    // Compares in constant time.
    Some(Output::new(output).ok()? == *expected)
}

/// The default parameters are far below; what is stored may have been written by another program.
fn is_affordable(params: &Params) -> bool {
    params.m_cost() <= MEMORY_LIMIT && params.t_cost() <= PASSES_LIMIT
}

impl Argon2Memory {
    fn grow(&mut self, blocks: usize) {
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    use secrecy::SecretString;

    use super::{Argon2Memory, hash, matches, matches_in};

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

    #[test]
    fn memory_is_used_again_for_hashes_of_any_parameters() {
        let mut memory = Argon2Memory::default();
        for (kib, passes, lanes, length) in [
            (64, 3, 1, 32),
            (19_456, 2, 1, 32),
            (1024, 1, 4, 16),
            (32, 2, 2, 64),
        ] {
            for (algorithm, version) in [
                (Algorithm::Argon2id, Version::V0x13),
                (Algorithm::Argon2i, Version::V0x10),
            ] {
                let params = Params::new(kib, passes, lanes, Some(length)).expect("parameters");
                let hashed = Argon2::new(algorithm, version, params)
                    .hash_password(b"secret")
                    .expect("a hash");
                let hashed: SecretString = hashed.to_string().into();
                assert!(
                    matches_in(&mut memory, &"secret".into(), &hashed),
                    "{kib} KiB"
                );
                assert!(
                    !matches_in(&mut memory, &"Secret".into(), &hashed),
                    "{kib} KiB"
                );
            }
        }
    }

    #[test]
    fn a_hash_that_costs_more_than_the_limits_allow_matches_nothing_and_takes_no_memory() {
        let mut memory = Argon2Memory::default();
        for costs in [
            "m=4294967295,t=1,p=1",
            "m=65537,t=2,p=1",
            "m=64,t=4294967295,p=1",
        ] {
            let hash = format!(
                "$argon2id$v=19${costs}$c29tZS1kZWNveS1zYWx0$qFGVDLkp9nJz6y3nFo5pVqJqkVJ5aJc0HzLJYwM3kS4"
            );
            assert!(
                !matches_in(&mut memory, &"secret".into(), &hash.into()),
                "{costs}"
            );
        }
        assert!(memory.0.is_empty());
    }
}
