//! What the contract accepts, the types read: texts are made of the contract's own patterns. That
//! what it refuses is refused is shown over the wire (`tests/service/errors`).

use std::{collections::BTreeSet, str::FromStr};

use proptest::{prelude::*, string::string_regex};
use serde_json::{Value, json};

use super::{
    extract::{QueryText, ReadQuery},
    json_body::read,
    problem::Problem,
    types::{AddMember, UpdateMember},
};
use crate::{
    contract::{check, document},
    model::{
        BackupId, BackupQuery, ImageId, MemberStatus, Operation, ProjectId, ShareId, VaultId,
        VaultQuery,
        listing::BackupSort,
        page::{PageQuery, Sort},
    },
};

/// Texts of the pattern at a place of the contract.
fn texts(pointer: &str) -> impl Strategy<Value = String> + use<> {
    let pattern = document::json().pointer(pointer).and_then(|at| at.as_str());
    let pattern = pattern.unwrap_or_else(|| panic!("no pattern at {pointer}"));
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    string_regex(inner).expect("a pattern")
}

fn of_schema(name: &str) -> impl Strategy<Value = String> + use<> {
    texts(&format!("/components/schemas/{name}/pattern"))
}

const STATUSES: [&str; 3] = ["pending", "accepted", "rejected"];

/// Texts of the pattern of the parameter `sort` of an operation; its length is bounded beside it.
fn sorts(operation: Operation) -> impl Strategy<Value = String> + use<> {
    let path = operation.path().replace('/', "~1");
    let list = format!("/paths/{path}/get/parameters");
    let parameters = document::json().pointer(&list).and_then(|at| at.as_array());
    let mut parameters = parameters.expect("parameters").iter();
    let at = parameters.position(|parameter| parameter["name"] == "sort");
    texts(&format!("{list}/{}/schema/pattern", at.expect("an order")))
}

fn reads<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

fn body<T: serde::de::DeserializeOwned>(
    operation: Operation,
    body: &serde_json::Value,
) -> Result<T, Problem> {
    let rule = check::of(operation).request.body("application/json");
    read(rule.expect("it has a body"), body.to_string().as_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_and_orders(
        project in of_schema("ProjectId"),
        backup in of_schema("BackupId"),
        vault in of_schema("VaultId"),
        image in of_schema("ImageId"),
        share in of_schema("ShareId"),
        sort in sorts(Operation::ListMembers),
        of_backups in sorts(Operation::ListBackups),
        status in prop::sample::select(&STATUSES),
    ) {
        prop_assert!(reads::<ProjectId>(&project), "{project}");
        prop_assert!(reads::<BackupId>(&backup), "{backup}");
        prop_assert!(reads::<VaultId>(&vault), "{vault}");
        prop_assert!(reads::<ImageId>(&image), "{image}");
        prop_assert!(reads::<ShareId>(&share), "{share}");
        prop_assert!(reads::<Sort>(&sort), "{sort}");
        prop_assert!(reads::<BackupSort>(&of_backups), "{of_backups}");
        prop_assert!(reads::<MemberStatus>(status), "{status}");
    }

    #[test]
    fn bodies(
        members in prop::collection::btree_set(of_schema("ProjectId"), 1..=10),
        status in prop::sample::select(&STATUSES),
        vault in of_schema("VaultChoice"),
    ) {
        for add in [
            json!({"members": members}),
            json!({"members": members, "domains": null}),
            json!({"members": members, "_": [1]}),
        ] {
            let added = body::<AddMember>(Operation::AddMember, &add).expect("accepted").members;
            let added: BTreeSet<_> = added.iter().map(ToString::to_string).collect();
            prop_assert_eq!(&added, &members);
        }
        for vault in [json!(vault), json!(null)] {
            let update = json!({"status": status, "vault_id": vault});
            body::<UpdateMember>(Operation::UpdateMemberStatus, &update).expect("accepted");
        }
    }
}

/// Of a parameter of a list: all its words, where it has words.
fn words(parameter: &Value) -> Vec<String> {
    let schema = &parameter["schema"];
    let schema = schema.get("items").unwrap_or(schema);
    let named = schema["$ref"]
        .as_str()
        .and_then(|at| document::json().pointer(&at[1..]));
    let words = named.unwrap_or(schema)["enum"]
        .as_array()
        .into_iter()
        .flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn every_word_is_read<Q: ReadQuery>() -> usize {
    let operation = &document::json()["paths"][Q::OPERATION.path()]["get"];
    let parameters = operation["parameters"].as_array().expect("parameters");
    let pairs = parameters
        .iter()
        .filter_map(|it| Some((it["name"].as_str()?, words(it))));
    let mut count = 0;
    for (name, words) in pairs {
        for word in words {
            let query = QueryText::decode(&format!("{name}={word}")).expect("text");
            let read = Q::read(&query).map(drop);
            read.unwrap_or_else(|refused| panic!("{name}={word}: {refused}"));
            count += 1;
        }
    }
    count
}

#[test]
fn words_of_a_query() {
    assert_eq!(every_word_is_read::<PageQuery>(), 3);
    assert_eq!(every_word_is_read::<BackupQuery>(), 3 + 3 + 8);
    assert_eq!(every_word_is_read::<VaultQuery>(), 6 + 3 + 5 + 2);
}

fn reads_numbers<Q: ReadQuery>() {
    for (limit, offset) in [("1", "0"), ("1000", "9223372036854775807"), ("007", "00")] {
        let query = QueryText::decode(&format!("limit={limit}&offset={offset}")).expect("text");
        let checked = query.check(Q::OPERATION);
        checked.unwrap_or_else(|breach| panic!("{}: {breach:?}", Q::OPERATION.id()));
        assert!(Q::read(&query).is_ok(), "{}", Q::OPERATION.id());
    }
}

#[test]
fn numbers_of_a_query() {
    reads_numbers::<PageQuery>();
    reads_numbers::<BackupQuery>();
    reads_numbers::<VaultQuery>();
}
