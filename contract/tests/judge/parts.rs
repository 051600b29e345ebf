//! The schemas that apply to one value together: where they stand, and what they say of its
//! members. Choosing among alternatives is left to those who ask.

use serde_json::{Map, Value, json};

/// A subschema, and its pointer in the schema that it belongs to.
#[derive(Clone, Debug)]
pub struct Part<'s> {
    pub at: String,
    pub schema: &'s Value,
}

impl<'s> Part<'s> {
    pub fn root(schema: &'s Value) -> Self {
        Self {
            at: String::new(),
            schema,
        }
    }

    pub fn get(&self, key: &str) -> Option<Part<'s>> {
        Some(Part {
            at: format!("{}/{}", self.at, escaped(key)),
            schema: self.schema.get(key)?,
        })
    }

    pub fn list(&self, key: &str) -> Vec<Part<'s>> {
        let branches = self
            .schema
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        branches
            .enumerate()
            .map(|(index, schema)| Part {
                at: format!("{}/{key}/{index}", self.at),
                schema,
            })
            .collect()
    }

    pub fn map(&self, key: &str) -> Option<&'s Map<String, Value>> {
        self.schema.get(key).and_then(Value::as_object)
    }

    /// Where its `$ref` leads, within the schema `root`.
    pub fn target(&self, root: &'s Value) -> Option<Part<'s>> {
        let at = self
            .schema
            .get("$ref")?
            .as_str()?
            .strip_prefix('#')?
            .to_owned();
        root.pointer(&at).map(|schema| Part { at, schema })
    }

    /// What it says of an array's element.
    pub fn element(&self, index: usize) -> Option<Part<'s>> {
        let prefix = self.list("prefixItems");
        prefix.get(index).cloned().or_else(|| self.get("items"))
    }

    /// The schemas that it has for a name, `additionalProperties` included.
    pub fn named(&self, name: &str) -> Vec<Part<'s>> {
        let declared = self
            .get("properties")
            .and_then(|properties| properties.get(name));
        let mut found: Vec<Part<'s>> = declared.into_iter().collect();
        if let (Some(patterns), Some(part)) =
            (self.map("patternProperties"), self.get("patternProperties"))
        {
            let matching = patterns.keys().filter(|pattern| matches(pattern, name));
            found.extend(matching.filter_map(|pattern| part.get(pattern)));
        }
        if found.is_empty() {
            self.get("additionalProperties").into_iter().collect()
        } else {
            found
        }
    }

    /// Whether it declares a name.
    pub fn declares(&self, name: &str) -> bool {
        self.named(name)
            .iter()
            .any(|part| part.schema != &json!(false))
            || self.demands(name)
    }

    fn demands(&self, name: &str) -> bool {
        let among = |names: &Value| {
            names
                .as_array()
                .is_some_and(|names| names.iter().any(|each| each == name))
        };
        let dependent = self
            .map("dependentRequired")
            .into_iter()
            .flat_map(Map::values);
        self.schema
            .get("required")
            .into_iter()
            .chain(dependent)
            .any(among)
    }

    /// Whether it speaks of any property at all. In doubt it does: then the object is not
    /// free-form.
    pub fn speaks_of_properties(&self) -> bool {
        let filled = |key: &str| match self.schema.get(key) {
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(Value::Array(names)) => !names.is_empty(),
            _ => false,
        };
        let named = [
            "properties",
            "patternProperties",
            "required",
            "dependentRequired",
            "dependentSchemas",
        ];
        let others = ["additionalProperties", "unevaluatedProperties"];
        named.iter().any(|key| filled(key))
            || others.iter().any(|key| self.schema.get(*key).is_some())
    }
}

pub use openapi_proof::document::pointer::escape as escaped;

/// The patterns of the generator, each with texts that match it. Only these are ever used.
pub const PATTERNS: [(&str, &[&str]); 9] = [
    ("^a", &["a", "ab", "abcd", "aaaaaa"]),
    ("b", &["b", "ab", "abcd", "bbbbbb"]),
    ("^[a-z]+$", &["a", "b", "abc", "kind", "abcdefgh"]),
    ("^[a-z]*$", &["", "a", "b", "abc", "abcdefgh"]),
    ("^[0-9]{2}$", &["12", "00"]),
    ("^[A-Z]", &["A", "XY", "ABCDEF"]),
    (".*", &["", "a", "12"]),
    ("^x", &["x", "x1", "xyz"]),
    ("^b", &["b", "ba", "bbbb"]),
];

/// Whether a name matches one of [`PATTERNS`].
pub fn matches(pattern: &str, text: &str) -> bool {
    let lower = |text: &str| text.chars().all(|each| each.is_ascii_lowercase());
    match pattern {
        "^a" => text.starts_with('a'),
        "b" => text.contains('b'),
        "^[a-z]+$" => !text.is_empty() && lower(text),
        "^[a-z]*$" => lower(text),
        "^[0-9]{2}$" => text.len() == 2 && text.bytes().all(|each| each.is_ascii_digit()),
        "^[A-Z]" => text.starts_with(|each: char| each.is_ascii_uppercase()),
        ".*" => true,
        "^x" => text.starts_with('x'),
        "^b" => text.starts_with('b'),
        other => panic!("the judge does not know the pattern {other}"),
    }
}
