//! The contract and the handlers agree; and where they would not, it is noticed: one test for each
//! class of difference puts it into the code's document. That the client's types agree as well is
//! proven in `client_types`.
use std::collections::BTreeMap;

use backup_share::{
    api,
    contract::{self, document},
    model::Operation,
};
use jsonschema::{Draft, Validator};
use openapi_proof::{
    diff::Rule,
    document::{Document, LoadError, of_value, pointer::unescape},
    same::{Difference, Side, agree},
};
use serde_json::{Value, json};

use super::mutations;

const MEMBERS: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members";
const LIST: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/get";
const ADD: &str = "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/post";

#[test]
fn the_code_agrees_with_the_contract() {
    let found = contract::drift(&api::derived(), document::json()).expect("comparable");
    assert!(found.agree(), "{}", found.text(["code", "contract"]));
}

/// What handlers do not say, and the contract alone does: nothing on the wire depends on it.
const SAID_BY_THE_CONTRACT_ALONE: [&str; 2] = ["link removed", "unused component added"];

/// What stands beside `null` in alternatives is compared by the values that it allows: `null` is
/// allowed there already, and words about values are not seen.
const BESIDE_NULL: [&str; 5] = [
    "format changed at /components/schemas/ImageId",
    "format removed at /components/schemas/ImageId",
    "null allowed at /components/schemas/",
    "property made writeOnly at /components/schemas/BackupExtendInfo",
    "property made writeOnly at /components/schemas/VaultBindRules",
];

/// How many mutations of a kind are tried: the code says most things in other words than the
/// contract, which are proven equal again for each.
const OF_A_KIND: usize = 6;

/// The same one-step mutations that the comparison of contracts is held to, some of each kind, from
/// all over the contract: each that is more than words must be noticed.
#[test]
fn mutations_of_each_kind_that_are_more_than_words_are_noticed() {
    let code = read(&api::derived()).expect("a document");
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mutation in mutations::mutations(document::json()) {
        if mutation.class != "docs" {
            kinds.entry(mutation.rule).or_default().push(mutation);
        }
    }
    let some = |kind: Vec<mutations::Mutation>| {
        let step = kind.len().div_ceil(OF_A_KIND);
        kind.into_iter().step_by(step)
    };
    let wanted: Vec<_> = kinds.into_values().flat_map(some).collect();
    let half = wanted.len().div_ceil(2);
    let unnoticed = |part: &[mutations::Mutation]| -> Vec<String> {
        let agrees = |contract| agree(&code, &contract).expect("comparable");
        let silent = part.iter().filter(|m| read(&m.document).is_ok_and(agrees));
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
        let known = SAID_BY_THE_CONTRACT_ALONE.iter().chain(&BESIDE_NULL);
        !known.into_iter().any(|rule| what.starts_with(rule))
    });
    println!("{} mutations, {} unnoticed", wanted.len(), silent.len());
    assert!(wanted.len() >= 300, "{}", wanted.len());
    assert!(silent.is_empty(), "{silent:#?}");
}

fn read(document: &Value) -> Result<Document, LoadError> {
    of_value("a document", document.clone(), String::new())
}

/// What the comparison finds. A document that does not hold together is one difference.
fn differences(code: &Value, contract: &Value) -> Vec<Difference> {
    match contract::drift(code, contract) {
        Ok(found) => found.differences,
        Err(fault) => vec![Difference {
            operations: vec![],
            rule: Rule::Schema,
            pointer: fault.to_string(),
            first: None,
            second: None,
            example: None,
        }],
    }
}

/// The code's document with one place changed, or taken away.
fn drifted(at: &str, put: Option<Value>) -> (Value, Vec<Difference>) {
    let mut code = api::derived();
    let (parent, key) = at.rsplit_once('/').expect("a place within the document");
    let key = unescape(key);
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
    let found = differences(&code, document::json());
    (code, found)
}

/// Drops in what is no schema: the first difference is at this place.
#[track_caller]
fn noticed(at: &str, put: Option<Value>, pointer: &str) {
    let (_, found) = drifted(at, put);
    let [difference, ..] = found.as_slice() else {
        panic!("nothing noticed at {at}")
    };
    assert_eq!(difference.pointer, pointer, "{at}: {found:?}");
    assert_ne!(difference.first, difference.second, "{difference}");
}

/// Drops in a schema: noticed with a value that one side accepts and the other refuses.
#[track_caller]
fn shown(at: &str, put: Value, accepted_by: Side) {
    let (code, found) = drifted(at, Some(put));
    assert!(!found.is_empty(), "nothing noticed at {at}");
    // A format is a difference by itself, which no value shows.
    let shown = found.iter().filter(|it| it.rule != Rule::Format);
    for difference in shown {
        let Some(example) = &difference.example else {
            panic!("no value: {difference}")
        };
        assert_eq!(example.accepted_by, accepted_by, "{difference}");
        let accepts = |document| validator(document, &example.at).is_valid(&example.value);
        assert_eq!(
            (accepts(&code), accepts(document::json())),
            (accepted_by == Side::First, accepted_by == Side::Second),
            "{difference}"
        );
    }
}

/// Of the schema at a place like ``header `Allow` of the 405 answer of GET /path``.
fn validator(document: &Value, place: &str) -> Validator {
    let (part, operation) = place.rsplit_once(" of ").expect("a part of an operation");
    let (method, path) = operation.split_once(' ').expect("an operation");
    let operation = &document["paths"][path][method.to_lowercase()];
    let quoted = |text: &str| text.split('`').nth(1).expect("a name").to_lowercase();
    let response = |text: &str| {
        let status = text.split(' ').nth(1).expect("a status");
        followed(document, &operation["responses"][status])
    };
    let json = |body: &Value| body["content"]["application/json"]["schema"].clone();
    let mut schema = if let Some((header, answer)) = part.split_once(" of ") {
        let headers = response(answer)["headers"].as_object().expect("headers");
        let mut headers = headers.iter();
        let named = headers.find(|(name, _)| name.to_lowercase() == quoted(header));
        followed(document, named.expect("this one").1)["schema"].clone()
    } else if part == "the body" {
        json(&operation["requestBody"])
    } else if part.contains(" parameter ") {
        let parameters = operation["parameters"].as_array().expect("parameters");
        let mut parameters = parameters.iter().map(|it| followed(document, it));
        let named = parameters.find(|it| it["name"].as_str() == Some(quoted(part).as_str()));
        named.expect("this one")["schema"].clone()
    } else {
        json(response(part))
    };
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
    );
    let more = format!("{LIST}/responses/409");
    noticed(&more, Some(json!({"description": ""})), &more);
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
        );
    }
    let more = header(200, "X-More");
    noticed(&more, Some(json!({"schema": {}})), &more);
    let certain = format!("{}/required", header(503, "Retry-After"));
    noticed(
        &certain,
        Some(json!(false)),
        "/components/headers/Retry-After/required",
    );
}

#[test]
fn other_credentials_are_noticed() {
    noticed("/security", None, "/security");
    noticed("/security", Some(json!([{"token": []}, {}])), "/security");
    noticed(
        "/components/securitySchemes/token/name",
        Some(json!("X-Token")),
        "/components/securitySchemes/token",
    );
    noticed(&format!("{LIST}/security"), Some(json!([])), "/security");
}

#[test]
fn another_operation_is_noticed() {
    noticed(
        &format!("{LIST}/operationId"),
        Some(json!("list")),
        &format!("{LIST}/operationId"),
    );
    noticed(LIST, None, LIST);
    let more = format!("{MEMBERS}/patch");
    noticed(
        &more,
        Some(json!({"operationId": "more", "responses": {}})),
        &more,
    );
}

#[test]
fn another_parameter_is_noticed() {
    noticed(
        &format!("{LIST}/parameters/2"),
        None,
        &format!("{LIST}/parameters/3"),
    );
    let code = format!("{LIST}/parameters/8");
    let contract = format!("{LIST}/parameters/7");
    let change = |key: &str, put: Value, pointer: &str| {
        noticed(
            &format!("{code}/{key}"),
            Some(put),
            &format!("{pointer}/{key}"),
        );
    };
    change("required", json!(true), &code);
    change("style", json!("pipeDelimited"), &code);
    change("allowReserved", json!(true), &code);
    change("deprecated", json!(true), &code);
    change("schema/default", json!(100), &contract);
    change("schema/format", json!("int64"), &contract);
    shown(
        &format!("{LIST}/parameters/8/schema/maximum"),
        json!(1001),
        Side::First,
    );
}

#[test]
fn another_body_or_media_type_is_noticed() {
    let body = format!("{ADD}/requestBody");
    noticed(
        &format!("{body}/required"),
        Some(json!(false)),
        &format!("{body}/required"),
    );
    noticed(&body, None, &body);
    let more = format!("{body}/content/text~1plain");
    noticed(&more, Some(json!({"schema": {}})), &more);
    let content = format!("{ADD}/responses/200/content/application~1json");
    noticed(&content, None, &content);
}

#[test]
fn a_schema_that_takes_more_or_less_is_shown_by_a_value() {
    for (at, put, taker) in [
        (
            "AddMember/properties/members/maxItems",
            json!(11),
            Side::First,
        ),
        (
            "AddMember/properties/members/maxItems",
            json!(9),
            Side::Second,
        ),
        (
            "AddMember/properties/members/minItems",
            json!(0),
            Side::First,
        ),
        (
            "AddMember/properties/members/uniqueItems",
            json!(false),
            Side::First,
        ),
        ("AddMember/required", json!([]), Side::First),
        ("AddMember/properties/domains", json!({}), Side::First),
        ("AddMember/additionalProperties", json!(false), Side::Second),
        (
            "UpdateMember/required",
            json!(["status", "vault_id"]),
            Side::Second,
        ),
        (
            "MemberStatus/enum",
            json!(["pending", "accepted"]),
            Side::Second,
        ),
        (
            "MemberStatus/enum",
            json!(["pending", "accepted", "rejected", "gone"]),
            Side::First,
        ),
        ("MemberStatus/type", json!("integer"), Side::Second),
        ("VaultChoice/type", json!("string"), Side::Second),
        ("VaultChoice/pattern", json!("^x$"), Side::First),
        (
            "ProjectId/pattern",
            json!("^[A-Za-z0-9_-]{1,65}$"),
            Side::First,
        ),
        (
            "RequestId/pattern",
            json!("^[A-Za-z0-9._:-]{1,127}$"),
            Side::Second,
        ),
        ("RequestId/maxLength", json!(100), Side::Second),
        (
            "Member/required",
            json!(["status", "created_at", "backup_id", "dest_project_id"]),
            Side::First,
        ),
        (
            "Member/properties/image_id",
            json!({"$ref": "#/components/schemas/ImageId"}),
            Side::Second,
        ),
        (
            "MemberList/properties/count/minimum",
            json!(-1),
            Side::First,
        ),
        (
            "MemberList/properties/count/type",
            json!("number"),
            Side::First,
        ),
        (
            "Error/properties/error_code",
            json!({"type": "integer"}),
            Side::Second,
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
    let all = Operation::ALL.len();
    assert_eq!(difference.operations.len(), all, "{difference}");
    let text = difference.to_string();
    let others = format!("(and {} other operations)", all - 1);
    assert!(text.contains(&others), "{text}");
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
        (
            format!("{LIST}/callbacks"),
            json!({"done": {"/done": {"post": {"responses": {}}}}}),
        ),
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
        (
            "/webhooks".to_owned(),
            json!({"done": {"post": {"responses": {}}}}),
        ),
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
