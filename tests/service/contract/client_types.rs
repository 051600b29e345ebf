//! The third leg: the generated client's types can carry every value that the contract allows. What
//! the lowering of the contract leaves out of the types on purpose is listed here, with the reason.

use std::collections::BTreeSet;

use backup_share::{client::types, contract::document};
use openapi_proof::{
    diff::{Change, Class, Settings, compare},
    document::of_value,
};
use serde_json::{Value, json};

/// Parts of the contract that the client leaves out: the object, the key, and why it is not missed.
const LEFT_OUT: [(&str, &str, &str); 1] = [(
    "AddMember",
    "domains",
    "it can be null and nothing else, which is the same as leaving it out",
)];

/// Of every body: its name in the contract, and the schema of the client's type.
fn bodies() -> [(&'static str, schemars::Schema); 15] {
    [
        ("AddMember", schemars::schema_for!(types::AddMember)),
        ("AddedMembers", schemars::schema_for!(types::AddedMembers)),
        ("UpdateMember", schemars::schema_for!(types::UpdateMember)),
        ("Member", schemars::schema_for!(types::Member)),
        ("MemberAnswer", schemars::schema_for!(types::MemberAnswer)),
        ("MemberList", schemars::schema_for!(types::MemberList)),
        ("Backup", schemars::schema_for!(types::Backup)),
        ("BackupAnswer", schemars::schema_for!(types::BackupAnswer)),
        (
            "BackupExtendInfo",
            schemars::schema_for!(types::BackupExtendInfo),
        ),
        ("BackupList", schemars::schema_for!(types::BackupList)),
        ("Vault", schemars::schema_for!(types::Vault)),
        ("VaultAnswer", schemars::schema_for!(types::VaultAnswer)),
        ("VaultBilling", schemars::schema_for!(types::VaultBilling)),
        ("VaultList", schemars::schema_for!(types::VaultList)),
        ("Error", schemars::schema_for!(types::Error)),
    ]
}

/// What the client's types cannot carry: the body, and the break that shows it.
fn breaks(contract: &Value) -> Vec<(&'static str, Change)> {
    let of = |(name, client): (&'static str, schemars::Schema)| {
        let report = compare(
            &of_value("contract", allowed(contract, name), String::new()).expect("a document"),
            &of_value("client", carried(client.to_value()), String::new()).expect("a document"),
            &Settings::default(),
        );
        let changes = report.expect("comparable").changes.into_iter();
        let breaking = changes.filter(|change| change.class == Class::Breaking);
        breaking.map(move |change| (name, change))
    };
    bodies().into_iter().flat_map(of).collect()
}

/// A document that accepts the bodies that the contract allows.
fn allowed(contract: &Value, name: &str) -> Value {
    let mut schemas = contract["components"]["schemas"].clone();
    for (object, key, _) in LEFT_OUT {
        let properties = schemas[object]["properties"].as_object_mut();
        properties.expect("properties").remove(key);
    }
    accepting(
        json!({"$ref": format!("#/components/schemas/{name}")}),
        schemas,
    )
}

/// A document that accepts the bodies that a type of the client carries.
fn carried(mut schema: Value) -> Value {
    let definitions = schema["$defs"].take();
    let moved = |value: &Value| {
        let text = value.to_string();
        let text = text.replace("#/$defs/", "#/components/schemas/");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let definitions = if definitions.is_null() {
        json!({})
    } else {
        moved(&definitions)
    };
    accepting(moved(&schema), definitions)
}

fn accepting(schema: Value, schemas: Value) -> Value {
    json!({
        "openapi": "3.1.1",
        "paths": {"/": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}},
        "components": {"schemas": schemas},
    })
}

#[test]
fn the_clients_types_carry_every_value_that_the_contract_allows() {
    let found = breaks(document::json());
    assert!(found.is_empty(), "{found:#?}");
}

/// The contract with one schema changed, and what the client cannot carry then.
fn cannot_carry(at: &str, put: Value) -> Vec<(&'static str, Value)> {
    let mut contract = document::json().clone();
    *contract
        .pointer_mut(&format!("/components/schemas/{at}"))
        .expect("it is there") = put;
    let found = breaks(&contract).into_iter();
    found
        .map(|(name, change)| {
            let example = change.counterexample.unwrap_or_else(|| panic!("{name}"));
            (name, example.value)
        })
        .collect()
}

#[test]
fn a_status_that_the_client_does_not_know_is_noticed_wherever_it_may_stand() {
    let statuses = json!(["pending", "accepted", "rejected", "gone"]);
    let found = cannot_carry("MemberStatus/enum", statuses);
    let shown = |(_, value): &(&str, Value)| value.to_string().contains("gone");
    let names: BTreeSet<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 5, "{found:?}");
    assert!(found.iter().all(shown), "{found:?}");
}

#[test]
fn a_key_that_the_client_does_not_know_or_cannot_miss_is_noticed() {
    let more = json!({"type": ["string", "integer"]});
    assert_eq!(
        cannot_carry("Error/properties/error_code", more)[0].0,
        "Error"
    );
    let missed = cannot_carry("MemberAnswer/required", json!([]));
    assert_eq!(missed, [("MemberAnswer", json!({}))]);
    let unknown = json!({"status": {"type": "string"}, "until": {}});
    let unknown = cannot_carry("UpdateMember/properties", unknown);
    assert!(unknown.iter().all(|(name, _)| *name == "UpdateMember"));
    assert!(
        unknown
            .iter()
            .any(|(_, value)| value["until"] != Value::Null)
    );
}
