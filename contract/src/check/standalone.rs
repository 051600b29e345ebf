//! Takes a schema out of its document, with all that it refers to.

use serde_json::{Map, Value};

use crate::document::{
    node::{Node, SCHEMAS},
    pointer::{escape, unescape},
};

/// The schema at a place, complete in itself: the schemas it refers to are its `$defs`.
pub(super) fn standalone(node: &Node<'_>) -> Value {
    let mut schema = node.value.clone();
    let mut open = localized(&mut schema);
    let mut definitions = Map::new();
    while let Some(name) = open.pop() {
        let named = node.at(&format!("{SCHEMAS}{}", escape(&name)));
        if let Some(named) = named.filter(|_| !definitions.contains_key(&name)) {
            let mut named = named.value.clone();
            open.extend(localized(&mut named));
            definitions.insert(name, named);
        }
    }
    if let (Value::Object(schema), false) = (&mut schema, definitions.is_empty()) {
        schema.insert("$defs".to_owned(), definitions.into());
    }
    schema
}

/// Turns references to named schemas into references to `$defs`; returns their names.
fn localized(value: &mut Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let mut names: Vec<String> = map.values_mut().flat_map(localized).collect();
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(name) = reference
                    .strip_prefix('#')
                    .and_then(|at| at.strip_prefix(SCHEMAS))
            {
                names.push(unescape(name));
                *reference = format!("#/$defs/{name}");
            }
            names
        }
        Value::Array(list) => list.iter_mut().flat_map(localized).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::standalone;
    use crate::document::node::Node;

    #[test]
    fn a_schema_brings_what_it_refers_to() {
        let document = json!({
            "here": {"$ref": "#/components/schemas/A"},
            "components": {"schemas": {"A": {"items": {"$ref": "#/components/schemas/A"}}, "B": {}}}
        });
        let here = Node::root(&document).raw("here").expect("it is there");
        assert_eq!(
            standalone(&here),
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}})
        );
    }
}
