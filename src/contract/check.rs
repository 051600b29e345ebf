//! The contract at run time: what requests must meet and answers must keep, compiled once from the
//! served document. What becomes of a breach is decided in `api`.

mod answer;
mod parameter;
mod request;
mod rule;
mod words;

use std::sync::LazyLock;

use serde_json::Value;

pub use self::{
    answer::AnswerCheck,
    request::RequestCheck,
    rule::{Breach, Rule},
};
use super::{cursor::Cursor, document};
use crate::model::Operation;

/// What the contract asks of one operation.
pub struct OperationCheck {
    /// Of its requests.
    pub request: RequestCheck,
    /// Of its answers.
    pub answer: AnswerCheck,
}

/// The document asks for something that cannot be checked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{pointer}: {reason}")]
pub struct CompileError {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// Why not.
    pub reason: String,
}

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

/// In the order of [`Operation::ALL`].
fn compile(document: &Value) -> Result<Vec<OperationCheck>, CompileError> {
    let root = Cursor::root(document);
    Operation::ALL
        .iter()
        .map(|&operation| one(&root, operation))
        .collect()
}

fn one(root: &Cursor, operation: Operation) -> Result<OperationCheck, CompileError> {
    let missing = || CompileError {
        pointer: "/paths".into(),
        reason: format!("no operation {}", operation.id()),
    };
    let item = root
        .key("paths")
        .and_then(|paths| paths.key(operation.path()))
        .ok_or_else(missing)?;
    let at = item
        .key(&operation.method().to_lowercase())
        .ok_or_else(missing)?;
    Ok(OperationCheck {
        request: RequestCheck::compile(&item, &at)?,
        answer: AnswerCheck::compile(&at)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{compile, of};
    use crate::{contract::document, model::Operation};

    #[test]
    fn the_contract_can_be_checked() {
        compile(document::json()).unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn every_operation_finds_its_own_check() {
        assert!(
            of(Operation::AddMember)
                .request
                .body("application/json")
                .is_some()
        );
        assert!(
            of(Operation::ListMembers)
                .request
                .body("application/json")
                .is_none()
        );
        assert!(
            of(Operation::ListMembers)
                .request
                .query(&[("limit".into(), "1".into())])
                .is_ok()
        );
        assert!(
            of(Operation::ShowMember)
                .request
                .query(&[("limit".into(), "1".into())])
                .is_err()
        );
    }
}
