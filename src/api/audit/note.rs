//! What becomes known of a request on its way, until it is a line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderValue, StatusCode};

use super::{
    Audit,
    line::{Line, Outcome, cut},
};
use crate::{
    identity::Caller,
    model::{Operation, ProjectId, Result, policy},
    telemetry::Slot,
};

/// What becomes known of a request on its way. Shared by all who learn something.
#[derive(Clone)]
pub(in crate::api) struct Note {
    known: Arc<Mutex<Known>>,
    audit: Option<Arc<Audit>>,
}

#[derive(Default)]
struct Known {
    operation: Option<Operation>,
    backup: Option<String>,
    members: Vec<String>,
    caller: Option<Arc<Caller>>,
    /// The place for its line, while there is none.
    slot: Option<Slot>,
}

/// A request until its response is there. Dropped before that, it writes down that the outcome is
/// unknown.
pub(in crate::api) struct Response {
    note: Note,
    request_id: HeaderValue,
}

impl Note {
    /// Of a request that has just arrived.
    pub(in crate::api) fn new(audit: Option<Arc<Audit>>) -> Self {
        Self {
            known: Arc::default(),
            audit,
        }
    }

    /// What is asked for, as the path has it. From here on there is a place for its line.
    ///
    /// # Errors
    /// [`crate::model::Error::Busy`]: lines are not written fast enough.
    pub(in crate::api) async fn asks(
        &self,
        operation: Operation,
        backup: Option<&str>,
        member: Option<&str>,
    ) -> Result<()> {
        {
            let mut known = self.lock();
            known.operation = Some(operation);
            known.backup = backup.map(cut);
            known.members = member.map(cut).into_iter().collect();
        }
        if let Some(audit) = &self.audit {
            let slot = audit.reserve().await?;
            self.lock().slot = Some(slot);
        }
        Ok(())
    }

    /// Which operation it was for, where it was for one.
    pub(in crate::api) fn operation(&self) -> Option<Operation> {
        self.lock().operation
    }

    /// Who asks.
    pub(in crate::api) fn caller(&self, caller: &Arc<Caller>) {
        self.lock().caller = Some(Arc::clone(caller));
    }

    /// Who is to be added.
    pub(in crate::api) fn members(&self, members: &[ProjectId]) {
        self.lock().members = members.iter().map(|member| cut(member.as_str())).collect();
    }

    /// The line is written with the response, or where there is none.
    pub(in crate::api) fn until_response(&self, request_id: &HeaderValue) -> Response {
        Response {
            note: self.clone(),
            request_id: request_id.clone(),
        }
    }

    /// A panic leaves what was noted before it.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Response {
    /// Writes the line of a request, where it was one to an operation. `code` is that of the error,
    /// where there is one.
    pub(in crate::api) fn is(self, status: StatusCode, code: Option<&'static str>) {
        self.write(status.into(), Some(status), code);
    }

    fn write(&self, outcome: Outcome, status: Option<StatusCode>, code: Option<&'static str>) {
        let Some(audit) = &self.note.audit else {
            return;
        };
        let mut known = self.note.lock();
        let (Some(slot), Some(operation)) = (known.slot.take(), known.operation) else {
            return;
        };
        let line = Line {
            time: audit.clock.now(),
            request_id: self.request_id.to_str().unwrap_or_default(),
            user: known.caller.as_ref().map(|caller| cut(&caller.user_name)),
            project: known
                .caller
                .as_ref()
                .map(|caller| cut(caller.project_id.as_str())),
            action: policy::action(operation),
            backup: known.backup.as_deref(),
            members: &known.members,
            outcome,
            status: status.map(|status| status.as_u16()),
            code,
        };
        audit.write(slot, &line);
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        self.write(Outcome::Unknown, None, None);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use axum::http::{HeaderValue, StatusCode};
    use serde_json::{Value, json};

    use super::{Audit, Note};
    use crate::{clock::SystemClock, model::Operation};

    /// Outcome and status of the lines of two requests to operations, and of one to none; `end`
    /// ends each.
    async fn lines(end: impl Fn(super::Response)) -> Vec<Value> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_str().expect("text");
        let audit = Arc::new(Audit::open(path, Arc::new(SystemClock)).expect("an audit"));
        for operation in [
            Some(Operation::AddMember),
            Some(Operation::ShowMember),
            None,
        ] {
            let note = Note::new(Some(Arc::clone(&audit)));
            let response = note.until_response(&HeaderValue::from_static("r-1"));
            if let Some(operation) = operation {
                note.asks(operation, Some("b"), None)
                    .await
                    .expect("a place");
            }
            end(response);
        }
        assert_eq!(audit.flush(Instant::now() + Duration::from_secs(10)), 0);
        let text = std::fs::read_to_string(path).expect("lines");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .map(|line| json!([line["request_id"], line["outcome"], line["status"]]))
            .collect()
    }

    #[tokio::test]
    async fn a_caller_who_leaves_before_the_response_leaves_a_line_that_says_so() {
        assert_eq!(
            lines(drop).await,
            [
                json!(["r-1", "unknown", null]),
                json!(["r-1", "unknown", null])
            ]
        );
    }

    #[tokio::test]
    async fn a_response_leaves_one_line_and_a_request_to_no_operation_none() {
        let told = lines(|response| response.is(StatusCode::OK, None)).await;
        assert_eq!(
            told,
            [json!(["r-1", "done", 200]), json!(["r-1", "done", 200])]
        );
    }
}
