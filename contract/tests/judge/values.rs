//! Makes values that are likely to tell two schemas apart: mostly valid ones of either, with the
//! constants, bounds and names of both, and changed in one place. Whether they are valid is not
//! known here.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{
    parts::{PATTERNS, Part},
    pools::Pools,
};

/// Makes values of the schema `root`.
pub struct Values<'s> {
    pub rng: Rng,
    pub root: &'s Value,
    pub pools: &'s Pools,
}

impl<'s> Values<'s> {
    pub fn value(&mut self) -> Value {
        let noise = self.rng.choice([0, 0, 3, 10]).unwrap_or(0);
        self.of(vec![Part::root(self.root)], 5, noise)
    }

    /// A value for parts that apply together, off in `noise` of a hundred places.
    fn of(&mut self, parts: Vec<Part<'s>>, depth: u32, noise: u32) -> Value {
        let parts = self.expanded(parts);
        if self.percent(noise) {
            return self.pools.any(&mut self.rng);
        }
        if let Some(value) = self.constant(&parts) {
            return value;
        }
        match self.kind(&parts) {
            "null" => Value::Null,
            "boolean" => json!(self.rng.bool()),
            "integer" => self.number(&parts, true),
            "number" => self.number(&parts, false),
            "string" => self.text(&parts),
            "array" => self.array(&parts, depth, noise),
            _ => self.object(&parts, depth, noise),
        }
    }

    fn percent(&mut self, of: u32) -> bool {
        self.rng.u32(0..100) < of
    }

    /// The parts with all that applies beside them, alternatives chosen at random.
    fn expanded(&mut self, mut waiting: Vec<Part<'s>>) -> Vec<Part<'s>> {
        let mut done = Vec::new();
        while let Some(part) = waiting.pop() {
            if done.len() > 40 {
                break;
            }
            waiting.extend(part.target(self.root));
            waiting.extend(part.list("allOf"));
            for key in ["anyOf", "oneOf"] {
                waiting.extend(self.rng.choice(part.list(key)));
            }
            if let Some(condition) = part.get("if") {
                match self.rng.bool() {
                    true => waiting.extend(part.get("then").into_iter().chain([condition])),
                    false => waiting.extend(part.get("else")),
                }
            }
            if let (Some(schemas), Some(part)) =
                (part.map("dependentSchemas"), part.get("dependentSchemas"))
            {
                let chosen = schemas.keys().filter(|_| self.rng.bool());
                waiting.extend(chosen.filter_map(|name| part.get(name)));
            }
            done.push(part);
        }
        done
    }

    fn constant(&mut self, parts: &[Part<'s>]) -> Option<Value> {
        let constant = parts.iter().find_map(|part| part.schema.get("const"));
        let members = parts
            .iter()
            .find_map(|part| part.schema.get("enum")?.as_array());
        constant
            .cloned()
            .or_else(|| self.rng.choice(members?).cloned())
    }

    fn kind(&mut self, parts: &[Part<'s>]) -> &'s str {
        let mut kinds = [
            "object", "string", "integer", "array", "null", "boolean", "number",
        ]
        .to_vec();
        let speaks = |keys: &[&str]| {
            parts
                .iter()
                .any(|part| keys.iter().any(|key| part.schema.get(key).is_some()))
        };
        let typed = speaks(&["type"]);
        for part in parts {
            let among = |kind: &&str| match part.schema.get("type") {
                Some(Value::String(name)) => {
                    name == kind || (name == "number" && *kind == "integer")
                }
                Some(Value::Array(names)) => names.iter().any(|name| name == kind),
                _ => true,
            };
            kinds.retain(among);
        }
        if !typed
            && !self.percent(10)
            && speaks(&[
                "properties",
                "required",
                "patternProperties",
                "minProperties",
            ])
        {
            return "object";
        }
        self.rng.choice(kinds).unwrap_or("object")
    }

    fn number(&mut self, parts: &[Part<'s>], integer: bool) -> Value {
        let bound = |key: &str| {
            parts
                .iter()
                .filter_map(|part| part.schema.get(key)?.as_f64())
                .collect::<Vec<_>>()
        };
        let (least, most) = (bound("minimum"), bound("maximum"));
        let (above, steps) = (bound("exclusiveMinimum"), bound("multipleOf"));
        let fits = |number: &f64| {
            least.iter().all(|bound| number >= bound)
                && most.iter().all(|bound| number <= bound)
                && above.iter().all(|bound| number > bound)
                && steps.iter().all(|step| (number / step).fract() == 0.0)
                && (!integer || number.fract() == 0.0)
        };
        let fitting: Vec<f64> = self.pools.numbers.iter().copied().filter(fits).collect();
        let number = self
            .rng
            .choice(fitting)
            .or_else(|| self.rng.choice(&self.pools.numbers).copied());
        written(number.unwrap_or(0.0))
    }

    fn text(&mut self, parts: &[Part<'s>]) -> Value {
        let bound = |key: &str| {
            parts
                .iter()
                .filter_map(|part| part.schema.get(key)?.as_u64())
                .collect::<Vec<_>>()
        };
        let (least, most) = (bound("minLength"), bound("maxLength"));
        let fits = |text: &&str| {
            let length = text.chars().count() as u64;
            least.iter().all(|bound| length >= *bound) && most.iter().all(|bound| length <= *bound)
        };
        let pattern = parts
            .iter()
            .filter_map(|part| part.schema.get("pattern")?.as_str())
            .next_back();
        let matching = PATTERNS
            .iter()
            .filter(|(each, _)| Some(*each) == pattern)
            .flat_map(|(_, texts)| texts.iter());
        let mut texts: Vec<&str> = matching.copied().filter(fits).collect();
        if texts.is_empty() {
            texts = self
                .pools
                .texts
                .iter()
                .map(String::as_str)
                .filter(fits)
                .collect();
        }
        json!(self.rng.choice(texts).unwrap_or("a"))
    }

    fn array(&mut self, parts: &[Part<'s>], depth: u32, noise: u32) -> Value {
        let bound = |key: &str| {
            parts
                .iter()
                .filter_map(|part| part.schema.get(key)?.as_u64())
                .max()
        };
        let least = bound("minItems").unwrap_or(0) as usize;
        let length = (least + self.rng.usize(0..3))
            .min(bound("maxItems").unwrap_or(9) as usize)
            .max(least.min(4));
        let length = if depth == 0 { least.min(2) } else { length };
        let contained = parts.iter().find_map(|part| part.get("contains"));
        let mut elements: Vec<Value> = Vec::new();
        for index in 0..length {
            let mut applying: Vec<Part<'s>> = parts
                .iter()
                .filter_map(|part| part.element(index))
                .collect();
            if self.rng.bool() {
                applying.extend(contained.clone());
            }
            elements.push(self.of(applying, depth.saturating_sub(1), noise));
        }
        if length > 1 && self.percent(15) {
            elements[1] = elements[0].clone();
        }
        Value::Array(elements)
    }

    fn object(&mut self, parts: &[Part<'s>], depth: u32, noise: u32) -> Value {
        let required: Vec<&str> = parts
            .iter()
            .flat_map(|part| part.schema.get("required")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = parts
            .iter()
            .filter_map(|part| part.map("properties"))
            .flat_map(Map::keys);
        let mut names: Vec<String> = properties.cloned().collect();
        names.extend(required.iter().map(|name| (*name).to_owned()));
        names.sort_unstable();
        names.dedup();
        let often = if depth < 2 {
            15
        } else {
            self.rng.choice([30, 60, 100]).unwrap_or(60)
        };
        names.retain(|name| required.contains(&name.as_str()) || self.rng.u32(0..100) < often);
        if self.percent(10 + noise) {
            names.extend(self.rng.choice(&self.pools.names).cloned());
        }
        let least = parts
            .iter()
            .filter_map(|part| part.schema.get("minProperties")?.as_u64())
            .max()
            .unwrap_or(0);
        for name in &self.pools.names {
            if names.len() < least as usize && !names.contains(name) {
                names.push(name.clone());
            }
        }
        if !names.is_empty() && self.percent(noise) {
            names.swap_remove(self.rng.usize(0..names.len()));
        }
        let mut object = Map::new();
        for name in names {
            let applying: Vec<Part<'s>> = parts.iter().flat_map(|part| part.named(&name)).collect();
            let value = match (applying.is_empty(), depth) {
                (true, _) => self.pools.any(&mut self.rng),
                (false, 0) => json!({}),
                _ => self.of(applying, depth - 1, noise),
            };
            object.insert(name, value);
        }
        Value::Object(object)
    }
}

/// A number as people write it: without a fraction where there is none.
pub fn written(number: f64) -> Value {
    if number.fract() == 0.0 {
        json!(number as i64)
    } else {
        json!(number)
    }
}
