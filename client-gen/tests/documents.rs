//! Documents as wholes: what is lowered outside of schemas, what is noted of our own contract, and
//! that a client comes out of it.

use client_gen::{Lowered, Settings, client, load, lower, mock, operations};
use serde_json::{Value, json};

fn lowered(document: &Value) -> Lowered {
    lower(document).unwrap_or_else(|fault| panic!("{fault}"))
}

fn pointers(lowered: &Lowered) -> Vec<&str> {
    lowered
        .notes
        .iter()
        .map(|note| note.pointer.as_str())
        .collect()
}

#[test]
fn a_3_0_document_comes_back_as_it_is() {
    let document = json!({"openapi": "3.0.2", "info": {"summary": "?"}, "webhooks": 1, "x": {"nullable": true}});
    let Lowered {
        document: same,
        notes,
    } = lowered(&document);
    assert_eq!((same, notes), (document, vec![]));
}

#[test]
fn what_3_1_added_around_the_paths_is_left_out() {
    let document = json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": "T", "summary": "S", "version": "1", "license": {"name": "MIT", "identifier": "MIT"}},
        "webhooks": {"called": {}},
        "components": {"securitySchemes": {"tls": {"type": "mutualTLS"}, "key": {"type": "http", "scheme": "basic"}}},
        "x-mine": 1
    });
    let lowered = lowered(&document);
    let expected = json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1", "license": {"name": "MIT"}},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}},
        "x-mine": 1,
        "paths": {}
    });
    assert_eq!(lowered.document, expected);
    let left_out = [
        "/jsonSchemaDialect",
        "/info/summary",
        "/info/license/identifier",
        "/webhooks",
        "/components/securitySchemes/tls",
    ];
    assert_eq!(pointers(&lowered), left_out);
}

#[test]
fn schemas_are_lowered_wherever_they_are() {
    let (from, to) = (
        json!({"schema": {"const": 1}}),
        json!({"schema": {"enum": [1]}}),
    );
    let document = |schema: &Value, version: &str| {
        let content = json!({"content": {"application/json": schema}});
        let answer = json!({"headers": {"x-h": schema}, "content": {"application/json": schema}});
        let operation = json!({"parameters": [schema], "requestBody": content, "responses": {"200": answer},
            "callbacks": {"c": {"{$url}": {"post": {"requestBody": content, "responses": {}}}}}});
        json!({"openapi": version, "paths": {"/a": {"parameters": [schema], "get": operation}, "x-not": schema},
            "components": {"parameters": {"x-p": schema}, "headers": {"h": schema}, "responses": {"r": answer},
                "requestBodies": {"b": content}, "schemas": {"x-s": schema["schema"]}}})
    };
    let mut expected = document(&to, "3.0.3");
    expected["paths"]["x-not"] = from.clone();
    assert_eq!(lowered(&document(&from, "3.1.0")).document, expected);
}

#[test]
fn shared_path_items_are_put_where_they_are_used() {
    let item = json!({"get": {"operationId": "show", "responses": {"200": {"description": "D"}}}});
    let shared = json!({"$ref": "#/components/pathItems/Shared"});
    let document = json!({"openapi": "3.1.0", "info": {"title": "T", "version": "1"},
        "paths": {"/a": shared}, "components": {"pathItems": {"Shared": item}}});
    let lowered = lowered(&document);
    assert_eq!(lowered.document["paths"], json!({ "/a": item }));
    assert_eq!(lowered.document["components"], json!({}));
    assert_eq!(pointers(&lowered), ["/components/pathItems"]);
    assert!(
        operations(&lowered.document)
            .expect("one operation")
            .contains("Show")
    );
}

#[test]
fn a_description_beside_a_reference_is_left_out() {
    let document = json!({"openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/components/responses/R", "description": "D"}}}}},
        "components": {"responses": {"R": {"description": "R"}}}});
    let lowered = lowered(&document);
    assert_eq!(
        lowered.document["paths"]["/a"]["get"]["responses"]["200"],
        json!({"$ref": "#/components/responses/R"})
    );
    assert_eq!(
        pointers(&lowered),
        ["/paths/~1a/get/responses/200/description"]
    );
}

#[test]
fn an_operation_without_responses_gets_none() {
    let lowered =
        lowered(&json!({"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "a"}}}}));
    assert_eq!(
        lowered.document["paths"]["/a"]["get"],
        json!({"operationId": "a", "responses": {}})
    );
}

#[test]
fn of_our_contract_nothing_is_left_out_but_this() {
    let lowered = lowered(&load("../openapi/backup-share.yaml").expect("our contract"));
    let notes: Vec<_> = lowered
        .notes
        .iter()
        .map(|note| (note.pointer.as_str(), note.keyword.as_str()))
        .collect();
    let expected = [
        ("/info/summary", "summary"),
        ("/info/license/identifier", "identifier"),
        (
            "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/get/parameters/10/schema/examples",
            "examples",
        ),
        (
            "/paths/~1v3~1{project_id}~1backups/get/parameters/24/schema/examples",
            "examples",
        ),
    ];
    assert_eq!(notes, expected);
}

#[test]
fn our_contract_makes_a_client_mocks_and_operations() {
    let lowered = lowered(&load("../openapi/backup-share.yaml").expect("our contract"));
    let settings = Settings::default();
    let source = client(&lowered.document, &settings).expect("a client");
    let mocks = mock(&lowered.document, &settings, "crate::client").expect("mocks");
    let enumerated = operations(&lowered.document).expect("operations");
    for id in [
        "add_member",
        "list_members",
        "update_member_status",
        "show_member",
        "delete_member",
        "list_backups",
        "show_backup",
        "list_vaults",
        "show_vault",
    ] {
        assert!(source.contains(&format!("pub fn {id}(&self)")), "{id}");
        assert!(mocks.contains(&format!("fn {id}<F>")), "{id}");
        assert!(enumerated.contains(&format!("\"{id}\"")), "{id}");
    }
    assert_eq!(
        source,
        client(&lowered.document, &settings).expect("a client"),
        "the same contract, the same source"
    );
}

#[test]
fn settings_reach_the_client() {
    let lowered = lowered(&load("../openapi/backup-share.yaml").expect("our contract"));
    let settings = Settings {
        hooks: true,
        inner_type: Some("crate::Inner".to_owned()),
        derives: vec!["my::Derive".to_owned()],
        replacements: vec![client_gen::Replacement {
            schema: "Timestamp".to_owned(),
            path: "my::Time".to_owned(),
            impls: vec![client_gen::TypeImpl::Display],
        }],
    };
    let source = client(&lowered.document, &settings).expect("a client");
    for part in [
        "Client: ClientHooks<crate::Inner>",
        "inner: crate::Inner",
        "my::Derive",
        "created_at: my::Time",
    ] {
        assert!(source.contains(part), "{part}");
    }
    assert!(!source.contains("pub struct Timestamp"));
}
