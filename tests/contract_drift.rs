//! The contract, the handlers and the client's types agree; and where they would not, it is
//! noticed: one test for each class of difference puts it into the code's document.
#![cfg(feature = "server")]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

#[path = "mutations/mod.rs"]
mod mutations;

use backup_share::{
    api,
    contract::{self, document},
};
use jsonschema::{Draft, Validator};
use openapi_proof::drift::{self, Difference, Side};
use serde_json::{Value, json};

const MEMBERS: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members";
const LIST: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/get";
const ADD: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/post";

#[test]
fn the_code_and_the_client_agree_with_the_contract() {
    let report = contract::drift();
    println!("{report}");
    assert!(report.agrees(), "{report}");
}

/// What handlers do not say, and the contract alone does: nothing on the wire depends on it.
const SAID_BY_THE_CONTRACT_ALONE: [&str; 2] = ["link removed", "unused component added"];

/// The same one-step mutations that the comparison of contracts is held to: each that is more than
/// words must be noticed.
#[test]
fn every_mutation_of_the_contract_that_is_more_than_words_is_noticed() {
    let code = api::derived();
    let wanted: Vec<_> = mutations::mutations(document::json())
        .into_iter()
        .filter(|m| m.class != "docs")
        .collect();
    let half = wanted.len().div_ceil(2);
    let unnoticed = |part: &[mutations::Mutation]| -> Vec<String> {
        let silent = part
            .iter()
            .filter(|m| drift::compare(&code, &m.document).agrees());
        silent
            .map(|m| format!("{} at {}", m.rule, m.pointer))
            .collect()
    };
    let (first, second) = wanted.split_at(half);
    let mut silent = std::thread::scope(|scope| {
        let other = scope.spawn(|| unnoticed(second));
        [unnoticed(first), other.join().expect("no panic")].concat()
    });
    silent.retain(|what| {
        !SAID_BY_THE_CONTRACT_ALONE
            .iter()
            .any(|rule| what.starts_with(rule))
    });
    println!("{} mutations, {} unnoticed", wanted.len(), silent.len());
    assert!(wanted.len() >= 300, "{}", wanted.len());
    assert!(silent.is_empty(), "{silent:#?}");
}

/// The code's document with one place changed, or taken away.
fn drifted(at: &str, put: Option<Value>) -> (Value, Vec<Difference>) {
    let mut code = api::derived();
    let (parent, key) = at.rsplit_once('/').expect("a place within the document");
    let key = key.replace("~1", "/");
    match (
        code.pointer_mut(parent)
            .unwrap_or_else(|| panic!("no {parent}")),
        put,
    ) {
        (Value::Object(map), Some(value)) => drop(map.insert(key, value)),
        (Value::Object(map), None) => drop(map.remove(&key).unwrap_or_else(|| panic!("no {at}"))),
        (Value::Array(list), put) => {
            let index: usize = key.parse().expect("an index");
            list.splice(index..=index, put);
        }
        (other, _) => panic!("{parent} is {other}"),
    }
    let differences = drift::compare(&code, document::json()).differences;
    (code, differences)
}

/// Drops in what is no schema: the one difference, at this place of the contract.
#[track_caller]
fn noticed(at: &str, put: Option<Value>, pointer: &str, place: &str) {
    let (_, found) = drifted(at, put);
    let [difference, ..] = found.as_slice() else {
        panic!("nothing noticed at {at}")
    };
    assert!(
        found
            .iter()
            .all(|difference| difference.places[0].contains(place)),
        "{at}: {found:?}"
    );
    assert_eq!(difference.pointer, pointer, "{difference}");
    assert_ne!(difference.code, difference.contract, "{difference}");
}

/// Drops in a schema: noticed with a value that one side takes and the other refuses.
#[track_caller]
fn shown(at: &str, put: Value, taker: Side) {
    let (code, found) = drifted(at, Some(put));
    assert!(!found.is_empty(), "nothing noticed at {at}");
    for difference in found {
        let Some((side, value)) = &difference.counterexample else {
            panic!("no value: {difference}")
        };
        assert_eq!(*side, taker, "{difference}");
        let takes = |document| validator(document, &difference.places[0]).is_valid(value);
        assert_eq!(
            (takes(&code), takes(document::json())),
            (taker == Side::Code, taker == Side::Contract),
            "{difference}"
        );
    }
}

/// Of the schema at a place like `GET /path › answer 200 › application/json › schema`.
fn validator(document: &Value, place: &str) -> Validator {
    let mut parts = place.split(" › ");
    let (method, path) = parts
        .next()
        .and_then(|part| part.split_once(' '))
        .expect("an operation");
    let operation = &document["paths"][path][method.to_lowercase()];
    let part = match parts
        .next()
        .and_then(|part| part.split_once(' '))
        .expect("a part of it")
    {
        ("request", _) => &operation["requestBody"],
        ("answer", status) => followed(document, &operation["responses"][status]),
        (_, parameter) => {
            let named = |it: &&Value| parameter.ends_with(it["name"].as_str().expect("a name"));
            let parameters = operation["parameters"].as_array().expect("parameters");
            parameters
                .iter()
                .map(|it| followed(document, it))
                .find(named)
                .expect("this one")
        }
    };
    let part = match parts.next().expect("a part of that") {
        "schema" => part,
        media_type if media_type.contains('/') => &part["content"][media_type],
        header => {
            let headers = part["headers"].as_object().expect("headers").iter();
            let (_, named) = headers
                .into_iter()
                .find(|(name, _)| header.ends_with(&name.to_lowercase()))
                .expect("it");
            followed(document, named)
        }
    };
    let mut schema = part["schema"].clone();
    schema["components"] = document["components"].clone();
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .build(&schema)
        .expect("a schema")
}

fn followed<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"]
        .as_str()
        .and_then(|at| document.pointer(at.trim_start_matches('#')));
    target.unwrap_or(value)
}

#[test]
fn a_status_more_or_less_is_noticed() {
    noticed(
        &format!("{LIST}/responses/429"),
        None,
        "/components/responses/TooManyRequests",
        "answer 429",
    );
    let more = format!("{LIST}/responses/409");
    noticed(&more, Some(json!({"description": ""})), &more, "answer 409");
}

#[test]
fn a_header_more_or_less_or_less_certain_is_noticed() {
    let header = |status: u16, name: &str| format!("{LIST}/responses/{status}/headers/{name}");
    for (status, name) in [
        (401, "WWW-Authenticate"),
        (405, "Allow"),
        (503, "Retry-After"),
        (200, "X-Request-Id"),
    ] {
        noticed(
            &header(status, name),
            None,
            &format!("/components/headers/{name}"),
            &name.to_lowercase(),
        );
    }
    let more = header(200, "X-More");
    noticed(&more, Some(json!({"schema": {}})), &more, "header x-more");
    let certain = format!("{}/required", header(503, "Retry-After"));
    noticed(
        &certain,
        Some(json!(false)),
        "/components/headers/Retry-After/required",
        "required",
    );
}

#[test]
fn other_credentials_are_noticed() {
    noticed("/security", None, "/security", "security");
    noticed(
        "/security",
        Some(json!([{"token": []}, {}])),
        "/security",
        "security",
    );
    noticed(
        "/components/securitySchemes/token/name",
        Some(json!("X-Token")),
        "/security",
        "security",
    );
    noticed(
        &format!("{LIST}/security"),
        Some(json!([])),
        "/security",
        "security",
    );
}

#[test]
fn another_operation_is_noticed() {
    noticed(
        &format!("{LIST}/operationId"),
        Some(json!("list")),
        &format!("{LIST}/operationId"),
        "operationId",
    );
    noticed(LIST, None, LIST, "GET /v3");
    let more = format!("{MEMBERS}/patch");
    noticed(
        &more,
        Some(json!({"operationId": "more", "responses": {}})),
        &more,
        "PATCH /v3",
    );
}

#[test]
fn another_parameter_is_noticed() {
    noticed(
        &format!("{LIST}/parameters/2"),
        None,
        &format!("{LIST}/parameters/3"),
        "query parameter status",
    );
    let change = |key: &str, put: Value, contract: &str| {
        let at = format!("{LIST}/parameters/6/{key}");
        noticed(
            &at,
            Some(put),
            &format!("{LIST}/parameters/7/{contract}"),
            "query parameter limit",
        );
    };
    change("required", json!(true), "required");
    change("style", json!("pipeDelimited"), "explode");
    change("explode", json!(false), "explode");
    change("allowReserved", json!(true), "allowReserved");
    change("deprecated", json!(true), "deprecated");
    change("schema/default", json!(100), "schema");
    change("schema/format", json!("int64"), "schema");
    shown(
        &format!("{LIST}/parameters/6/schema/maximum"),
        json!(1001),
        Side::Code,
    );
}

#[test]
fn another_body_or_media_type_is_noticed() {
    let body = format!("{ADD}/requestBody");
    noticed(
        &format!("{body}/required"),
        Some(json!(false)),
        &format!("{body}/required"),
        "request body",
    );
    noticed(&body, None, &body, "request body");
    let more = format!("{body}/content/text~1plain");
    noticed(&more, Some(json!({"schema": {}})), &more, "text/plain");
    let content = format!("{ADD}/responses/200/content/application~1json");
    noticed(&content, None, &content, "answer 200");
}

#[test]
fn a_schema_that_takes_more_or_less_is_shown_by_a_value() {
    for (at, put, taker) in [
        (
            "AddMember/properties/members/maxItems",
            json!(11),
            Side::Code,
        ),
        (
            "AddMember/properties/members/maxItems",
            json!(9),
            Side::Contract,
        ),
        (
            "AddMember/properties/members/minItems",
            json!(0),
            Side::Code,
        ),
        (
            "AddMember/properties/members/uniqueItems",
            json!(false),
            Side::Code,
        ),
        ("AddMember/required", json!([]), Side::Code),
        ("AddMember/properties/domains", json!({}), Side::Code),
        (
            "AddMember/additionalProperties",
            json!(false),
            Side::Contract,
        ),
        (
            "UpdateMember/required",
            json!(["status", "vault_id"]),
            Side::Contract,
        ),
        (
            "MemberStatus/enum",
            json!(["pending", "accepted"]),
            Side::Contract,
        ),
        (
            "MemberStatus/enum",
            json!(["pending", "accepted", "rejected", "gone"]),
            Side::Code,
        ),
        ("MemberStatus/type", json!("integer"), Side::Contract),
        ("VaultChoice/type", json!("string"), Side::Contract),
        ("VaultChoice/pattern", json!("^x$"), Side::Code),
        (
            "ProjectId/pattern",
            json!("^[A-Za-z0-9_-]{1,65}$"),
            Side::Code,
        ),
        (
            "RequestId/pattern",
            json!("^[A-Za-z0-9._:-]{1,127}$"),
            Side::Contract,
        ),
        ("RequestId/maxLength", json!(100), Side::Contract),
        (
            "Member/required",
            json!(["status", "created_at", "backup_id", "dest_project_id"]),
            Side::Code,
        ),
        (
            "Member/properties/image_id",
            json!({"$ref": "#/components/schemas/ImageId"}),
            Side::Contract,
        ),
        ("MemberList/properties/count/minimum", json!(-1), Side::Code),
        (
            "MemberList/properties/count/type",
            json!("number"),
            Side::Code,
        ),
        (
            "Error/properties/error_code",
            json!({"type": "integer"}),
            Side::Code,
        ),
    ] {
        shown(&format!("/components/schemas/{at}"), put, taker);
    }
}

#[test]
fn one_schema_is_one_difference_that_names_all_its_places() {
    let (_, found) = drifted(
        "/components/schemas/Error/required",
        Some(json!(["error_code"])),
    );
    let [difference] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(difference.pointer, "/components/schemas/Error/required");
    assert!(difference.places.len() > 40, "{difference}");
}

#[test]
fn what_values_do_not_show_is_noticed_too() {
    for (at, put) in [
        ("MemberList/properties/count/format", json!("int32")),
        ("BackupId/format", json!("date")),
        ("Member/properties/extra", json!({})),
        (
            "Member/properties/status",
            json!({"allOf": [{"$ref": "#/components/schemas/MemberStatus"}], "default": "pending"}),
        ),
    ] {
        let (_, found) = drifted(&format!("/components/schemas/{at}"), Some(put));
        assert!(!found.is_empty(), "{at}");
    }
}

#[test]
fn what_is_not_understood_counts_as_a_difference() {
    for (at, put) in [
        (format!("{LIST}/callbacks"), json!({"done": {}})),
        (
            "/components/schemas/Member/unevaluatedProperties".to_owned(),
            json!(false),
        ),
        (
            "/components/schemas/Member/properties/status".to_owned(),
            json!({"$ref": "#/components/schemas/None"}),
        ),
        (
            "/components/schemas/Error/properties/error_msg/pattern".to_owned(),
            json!("(?<=a)b"),
        ),
        (
            "/components/schemas/Member/discriminator".to_owned(),
            json!({"propertyName": "status"}),
        ),
        ("/webhooks".to_owned(), json!({})),
        ("/servers".to_owned(), json!([{"url": "/api"}])),
    ] {
        assert!(!drifted(&at, Some(put)).1.is_empty(), "{at}");
    }
}

#[test]
fn prose_is_the_contracts_alone() {
    for (at, put) in [
        (format!("{LIST}/summary"), json!("List")),
        (format!("{LIST}/tags"), json!(["More"])),
        (
            "/components/schemas/Member/description".to_owned(),
            json!("A member."),
        ),
        ("/info".to_owned(), json!({"title": "x", "version": "7"})),
    ] {
        assert!(drifted(&at, Some(put)).1.is_empty(), "{at}");
    }
}
