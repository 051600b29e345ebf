//! What the contract accepts, the types read: texts are made of the contract's own patterns. That
//! what it refuses is refused is shown over the wire (`tests/service/errors`).

use std::{collections::BTreeSet, str::FromStr};

use proptest::{prelude::*, string::string_regex};
use serde_json::json;

use super::{
    extract::page_query,
    json_body::read,
    problem::Problem,
    types::{AddMember, UpdateMember},
};
use crate::{
    contract::{check, document},
    model::{BackupId, ImageId, MemberStatus, Operation, ProjectId, ShareId, VaultId, page::Sort},
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

/// The pattern of `sort`, whose length is bounded beside it.
const SORT: &str =
    "/paths/~1v3~1{project_id}~1backups~1{backup_id}~1members/get/parameters/10/schema/pattern";

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
        sort in texts(SORT),
        status in prop::sample::select(&STATUSES),
    ) {
        prop_assert!(reads::<ProjectId>(&project), "{project}");
        prop_assert!(reads::<BackupId>(&backup), "{backup}");
        prop_assert!(reads::<VaultId>(&vault), "{vault}");
        prop_assert!(reads::<ImageId>(&image), "{image}");
        prop_assert!(reads::<ShareId>(&share), "{share}");
        prop_assert!(reads::<Sort>(&sort), "{sort}");
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

#[test]
fn numbers_of_a_query() {
    for (limit, offset) in [("1", "0"), ("1000", "9223372036854775807"), ("007", "00")] {
        let pairs = [("limit", limit), ("offset", offset)];
        let pairs = pairs.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let checked = check::of(Operation::ListMembers).request.query(&pairs);
        checked.expect("accepted");
        page_query(&pairs).expect("read");
    }
}
