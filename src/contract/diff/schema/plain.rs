//! Decides differences of plain keywords by what they say: a list with more members, a bound further out. It takes no
//! time, so that what is left of it goes to the questions that need a proof.

use serde_json::{Map, Value};

use super::{candidates::list, prove::Covers, sample};

/// Whether `wide`, which is `own` with other keywords under `keys`, takes all that `own` takes. `Unknown` where it does
/// and may or may not take more; none where the keywords alone do not say. `leaf`: neither has schemas of parts.
pub(super) fn decided(keys: &[&str], wide: &Value, own: &Value, leaf: bool) -> Option<Covers> {
    let weaker = keys.iter().all(|key| asks_no_more(key, wide.as_object(), own.as_object()));
    match (weaker, leaf) {
        (true, true) if sample::separating(wide, own, None).is_some() => Some(Covers::Yes),
        (true, _) => Some(Covers::Unknown),
        (false, true) => sample::separating(own, wide, None).map(|value| Covers::No(Some(value))),
        (false, false) => None,
    }
}

/// Whether a keyword of `wide` is kept by every value that keeps the keywords of `own`.
fn asks_no_more(key: &str, wide: Option<&Map<String, Value>>, own: Option<&Map<String, Value>>) -> bool {
    let (Some(asked), Some(own)) = (wide.and_then(|wide| wide.get(key)), own) else { return true };
    if own.get(key) == Some(asked) {
        return true;
    }
    let least = |key: &str, beyond: bool| reaches(own, key, |bound, asked| bound > asked, asked, beyond);
    let most = |key: &str, beyond: bool| reaches(own, key, |bound, asked| bound < asked, asked, beyond);
    match key {
        "type" => types(own.get(key)).is_some_and(|own| own.iter().all(|name| takes(asked, name))),
        "enum" => {
            allowed(own).is_some_and(|own| own.iter().all(|value| asked.as_array().is_some_and(|a| a.contains(value))))
        }
        "const" => allowed(own).is_some_and(|own| own.iter().all(|value| *value == asked)),
        "required" => names(asked).iter().all(|name| own.get(key).is_some_and(|own| names(own).contains(name))),
        "minimum" => least("minimum", true) || least("exclusiveMinimum", true),
        "exclusiveMinimum" => least("minimum", false) || least("exclusiveMinimum", true),
        "maximum" => most("maximum", true) || most("exclusiveMaximum", true),
        "exclusiveMaximum" => most("maximum", false) || most("exclusiveMaximum", true),
        "minLength" | "minItems" | "minProperties" => least(key, true),
        "maxLength" | "maxItems" | "maxProperties" => most(key, true),
        "uniqueItems" => asked == &Value::Bool(false),
        _ => false,
    }
}

/// Whether the bound `key` is further in than what is asked; or the same, where that will do. Of numbers that a float
/// cannot tell apart nothing is said.
fn reaches(own: &Map<String, Value>, key: &str, further: fn(f64, f64) -> bool, asked: &Value, same: bool) -> bool {
    let Some(bound) = own.get(key) else { return false };
    let numbers = bound.as_f64().zip(asked.as_f64());
    (same && bound == asked) || numbers.is_some_and(|(bound, asked)| further(bound, asked))
}

pub(super) fn types(written: Option<&Value>) -> Option<Vec<&str>> {
    match written? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whether the types that are asked for include one; an integer is a number.
fn takes(asked: &Value, name: &str) -> bool {
    types(Some(asked)).is_some_and(|asked| asked.contains(&name) || (name == "integer" && asked.contains(&"number")))
}

/// The only values that a schema allows, where it lists them.
pub(super) fn allowed(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    schema.get("const").map(|value| vec![value]).or_else(|| Some(list(schema, "enum")?.iter().collect()))
}

fn names(list: &Value) -> Vec<&Value> {
    list.as_array().into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Covers, decided};

    fn of(wide: Value, own: Value) -> Option<Covers> {
        let keys = ["type", "enum", "minimum", "exclusiveMinimum", "maxLength"];
        decided(&keys, &wide, &own, true)
    }

    #[test]
    fn more_members_and_wider_bounds_take_more() {
        for (wide, own) in [
            (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]})),
            (json!({"type": "string"}), json!({"type": "string", "enum": ["a"]})),
            (json!({"type": ["string", "null"]}), json!({"type": "string"})),
            (json!({"type": "number"}), json!({"type": "integer"})),
            (json!({"type": "integer", "minimum": 1}), json!({"type": "integer", "exclusiveMinimum": 1})),
            (json!({"type": "string", "maxLength": 9}), json!({"type": "string", "maxLength": 5})),
        ] {
            assert_eq!(of(wide.clone(), own.clone()), Some(Covers::Yes), "{wide} {own}");
            let Some(Covers::No(Some(lost))) = of(own.clone(), wide.clone()) else { panic!("{own} {wide}") };
            assert!(jsonschema::is_valid(&wide, &lost) && !jsonschema::is_valid(&own, &lost), "{lost}");
        }
    }

    #[test]
    fn what_only_looks_wider_is_left_to_a_proof() {
        // Both take the same two values.
        let (wide, own) = (json!({"enum": ["a", "b"], "maxLength": 9}), json!({"enum": ["a", "b"], "maxLength": 5}));
        assert_eq!(of(wide, own), Some(Covers::Unknown));
        // A float cannot tell these apart.
        let bound = |at: u64| json!({"type": "integer", "minimum": at});
        let wide = bound(9_007_199_254_740_993);
        assert_ne!(of(wide, bound(9_007_199_254_740_992)), Some(Covers::Unknown));
    }
}
