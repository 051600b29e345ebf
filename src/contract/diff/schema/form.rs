//! Writes a schema of a document as one that stands alone: what a proof and a validator take. Per direction (what a
//! request may not carry is left out), and open or closed (an object has no other properties than the declared ones).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::{
    super::{
        change::Direction,
        node::{Node, Side},
    },
    objects::{declared, required, visible},
};

/// How the objects of a schema are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mode {
    /// As they are written.
    Open,
    /// Declared properties only.
    Closed,
    /// Part of a closed object: closed below, but not itself.
    Part,
}

/// Schemas with more definitions are not asked about.
const DEFINITIONS: usize = 1500;

/// The definitions that a schema needs, gathered while it is written.
pub(super) struct Form<'a> {
    direction: Direction,
    names: BTreeMap<(Side, Mode, String), String>,
    waiting: VecDeque<(String, Mode, Node<'a>)>,
    definitions: Map<String, Value>,
}

impl<'a> Form<'a> {
    pub(super) fn new(direction: Direction) -> Self {
        Self { direction, names: BTreeMap::new(), waiting: VecDeque::new(), definitions: Map::new() }
    }

    /// The schema alone, with its definitions.
    pub(super) fn of(node: &Node<'a>, mode: Mode, direction: Direction) -> Value {
        let mut form = Self::new(direction);
        let schema = form.schema(node, mode);
        form.finish(schema)
    }

    /// Whether a schema that was written by this has not too many definitions to be asked about.
    pub(super) fn is_small(schema: &Value) -> bool {
        schema.get("$defs").and_then(Value::as_object).is_none_or(|definitions| definitions.len() <= DEFINITIONS)
    }

    /// A schema that was written by this, with all that it refers to.
    pub(super) fn finish(&mut self, schema: Value) -> Value {
        while let Some((name, mode, node)) = self.waiting.pop_front() {
            let definition = self.schema(&node, mode);
            self.definitions.insert(name, definition);
        }
        let mut document = match schema {
            Value::Object(fields) => fields,
            other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        document.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        if !self.definitions.is_empty() {
            document.insert("$defs".to_owned(), Value::Object(self.definitions.clone()));
        }
        Value::Object(document)
    }

    /// One schema; what it refers to is remembered for `finish`.
    pub(super) fn schema(&mut self, node: &Node<'a>, mode: Mode) -> Value {
        if let Some(target) = node.target() {
            return json!({ "$ref": format!("#/$defs/{}", self.name(target, mode)) });
        }
        if node.value.is_boolean() {
            return node.value.clone();
        }
        let mut schema = Map::new();
        for (key, child) in node.entries() {
            self.keyword(&mut schema, key, &child, node, mode);
        }
        bounds(&mut schema, node);
        if mode == Mode::Closed {
            close(&mut schema, node, self.direction);
        }
        Value::Object(schema)
    }

    fn name(&mut self, target: Node<'a>, mode: Mode) -> String {
        let next = format!("d{}", self.names.len());
        let key = (target.side, mode, target.pointer.clone());
        let name = self.names.entry(key).or_insert_with(|| next.clone()).clone();
        if name == next {
            self.waiting.push_back((next, mode, target));
        }
        name
    }

    fn keyword(&mut self, schema: &mut Map<String, Value>, key: &str, child: &Node<'a>, node: &Node<'a>, mode: Mode) {
        let inner = if mode == Mode::Open { Mode::Open } else { Mode::Closed };
        let part = if mode == Mode::Open { Mode::Open } else { Mode::Part };
        let alternative = if composed(node) { part } else { mode };
        let value = match key {
            "properties" => self.properties(child, inner),
            "required" => required(node, self.direction).into_iter().cloned().collect(),
            "patternProperties" => self.map(child, inner),
            "dependentSchemas" => self.map(child, part),
            "items" | "additionalProperties" | "unevaluatedItems" | "unevaluatedProperties" => {
                self.schema(child, inner)
            }
            "prefixItems" => self.list(node, key, inner),
            "allOf" => self.list(node, key, part),
            "anyOf" | "oneOf" => self.list(node, key, alternative),
            "if" | "then" | "else" => self.schema(child, part),
            "not" | "contains" | "propertyNames" => self.schema(child, Mode::Open),
            "type" | "enum" | "const" | "multipleOf" | "maximum" | "exclusiveMaximum" | "minimum"
            | "exclusiveMinimum" | "maxLength" | "minLength" | "pattern" | "format" | "maxItems" | "minItems"
            | "uniqueItems" | "minContains" | "maxContains" | "maxProperties" | "minProperties"
            | "dependentRequired" | "contentEncoding" | "contentMediaType" | "examples" => child.value.clone(),
            "example" => json!([child.value]),
            _ => return,
        };
        schema.insert(if key == "example" { "examples" } else { key }.to_owned(), value);
    }

    fn properties(&mut self, properties: &Node<'a>, mode: Mode) -> Value {
        let shown = properties.entries().filter(|(_, child)| visible(child, self.direction));
        let shown: Vec<_> = shown.map(|(name, child)| (name.to_owned(), child)).collect();
        shown.into_iter().map(|(name, child)| (name, self.schema(&child, mode))).collect()
    }

    fn map(&mut self, map: &Node<'a>, mode: Mode) -> Value {
        map.entries().map(|(name, child)| (name.to_owned(), self.schema(&child, mode))).collect()
    }

    fn list(&mut self, node: &Node<'a>, key: &str, mode: Mode) -> Value {
        node.list(key).iter().map(|branch| self.schema(branch, mode)).collect()
    }
}

/// Whether alternatives of this schema are parts of one object.
pub(super) fn composed(node: &Node<'_>) -> bool {
    node.raw("properties").is_some() || node.raw("allOf").is_some()
}

/// Integers have the width that their format names.
fn bounds(schema: &mut Map<String, Value>, node: &Node<'_>) {
    let (low, high) = match node.str("format") {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    let written = node.value.get("type");
    if !written
        .is_some_and(|name| name == "integer" || name.as_array().is_some_and(|list| list.contains(&json!("integer"))))
    {
        return;
    }
    schema.remove("format");
    if !schema.contains_key("minimum") && !schema.contains_key("exclusiveMinimum") {
        schema.insert("minimum".to_owned(), low);
    }
    if !schema.contains_key("maximum") && !schema.contains_key("exclusiveMaximum") {
        schema.insert("maximum".to_owned(), high);
    }
}

/// No other properties than those that the schema and its parts declare; unless one of them speaks of others itself.
fn close(schema: &mut Map<String, Value>, node: &Node<'_>, direction: Direction) {
    if !composed(node) {
        return;
    }
    let mut names = BTreeSet::new();
    if !declared(node, direction, &mut names, &mut BTreeSet::new()) || names.is_empty() {
        return;
    }
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        for name in names {
            properties.entry(name).or_insert(Value::Bool(true));
        }
    }
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
}
