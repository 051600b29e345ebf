//! A place in an OpenAPI document: its value and its JSON pointer. References are followed within
//! the document, and nowhere else.

use serde_json::{Map, Value};

use crate::document::pointer::{escape, unescape};

/// A place in a document.
#[derive(Clone, Debug)]
pub struct Cursor<'d> {
    document: &'d Value,
    /// What stands there.
    pub value: &'d Value,
    /// Where, as a JSON pointer.
    pub pointer: String,
}

/// References that lead to references: no sane document has more of them in a row.
const MOST_STEPS: usize = 32;

impl<'d> Cursor<'d> {
    /// The document itself.
    pub fn root(document: &'d Value) -> Self {
        Self {
            document,
            value: document,
            pointer: String::new(),
        }
    }

    /// What stands under a key; references are not followed.
    pub fn under(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self {
            value,
            pointer: format!("{}/{}", self.pointer, escape(key)),
            ..*self
        })
    }

    /// What stands under a key, where it has a value of its own after references are followed.
    pub fn key(&self, key: &str) -> Option<Self> {
        self.under(key).map(Self::followed)
    }

    /// All keys, references followed.
    pub fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let keys = self.value.as_object().into_iter().flat_map(Map::keys);
        keys.filter_map(|key| Some((key.as_str(), self.key(key)?)))
    }

    /// All items of a list, references followed.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(at, value)| {
            Self {
                value,
                pointer: format!("{}/{at}", self.pointer),
                ..*self
            }
            .followed()
        })
    }

    /// The text under a key.
    pub fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key)?.as_str()
    }

    /// Where references lead. One that leads nowhere, or out of the document, stays as it is.
    pub fn followed(mut self) -> Self {
        for _ in 0..MOST_STEPS {
            let target = self
                .text("$ref")
                .and_then(|reference| reference.strip_prefix('#'));
            let Some((pointer, value)) =
                target.and_then(|at| Some((at, self.document.pointer(at)?)))
            else {
                break;
            };
            self = Self {
                value,
                pointer: pointer.to_owned(),
                ..self
            };
        }
        self
    }

    /// The schema that stands here, complete in itself: the schemas it refers to are its `$defs`.
    pub fn schema(&self) -> Value {
        let mut schema = self.value.clone();
        let mut open = localized(&mut schema);
        let mut definitions = Map::new();
        while let Some(name) = open.pop() {
            let named = self
                .document
                .pointer(&format!("{SCHEMAS}{}", escape(&name)));
            if let Some(mut named) = named.filter(|_| !definitions.contains_key(&name)).cloned() {
                open.extend(localized(&mut named));
                definitions.insert(name, named);
            }
        }
        if let (Value::Object(schema), false) = (&mut schema, definitions.is_empty()) {
            schema.insert("$defs".to_owned(), definitions.into());
        }
        schema
    }
}

const SCHEMAS: &str = "/components/schemas/";

/// Turns references to named schemas into references to `$defs`, and tells their names.
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

    use super::Cursor;

    #[test]
    fn references_are_followed_and_the_pointer_tells_where_they_led() {
        let document =
            json!({"a": {"$ref": "#/b~1c"}, "b/c": {"d": [1]}, "lost": {"$ref": "#/none"}});
        let root = Cursor::root(&document);
        let found = root.key("a").and_then(|a| a.key("d")).expect("it is there");
        assert_eq!(found.pointer, "/b~1c/d");
        assert_eq!(
            found.items().map(|item| item.pointer).collect::<Vec<_>>(),
            ["/b~1c/d/0"]
        );
        assert_eq!(root.key("lost").expect("a reference").pointer, "/lost");
    }

    #[test]
    fn a_schema_takes_along_what_it_refers_to() {
        let document = json!({
            "here": {"$ref": "#/components/schemas/A"},
            "components": {"schemas": {"A": {"items": {"$ref": "#/components/schemas/A"}}, "B": {}}}
        });
        let schema = Cursor::root(&document)
            .under("here")
            .expect("it is there")
            .schema();
        assert_eq!(
            schema,
            json!({"$ref": "#/$defs/A", "$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}})
        );
    }
}
