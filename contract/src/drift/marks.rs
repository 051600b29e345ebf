//! What a schema says of values beyond which it takes: keys of objects, formats, defaults. Two
//! schemas may take the same values and differ in these, and then generated clients differ.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Difference, Placed};

/// Place in a value to what is said of it there.
type Marks = BTreeMap<String, BTreeMap<String, Value>>;

/// Keywords that decide which values a schema takes; those are compared as sets. Whatever else
/// stands in it is a mark.
const OF_SETS: [&str; 39] = [
    "$ref",
    "$defs",
    "type",
    "enum",
    "const",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "required",
    "dependentRequired",
    "dependentSchemas",
    "minProperties",
    "maxProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];
/// How deep to follow a schema that refers to itself.
const DEPTH: usize = 12;

/// The first difference in what two schemas say beyond their values.
pub(super) fn difference(place: &str, code: Placed, contract: Placed) -> Option<Difference> {
    let (a, b) = (marks(code.0), marks(contract.0));
    let at = a
        .keys()
        .chain(b.keys())
        .find(|at| a.get(*at) != b.get(*at))?;
    let said = |marks: &Marks| match marks.get(at) {
        Some(said) => format!("says {}", Value::from_iter(said.clone())),
        None => "does not name it".to_owned(),
    };
    let place = if at.is_empty() {
        place.to_owned()
    } else {
        format!("{place}, {at} of a value")
    };
    Some(Difference::plain(
        &place,
        contract.1.to_owned(),
        said(&a),
        said(&b),
    ))
}

fn marks(schema: &Value) -> Marks {
    let mut marks = Marks::new();
    collect(&mut marks, "", schema, schema, DEPTH);
    marks
}

fn collect(marks: &mut Marks, at: &str, schema: &Value, root: &Value, depth: usize) {
    let Some(schema) = schema.as_object().filter(|_| depth > 0) else {
        return;
    };
    let here = marks.entry(at.to_owned()).or_default();
    let said = schema
        .iter()
        .filter(|(key, _)| !OF_SETS.contains(&key.as_str()));
    here.extend(said.map(|(key, value)| (key.clone(), value.clone())));
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|at| root.pointer(at.strip_prefix('#')?));
    let branches = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten();
    for same in target.into_iter().chain(branches) {
        collect(marks, at, same, root, depth - 1);
    }
    for (key, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
    {
        collect(marks, &format!("{at}/{key}"), property, root, depth - 1);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(each) = schema.get(key) {
            collect(marks, &format!("{at}/*"), each, root, depth - 1);
        }
    }
}
