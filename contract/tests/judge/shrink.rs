//! Makes a wrong verdict readable: drops what it does not need, from both schemas and from the
//! value.

use openapi_proof::document::pointer::unescape;
use serde_json::Value;

use super::{
    judge::is_witness,
    parts::escaped,
    schemas::NAMES,
    verdict::{Verdict, Way},
};

/// A wrong verdict: values of `base` and `head` in one way, one of which shows that it is wrong.
#[derive(Clone)]
pub struct Missed {
    pub base: Value,
    pub head: Value,
    pub way: Way,
    pub value: Value,
}

impl Missed {
    pub fn is_wrong(&self) -> bool {
        is_witness(&self.base, &self.head, self.way, &self.value)
            && Verdict::of(&self.base, &self.head, self.way)
                .is_some_and(|verdict| !verdict.breaks())
    }

    /// Without everything that can be left out, one piece after the other.
    pub fn shrunk(mut self) -> Self {
        let mut left = 600;
        while let Some(smaller) = self.smaller(&mut left) {
            self = smaller;
        }
        self
    }

    /// Its shape: what it has in common with the same fault at other names.
    pub fn shape(&self) -> String {
        format!(
            "{} {} {}",
            self.way.word(),
            shape(&self.base),
            shape(&self.head)
        )
    }

    fn smaller(&self, left: &mut u32) -> Option<Self> {
        let with = |base: &Value, head: &Value, value: &Value| Self {
            base: base.clone(),
            head: head.clone(),
            way: self.way,
            value: value.clone(),
        };
        let pieces = pieces(&self.base);
        let both = pieces
            .iter()
            .filter_map(|at| Some((without(&self.base, at)?, without(&self.head, at)?)));
        let both = both.map(|(base, head)| with(&base, &head, &self.value));
        let base = pieces
            .iter()
            .filter_map(|at| without(&self.base, at))
            .map(|base| with(&base, &self.head, &self.value));
        let heads = self::pieces(&self.head);
        let head = heads
            .iter()
            .filter_map(|at| without(&self.head, at))
            .map(|head| with(&self.base, &head, &self.value));
        let values = self::pieces(&self.value);
        let value = values
            .iter()
            .filter_map(|at| without(&self.value, at))
            .map(|value| with(&self.base, &self.head, &value));
        let base_unfolded = unfolded(&self.base).map(|base| with(&base, &self.head, &self.value));
        let head_unfolded = unfolded(&self.head).map(|head| with(&self.base, &head, &self.value));
        let unfolded = base_unfolded.into_iter().chain(head_unfolded);
        unfolded
            .chain(value)
            .chain(both)
            .chain(base)
            .chain(head)
            .find(|smaller| {
                *left = u32::saturating_sub(*left, 1);
                *left > 0 && smaller.is_wrong()
            })
    }
}

fn shape(schema: &Value) -> String {
    match schema {
        Value::Object(fields) => {
            let named = |key: &str| {
                NAMES.contains(&key) || key.starts_with(|first: char| first.is_ascii_uppercase())
            };
            let key = |key: &str| {
                if named(key) {
                    "_".to_owned()
                } else {
                    key.to_owned()
                }
            };
            let mut parts: Vec<String> = fields
                .iter()
                .map(|(name, each)| key(name) + &shape(each))
                .collect();
            parts.sort_unstable();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(shape).collect::<String>()),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

/// The root's reference replaced by what it leads to.
fn unfolded(schema: &Value) -> Option<Value> {
    let target = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
    let mut root = schema.pointer(target)?.clone();
    root.as_object_mut()?
        .insert("$defs".to_owned(), schema["$defs"].clone());
    Some(root)
}

/// Pointers to everything in a value, the largest pieces first.
fn pieces(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = std::collections::VecDeque::from([(String::new(), value)]);
    while let Some((at, value)) = waiting.pop_front() {
        match value {
            Value::Object(fields) => {
                waiting.extend(
                    fields
                        .iter()
                        .map(|(key, each)| (format!("{at}/{}", escaped(key)), each)),
                );
            }
            Value::Array(elements) => {
                waiting.extend(
                    elements
                        .iter()
                        .enumerate()
                        .map(|(index, each)| (format!("{at}/{index}"), each)),
                );
            }
            _ => {}
        }
        if !at.is_empty() {
            found.push(at);
        }
    }
    found
}

fn without(value: &Value, at: &str) -> Option<Value> {
    let (parent, last) = at.rsplit_once('/')?;
    let mut value = value.clone();
    match value.pointer_mut(parent)? {
        Value::Object(fields) => drop(fields.shift_remove(&unescape(last))?),
        Value::Array(elements) => {
            let index = last
                .parse::<usize>()
                .ok()
                .filter(|index| *index < elements.len())?;
            elements.remove(index);
        }
        _ => return None,
    }
    Some(value)
}
