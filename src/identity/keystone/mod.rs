//! The identity service of a cloud: validates tokens at a Keystone, and caches the outcome. While
//! Keystone is unavailable, cached callers go on, and all others are refused.

mod cache;
mod client;
#[cfg(test)]
mod fake;
mod lanes;
mod service_account;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod transport;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};

pub use self::transport::{Http, Transport, TransportError, Unreachable};
use self::{
    cache::{Cached, TtlCache},
    client::{DeadlineClient, KeystoneClient, KeystoneError, KeystoneReply},
    lanes::Lane,
    service_account::ServiceAccount,
};
use super::{Caller, Identity};
use crate::{
    clock::Clock,
    model::{Error, ProjectId, Result},
    store::TokenHash,
    timestamp::Timestamp,
};

/// How to ask a Keystone.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address, such as `https://keystone.example.com/v3`.
    pub address: String,
    /// The service account. Without one each caller's own token validates itself.
    pub credentials: Option<ServiceCredentials>,
    /// The longest that a caller waits for Keystone.
    pub deadline: Duration,
    /// How long a valid token or project is cached; zero for not at all. A token's own expiry is
    /// checked all the same.
    pub cache_ttl: Duration,
    /// How long a rejected one is (negative cache), so that a flood of garbage does not reach
    /// Keystone.
    pub negative_cache_ttl: Duration,
    /// How many tokens, and how many projects, are cached.
    pub cache_capacity: u64,
    /// Whether projects to share with are looked up. The account needs a role that may look at
    /// projects.
    pub check_projects: bool,
}

/// What the service account logs in with.
#[derive(Clone, Debug)]
pub enum ServiceCredentials {
    /// A user with a password, in a project; domains by name.
    Password {
        /// The user's name.
        user: String,
        /// The user's domain.
        user_domain: String,
        /// The password.
        password: SecretString,
        /// The project's name.
        project: String,
        /// The project's domain.
        project_domain: String,
    },
    /// An application credential.
    ApplicationCredential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
}

/// How much later a caller stops waiting than its call ends: so that it learns how, and so that the
/// next call about the same token begins after it.
const GRACE_PERIOD: Duration = Duration::from_millis(1);

/// A Keystone, with caches before it.
pub struct Keystone {
    client: KeystoneClient,
    account: Option<ServiceAccount>,
    clock: Arc<dyn Clock>,
    /// Where callers are sent for a token.
    address: String,
    settings: Settings,
    tokens: TtlCache<TokenHash, TokenStatus>,
    projects: TtlCache<ProjectId, bool>,
    /// Whether the last call got a response.
    reachable: AtomicBool,
}

/// The outcome of a validation.
#[derive(Clone)]
enum TokenStatus {
    Valid(Arc<Caller>),
    Unknown,
    /// It was valid once.
    Expired,
}

impl TokenStatus {
    /// A token expires while it is cached, too.
    fn at(self, now: Timestamp) -> Result<Arc<Caller>> {
        match self {
            Self::Valid(caller) if caller.expires_at.is_none_or(|end| now < end) => Ok(caller),
            Self::Valid(_) | Self::Expired => Err(Error::ExpiredCredentials),
            Self::Unknown => Err(Error::UnknownCredentials),
        }
    }
}

impl Keystone {
    /// Sends nothing yet. `address`: where callers are sent for a token; that of the settings
    /// where it is empty.
    pub fn new(
        settings: Settings,
        address: &str,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client: KeystoneClient::new(&settings.address, transport, settings.deadline),
            account: settings.credentials.clone().map(ServiceAccount::new),
            clock,
            address: if address.is_empty() {
                settings.address.clone()
            } else {
                address.to_owned()
            },
            tokens: TtlCache::new(settings.cache_capacity),
            projects: TtlCache::new(settings.cache_capacity),
            reachable: AtomicBool::new(true),
            settings,
        }
    }

    /// Validates a token from a network at Keystone; `before`: its status when it was last asked.
    async fn fetch_token(
        &self,
        client: &DeadlineClient<'_>,
        token: &str,
        network: Option<IpAddr>,
        before: Option<TokenStatus>,
    ) -> KeystoneResult<Cached<TokenStatus>> {
        let was_valid = matches!(before, Some(TokenStatus::Valid(_) | TokenStatus::Expired));
        let lane = if was_valid {
            Lane::Known
        } else {
            Lane::Unknown(network)
        };
        let reply = match &self.account {
            Some(account) => {
                let call = |auth: SecretString| async move {
                    client.validate(auth.expose_secret(), token, lane).await
                };
                self.call_as(account, client, call).await?
            }
            // Keystone rejects an invalid token that validates itself.
            None => client.validate(token, token, lane).await?,
        };
        self.reachable.store(true, Ordering::Relaxed);
        Ok(match reply {
            KeystoneReply::Found(caller) => self.cached(
                TokenStatus::Valid(Arc::new(caller)),
                self.settings.cache_ttl,
            ),
            _ if was_valid => self.cached(TokenStatus::Expired, self.settings.negative_cache_ttl),
            _ => self.cached(TokenStatus::Unknown, self.settings.negative_cache_ttl),
        })
    }

    async fn fetch_project(
        &self,
        client: &DeadlineClient<'_>,
        account: &ServiceAccount,
        id: &ProjectId,
    ) -> KeystoneResult<Cached<bool>> {
        let call =
            |auth: SecretString| async move { client.project(auth.expose_secret(), id).await };
        let reply = self.call_as(account, client, call).await?;
        self.reachable.store(true, Ordering::Relaxed);
        Ok(match reply {
            KeystoneReply::Found(true) => self.cached(true, self.settings.cache_ttl),
            _ => self.cached(false, self.settings.negative_cache_ttl),
        })
    }

    /// Calls with the service account's token, and once more with a new one where Keystone rejects
    /// that.
    async fn call_as<T, F>(
        &self,
        account: &ServiceAccount,
        client: &DeadlineClient<'_>,
        call: impl Fn(SecretString) -> F,
    ) -> KeystoneResult<KeystoneReply<T>>
    where
        F: Future<Output = KeystoneResult<KeystoneReply<T>>>,
    {
        let token = account.token(client, self.clock.as_ref()).await?;
        match call(token.clone()).await? {
            KeystoneReply::TokenRejected => {}
            reply => return Ok(reply),
        }
        let token = account.replace(&token, client, self.clock.as_ref()).await?;
        match call(token).await? {
            KeystoneReply::TokenRejected => Err(KeystoneError::ServiceTokenRejected),
            reply => Ok(reply),
        }
    }

    fn cached<T>(&self, value: T, ttl: Duration) -> Cached<T> {
        Cached {
            value,
            expires_at: self.clock.after(ttl),
        }
    }

    /// The outcome of a call by its deadline. On an error the caller is refused.
    async fn by_deadline<T>(
        &self,
        deadline: Instant,
        call: impl Future<Output = KeystoneResult<T>>,
    ) -> Result<T> {
        let late = Err(KeystoneError::DeadlineExceeded(self.settings.deadline));
        match timeout_at(deadline + GRACE_PERIOD, call)
            .await
            .unwrap_or(late)
        {
            Err(KeystoneError::NetworkLimit) => Err(Error::Throttled),
            Err(KeystoneError::QueueFull) => Err(Error::Busy("calls to Keystone")),
            outcome => outcome.map_err(|error| {
                self.reachable.store(false, Ordering::Relaxed);
                Error::IdentityUnavailable(Box::new(error))
            }),
        }
    }
}

/// Whether a token has a format of some Keystone: Fernet, JWS, UUID, PKI. No other needs a call.
fn is_token(token: &str) -> bool {
    token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

type KeystoneResult<T> = std::result::Result<T, KeystoneError>;

#[async_trait]
impl Identity for Keystone {
    async fn authenticate(&self, token: &str) -> Result<Arc<Caller>> {
        self.authenticate_from(token, None).await
    }

    async fn authenticate_from(&self, token: &str, network: Option<IpAddr>) -> Result<Arc<Caller>> {
        if !is_token(token) {
            return Err(Error::UnknownCredentials);
        }
        let deadline = Instant::now() + self.settings.deadline;
        let client = self.client.until(deadline);
        let hash = TokenHash::of(token);
        let fetch = |before| self.fetch_token(&client, token, network, before);
        let status = self.tokens.get_or_fetch(&hash, self.clock.now(), fetch);
        let status = self.by_deadline(deadline, status).await?;
        status.at(self.clock.now())
    }

    async fn asks_about(&self, token: &str) -> bool {
        is_token(token)
            && match self.tokens.get(&TokenHash::of(token)).await {
                None => true,
                Some(cached) => match cached.value {
                    // Validated again in the lane of known callers: a flood from their address is
                    // not theirs.
                    TokenStatus::Valid(_) | TokenStatus::Expired => false,
                    TokenStatus::Unknown => cached.expires_at <= self.clock.now(),
                },
            }
    }

    async fn knows_project(&self, project: &ProjectId) -> Result<bool> {
        match &self.account {
            Some(account) if self.settings.check_projects => {
                let deadline = Instant::now() + self.settings.deadline;
                let client = self.client.until(deadline);
                let fetch = |_| self.fetch_project(&client, account, project);
                let known = self.projects.get_or_fetch(project, self.clock.now(), fetch);
                self.by_deadline(deadline, known).await
            }
            _ => Ok(true),
        }
    }

    fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    fn address(&self) -> &str {
        &self.address
    }
}
