//! The third leg: the generated client's types can carry every value that the contract allows. What
//! the lowering of the contract leaves out of the types on purpose is listed here, with the reason.

use serde_json::Value;

use openapi_proof::{
    cursor::Cursor,
    drift::{Difference, Side},
    sets::{Set, Verdict, closed},
};

use crate::client::types;

/// Parts of the contract that the client leaves out: the object, the key, and why nobody misses it.
const LEFT_OUT: [(&str, &str, &str); 1] = [(
    "AddMember",
    "domains",
    "it can be null and nothing else, which is the same as leaving it out",
)];

/// Of every body: its name in the contract, and the schema of the client's type.
fn bodies() -> [(&'static str, schemars::Schema); 7] {
    [
        ("AddMember", schemars::schema_for!(types::AddMember)),
        ("AddedMembers", schemars::schema_for!(types::AddedMembers)),
        ("UpdateMember", schemars::schema_for!(types::UpdateMember)),
        ("Member", schemars::schema_for!(types::Member)),
        ("MemberAnswer", schemars::schema_for!(types::MemberAnswer)),
        ("MemberList", schemars::schema_for!(types::MemberList)),
        ("Error", schemars::schema_for!(types::Error)),
    ]
}

/// What the client's types cannot carry.
pub(super) fn differences(contract: &Value) -> Vec<Difference> {
    bodies()
        .into_iter()
        .filter_map(|(name, client)| carries(contract, name, client.to_value()))
        .collect()
}

/// Both sides are closed: a type that swallows a key without having a field for it does not carry
/// the key.
fn carries(contract: &Value, name: &str, client: Value) -> Option<Difference> {
    let pointer = format!("/components/schemas/{name}");
    let place = format!("the client's type {name}");
    let named = ["components", "schemas", name]
        .into_iter()
        .try_fold(Cursor::root(contract), |at, key| at.key(key));
    let missing = || {
        Difference::plain(
            &place,
            pointer.clone(),
            "has it".into(),
            "does not have it".into(),
        )
    };
    let Some(named) = named else {
        return Some(missing());
    };
    let allowed = Set::of(closed(without_left_out(name, named.schema())));
    match Set::of(closed(client.clone())).covers(&allowed) {
        Verdict::Covers => None,
        Verdict::Lacks(value) => {
            let difference = Difference::plain(
                &place,
                pointer,
                "cannot carry it".into(),
                "allows it".into(),
            );
            Some(Difference {
                counterexample: Some((Side::Contract, value)),
                ..difference
            })
        }
        Verdict::Unknown(why) => {
            let undecided = format!("not proven to carry every value: {why}: {client}");
            Some(Difference::plain(
                &place,
                pointer,
                undecided,
                named.value.to_string(),
            ))
        }
    }
}

fn without_left_out(name: &str, mut schema: Value) -> Value {
    for (_, key, _) in LEFT_OUT.iter().filter(|(object, ..)| *object == name) {
        schema["properties"]
            .as_object_mut()
            .into_iter()
            .for_each(|properties| drop(properties.remove(*key)));
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::differences;
    use crate::contract::document;

    /// The contract with one schema changed, and what the client cannot carry then.
    fn cannot_carry(at: &str, put: Value) -> Vec<(String, Value)> {
        let mut contract = document::json().clone();
        *contract
            .pointer_mut(&format!("/components/schemas/{at}"))
            .expect("it is there") = put;
        let shown = |found: super::Difference| {
            (
                found.pointer,
                found.counterexample.expect("a value to show it").1,
            )
        };
        differences(&contract).into_iter().map(shown).collect()
    }

    #[test]
    fn a_status_that_the_client_does_not_know_is_noticed_wherever_it_may_stand() {
        let found = cannot_carry(
            "MemberStatus/enum",
            json!(["pending", "accepted", "rejected", "gone"]),
        );
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(
            found
                .iter()
                .all(|(_, value)| value.to_string().contains("gone")),
            "{found:?}"
        );
    }

    #[test]
    fn a_key_that_the_client_does_not_know_or_cannot_miss_is_noticed() {
        let new = cannot_carry(
            "Error/properties/error_code",
            json!({"type": ["string", "integer"]}),
        );
        assert_eq!(new[0].0, "/components/schemas/Error");
        let missed = cannot_carry("MemberAnswer/required", json!([]));
        assert_eq!(
            missed,
            [("/components/schemas/MemberAnswer".to_owned(), json!({}))]
        );
        let unknown = cannot_carry(
            "UpdateMember/properties",
            json!({"status": {"type": "string"}, "until": {}}),
        );
        assert_eq!(unknown.len(), 1);
    }
}
