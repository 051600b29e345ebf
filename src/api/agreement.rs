//! The typed extractors and the contract never disagree: both are asked about the same bodies,
//! queries and paths, made around the contract's edges.

use proptest::{prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Map, Value, json};

use super::{
    extract::{page_query, pairs, typed},
    types::{AddMember, UpdateMember},
};
use crate::{
    contract::check,
    model::{BackupId, Operation, ProjectId},
};

const VAULT: &str = "4b27c05b-8ad7-48c6-a886-526666c035f0";

/// Texts that some rule takes, and their neighbours.
fn text() -> impl Strategy<Value = String> {
    let known = [
        "pending",
        "accepted",
        "rejected",
        "gone",
        "Pending",
        "",
        "0",
        "1",
        "1000",
        "1001",
        "-1",
        "-0",
        "+1",
        "007",
        "1.0",
        "1e3",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "created_at:desc",
        "id",
        "id:up",
        "id,",
        "status:asc,id",
        VAULT,
        "4B27C05B-8AD7-48C6-A886-526666C035F0",
        "null",
        "true",
        "4b27c05b8ad748c6a886526666c035f0",
        "{4b27c05b-8ad7-48c6-a886-526666c035f0}",
        "a b",
        "ä",
        "a\n",
        "\n",
    ];
    prop_oneof![
        6 => select(known.to_vec()).prop_map(str::to_owned),
        2 => "[A-Za-z0-9_-]{1,66}",
        1 => "[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-fg]{11,13}",
        1 => "(status|id|created_at|vault)(:(asc|desc|up))?(,(image_id|member)(:asc)?){0,2}",
        1 => "(id,){80,90}id",
        1 => any::<String>(),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text().prop_map(Value::from),
        2 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (-1.0e9..1.0e9).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(2, 24, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
            prop::collection::hash_map(text(), inner, 0..3)
                .prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// A list of ids, good most of the time, and around the limits of its length.
fn members() -> impl Strategy<Value = Value> {
    let id = prop_oneof![12 => "[A-Za-z0-9_-]{1,64}".prop_map(Value::from), 1 => leaf()];
    prop_oneof![4 => prop::collection::vec(id, 0..13).prop_map(Value::from), 1 => value()]
}

/// An object with some of these keys, good or not, and perhaps another.
fn body(keys: [(&'static str, BoxedStrategy<Value>); 2]) -> impl Strategy<Value = Value> {
    let [first, second] =
        keys.map(|(key, value)| prop::option::weighted(0.8, value).prop_map(move |v| (key, v)));
    let other = prop::option::weighted(0.1, (text(), value()));
    let object = (first, second, other).prop_map(|(first, second, other)| {
        let mut object: Map<String, Value> = Map::from_iter(other);
        object.extend(
            [first, second]
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?))),
        );
        Value::Object(object)
    });
    prop_oneof![9 => object, 1 => value()]
}

fn query() -> impl Strategy<Value = String> {
    let names = [
        "status",
        "dest_project_id",
        "vault_id",
        "image_id",
        "limit",
        "offset",
        "marker",
        "sort",
    ];
    let name = prop_oneof![20 => select(names.to_vec()).prop_map(str::to_owned), 1 => text()];
    let good = [
        ("limit", "1"),
        ("limit", "1000"),
        ("offset", "0"),
        ("status", "accepted"),
        ("sort", "id:asc,status"),
    ];
    let good = select(good.to_vec()).prop_map(|(name, text)| (name.to_owned(), text.to_owned()));
    let pair = prop_oneof![1 => good, 1 => (name, text())];
    let plain = |text: String| {
        text.replace('&', "%26")
            .replace('=', "%3D")
            .replace('+', "%2B")
            .replace(' ', "+")
    };
    let pair = pair.prop_map(move |(name, text)| format!("{}={}", plain(name), plain(text)));
    prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
}

fn to_add() -> impl Strategy<Value = Value> {
    body([
        ("members", members().boxed()),
        (
            "domains",
            prop_oneof![4 => Just(Value::Null), 1 => value()].boxed(),
        ),
    ])
}

fn decision() -> impl Strategy<Value = Value> {
    let mostly = |good: Vec<Value>| prop_oneof![3 => select(good), 1 => leaf()].boxed();
    let status = mostly(vec![json!("pending"), json!("accepted"), json!("rejected")]);
    body([
        ("status", status),
        (
            "vault_id",
            mostly(vec![json!(VAULT), json!(""), json!(null)]),
        ),
    ])
}

fn contract_takes(operation: Operation, body: &Value) -> Result<(), String> {
    let rule = check::of(operation)
        .request
        .body("application/json")
        .expect("it takes a body");
    rule.check_json(body.to_string().as_bytes())
        .map_err(|breach| format!("{breach:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_what_to_add(body in to_add()) {
        let typed = typed::<AddMember>(body.to_string().as_bytes()).map(drop);
        let contract = contract_takes(Operation::AddMember, &body);
        prop_assert_eq!(typed.is_ok(), contract.is_ok(), "typed: {:?}, contract: {:?}", typed, contract);
    }

    #[test]
    fn of_what_a_member_decides(body in decision()) {
        let typed = typed::<UpdateMember>(body.to_string().as_bytes()).map(drop);
        let contract = contract_takes(Operation::UpdateMemberStatus, &body);
        prop_assert_eq!(typed.is_ok(), contract.is_ok(), "typed: {:?}, contract: {:?}", typed, contract);
    }

    #[test]
    fn of_what_to_list(query in query()) {
        if let Ok(pairs) = pairs(&query) {
            let typed = page_query(&pairs).map(drop);
            let contract = check::of(Operation::ListMembers).request.query(&pairs);
            prop_assert_eq!(typed.is_ok(), contract.is_ok(), "typed: {:?}, contract: {:?}", typed, contract);
        }
    }

    #[test]
    fn of_which_member(backup in text(), member in text()) {
        let typed = backup.parse::<BackupId>().is_ok() && member.parse::<ProjectId>().is_ok();
        let text = |name: &str| Some(match name { "backup_id" => backup.as_str(), "member_id" => &member, _ => "p" });
        let contract = check::of(Operation::ShowMember).request.path(text);
        prop_assert_eq!(typed, contract.is_ok(), "{:?}", contract);
    }
}

/// Agreement on nothing but refusals would prove little.
#[test]
fn each_kind_is_taken_often_and_refused_often() {
    fn taken<T: std::fmt::Debug>(
        strategy: impl Strategy<Value = T>,
        takes: impl Fn(&T) -> bool,
    ) -> usize {
        let mut runner = TestRunner::deterministic();
        let value = |_| strategy.new_tree(&mut runner).expect("a value").current();
        (0..1000).map(value).filter(takes).count()
    }
    let to_list = |query: &String| {
        let pairs = pairs(query).unwrap_or_default();
        !pairs.is_empty()
            && check::of(Operation::ListMembers)
                .request
                .query(&pairs)
                .is_ok()
    };
    for (kind, taken) in [
        (
            "add",
            taken(to_add(), |body| {
                contract_takes(Operation::AddMember, body).is_ok()
            }),
        ),
        (
            "decide",
            taken(decision(), |body| {
                contract_takes(Operation::UpdateMemberStatus, body).is_ok()
            }),
        ),
        ("list", taken(query(), to_list)),
    ] {
        assert!((50..950).contains(&taken), "{kind}: {taken} of 1000 taken");
    }
}

#[test]
fn forms_that_derived_types_would_read_are_refused_by_both() {
    for body in [
        json!(["pending"]),
        json!({"status": {"pending": null}}),
        json!([["p"]]),
        json!({"status": ["pending"]}),
    ] {
        assert!(
            typed::<UpdateMember>(body.to_string().as_bytes()).is_err(),
            "{body}"
        );
        assert!(
            contract_takes(Operation::UpdateMemberStatus, &body).is_err(),
            "{body}"
        );
    }
}

#[test]
fn a_refusal_names_the_place_and_what_is_asked_and_nothing_that_was_sent() {
    let rule = check::of(Operation::AddMember)
        .request
        .body("application/json")
        .expect("it takes a body");
    let told = |body: Value| {
        let breach = rule
            .check_json(body.to_string().as_bytes())
            .expect_err("refused");
        let told = format!("{}: {}", breach.place, breach.reason);
        assert!(!told.contains("s3cret"), "{told}");
        told
    };
    let looks =
        "it must look like f841e01fd2b14e7fa41b6ae7aa6b0594 and match ^[A-Za-z0-9_-]{1,64}$";
    assert_eq!(
        told(json!({"members": ["a", "b", "c", "s3cret!"]})),
        format!("/members/3: {looks}")
    );
    assert_eq!(
        told(json!({"members": ["a", "s3cret", "s3cret"]})),
        "/members/2: the same stands above"
    );
    assert_eq!(
        told(json!({"members": "s3cret"})),
        "/members: it must be of type array"
    );
    assert_eq!(told(json!({"members": []})), "/members: at least 1 of them");
    assert_eq!(
        told(json!({"members": vec!["s3cret"; 11]}))
            .split(':')
            .next(),
        Some("/members")
    );
    assert_eq!(
        told(json!({"Members": ["s3cret"]})),
        "/members: it is missing"
    );
    assert_eq!(told(json!("s3cret")), "body: it must be of type object");
    let refused = typed::<AddMember>(br#"{"members": "s3cret"}"#)
        .expect_err("refused")
        .to_string();
    assert_eq!(refused, "/members: it must be a sequence");
}
