//! The service account's token: issued when first needed, renewed ahead of its expiry, and when
//! Keystone rejects it. Single-flight: one log-in at a time, however many requests wait for it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{
    ServiceCredentials,
    client::{DeadlineClient, KeystoneError, ServiceToken},
};
use crate::{clock::Clock, timestamp::Timestamp};

/// How long before its expiry a token is renewed.
const RENEW_BEFORE_EXPIRY: Duration = Duration::from_secs(120);
/// The backoff after rejected credentials: a Keystone may lock an account that fails too often.
const BACKOFF: Duration = Duration::from_secs(5);

/// An account, and its present token.
pub(super) struct ServiceAccount {
    credentials: ServiceCredentials,
    current: Mutex<CurrentToken>,
}

#[derive(Default)]
struct CurrentToken {
    token: Option<ServiceToken>,
    /// When the credentials may be tried again.
    retry_after: Option<Timestamp>,
}

impl ServiceAccount {
    pub(super) fn new(credentials: ServiceCredentials) -> Self {
        Self {
            credentials,
            current: Mutex::default(),
        }
    }

    /// A valid token. One that expires soon is renewed, where Keystone can be reached.
    pub(super) async fn token(
        &self,
        keystone: &DeadlineClient<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, KeystoneError> {
        let mut current = self.current.lock().await;
        match &current.token {
            Some(ServiceToken { token, expires_at })
                if *expires_at > clock.after(RENEW_BEFORE_EXPIRY) =>
            {
                Ok(token.clone())
            }
            Some(ServiceToken { token, expires_at }) if *expires_at > clock.now() => {
                let token = token.clone();
                let renewed = current.renew(&self.credentials, keystone, clock).await;
                Ok(renewed.unwrap_or(token))
            }
            _ => current.renew(&self.credentials, keystone, clock).await,
        }
    }

    /// A token in place of one that Keystone rejected. Of concurrent callers the first renews it.
    pub(super) async fn replace(
        &self,
        rejected: &SecretString,
        keystone: &DeadlineClient<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, KeystoneError> {
        let mut current = self.current.lock().await;
        match &current.token {
            Some(ServiceToken { token, .. })
                if token.expose_secret() != rejected.expose_secret() =>
            {
                Ok(token.clone())
            }
            _ => current.renew(&self.credentials, keystone, clock).await,
        }
    }
}

impl CurrentToken {
    async fn renew(
        &mut self,
        credentials: &ServiceCredentials,
        keystone: &DeadlineClient<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, KeystoneError> {
        if self.retry_after.is_some_and(|time| clock.now() < time) {
            return Err(KeystoneError::CredentialsRejected);
        }
        match keystone.log_in(credentials).await {
            Ok(issued) => {
                let token = issued.token.clone();
                *self = Self {
                    token: Some(issued),
                    retry_after: None,
                };
                Ok(token)
            }
            Err(error) => {
                if matches!(error, KeystoneError::CredentialsRejected) {
                    self.retry_after = Some(clock.after(BACKOFF));
                }
                Err(error)
            }
        }
    }
}
