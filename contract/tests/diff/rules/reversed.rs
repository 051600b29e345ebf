//! Webhooks and callbacks: the server sends, the client responds.

use serde_json::{Value, json};

use super::{document, operation, says};

fn hook(post: Value) -> Value {
    document(json!({"webhooks": {"moved": {"post": post}}}))
}

fn responding(rest: Value) -> Value {
    let mut hook = json!({"responses": {"204": {"description": "ok"}}});
    for (key, value) in rest.as_object().expect("an object") {
        hook[key] = value.clone();
    }
    hook
}

fn calling(callbacks: Value) -> Value {
    operation(json!({"responses": {"204": {"description": "ok"}}, "callbacks": callbacks}))
}

#[test]
fn a_webhook_added_is_one_that_nobody_responds_to() {
    let (none, one) = (
        document(json!({"webhooks": {}})),
        hook(responding(json!({}))),
    );
    let added = says(&none, &one, &["breaking operation-added"]);
    assert_eq!(
        added.changes[0].sentence,
        "POST moved was added: the server calls it, and clients of the old contract do not respond to it yet."
    );
    let removed = says(&one, &none, &["breaking operation-removed"]);
    assert_eq!(
        removed.changes[0].sentence,
        "POST moved was removed: clients that wait for it are not called any more."
    );
}

#[test]
fn the_body_and_the_parameters_of_a_webhook_are_what_clients_read() {
    let body = |required: bool| {
        let content = json!({"application/json": {"schema": {"type": "string"}}});
        hook(responding(
            json!({"requestBody": {"required": required, "content": content}}),
        ))
    };
    let none = hook(responding(json!({})));
    says(&none, &body(true), &["compatible body-added"]);
    says(&body(true), &none, &["breaking body-removed"]);
    says(&body(false), &body(true), &["compatible body-required"]);
    says(&body(true), &body(false), &["breaking body-optional"]);
    let parameter = |rest: Value| {
        let mut parameter = json!({"name": "X-Id", "in": "header", "schema": {"type": "string"}});
        for (key, value) in rest.as_object().expect("an object") {
            parameter[key] = value.clone();
        }
        hook(responding(json!({"parameters": [parameter]})))
    };
    let (may, must) = (parameter(json!({})), parameter(json!({"required": true})));
    says(&none, &must, &["compatible parameter-added"]);
    says(&must, &none, &["breaking parameter-removed"]);
    says(&may, &must, &["compatible parameter-required"]);
    says(&must, &may, &["breaking parameter-optional"]);
    let query = |rest: Value| {
        let mut parameter = json!({"name": "q", "in": "query", "schema": {"type": "string"}});
        for (key, value) in rest.as_object().expect("an object") {
            parameter[key] = value.clone();
        }
        hook(responding(json!({"parameters": [parameter]})))
    };
    let (plain, empty) = (query(json!({})), query(json!({"allowEmptyValue": true})));
    says(&plain, &empty, &["breaking parameter-writing"]);
    says(&empty, &plain, &["compatible parameter-writing"]);
}

#[test]
fn the_headers_of_a_response_to_a_webhook_are_what_clients_send() {
    let headed = |headers: Value| {
        hook(json!({"responses": {"204": {"description": "ok", "headers": headers}}}))
    };
    let header = |required: bool| {
        headed(json!({"X-Id": {"required": required, "schema": {"type": "string"}}}))
    };
    let none = headed(json!({}));
    says(&none, &header(true), &["breaking header-added"]);
    says(&none, &header(false), &["compatible header-added"]);
    says(&header(false), &header(true), &["breaking header-required"]);
    says(
        &header(true),
        &header(false),
        &["compatible header-optional"],
    );
    says(&header(false), &none, &["breaking header-removed"]);
}

#[test]
fn the_credentials_of_a_webhook_are_what_the_server_shows() {
    let asking = |security: Option<Value>| {
        let mut document = hook(responding(json!({})));
        document["security"] = json!([{"key": []}]);
        document["components"] = json!({"securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "other": {"type": "apiKey", "in": "header", "name": "X-Other"}
        }});
        if let Some(security) = security {
            document["webhooks"]["moved"]["post"]["security"] = security;
        }
        document
    };
    let (none, some) = (asking(None), asking(Some(json!([{"other": []}]))));
    says(&none, &some, &["compatible security-loosened"]);
    says(&some, &none, &["breaking security-tightened"]);
    // What callers of the service show is not what the service shows.
    let mut public = asking(None);
    public["security"] = json!([]);
    says(&none, &public, &["docs prose"]);
}

#[test]
fn callbacks_are_known_by_their_name_and_expression() {
    let sends = |schema: &str| {
        json!({"post": responding(json!({"requestBody": {"required": true, "content": {
            "application/json": {"schema": {"type": schema}}
        }}}))})
    };
    let two = |first: &str, second: &str| {
        calling(json!({
            "done": {"{$request.body#/url}": sends(first)}, "failed": {"{$request.body#/url}": sends(second)}
        }))
    };
    says(
        &two("string", "integer"),
        &two("string", "boolean"),
        &["breaking type"],
    );
    let one = |name: &str, expression: &str| calling(json!({name: {expression: sends("string")}}));
    let old = one("done", "{$request.body#/url}");
    says(
        &old,
        &one("finished", "{$request.body#/url}"),
        &["docs prose"],
    );
    says(
        &old,
        &one("done", "{$request.body#/other}"),
        &["breaking operation-removed", "breaking operation-added"],
    );
}

#[test]
fn nobody_asks_for_the_media_type_of_a_webhook() {
    let sending = |names: &[&str]| {
        let content: Value = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({})))
            .collect::<serde_json::Map<_, _>>()
            .into();
        hook(responding(
            json!({"requestBody": {"required": true, "content": content}}),
        ))
    };
    let (json, xml) = ("application/json", "application/xml");
    says(
        &sending(&[json]),
        &sending(&[json, xml]),
        &["breaking media-type-added"],
    );
    says(
        &sending(&[json, xml]),
        &sending(&[json]),
        &["compatible media-type-removed"],
    );
    says(
        &sending(&[json]),
        &sending(&[xml]),
        &["breaking media-type-added", "compatible media-type-removed"],
    );
    says(
        &sending(&[json]),
        &sending(&[]),
        &["breaking media-type-removed"],
    );
    says(
        &sending(&[]),
        &sending(&[json]),
        &["compatible media-type-added"],
    );
    says(
        &sending(&["application/*"]),
        &sending(&[json]),
        &["compatible media-type-removed"],
    );
}
