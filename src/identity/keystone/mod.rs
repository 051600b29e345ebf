//! The identity service of a cloud: asks a Keystone whose a token is, and remembers the answer for
//! a while. While Keystone cannot be asked, callers that are remembered go on, and nobody else is
//! let in.

#[cfg(test)]
mod fake;
mod lanes;
mod memory;
mod questions;
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
    lanes::Lane,
    memory::{Believed, Memory},
    questions::{Asking, Fault, Questions, Reply},
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
    /// Who asks. Without an account each caller's own token asks about itself.
    pub account: Option<Account>,
    /// The longest that a caller waits for an answer.
    pub deadline: Duration,
    /// How long a good answer is believed; zero for not at all. A token's own end is looked at all
    /// the same.
    pub believed: Duration,
    /// How long a refusal is believed, so that a flood of garbage does not reach Keystone.
    pub refusals_believed: Duration,
    /// How many answers are remembered.
    pub remembered: u64,
    /// Whether projects to share with are looked up. The account needs a role that may look at
    /// projects.
    pub check_projects: bool,
}

/// The account of this service.
#[derive(Clone, Debug)]
pub enum Account {
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

/// How much later a caller stops waiting than its question ends: so that it hears how, and so that
/// another question about the same begins after it.
const GRACE: Duration = Duration::from_millis(1);

/// A Keystone, and what it has said.
pub struct Keystone {
    questions: Questions,
    account: Option<ServiceAccount>,
    clock: Arc<dyn Clock>,
    /// Where callers are told to get a token.
    address: String,
    settings: Settings,
    tokens: Memory<TokenHash, Verdict>,
    projects: Memory<ProjectId, bool>,
    /// Whether the last question was answered.
    reachable: AtomicBool,
}

/// What became of a token.
#[derive(Clone)]
enum Verdict {
    Good(Arc<Caller>),
    Unknown,
    /// It was good once.
    Ended,
}

impl Verdict {
    /// A token ends while it is remembered, too.
    fn at(self, now: Timestamp) -> Result<Arc<Caller>> {
        match self {
            Self::Good(caller) if caller.expires_at.is_none_or(|end| now < end) => Ok(caller),
            Self::Good(_) | Self::Ended => Err(Error::ExpiredCredentials),
            Self::Unknown => Err(Error::UnknownCredentials),
        }
    }
}

impl Keystone {
    /// Sends nothing yet. `address`: where callers are told to get a token; that of the settings
    /// where it is empty.
    pub fn new(
        settings: Settings,
        address: &str,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            questions: Questions::new(&settings.address, transport, settings.deadline),
            account: settings.account.clone().map(ServiceAccount::new),
            clock,
            address: if address.is_empty() {
                settings.address.clone()
            } else {
                address.to_owned()
            },
            tokens: Memory::new(settings.remembered),
            projects: Memory::new(settings.remembered),
            reachable: AtomicBool::new(true),
            settings,
        }
    }

    /// What has become of a token from a network, in the light of what it was `before`.
    async fn look_up(
        &self,
        asking: &Asking<'_>,
        token: &str,
        network: Option<IpAddr>,
        before: Option<Verdict>,
    ) -> Answered<Believed<Verdict>> {
        let was_good = matches!(before, Some(Verdict::Good(_) | Verdict::Ended));
        let lane = if was_good {
            Lane::Known
        } else {
            Lane::Unknown(network)
        };
        let reply = match &self.account {
            Some(account) => {
                let ask = |own: SecretString| async move {
                    asking.validate(own.expose_secret(), token, lane).await
                };
                self.asking_as(account, asking, ask).await?
            }
            // A bad token that asks about itself is one that Keystone does not take.
            None => asking.validate(token, token, lane).await?,
        };
        self.reachable.store(true, Ordering::Relaxed);
        Ok(match reply {
            Reply::Found(caller) => {
                self.believed(Verdict::Good(Arc::new(caller)), self.settings.believed)
            }
            _ if was_good => self.believed(Verdict::Ended, self.settings.refusals_believed),
            _ => self.believed(Verdict::Unknown, self.settings.refusals_believed),
        })
    }

    async fn look_up_project(
        &self,
        asking: &Asking<'_>,
        account: &ServiceAccount,
        id: &ProjectId,
    ) -> Answered<Believed<bool>> {
        let ask = |own: SecretString| async move { asking.project(own.expose_secret(), id).await };
        let reply = self.asking_as(account, asking, ask).await?;
        self.reachable.store(true, Ordering::Relaxed);
        Ok(match reply {
            Reply::Found(true) => self.believed(true, self.settings.believed),
            _ => self.believed(false, self.settings.refusals_believed),
        })
    }

    /// Asks with our own token, and once more with a new one where Keystone does not take that.
    async fn asking_as<T, F>(
        &self,
        account: &ServiceAccount,
        asking: &Asking<'_>,
        ask: impl Fn(SecretString) -> F,
    ) -> Answered<Reply<T>>
    where
        F: Future<Output = Answered<Reply<T>>>,
    {
        let own = account.token(asking, self.clock.as_ref()).await?;
        match ask(own.clone()).await? {
            Reply::TokenRefused => {}
            reply => return Ok(reply),
        }
        let new = account.replaced(&own, asking, self.clock.as_ref()).await?;
        match ask(new).await? {
            Reply::TokenRefused => Err(Fault::OwnTokenRefused),
            reply => Ok(reply),
        }
    }

    fn believed<T>(&self, said: T, time: Duration) -> Believed<T> {
        Believed {
            said,
            until: self.clock.after(time),
        }
    }

    /// The answer in time, or that there is none. Nobody is let in on a fault.
    async fn in_time<T>(
        &self,
        by: Instant,
        answer: impl Future<Output = Answered<T>>,
    ) -> Result<T> {
        let late = Err(Fault::Late(self.settings.deadline));
        match timeout_at(by + GRACE, answer).await.unwrap_or(late) {
            Err(Fault::ShareSpent) => Err(Error::Throttled),
            Err(Fault::Crowded) => Err(Error::Busy("questions to Keystone")),
            answered => answered.map_err(|fault| {
                self.reachable.store(false, Ordering::Relaxed);
                Error::IdentityUnavailable(Box::new(fault))
            }),
        }
    }
}

/// Whether a token is written as some Keystone writes its own: Fernet, JWS, UUID, PKI. No other
/// needs to be asked about.
fn is_token(token: &str) -> bool {
    token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// What Keystone said, or why it said nothing that helps.
type Answered<T> = std::result::Result<T, Fault>;

#[async_trait]
impl Identity for Keystone {
    async fn authenticate(&self, token: &str) -> Result<Arc<Caller>> {
        self.authenticate_from(token, None).await
    }

    async fn authenticate_from(&self, token: &str, network: Option<IpAddr>) -> Result<Arc<Caller>> {
        if !is_token(token) {
            return Err(Error::UnknownCredentials);
        }
        let by = Instant::now() + self.settings.deadline;
        let asking = self.questions.by(by);
        let hash = TokenHash::of(token);
        let ask = |before| self.look_up(&asking, token, network, before);
        let verdict = self.tokens.recall(&hash, self.clock.now(), ask);
        self.in_time(by, verdict).await?.at(self.clock.now())
    }

    async fn asks_about(&self, token: &str) -> bool {
        is_token(token)
            && match self.tokens.last(&TokenHash::of(token)).await {
                // Asked about again in the lane of those who are known: a flood from their address
                // is not theirs.
                Some(Believed {
                    said: Verdict::Good(_) | Verdict::Ended,
                    ..
                }) => false,
                Some(Believed {
                    said: Verdict::Unknown,
                    until,
                }) => until <= self.clock.now(),
                None => true,
            }
    }

    async fn knows_project(&self, project: &ProjectId) -> Result<bool> {
        match &self.account {
            Some(account) if self.settings.check_projects => {
                let by = Instant::now() + self.settings.deadline;
                let asking = self.questions.by(by);
                let now = self.clock.now();
                let known = self.projects.recall(project, now, |_| {
                    self.look_up_project(&asking, account, project)
                });
                self.in_time(by, known).await
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
