//! Holds responses against the contract on their way out, all of them or one in so many. Responses
//! of routes that are not the contract's are sent as they are.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::{
    body::Body,
    http::{HeaderMap, Response},
};
use http_body_util::BodyExt;

use super::problem::Problem;
use crate::{
    config::{CheckMode, CheckResponses},
    contract::check::{self, Breach},
    model::Operation,
};

/// Which responses to check, and what a breach leads to.
pub(super) struct ResponseChecks {
    mode: CheckMode,
    one_in: u32,
    seen: AtomicU32,
}

impl ResponseChecks {
    pub(super) fn new(settings: &CheckResponses) -> Self {
        Self {
            mode: settings.mode,
            one_in: settings.one_in.max(1),
            seen: AtomicU32::new(0),
        }
    }

    /// Whether it is the turn of the next response.
    pub(super) fn due(&self) -> bool {
        self.mode != CheckMode::Off
            && self
                .seen
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(self.one_in)
    }

    /// Leaves the response as it is. Where it breaks the contract and is to fail for it, the
    /// problem to show in its place.
    pub(super) async fn check(
        &self,
        operation: Operation,
        response: &mut Response<Body>,
    ) -> Option<Problem> {
        // Our own bodies are whole from the beginning: nothing is waited for, and nothing can break
        // off.
        let body = std::mem::take(response.body_mut()).collect().await;
        let bytes = body.map(|body| body.to_bytes()).unwrap_or_default();
        *response.body_mut() = bytes.clone().into();
        let headers = response.headers();
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let checked =
            check::of(operation)
                .response
                .check(response.status().as_u16(), header, &bytes);
        self.broken(operation, headers, &checked.err()?)
    }

    fn broken(
        &self,
        operation: Operation,
        headers: &HeaderMap,
        breach: &Breach,
    ) -> Option<Problem> {
        let operation = operation.id();
        let Breach {
            place,
            reason,
            rule,
        } = breach;
        if self.mode == CheckMode::Fail {
            let breach = format!("{operation}, {place}: {reason} ({rule})");
            return Some(Problem::ResponseBreaksContract(breach));
        }
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        tracing::error!(
            request_id,
            operation,
            place,
            rule,
            reason,
            "a response breaks the contract"
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseChecks;
    use crate::config::{CheckMode, CheckResponses};

    #[test]
    fn one_in_so_many_is_checked_and_none_when_off() {
        let due = |mode, one_in| {
            let checks = ResponseChecks::new(&CheckResponses { mode, one_in });
            (0..300).filter(|_| checks.due()).count()
        };
        assert_eq!(due(CheckMode::Log, 100), 3);
        assert_eq!(due(CheckMode::Fail, 1), 300);
        assert_eq!(due(CheckMode::Log, 0), 300);
        assert_eq!(due(CheckMode::Off, 1), 0);
    }
}
