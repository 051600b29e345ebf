//! Our own token: got when first needed, renewed ahead of time, and anew when Keystone does not
//! take it any more. One log-in at a time, however many requests wait for it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{
    Account,
    questions::{Asking, Fault, Issued},
};
use crate::{clock::Clock, timestamp::Timestamp};

/// How long before its end a token is replaced.
const AHEAD: Duration = Duration::from_secs(120);
/// How long after a refusal nobody tries again: a Keystone may lock an account that fails too
/// often.
const PAUSE: Duration = Duration::from_secs(5);

/// An account, and the token that it holds at present.
pub(super) struct ServiceAccount {
    account: Account,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Issued>,
    /// Until when the account is not tried again.
    refused_until: Option<Timestamp>,
}

impl ServiceAccount {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            held: Mutex::default(),
        }
    }

    /// A token to ask with. One that ends soon is replaced, where Keystone can be reached.
    pub(super) async fn token(
        &self,
        keystone: &Asking<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, Fault> {
        let mut held = self.held.lock().await;
        match &held.token {
            Some(Issued { token, ends }) if *ends > clock.after(AHEAD) => Ok(token.clone()),
            Some(Issued { token, ends }) if *ends > clock.now() => {
                let token = token.clone();
                Ok(held
                    .renew(&self.account, keystone, clock)
                    .await
                    .unwrap_or(token))
            }
            _ => held.renew(&self.account, keystone, clock).await,
        }
    }

    /// A token in the place of one that Keystone refused. Whoever comes second takes what the first
    /// one got.
    pub(super) async fn replaced(
        &self,
        refused: &SecretString,
        keystone: &Asking<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, Fault> {
        let mut held = self.held.lock().await;
        match &held.token {
            Some(Issued { token, .. }) if token.expose_secret() != refused.expose_secret() => {
                Ok(token.clone())
            }
            _ => held.renew(&self.account, keystone, clock).await,
        }
    }
}

impl Held {
    async fn renew(
        &mut self,
        account: &Account,
        keystone: &Asking<'_>,
        clock: &dyn Clock,
    ) -> Result<SecretString, Fault> {
        if self.refused_until.is_some_and(|until| clock.now() < until) {
            return Err(Fault::AccountRefused);
        }
        match keystone.log_in(account).await {
            Ok(issued) => {
                let token = issued.token.clone();
                *self = Self {
                    token: Some(issued),
                    refused_until: None,
                };
                Ok(token)
            }
            Err(fault) => {
                if matches!(fault, Fault::AccountRefused) {
                    self.refused_until = Some(clock.after(PAUSE));
                }
                Err(fault)
            }
        }
    }
}
