//! The credentials of a client. Keeps the token out of logs; does not know how it is sent.

use secrecy::SecretString;

/// A token of the identity service, valid in one project.
///
/// It is shown nowhere: not by `Debug`, not in traces, and the header it travels in is marked as
/// sensitive.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(super) token: SecretString,
}

impl Credentials {
    /// Credentials of a token as the identity service issued it.
    pub fn token(token: impl Into<SecretString>) -> Self {
        Self {
            token: token.into(),
        }
    }
}
