//! The embedded identity service: users and fixed tokens from data files, tokens that it issues
//! itself. For a laptop, for CI, and for small installations; the cryptography is in `password` and
//! `signature`.

use std::{hash::Hash, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    Caller, Identity, Signer,
    login::Logins,
    names::{LoginScope, UserName},
    signature::{ReplayCache, SignedRequest},
};
use crate::{
    clock::Clock,
    model::{Error, ProjectId, Result},
    store::{Account, Store, TokenHash, TokenRecord},
};

/// How long callers and projects are cached. Another process may change accounts (`catalog load`),
/// so not for long. moka's own time to live serves here: nothing is done with an expired entry.
const CACHE_TTL: Duration = Duration::from_secs(5);
/// How many of each are cached.
const CACHE_CAPACITY: u64 = 10_000;

/// Users, tokens and projects out of the store.
pub struct Embedded {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    address: String,
    lifetime: Duration,
    callers: Cache<TokenHash, Arc<Caller>>,
    projects: Cache<ProjectId, ()>,
    replays: Arc<ReplayCache>,
    logins: Logins,
    /// Checked where there is no such user, so that the time taken does not tell (timing attack).
    decoy: SecretString,
}

/// A token that was just issued.
pub struct Issued {
    /// The token itself; shown to its user once, and stored nowhere.
    pub token: SecretString,
    /// Whose it is.
    pub caller: Caller,
}

impl Embedded {
    /// `address`: where clients get a token from this service; `lifetime`: how long such a token is
    /// good.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        address: String,
        lifetime: Duration,
    ) -> Self {
        Self {
            store,
            clock,
            address,
            lifetime,
            callers: cache(),
            projects: cache(),
            replays: ReplayCache::new(),
            logins: Logins::new(0, 0),
            decoy: DECOY.into(),
        }
    }

    /// With limits of failed logins a minute, per address, and per user and address; 0 for no
    /// limit.
    pub fn limiting_logins(self, per_address: u32, per_user_and_address: u32) -> Self {
        Self {
            logins: Logins::new(per_address, per_user_and_address),
            ..self
        }
    }

    /// Issues a token to a user who knows the password, for the user's project, where `scope` covers
    /// it. `from`: the caller's address, where it is known.
    ///
    /// # Errors
    /// [`Error::UnknownCredentials`], which does not tell whether it was the name, the domain, the
    /// password or the project; [`Error::TooManyGuesses`] where too many logins failed, [`Error::Throttled`]
    /// and [`Error::Busy`] where too many are under way, of the address and in all.
    pub async fn issue(
        &self,
        user: &UserName,
        password: SecretString,
        from: Option<IpAddr>,
        scope: &LoginScope,
    ) -> Result<Issued> {
        let guess = self.logins.admit(&user.name, from).await?;
        let found = self.find(user).await;
        let found = found.inspect_err(|_| self.logins.not_judged(&guess))?;
        // A disabled user gets the same response, and no sooner, as one that does not exist.
        let account = found.filter(|account| account.enabled);
        let hash = account
            .as_ref()
            .and_then(|account| account.password_hash.clone());
        let known = hash.is_some();
        let matches = self
            .logins
            .matches(&guess, password, hash.unwrap_or_else(|| self.decoy.clone()))
            .await?
            && known;
        let account = account.filter(|_| matches);
        let account = account.ok_or(Error::UnknownCredentials)?;
        // Whatever it was for: who knows the password does not guess.
        self.logins.succeeded(&guess);
        if !scope.covers(&account.project_id, &account.project_name) {
            return Err(Error::UnknownCredentials);
        }
        let token = new_token();
        let (now, end) = (self.clock.now(), self.clock.after(self.lifetime));
        self.store
            .insert_token(
                TokenHash::of(token.expose_secret()),
                account.name.clone(),
                now,
                end,
            )
            .await?;
        let record = TokenRecord {
            account,
            issued_at: now,
            expires_at: Some(end),
            revoked: false,
            enabled: true,
        };
        Ok(Issued {
            token,
            caller: caller(record),
        })
    }

    /// Revokes a token; whether there was one. Fixed tokens are revoked as well, for ever.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn revoke(&self, token: &str) -> Result<bool> {
        let hash = TokenHash::of(token);
        let known = self.store.revoke_token(hash, self.clock.now()).await?;
        self.callers.invalidate(&hash);
        Ok(known)
    }

    /// The account, where there can be one. In another domain there is none: to the caller it is as
    /// any unknown user.
    async fn find(&self, user: &UserName) -> Result<Option<Account>> {
        if !user.may_exist() {
            return Ok(None);
        }
        let found = self.store.find_account(&user.name).await;
        found.map_err(unavailable)
    }

    async fn fetch(&self, hash: TokenHash) -> Result<Arc<Caller>> {
        let record = self
            .store
            .find_token(&hash)
            .await
            .map_err(unavailable)?
            .ok_or(Error::UnknownCredentials)?;
        if !record.is_good() {
            return Err(Error::ExpiredCredentials);
        }
        let caller = Arc::new(caller(record));
        self.callers.insert(hash, Arc::clone(&caller));
        Ok(caller)
    }
}

#[async_trait]
impl Identity for Embedded {
    async fn authenticate(&self, token: &str) -> Result<Arc<Caller>> {
        let hash = TokenHash::of(token);
        let caller = match self.callers.get(&hash) {
            Some(caller) => caller,
            None => self.fetch(hash).await?,
        };
        // Checked at every call: a token expires while it is cached, too.
        match caller.expires_at {
            Some(end) if end <= self.clock.now() => Err(Error::ExpiredCredentials),
            _ => Ok(caller),
        }
    }

    async fn find_signer(&self, request: &SignedRequest) -> Result<Signer> {
        let now = self.clock.now();
        let claim = request.claim(now)?;
        let found = self
            .store
            .find_access_key(claim.access)
            .await
            .map_err(unavailable)?;
        let usable = found.filter(|(key, account)| key.enabled && account.enabled);
        let (key, account) = usable.ok_or(Error::UnknownCredentials)?;
        let caller = caller(TokenRecord {
            account,
            issued_at: now,
            expires_at: None,
            revoked: false,
            enabled: true,
        });
        Ok(Signer {
            access: claim.access.to_owned(),
            secret: key.secret,
            caller,
        })
    }

    fn verify(
        &self,
        signer: Signer,
        request: &SignedRequest,
        body_hash: &str,
    ) -> Result<Arc<Caller>> {
        let claim = request.claim(self.clock.now())?;
        let signature = request.verify(&claim, &signer.secret, body_hash)?;
        // A request that was intercepted could be replayed: that harms where it writes.
        if !request.only_reads() {
            self.replays.admit(&signer.access, &signature)?;
        }
        Ok(Arc::new(signer.caller))
    }

    async fn knows_project(&self, project: &ProjectId) -> Result<bool> {
        if self.projects.contains_key(project) {
            return Ok(true);
        }
        let known = self.store.has_project(project).await.map_err(unavailable)?;
        if known {
            self.projects.insert(project.clone(), ());
        }
        Ok(known)
    }

    fn address(&self) -> &str {
        &self.address
    }
}

fn cache<K, V>() -> Cache<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(CACHE_CAPACITY)
        .time_to_live(CACHE_TTL)
        .build()
}

fn caller(record: TokenRecord) -> Caller {
    let Account {
        name,
        project_id,
        project_name,
        roles,
        ..
    } = record.account;
    Caller {
        user_name: name,
        project_id,
        project_name,
        roles,
        issued_at: record.issued_at,
        expires_at: record.expires_at,
    }
}

/// Without the store only cached callers are let in.
fn unavailable(error: Error) -> Error {
    match error {
        Error::StoreUnavailable(_) | Error::Busy(_) => error,
        other => Error::IdentityUnavailable(Box::new(other)),
    }
}

/// 244 random bits, from the operating system's generator.
#[expect(clippy::disallowed_methods, reason = "the one place that makes tokens")]
fn new_token() -> SecretString {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into()
}

/// The argon2 hash of a password that no user has.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZS1kZWNveS1zYWx0$\
                     qFGVDLkp9nJz6y3nFo5pVqJqkVJ5aJc0HzLJYwM3kS4";

#[cfg(test)]
mod tests {
    #[test]
    fn the_decoy_is_a_hash_that_takes_as_long_to_check_as_any_other() {
        use argon2::{Params, password_hash::phc::PasswordHash};
        let decoy = PasswordHash::new(super::DECOY).expect("a hash in PHC notation");
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        assert_eq!(
            costs(&Params::try_from(&decoy).expect("parameters")),
            costs(&Params::default())
        );
        assert!(decoy.hash.is_some() && decoy.salt.is_some());
    }
}
