//! A document at run time: what requests must meet and responses must keep, compiled once. What
//! becomes of a breach is the caller's.

mod parameter;
mod request;
mod response;
mod schema;
mod standalone;
mod words;

use serde_json::Value;

pub use self::{
    request::RequestCheck,
    response::ResponseCheck,
    schema::{Breach, SchemaCheck},
};
use crate::document::node::Node;

/// What a document says of one operation.
pub struct OperationCheck {
    /// Of its requests.
    pub request: RequestCheck,
    /// Of its responses.
    pub response: ResponseCheck,
}

/// The document says something that cannot be checked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{pointer}: {reason}")]
pub struct CompileError {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// Why not.
    pub reason: String,
}

/// Compiles the checks of operations, which are named by method and path, in their order.
///
/// # Errors
/// [`CompileError`], for the first operation that is not in the document or cannot be checked.
pub fn compile<'a>(
    document: &Value,
    operations: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<OperationCheck>, CompileError> {
    let root = Node::root(document);
    operations
        .into_iter()
        .map(|(method, path)| one(&root, method, path))
        .collect()
}

fn one(root: &Node, method: &str, path: &str) -> Result<OperationCheck, CompileError> {
    let missing = || CompileError {
        pointer: "/paths".into(),
        reason: format!("no operation {method} {path}"),
    };
    let item = root.path(&["paths", path]).ok_or_else(missing)?;
    let at = item.get(&method.to_lowercase()).ok_or_else(missing)?;
    Ok(OperationCheck {
        request: RequestCheck::compile(&item, &at)?,
        response: ResponseCheck::compile(&at)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::compile;

    #[test]
    fn an_operation_that_is_not_there_is_named() {
        let fault = compile(&json!({"paths": {"/a": {}}}), [("GET", "/a")]).err();
        assert_eq!(
            fault.expect("no such operation").to_string(),
            "/paths: no operation GET /a"
        );
    }

    #[test]
    fn checks_come_in_the_order_that_was_asked_for() {
        let document = json!({"paths": {"/a": {
            "get": {"responses": {}},
            "put": {"requestBody": {"content": {"application/json": {"schema": {}}}}, "responses": {}},
        }}});
        let checks = compile(&document, [("PUT", "/a"), ("GET", "/a")]).expect("checkable");
        let bodies: Vec<bool> = checks
            .iter()
            .map(|check| check.request.body("application/json").is_some())
            .collect();
        assert_eq!(bodies, [true, false]);
    }
}
