//! Holds answers against the contract on their way out, all of them or one in so many. Answers of
//! routes that are not the contract's pass.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::{
    body::Body,
    http::{HeaderMap, Method, Response, StatusCode},
};
use http_body_util::BodyExt;

use super::problem::Problem;
use crate::{
    config::{AnswerMode, CheckAnswers},
    contract::check::{self, Breach},
    model::Operation,
};

/// Which answers to check, and what a breach leads to.
pub(super) struct AnswerChecks {
    mode: AnswerMode,
    one_in: u32,
    answered: AtomicU32,
}

impl AnswerChecks {
    pub(super) fn new(settings: &CheckAnswers) -> Self {
        Self {
            mode: settings.mode,
            one_in: settings.one_in.max(1),
            answered: AtomicU32::new(0),
        }
    }

    /// Whether it is this answer's turn.
    pub(super) fn due(&self) -> bool {
        self.mode != AnswerMode::Off
            && self
                .answered
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(self.one_in)
    }

    /// The answer as it was; or, where a breach is to fail, the problem to show in its place.
    pub(super) async fn pass(
        &self,
        method: &Method,
        path: &str,
        response: Response<Body>,
    ) -> (Response<Body>, Option<Problem>) {
        let Some(operation) = operation(method, path, response.status()) else {
            return (response, None);
        };
        let (parts, body) = response.into_parts();
        // Our own answers are whole from the beginning: nothing is waited for, and nothing can
        // break off.
        let bytes = body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        let header = |name: &str| parts.headers.get(name)?.to_str().ok();
        let kept = check::of(operation)
            .response
            .check(parts.status.as_u16(), header, &bytes);
        let problem = kept
            .err()
            .and_then(|breach| self.broken(operation, &parts.headers, &breach));
        (Response::from_parts(parts, Body::from(bytes)), problem)
    }

    fn broken(
        &self,
        operation: Operation,
        headers: &HeaderMap,
        breach: &Breach,
    ) -> Option<Problem> {
        let (
            operation,
            Breach {
                place,
                reason,
                rule,
            },
        ) = (operation.id(), breach);
        if self.mode == AnswerMode::Fail {
            return Some(Problem::AnswerBroken(format!(
                "{operation}, {place}: {reason} ({rule})"
            )));
        }
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        tracing::error!(
            request_id,
            operation,
            place,
            rule,
            reason,
            "an answer breaks the contract"
        );
        None
    }
}

/// Whose answer it is. To a method that a path does not have, any of its operations answers as all
/// do.
fn operation(method: &Method, path: &str, status: StatusCode) -> Option<Operation> {
    let given: Vec<&str> = path.split('/').collect();
    let fits = |operation: &&Operation| {
        let template: Vec<&str> = operation.path().split('/').collect();
        let same = |(named, given): (&&str, &&str)| named.starts_with('{') || named == given;
        template.len() == given.len() && template.iter().zip(&given).all(same)
    };
    let asked = |operation: &&Operation| operation.method() == method.as_str();
    let same = Operation::ALL.iter().filter(fits).find(asked);
    let any = || {
        Operation::ALL
            .iter()
            .find(fits)
            .filter(|_| status == StatusCode::METHOD_NOT_ALLOWED)
    };
    // Without a body by definition, an answer to HEAD is none of an operation's.
    if method == Method::HEAD {
        None
    } else {
        same.or_else(any).copied()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, StatusCode};

    use super::{AnswerChecks, operation};
    use crate::{
        config::{AnswerMode, CheckAnswers},
        model::Operation,
    };

    #[test]
    fn an_answer_belongs_to_the_operation_of_its_method_and_path() {
        let of = |method: Method, path, status: u16| {
            operation(&method, path, StatusCode::from_u16(status).expect("one"))
        };
        for (method, path, status, expected) in [
            (
                Method::POST,
                "/v3/p/backups/b/members",
                200,
                Some(Operation::AddMember),
            ),
            (
                Method::DELETE,
                "/v3/p/backups/b/members/m",
                401,
                Some(Operation::DeleteMember),
            ),
            (
                Method::PATCH,
                "/v3/p/backups/b/members/m",
                405,
                Some(Operation::UpdateMemberStatus),
            ),
            (Method::HEAD, "/v3/p/backups/b/members/m", 200, None),
            (Method::GET, "/v3/p/backups/b/members/m/more", 404, None),
            (Method::GET, "/v3/p/backups", 404, None),
            (Method::GET, "/livez", 200, None),
        ] {
            assert_eq!(of(method, path, status), expected, "{path}");
        }
    }

    #[test]
    fn one_in_so_many_is_checked_and_none_when_off() {
        let due = |mode, one_in| {
            let checks = AnswerChecks::new(&CheckAnswers { mode, one_in });
            (0..300).filter(|_| checks.due()).count()
        };
        assert_eq!(due(AnswerMode::Log, 100), 3);
        assert_eq!(due(AnswerMode::Fail, 1), 300);
        assert_eq!(due(AnswerMode::Log, 0), 300);
        assert_eq!(due(AnswerMode::Off, 1), 0);
    }
}
