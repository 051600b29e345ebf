//! Writes schemas of a document as one that stands alone: what a validator accepts, and what values
//! are made from. Per direction (what a request may not carry is left out), and open or closed (an
//! object has no other properties than the declared ones). Properties that no value has need not be
//! written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::{
    super::{change::Direction, node::Node},
    accept::Accept,
    bounds::names_integer,
    objects::hidden,
};

/// How the objects of a schema are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Mode {
    /// As they are written.
    Open,
    /// Declared properties only.
    Closed,
    /// Part of a closed object: closed below, but not itself.
    Part,
}

/// Schemas behind more references than these are not asked about, and no values are made for them.
const ASKED: usize = 1500;
const MADE: usize = 100;

/// The definitions that a schema needs, gathered while it is written.
pub(super) struct SchemaForm<'a> {
    direction: Direction,
    /// The only properties that are written, where that is known.
    names: Option<BTreeSet<String>>,
    most: usize,
    known: BTreeMap<(usize, Mode), String>,
    waiting: VecDeque<(String, Mode, Node<'a>)>,
    definitions: Map<String, Value>,
    is_cut: bool,
}

impl<'a> SchemaForm<'a> {
    fn new(direction: Direction, names: Option<BTreeSet<String>>) -> Self {
        let most = if names.is_some() { ASKED } else { MADE };
        Self {
            direction,
            names,
            most,
            known: BTreeMap::new(),
            waiting: VecDeque::new(),
            definitions: Map::new(),
            is_cut: false,
        }
    }

    /// A schema as it is, as far as these values need it; none where that is too much.
    pub(super) fn of_value(
        node: &Node<'a>,
        direction: Direction,
        values: &[Value],
    ) -> Option<Value> {
        Self::of_keywords(node, &[], direction, values)
    }

    /// Some keywords of a schema (all, where none are named), as far as these values need them.
    pub(super) fn of_keywords(
        node: &Node<'a>,
        keys: &[&str],
        direction: Direction,
        values: &[Value],
    ) -> Option<Value> {
        let mut form = Self::new(direction, Some(names(values)));
        let node = node.resolved();
        let mut schema = form.schema(&node, Mode::Open);
        if let Some(fields) = schema.as_object_mut()
            && !keys.is_empty()
        {
            // A width of integers may have become bounds.
            fields.retain(|key, _| keys.contains(&key.as_str()));
        }
        form.finish(schema)
    }

    /// What accepted values satisfy, to make some.
    pub(super) fn to_make(accept: &Accept<'a>) -> Value {
        let mut form = Self::new(accept.direction, None);
        let schema = form.accepted(accept);
        form.finish_any(schema)
    }

    /// Schemas that apply together, as they are written, to make values that they speak of.
    pub(super) fn to_make_open(nodes: &[Node<'a>], direction: Direction) -> Value {
        let mut form = Self::new(direction, None);
        let parts: Vec<Value> = nodes
            .iter()
            .map(|node| form.without_all_of(node, Mode::Open))
            .collect();
        form.finish_any(json!({ "allOf": parts }))
    }

    /// What accepted values satisfy, as far as these values need it; none where that is too much.
    pub(super) fn accepting(accept: &Accept<'a>, values: &[Value]) -> Option<Value> {
        let mut form = Self::new(accept.direction, Some(names(values)));
        let schema = form.accepted(accept);
        form.finish(schema)
    }

    /// What accepted values satisfy as it is written: what is closed below may be refused by a
    /// `oneOf` around it.
    pub(super) fn accepting_open(accept: &Accept<'a>, values: &[Value]) -> Option<Value> {
        Self::accepting(&accept.opened_throughout(), values)
    }

    /// Schemas that apply together, as they are written.
    pub(super) fn open(
        nodes: &[Node<'a>],
        direction: Direction,
        values: &[Value],
    ) -> Option<Value> {
        let mut form = Self::new(direction, Some(names(values)));
        let parts: Vec<Value> = nodes
            .iter()
            .map(|node| form.without_all_of(node, Mode::Open))
            .collect();
        form.finish(json!({ "allOf": parts }))
    }

    fn accepted(&mut self, accept: &Accept<'a>) -> Value {
        let mode = if accept.closed_below {
            Mode::Part
        } else {
            Mode::Open
        };
        let mut parts: Vec<Value> = accept
            .parts
            .iter()
            .map(|node| self.without_all_of(node, mode))
            .collect();
        parts.extend(
            accept
                .beside
                .iter()
                .map(|node| self.without_all_of(node, Mode::Open)),
        );
        for node in &accept.refused_by {
            let refusing = self.schema(node, Mode::Open);
            parts.push(json!({ "not": refusing }));
        }
        if !accept.has.is_empty() {
            parts.push(json!({ "required": accept.has }));
        }
        for name in &accept.lacks {
            parts.push(json!({ "properties": { name: false } }));
        }
        let demanded: Map<String, Value> = demanded(&accept.parts)
            .into_iter()
            .map(|name| (name, Value::Bool(true)))
            .collect();
        if accept.closed && !demanded.is_empty() {
            parts.push(json!({ "properties": demanded }));
        }
        // What is hidden is asked for nowhere, wherever it is required.
        for names in parts
            .iter_mut()
            .filter_map(|part| part.get_mut("required"))
            .filter_map(Value::as_array_mut)
        {
            names.retain(|name| !name.as_str().is_some_and(|name| accept.hides(name)));
        }
        // One part is written as it is, so that values are made from all that it says.
        let mut schema = match (parts.len(), parts.pop()) {
            (1, Some(Value::Object(only))) => only,
            (_, last) => {
                parts.extend(last);
                Map::from_iter([("allOf".to_owned(), Value::Array(parts))])
            }
        };
        if accept.closed && !accept.may_be_free() {
            schema
                .entry("unevaluatedProperties")
                .or_insert(Value::Bool(false));
        }
        Value::Object(schema)
    }

    /// A schema that was written by this, with all that it refers to; none where that is too much.
    fn finish(mut self, schema: Value) -> Option<Value> {
        let finished = self.finished(schema);
        (!self.is_cut).then_some(finished)
    }

    fn finish_any(mut self, schema: Value) -> Value {
        self.finished(schema)
    }

    fn finished(&mut self, schema: Value) -> Value {
        while let Some((name, mode, node)) = self.waiting.pop_front() {
            let definition = self.schema(&node, mode);
            self.definitions.insert(name, definition);
        }
        let mut document = match schema {
            Value::Object(fields) => fields,
            other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        document.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        if !self.definitions.is_empty() {
            document.insert(
                "$defs".to_owned(),
                Value::Object(std::mem::take(&mut self.definitions)),
            );
        }
        Value::Object(document)
    }

    fn without_all_of(&mut self, node: &Node<'a>, mode: Mode) -> Value {
        let mut schema = self.schema(&node.resolved(), mode);
        if let Some(fields) = schema.as_object_mut() {
            fields.shift_remove("allOf");
        }
        schema
    }

    fn schema(&mut self, node: &Node<'a>, mode: Mode) -> Value {
        if let Some(target) = node.target() {
            return self.reference(target, mode);
        }
        if node.value.is_boolean() {
            return node.value.clone();
        }
        let inner = if mode == Mode::Closed {
            Mode::Part
        } else {
            mode
        };
        let mut schema = Map::new();
        for (key, child) in node.entries() {
            self.keyword(&mut schema, key, &child, node, inner);
        }
        bounds(&mut schema, node);
        if mode != Mode::Closed {
            return Value::Object(schema);
        }
        let accept = Accept::of([node], self.direction, true);
        if !accept.may_be_free() {
            let properties = schema.entry("properties").or_insert_with(|| json!({}));
            for name in demanded(&accept.parts) {
                if let Some(properties) =
                    properties.as_object_mut().filter(|_| !accept.hides(&name))
                {
                    properties.entry(name).or_insert(Value::Bool(true));
                }
            }
            schema
                .entry("unevaluatedProperties")
                .or_insert(Value::Bool(false));
            return Value::Object(schema);
        }
        // An alternative that declares nothing accepts any object; the other ones are closed.
        let mut all = vec![Value::Object(schema)];
        for key in ["anyOf", "oneOf"] {
            let branches: Vec<Value> = node
                .list(key)
                .iter()
                .map(|branch| self.schema(branch, Mode::Closed))
                .collect();
            if !branches.is_empty() {
                all.push(json!({ "anyOf": branches }));
            }
        }
        if all.len() == 1 {
            all.remove(0)
        } else {
            json!({ "allOf": all })
        }
    }

    fn reference(&mut self, target: Node<'a>, mode: Mode) -> Value {
        let next = format!("d{}", self.known.len());
        let key = (target.id(), mode);
        if !self.known.contains_key(&key) && self.known.len() >= self.most {
            self.is_cut = true;
            return Value::Bool(true);
        }
        let name = self
            .known
            .entry(key)
            .or_insert_with(|| next.clone())
            .clone();
        if name == next {
            self.waiting.push_back((next, mode, target));
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// `mode` is that of what applies to the same value.
    fn keyword(
        &mut self,
        schema: &mut Map<String, Value>,
        key: &str,
        child: &Node<'a>,
        node: &Node<'a>,
        mode: Mode,
    ) {
        let inner = if mode == Mode::Open {
            Mode::Open
        } else {
            Mode::Closed
        };
        let value = match key {
            "properties" => self.properties(child, inner),
            "required" => required(node, self.direction),
            "patternProperties" => self.map(child, inner),
            "dependentSchemas" => self.map(child, mode),
            "items" | "additionalProperties" | "unevaluatedItems" | "unevaluatedProperties" => {
                self.schema(child, inner)
            }
            "prefixItems" => self.list(node, key, inner),
            "allOf" | "anyOf" | "oneOf"
                if child.value.as_array().is_some_and(|list| !list.is_empty()) =>
            {
                self.list(node, key, mode)
            }
            "if" | "then" | "else" => self.schema(child, mode),
            "not" | "contains" | "propertyNames" => self.schema(child, Mode::Open),
            "type" | "enum" | "const" | "multipleOf" | "maximum" | "exclusiveMaximum"
            | "minimum" | "exclusiveMinimum" | "maxLength" | "minLength" | "pattern" | "format"
            | "maxItems" | "minItems" | "uniqueItems" | "minContains" | "maxContains"
            | "maxProperties" | "minProperties" | "dependentRequired" | "contentEncoding"
            | "contentMediaType" | "examples" => child.value.clone(),
            "example" => json!([child.value]),
            _ => return,
        };
        schema.insert(
            if key == "example" { "examples" } else { key }.to_owned(),
            value,
        );
    }

    fn properties(&mut self, properties: &Node<'a>, mode: Mode) -> Value {
        let written = |name: &str| self.names.as_ref().is_none_or(|names| names.contains(name));
        let shown = properties
            .entries()
            .filter(|(name, child)| written(name) && !hidden(child, self.direction));
        let shown: Vec<_> = shown
            .map(|(name, child)| (name.to_owned(), child))
            .collect();
        shown
            .into_iter()
            .map(|(name, child)| (name, self.schema(&child, mode)))
            .collect()
    }

    fn map(&mut self, map: &Node<'a>, mode: Mode) -> Value {
        map.entries()
            .map(|(name, child)| (name.to_owned(), self.schema(&child, mode)))
            .collect()
    }

    fn list(&mut self, node: &Node<'a>, key: &str, mode: Mode) -> Value {
        node.list(key)
            .iter()
            .map(|branch| self.schema(branch, mode))
            .collect()
    }
}

/// The names that schemas require, or require beside others: they are declared by that.
fn demanded(parts: &[Node<'_>]) -> BTreeSet<String> {
    let lists = |node: &Node<'_>| -> Vec<String> {
        let dependent = node.named("dependentRequired");
        let keys = dependent.iter().map(|(name, _)| (*name).to_owned());
        let lists = dependent
            .iter()
            .filter_map(|(_, list)| list.value.as_array());
        let all = node
            .value
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .chain(lists)
            .flatten();
        all.filter_map(Value::as_str)
            .map(str::to_owned)
            .chain(keys)
            .collect()
    };
    parts.iter().flat_map(lists).collect()
}

/// All names of properties in values.
fn names(values: &[Value]) -> BTreeSet<String> {
    let (mut names, mut waiting) = (BTreeSet::new(), values.iter().collect::<Vec<_>>());
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => {
                names.extend(fields.keys().cloned());
                waiting.extend(fields.values());
            }
            Value::Array(elements) => waiting.extend(elements),
            _ => {}
        }
    }
    names
}

/// The required names that a direction may carry at all.
fn required(node: &Node<'_>, direction: Direction) -> Value {
    let properties = node.raw("properties");
    let hides = |name: &str| {
        properties
            .as_ref()
            .and_then(|properties| properties.raw(name))
            .is_some_and(|name| hidden(&name, direction))
    };
    let names = node
        .value
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    names
        .filter(|name| !name.as_str().is_some_and(hides))
        .cloned()
        .collect()
}

/// Integers have the width that their format names.
fn bounds(schema: &mut Map<String, Value>, node: &Node<'_>) {
    let (low, high) = match node.str("format") {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    if !names_integer(node) {
        return;
    }
    schema.shift_remove("format");
    if !schema.contains_key("minimum") && !schema.contains_key("exclusiveMinimum") {
        schema.insert("minimum".to_owned(), low);
    }
    if !schema.contains_key("maximum") && !schema.contains_key("exclusiveMaximum") {
        schema.insert("maximum".to_owned(), high);
    }
}
