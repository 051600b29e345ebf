//! Makes random compositions of schemas: parts, alternatives with and without a tag, conditions.

use serde_json::{Value, json};

use super::{
    scalars::text,
    schemas::{Maker, NAMES},
};

impl Maker {
    /// A composition of objects, or of anything.
    pub fn composed(&mut self, depth: u32) -> Value {
        self.composition(depth, 100)
    }

    /// One of the kinds below `kinds`; from 78 on they do not go with properties beside them.
    pub fn composition(&mut self, depth: u32, kinds: u32) -> Value {
        let below = depth.saturating_sub(1);
        match self.rng.u32(0..kinds) {
            0..32 => json!({ "allOf": self.branches(below) }),
            32..40 => self.conditional(below),
            40..60 => self.tagged(below),
            60..70 => json!({ "anyOf": self.branches(below) }),
            70..78 => json!({ "oneOf": self.branches(below) }),
            _ => {
                let schema = self.schema(below);
                let branches = json!([{ "type": "null" }, schema]);
                if self.percent(50) {
                    json!({ "oneOf": branches })
                } else {
                    json!({ "anyOf": branches })
                }
            }
        }
    }

    /// What an object must be where it meets a condition. What the condition speaks of is mostly
    /// declared.
    fn conditional(&mut self, below: u32) -> Value {
        let mut schema = self.plain(below);
        if self.percent(80) {
            for name in NAMES {
                schema["properties"][name] = self.property(name, 0);
            }
        }
        schema["if"] = self.condition();
        schema["then"] = self.plain(below);
        if self.percent(40) {
            schema["else"] = self.plain(0);
        }
        schema
    }

    fn branches(&mut self, below: u32) -> Vec<Value> {
        let count = self.rng.usize(1..4);
        (0..count).map(|_| self.branch(below)).collect()
    }

    pub fn branch(&mut self, below: u32) -> Value {
        match self.rng.u32(0..20) {
            0 | 1 if !self.definitions.is_empty() => self.reference(),
            2 => self.schema(below),
            3 | 4 => self.object(below),
            _ => self.plain(below),
        }
    }

    fn tagged(&mut self, below: u32) -> Value {
        let tags = ["x", "y", "z"];
        let count = self.rng.usize(2..4);
        let branches = tags.iter().take(count).map(|tag| {
            let mut branch = self.plain(below);
            branch["properties"]["kind"] = json!({ "const": tag });
            branch["required"] = json!(["kind"]);
            branch
        });
        let branches: Vec<Value> = branches.collect();
        if self.percent(70) {
            json!({ "oneOf": branches })
        } else {
            json!({ "anyOf": branches })
        }
    }

    pub fn condition(&mut self) -> Value {
        let name = self.name();
        match self.rng.u32(0..3) {
            0 => json!({ "required": [name] }),
            1 => json!({ "properties": { name: { "const": text(&mut self.rng) } } }),
            _ => {
                json!({ "properties": { name.clone(): { "type": "string" } }, "required": [name] })
            }
        }
    }
}
