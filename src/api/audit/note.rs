//! What becomes known of a request on its way, until its response is there: for the audit, for the
//! metrics, and for the check of the response.
//!
//! Shared state, which extractors write and the outermost service reads, where an extension of the
//! response would be plainer: there is no response where the handler panics or the caller
//! disconnects, and what was done has to be written down all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderValue, StatusCode};

use super::{
    Audit,
    line::{AuditLine, AuditOutcome, truncate},
};
use crate::{
    identity::Caller,
    model::{Operation, ProjectId, Result, policy},
    telemetry::Slot,
};

/// What becomes known of a request on its way. Cheap to clone.
#[derive(Clone)]
pub(in crate::api) struct RequestNote {
    fields: Arc<Mutex<Fields>>,
    audit: Option<Arc<Audit>>,
}

#[derive(Default)]
struct Fields {
    operation: Option<Operation>,
    backup: Option<String>,
    vault: Option<String>,
    members: Vec<String>,
    caller: Option<Arc<Caller>>,
    /// Reserved for its line, until there is one.
    slot: Option<Slot>,
}

/// The audit line of a request whose response is not there yet. Dropped before that, it says that
/// the outcome is unknown.
pub(in crate::api) struct OpenLine {
    note: RequestNote,
    request_id: HeaderValue,
}

impl RequestNote {
    /// Of a request that has just arrived.
    pub(in crate::api) fn new(audit: Option<Arc<Audit>>) -> Self {
        Self {
            fields: Arc::default(),
            audit,
        }
    }

    /// What is asked for, by the names of the path's parameters. From here on a slot is reserved for its line.
    ///
    /// # Errors
    /// [`crate::model::Error::Busy`]: lines are not written fast enough.
    pub(in crate::api) async fn begin<'p>(
        &self,
        operation: Operation,
        of_path: impl Fn(&'static str) -> Option<&'p str>,
    ) -> Result<()> {
        {
            let mut fields = self.lock();
            fields.operation = Some(operation);
            fields.backup = of_path("backup_id").map(truncate);
            fields.vault = of_path("vault_id").map(truncate);
            fields.members = of_path("member_id").map(truncate).into_iter().collect();
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
    pub(in crate::api) fn set_caller(&self, caller: &Arc<Caller>) {
        self.lock().caller = Some(Arc::clone(caller));
    }

    /// Who is to be added.
    pub(in crate::api) fn set_members(&self, members: &[ProjectId]) {
        let members = members.iter().map(|member| truncate(member.as_str()));
        self.lock().members = members.collect();
    }

    /// The line is written with the response, or where there is none.
    pub(in crate::api) fn open_line(&self, request_id: &HeaderValue) -> OpenLine {
        OpenLine {
            note: self.clone(),
            request_id: request_id.clone(),
        }
    }

    /// A panic leaves what was noted before it.
    fn lock(&self) -> MutexGuard<'_, Fields> {
        self.fields.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenLine {
    /// Writes the line of a request, where it was one to an operation. `code` is that of the error,
    /// where there is one.
    pub(in crate::api) fn close(self, status: StatusCode, code: Option<&'static str>) {
        self.write(status.into(), Some(status), code);
    }

    fn write(&self, outcome: AuditOutcome, status: Option<StatusCode>, code: Option<&'static str>) {
        let Some(audit) = &self.note.audit else {
            return;
        };
        let mut fields = self.note.lock();
        let (Some(slot), Some(operation)) = (fields.slot.take(), fields.operation) else {
            return;
        };
        let caller = fields.caller.as_deref();
        let line = AuditLine {
            time: audit.clock.now(),
            request_id: self.request_id.to_str().unwrap_or_default(),
            user: caller.map(|caller| truncate(&caller.user_name)),
            project: caller.map(|caller| truncate(caller.project_id.as_str())),
            action: policy::action(operation),
            backup: fields.backup.as_deref(),
            vault: fields.vault.as_deref(),
            members: &fields.members,
            outcome,
            status: status.map(|status| status.as_u16()),
            code,
        };
        audit.write(slot, &line);
    }
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        self.write(AuditOutcome::Unknown, None, None);
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

    use super::{Audit, RequestNote};
    use crate::{clock::SystemClock, model::Operation};

    /// Outcome and status of the lines of two requests to operations, and of one to none; `end`
    /// ends each.
    async fn lines(end: impl Fn(super::OpenLine)) -> Vec<Value> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_str().expect("text");
        let audit = Arc::new(Audit::open(path, Arc::new(SystemClock)).expect("an audit"));
        for operation in [
            Some(Operation::AddMember),
            Some(Operation::ShowMember),
            None,
        ] {
            let note = RequestNote::new(Some(Arc::clone(&audit)));
            let line = note.open_line(&HeaderValue::from_static("r-1"));
            if let Some(operation) = operation {
                note.begin(operation, |_| None).await.expect("a slot");
            }
            end(line);
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
        let written = lines(|line| line.close(StatusCode::OK, None)).await;
        assert_eq!(
            written,
            [json!(["r-1", "done", 200]), json!(["r-1", "done", 200])]
        );
    }
}
