//! The contract at run time: the check of each operation, compiled once from the served document.
//! What becomes of a breach is decided in `api`.

use std::sync::LazyLock;

pub use openapi_proof::check::{Breach, SchemaCheck};
use openapi_proof::check::{CompileError, OperationCheck};
use serde_json::Value;

use super::document;
use crate::model::Operation;

static COMPILED: LazyLock<Vec<OperationCheck>> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "a test compiles the same document, which is part of this binary"
    )]
    compile(document::json()).expect("every operation of the contract can be checked")
});

/// Compiles the contract now, and not with the first request.
pub fn prepare() {
    LazyLock::force(&COMPILED);
}

/// What the contract asks of an operation.
pub fn of(operation: Operation) -> &'static OperationCheck {
    // The enum is made of the same document, and numbered from zero.
    &COMPILED[operation as usize]
}

fn compile(document: &Value) -> Result<Vec<OperationCheck>, CompileError> {
    let operations = Operation::ALL.iter();
    openapi_proof::check::compile(document, operations.map(|it| (it.method(), it.path())))
}

#[cfg(test)]
mod tests {
    use super::{compile, of};
    use crate::{contract::document, model::Operation};

    const ERROR: &[u8] = br#"{"error_code": "A.1", "error_msg": "No.", "request_id": "r"}"#;

    #[test]
    fn the_contract_can_be_checked() {
        compile(document::json()).unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn every_operation_finds_its_own_check() {
        let body = |operation| of(operation).request.body("application/json").is_some();
        assert!(body(Operation::AddMember));
        assert!(!body(Operation::ListMembers));
        let limited = |operation| of(operation).request.query(&[("limit".into(), "1".into())]);
        assert!(limited(Operation::ListMembers).is_ok());
        assert!(limited(Operation::ShowMember).is_err());
    }

    fn rule(
        operation: Operation,
        status: u16,
        headers: &[(&str, &'static str)],
        body: &[u8],
    ) -> Result<(), String> {
        let header = |name: &str| {
            let named = headers
                .iter()
                .find(|(given, _)| given.eq_ignore_ascii_case(name));
            named.map(|(_, text)| *text)
        };
        of(operation)
            .response
            .check(status, header, body)
            .map_err(|breach| breach.rule)
    }

    #[test]
    fn a_response_that_breaks_the_promise_is_returned_with_the_rule() {
        let json = ("content-type", "application/json");
        let id = ("x-request-id", "r");
        let broken = |status, headers: &[_], body| {
            rule(Operation::ShowMember, status, headers, body).expect_err("broken")
        };
        assert_eq!(rule(Operation::ShowMember, 404, &[json, id], ERROR), Ok(()));
        assert!(broken(418, &[json, id], ERROR).ends_with("/get/responses"));
        assert_eq!(
            broken(404, &[json], ERROR),
            "/components/responses/NotFound/headers/X-Request-Id"
        );
        assert_eq!(
            broken(404, &[id], ERROR),
            "/components/responses/NotFound/content"
        );
        assert_eq!(
            broken(404, &[json, id], b"{}"),
            "/components/schemas/Error/required"
        );
        assert_eq!(
            broken(404, &[json, ("x-request-id", "a b")], ERROR),
            "/components/schemas/RequestId/pattern"
        );
        assert!(
            broken(503, &[json, id, ("retry-after", "0")], ERROR)
                .ends_with("Retry-After/schema/minimum")
        );
        assert_eq!(rule(Operation::DeleteMember, 204, &[id], b""), Ok(()));
        assert!(rule(Operation::DeleteMember, 204, &[id], b"{}").is_err());
    }
}
