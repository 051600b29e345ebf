//! Who is calling: the interface that an identity service has to fill. What a caller may do is not
//! decided here.

pub mod embedded;
mod guesses;
mod in_flight;
pub mod keystone;
mod login;
mod names;
mod password;
mod permits;
pub mod signature;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    model::{Error, ProjectId, Result},
    timestamp::Timestamp,
};

use self::signature::SignedRequest;
pub use self::{
    embedded::{Embedded, Issued},
    keystone::Keystone,
    names::{DOMAIN_ID, DOMAIN_NAME, DomainName, LoginScope, ProjectName, UserName},
    password::hash as hash_password,
    password::matches as password_matches,
};

/// The longest token that is validated, in bytes: a PKI token of the vendor has about 9,120.
pub const TOKEN_LIMIT: usize = 16 * 1024;

/// An authenticated caller, for one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user_name: String,
    /// The project that the token is for.
    pub project_id: ProjectId,
    /// The project's name.
    pub project_name: String,
    /// The user's roles in it.
    pub roles: Vec<String>,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// When the token expires; `None` for fixed ones.
    pub expires_at: Option<Timestamp>,
}

/// The owner of the access key that a request names; the signature is not verified yet.
pub struct Signer {
    /// Names the key.
    access: String,
    secret: SecretString,
    caller: Caller,
}

/// An identity service.
#[async_trait]
pub trait Identity: Send + Sync + 'static {
    /// Who has this token.
    ///
    /// # Errors
    /// [`UnknownCredentials`](crate::model::Error::UnknownCredentials),
    /// [`ExpiredCredentials`](crate::model::Error::ExpiredCredentials) where the token is known to
    /// have been valid, and [`IdentityUnavailable`](crate::model::Error::IdentityUnavailable) where
    /// it could not be validated: then it is refused.
    async fn authenticate(&self, token: &str) -> Result<Arc<Caller>>;

    /// The same for a caller of this network: an IPv4 address, or 64 bits of an IPv6 one. A service
    /// that calls another one does so for a few new tokens of a network at a time.
    ///
    /// # Errors
    /// Those of [`Identity::authenticate`], and [`Throttled`](crate::model::Error::Throttled)
    /// beyond that.
    async fn authenticate_from(
        &self,
        token: &str,
        _network: Option<IpAddr>,
    ) -> Result<Arc<Caller>> {
        self.authenticate(token).await
    }

    /// Whether [`Identity::authenticate`] would have to call another service about this token, of
    /// which it does not know that it was ever valid.
    async fn asks_about(&self, _token: &str) -> bool {
        false
    }

    /// Whose key a request says it is signed with. Called before its body is read, which
    /// [`Identity::verify`] needs. A service without access keys refuses every one.
    ///
    /// # Errors
    /// Those of [`Identity::authenticate`].
    async fn find_signer(&self, _request: &SignedRequest) -> Result<Signer> {
        Err(Error::UnknownCredentials)
    }

    /// Who signed this request, with a body of this hash.
    ///
    /// # Errors
    /// [`UnknownCredentials`](crate::model::Error::UnknownCredentials) where it was not this
    /// signer, or not this request; [`SignatureUsed`](crate::model::Error::SignatureUsed) and
    /// [`Throttled`](crate::model::Error::Throttled) of a write.
    fn verify(
        &self,
        _signer: Signer,
        _request: &SignedRequest,
        _body_hash: &str,
    ) -> Result<Arc<Caller>> {
        Err(Error::UnknownCredentials)
    }

    /// Whether a project exists. A service that cannot tell says yes.
    ///
    /// # Errors
    /// [`IdentityUnavailable`](crate::model::Error::IdentityUnavailable).
    async fn knows_project(&self, project: &ProjectId) -> Result<bool>;

    /// Whether the service behind it responded to the last call. The embedded one always does.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Where to get a token: the address for `WWW-Authenticate`.
    fn address(&self) -> &str;
}
