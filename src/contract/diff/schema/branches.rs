//! Decides `anyOf` and `oneOf` that have branches more or fewer, and are long: branches that both sides have need no
//! proof, and those of `oneOf` do not get into each other's way where a type or a tag tells them apart.

use serde_json::{Map, Value};

use super::{
    super::node::Node,
    Pair, Schemas,
    candidates::{Candidates, DEPTH, list},
    form::{Form, Mode, composed},
    keywords::Group,
    plain::{allowed, types},
    prove::Covers,
    sample,
};

impl Schemas {
    /// Whether the branches of the one side take all that those of the other take; none where they alone do not say.
    pub(super) fn by_branches(&self, pair: &Pair<'_, '_>, group: &Group, wide: &Value, own: &Value) -> Option<Covers> {
        let [key @ ("anyOf" | "oneOf")] = group.keys else { return None };
        let (from, to) = if pair.is_request() { (&pair.base, &pair.head) } else { (&pair.head, &pair.base) };
        let (from, to) = (branches(pair, from, key), branches(pair, to, key));
        // Without any, everything is taken.
        if from.is_empty() || to.is_empty() {
            return None;
        }
        let lost: Vec<&Value> = from.iter().filter(|branch| !to.contains(branch)).collect();
        if !lost.is_empty() {
            let small = Form::is_small(wide) && Form::is_small(own);
            let shown = |branch: &&Value| sample::of_branch(own, wide, branch);
            return lost.iter().filter(|_| small).find_map(shown).map(|value| Covers::No(Some(value)));
        }
        let gained: Vec<&Value> = to.iter().filter(|branch| !from.contains(branch)).collect();
        let apart = |gained: &&Value| from.iter().all(|branch| told_apart(branch, gained));
        // A branch that is there twice takes nothing.
        let once = to.len() == from.len() + gained.len();
        (key == &"anyOf" || (once && gained.iter().all(apart))).then_some(Covers::Yes)
    }
}

/// The branches, each as a schema that stands alone: what is the same is written the same.
fn branches(pair: &Pair<'_, '_>, node: &Node<'_>, key: &str) -> Vec<Value> {
    let mode = if composed(node) { Mode::Part } else { Mode::Closed };
    node.list(key).iter().map(|branch| Form::of(branch, mode, pair.direction())).collect()
}

/// Whether no value is taken by both: they take other types, or objects with other values of a required property.
fn told_apart(one: &Value, other: &Value) -> bool {
    let (one, other) = (flat(one, one, DEPTH), flat(other, other, DEPTH));
    let (Some(types), Some(others)) = (types(one.get("type")), types(other.get("type"))) else { return false };
    let number = |name: &&str| if *name == "integer" { "number" } else { *name }.to_owned();
    let others_types: Vec<String> = others.iter().map(number).collect();
    if !types.iter().map(number).any(|name| others_types.contains(&name)) {
        return true;
    }
    let tags = tags(&other);
    let differs = |(name, values): &(&str, Vec<Value>)| {
        tags.iter().any(|(same, others)| name == same && !values.iter().any(|value| others.contains(value)))
    };
    types == ["object"] && others == types && self::tags(&one).iter().any(differs)
}

/// The required properties that have one of a few texts.
fn tags(object: &Map<String, Value>) -> Vec<(&str, Vec<Value>)> {
    let names = list(object, "required").into_iter().flatten().filter_map(Value::as_str);
    let tag = |name| {
        let values = allowed(object.get("properties")?.get(name)?.as_object()?)?;
        values.iter().all(|value| value.is_string()).then(|| (name, values.into_iter().cloned().collect()))
    };
    names.filter_map(tag).collect()
}

/// The keywords of a schema and of all that it is made of, in one.
fn flat(schema: &Value, root: &Value, depth: usize) -> Map<String, Value> {
    let mut merged = Map::new();
    Candidates::of(root).merge(&mut merged, schema, depth);
    let parts = merged.remove("allOf").filter(|_| depth > 0);
    for part in parts.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let part = flat(part, root, depth - 1);
        Candidates::of(root).merge(&mut merged, &Value::Object(part), depth);
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::told_apart;

    #[test]
    fn branches_are_told_apart_by_a_type_or_a_required_tag() {
        let tagged =
            |kind: &str| json!({"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}}});
        assert!(told_apart(&tagged("a"), &tagged("b")));
        assert!(!told_apart(&tagged("a"), &tagged("a")));
        let made = json!({"allOf": [{"$ref": "#/$defs/A"}, {"type": "object"}], "$defs": {"A": tagged("a")}});
        assert!(told_apart(&made, &tagged("b")) && !told_apart(&made, &tagged("a")));
        assert!(told_apart(&json!({"type": "string"}), &json!({"type": ["integer", "null"]})));
        assert!(!told_apart(&json!({"type": "integer"}), &json!({"type": "number"})));
        let optional = json!({"type": "object", "properties": {"kind": {"const": "b"}}});
        assert!(!told_apart(&tagged("a"), &optional), "an object without the tag is none of the two, or both");
    }
}
