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

    #[test]
    fn a_list_in_a_query_is_a_parameter_for_each_value_and_anything_else_comes_once() {
        let list =
            json!({"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/N"}});
        let document = json!({
            "paths": {"/a": {"get": {"responses": {}, "parameters": [
                {"name": "n", "in": "query", "schema": list},
                {"name": "full", "in": "query", "schema": {"type": "boolean"}},
            ]}}},
            "components": {"schemas": {"N": {"type": "integer", "minimum": 1}}},
        });
        let checks = compile(&document, [("GET", "/a")]).expect("checkable");
        let checked = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, text)| (name.to_string(), text.to_string()));
            let checked = checks[0].request.query(&pairs.collect::<Vec<_>>());
            checked.map_err(|breach| breach.place)
        };
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&[("n", "1"), ("full", "true"), ("n", "2")]), Ok(()));
        let n = Err("query parameter n".to_owned());
        assert_eq!(checked(&[("n", "1"), ("n", "2"), ("n", "3")]), n);
        assert_eq!(checked(&[("n", "1"), ("n", "0")]), n);
        assert_eq!(checked(&[("n", "x")]), n);
        let full = Err("query parameter full".to_owned());
        assert_eq!(checked(&[("full", "true"), ("full", "true")]), full);
        assert_eq!(checked(&[("full", "1")]), full);
    }

    #[test]
    fn a_list_in_one_text_is_not_read() {
        for other in [
            json!({"in": "query", "explode": false}),
            json!({"in": "header"}),
        ] {
            let mut parameter = json!({"name": "n", "schema": {"type": "array"}});
            let object = parameter.as_object_mut().expect("an object");
            object.extend(other.as_object().expect("an object").clone());
            let document = json!({"paths": {"/a": {"get": {"parameters": [parameter]}}}});
            let refused = compile(&document, [("GET", "/a")]).err().expect("refused");
            assert_eq!(refused.pointer, "/paths/~1a/get/parameters/0");
        }
    }
}
