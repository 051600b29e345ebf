//! Makes random schemas: objects over few names, so that parts of compositions speak of the same
//! ones, and arrays of them. Scalars are made in `scalars`, what composes schemas in
//! `compositions`.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::scalars::scalar;

pub const NAMES: [&str; 4] = ["a", "b", "c", "kind"];

/// Larger ones say nothing more, and are harder to read.
const MOST_CHARACTERS: usize = 700;

/// Makes the schemas of one pair, and the definitions that they share.
pub struct Maker {
    pub rng: Rng,
    pub definitions: Map<String, Value>,
    /// What a name mostly is in these schemas, so that parts that declare the same name rarely rule
    /// each other out.
    usual: Map<String, Value>,
}

impl Maker {
    pub fn new(rng: Rng) -> Self {
        Self {
            rng,
            definitions: Map::new(),
            usual: Map::new(),
        }
    }

    /// A schema that stands alone.
    pub fn whole(&mut self) -> Value {
        loop {
            self.definitions.clear();
            self.usual = NAMES
                .iter()
                .map(|name| ((*name).to_owned(), scalar(&mut self.rng)))
                .collect();
            self.usual
                .insert("kind".to_owned(), json!({ "enum": ["x", "y", "z"] }));
            if self.percent(30) {
                let schema = self.plain(0);
                self.usual.insert(
                    self.rng.choice(["a", "b", "c"]).unwrap_or("a").to_owned(),
                    schema,
                );
            }
            if self.percent(35) {
                let name = "D0".to_owned();
                // Some of its properties may refer to it.
                self.definitions.insert(name.clone(), json!({}));
                let schema = self.object(1);
                self.definitions.insert(name, schema);
            }
            let mut root = if self.percent(70) {
                self.object(2)
            } else {
                self.schema(2)
            };
            if self.percent(40) {
                self.definitions.insert("Root".to_owned(), root);
                root = json!({ "$ref": "#/$defs/Root" });
            }
            let whole = self.finished(root);
            if whole.is_object() && whole.to_string().len() <= MOST_CHARACTERS {
                return whole;
            }
        }
    }

    /// A root with the definitions.
    pub fn finished(&self, mut root: Value) -> Value {
        if let (Some(fields), false) = (root.as_object_mut(), self.definitions.is_empty()) {
            fields.insert("$defs".to_owned(), Value::Object(self.definitions.clone()));
        }
        root
    }

    pub fn percent(&mut self, of: u32) -> bool {
        self.rng.u32(0..100) < of
    }

    pub fn name(&mut self) -> String {
        self.rng.choice(NAMES).unwrap_or("a").to_owned()
    }

    /// Any schema, with objects at most `depth` deep.
    pub fn schema(&mut self, depth: u32) -> Value {
        let roll = self.rng.u32(0..100);
        match roll {
            0..8 => self.reference(),
            _ if depth == 0 => scalar(&mut self.rng),
            8..45 => self.object(depth),
            45..62 => self.composed(depth),
            62..72 => self.array(depth),
            72 => json!(true),
            _ => scalar(&mut self.rng),
        }
    }

    pub fn reference(&mut self) -> Value {
        let names: Vec<String> = self.definitions.keys().cloned().collect();
        match self.rng.choice(&names) {
            Some(name) => json!({ "$ref": format!("#/$defs/{name}") }),
            None => scalar(&mut self.rng),
        }
    }

    /// An object of any kind, with what may stand beside its properties now and then.
    pub fn object(&mut self, depth: u32) -> Value {
        let below = depth.saturating_sub(1);
        let mut schema = self.plain(below);
        for _ in 0..2 {
            if self.percent(25) {
                let (key, value) = self.extra(below);
                schema[key] = value;
            }
        }
        if depth > 0 && self.percent(25) {
            let composed = self.composition(below.max(1), 78);
            for (key, value) in composed.as_object().into_iter().flatten() {
                schema[key] = value.clone();
            }
        }
        schema
    }

    /// Properties, and which of them are required.
    pub fn plain(&mut self, below: u32) -> Value {
        let mut schema = json!({});
        if self.percent(80) {
            schema["type"] = json!("object");
        }
        let mut properties = Map::new();
        for _ in 0..self.rng.usize(0..4) {
            let name = self.name();
            let schema = self.property(&name, below);
            properties.insert(name, schema);
        }
        let mut names: Vec<String> = properties.keys().cloned().collect();
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
        }
        names.retain(|_| self.rng.u32(0..100) < 35);
        if self.percent(5) {
            names.push(self.name());
            names.dedup();
        }
        if !names.is_empty() {
            names.sort_unstable();
            names.dedup();
            schema["required"] = json!(names);
        }
        schema
    }

    /// What a property may be: mostly what it is everywhere.
    pub fn property(&mut self, name: &str, below: u32) -> Value {
        match self.usual.get(name).cloned() {
            Some(usual) if self.percent(55) => usual,
            _ => self.schema(below),
        }
    }

    /// One keyword of an object beside `properties` and `required`.
    pub fn extra(&mut self, below: u32) -> (&'static str, Value) {
        let (one, other) = (self.name(), self.name());
        match self.rng.u32(0..15) {
            0..4 => ("additionalProperties", json!(false)),
            4 => ("additionalProperties", self.schema(below)),
            5 => ("additionalProperties", json!(true)),
            6 => {
                let (pattern, schema) = (
                    self.rng.choice(["^x", "^a", "b", "^[a-z]+$"]),
                    self.schema(below),
                );
                (
                    "patternProperties",
                    json!({ pattern.unwrap_or("^x"): schema }),
                )
            }
            7 => ("minProperties", json!(self.rng.u32(0..3))),
            8 => ("maxProperties", json!(self.rng.u32(1..4))),
            9 => ("dependentRequired", json!({ one: [other] })),
            10 => ("dependentSchemas", json!({ one: self.plain(below) })),
            11 => (
                "unevaluatedProperties",
                if self.percent(60) {
                    json!(false)
                } else {
                    self.schema(below)
                },
            ),
            12 => (
                "propertyNames",
                json!({ "pattern": self.rng.choice(["^[a-z]+$", "^[a-z]*$", "b", ".*"]) }),
            ),
            13 => (
                "not",
                if self.percent(50) {
                    json!({ "required": [one] })
                } else {
                    self.plain(0)
                },
            ),
            _ => ("minProperties", json!(1)),
        }
    }

    fn array(&mut self, depth: u32) -> Value {
        let below = depth.saturating_sub(1);
        let mut schema = json!({ "type": "array", "items": self.schema(below) });
        match self.rng.u32(0..12) {
            0 => schema["minItems"] = json!(self.rng.u32(0..3)),
            1 | 2 => schema["maxItems"] = json!(self.rng.u32(1..4)),
            3 => schema["uniqueItems"] = json!(true),
            4 => schema["contains"] = self.schema(0),
            5 => schema["prefixItems"] = json!([self.schema(below)]),
            _ => {}
        }
        schema
    }
}
