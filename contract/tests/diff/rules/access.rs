//! Who may call, and where: security requirements, their schemes, servers.

use serde_json::{Value, json};

use super::{document, says};

/// A document with one operation that asks for the scheme `auth`.
fn scheme(scheme: Value) -> Value {
    asking(json!([{"auth": []}]), scheme)
}

fn asking(security: Value, scheme: Value) -> Value {
    document(json!({
        "security": security,
        "paths": {"/a": {"get": {"responses": {"204": {"description": "ok"}}}}},
        "components": {"securitySchemes": {"auth": scheme}}
    }))
}

fn key() -> Value {
    json!({"type": "apiKey", "in": "header", "name": "X-Key"})
}

fn oauth(edit: impl FnOnce(&mut Value)) -> Value {
    let mut flows = json!({"authorizationCode": {
        "authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {"read": "Reads.", "write": "Writes."}
    }});
    edit(&mut flows);
    scheme(json!({"type": "oauth2", "flows": flows}))
}

#[test]
fn a_scheme_that_offers_more_is_no_break() {
    let flow =
        |flows: &mut Value, name: &str, value: Value| flows["authorizationCode"][name] = value;
    let scopes = |flows: &mut Value, name: &str, value: Value| {
        flows["authorizationCode"]["scopes"][name] = value
    };
    let old = oauth(|_| {});
    let more = oauth(|flows| scopes(flows, "admin", json!("Rules.")));
    says(&old, &more, &["compatible security-scheme"]);
    says(&more, &old, &["breaking security-scheme"]);
    says(
        &old,
        &oauth(|flows| scopes(flows, "read", json!("Reads all."))),
        &["docs prose"],
    );
    let refresh = oauth(|flows| flow(flows, "refreshUrl", json!("https://r")));
    says(&old, &refresh, &["compatible security-scheme"]);
    says(
        &refresh,
        &oauth(|flows| flow(flows, "refreshUrl", json!("https://s"))),
        &["compatible security-scheme"],
    );
    says(&refresh, &old, &["compatible security-scheme"]);
    says(
        &old,
        &oauth(|flows| flow(flows, "authorizationUrl", json!("https://b"))),
        &["breaking security-scheme"],
    );
    says(
        &old,
        &oauth(|flows| flow(flows, "tokenUrl", json!("https://b"))),
        &["breaking security-scheme"],
    );
    says(
        &old,
        &oauth(|flows| flow(flows, "x-note", json!(1))),
        &["docs extension"],
    );
    let both =
        oauth(|flows| flows["clientCredentials"] = json!({"tokenUrl": "https://t", "scopes": {}}));
    says(&old, &both, &["compatible security-scheme"]);
    says(&both, &old, &["breaking security-scheme"]);
}

#[test]
fn a_scheme_of_another_kind_or_place_is_a_break() {
    let with = |name: &str, value: &str| {
        let mut key = key();
        key[name] = json!(value);
        scheme(key)
    };
    let old = scheme(key());
    says(&old, &with("in", "query"), &["breaking security-scheme"]);
    says(
        &old,
        &with("name", "X-Other"),
        &["breaking security-scheme"],
    );
    says(&old, &with("name", "x-key"), &["docs prose"]);
    says(
        &old,
        &scheme(json!({"type": "http", "scheme": "bearer"})),
        &["breaking security-scheme"],
    );
    let http = |name: &str| scheme(json!({"type": "http", "scheme": name}));
    says(&http("bearer"), &http("Bearer"), &["docs prose"]);
    says(
        &http("bearer"),
        &http("basic"),
        &["breaking security-scheme"],
    );
    let connect = |url: &str| scheme(json!({"type": "openIdConnect", "openIdConnectUrl": url}));
    says(
        &connect("https://a"),
        &connect("https://b"),
        &["breaking security-scheme"],
    );
}

#[test]
fn a_scheme_that_nothing_asks_for_hurts_nobody() {
    let unused = |name: &str| {
        asking(
            json!([]),
            json!({"type": "apiKey", "in": "header", "name": name}),
        )
    };
    says(
        &unused("X-Key"),
        &unused("X-Other"),
        &["compatible security-scheme"],
    );
}

#[test]
fn a_renamed_scheme_is_known_by_what_it_is() {
    let named = |name: &str, scopes: Value| {
        document(json!({
            "security": [{name: ["read"]}],
            "paths": {"/a": {"get": {"responses": {"204": {"description": "ok"}}}}},
            "components": {"securitySchemes": {name: {"type": "oauth2", "flows": {"clientCredentials": {
                "tokenUrl": "https://t", "scopes": scopes
            }}}}}
        }))
    };
    let old = named("auth", json!({"read": "", "write": ""}));
    says(
        &old,
        &named("oauth", json!({"read": "", "write": ""})),
        &["docs prose"],
    );
    says(
        &old,
        &named("oauth", json!({"read": "", "write": "", "more": ""})),
        &["compatible security-scheme"],
    );
    says(
        &old,
        &named("oauth", json!({"read": ""})),
        &["breaking security-scheme"],
    );
}

#[test]
fn credentials_removed_altogether_are_a_break() {
    let asks = |security: Value| asking(security, key());
    let some = asks(json!([{"auth": []}]));
    let mut unstated = some.clone();
    unstated
        .as_object_mut()
        .expect("an object")
        .remove("security");
    let mut operation = some.clone();
    operation["paths"]["/a"]["get"]["security"] = json!([]);
    for head in [
        &asks(json!([])),
        &asks(json!([{}])),
        &asks(json!([{"auth": []}, {}])),
        &unstated,
        &operation,
    ] {
        let report = says(&some, head, &["breaking security-removed"]);
        assert!(
            report.changes[0].sentence.contains("anybody may call"),
            "{}",
            report.changes[0].sentence
        );
        assert_eq!(report.changes[0].operations, ["GET /a"]);
    }
    says(&unstated, &some, &["breaking security-tightened"]);
    says(
        &asks(json!([{}, {"auth": []}])),
        &some,
        &["breaking security-tightened"],
    );
    says(
        &asks(json!([{}, {"auth": []}])),
        &asks(json!([{}])),
        &["compatible security-loosened"],
    );
    says(&asks(json!([])), &asks(json!([{}])), &["docs prose"]);
    says(&asks(json!([])), &unstated, &["docs prose"]);
}

#[test]
fn the_default_server_spelled_out_is_the_default_server() {
    let at = |servers: Option<Value>| {
        document(servers.map_or(json!({}), |servers| json!({"servers": servers})))
    };
    let root = || Some(json!([{"url": "/"}]));
    for (old, new) in [
        (None, root()),
        (Some(json!([])), root()),
        (root(), None),
        (root(), Some(json!([]))),
    ] {
        says(&at(old), &at(new), &["docs prose"]);
    }
    says(
        &at(None),
        &at(Some(json!([{"url": "/"}, {"url": "/v2"}]))),
        &["compatible server-added"],
    );
    says(
        &at(Some(json!([{"url": "/"}, {"url": "/v2"}]))),
        &at(None),
        &["breaking server-removed"],
    );
    says(
        &at(Some(json!([{"url": "/v2"}]))),
        &at(None),
        &["breaking server-removed"],
    );
}

#[test]
fn an_operation_that_repeats_the_servers_of_the_document_is_docs() {
    let with = |root: Value, own: Option<Value>| {
        let mut document = document(json!({
            "servers": root, "paths": {"/a": {"get": {"responses": {"204": {"description": "ok"}}}}}
        }));
        if let Some(own) = own {
            document["paths"]["/a"]["get"]["servers"] = own;
        }
        document
    };
    let root = json!([{"url": "https://x"}]);
    for same in [root.clone(), json!([])] {
        says(
            &with(root.clone(), None),
            &with(root.clone(), Some(same.clone())),
            &["docs prose"],
        );
        says(
            &with(root.clone(), Some(same)),
            &with(root.clone(), None),
            &["docs prose"],
        );
    }
    says(
        &with(json!([]), None),
        &with(json!([]), Some(json!([{"url": "/"}]))),
        &["docs prose"],
    );
    says(
        &with(root.clone(), None),
        &with(root, Some(json!([{"url": "/"}]))),
        &["breaking server-removed", "compatible server-added"],
    );
}

#[test]
fn the_values_of_a_variable_have_no_order() {
    let values = |values: Value| {
        document(
            json!({"servers": [{"url": "https://{r}.x", "variables": {"r": {"default": "a", "enum": values}}}]}),
        )
    };
    says(
        &values(json!(["a", "b"])),
        &values(json!(["b", "a"])),
        &["docs prose"],
    );
    says(
        &values(json!(["a", "b"])),
        &values(json!(["b", "a", "c"])),
        &["compatible server-changed"],
    );
}
