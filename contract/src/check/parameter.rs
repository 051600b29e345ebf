//! A parameter of a request, or a header of a response: its text, and the rule for what the text
//! means.

use serde_json::Value;

use super::{Breach, CompileError, SchemaCheck};
use crate::document::node::Node;

/// How a parameter of the query is named to its sender.
pub(super) const QUERY: &str = "query parameter";

/// A parameter or a header.
pub(super) struct Parameter {
    pub name: String,
    pub required: bool,
    /// How to name it to its sender.
    place: String,
    rule: SchemaCheck,
}

impl Parameter {
    pub(super) fn compile(name: &str, kind: &str, at: &Node) -> Result<Self, CompileError> {
        let refused = |reason: &str| CompileError {
            pointer: at.pointer.clone(),
            reason: reason.to_owned(),
        };
        let schema = at
            .raw("schema")
            .ok_or_else(|| refused("a parameter without a schema"))?;
        let rule = SchemaCheck::compile(&schema)?;
        let explode = at.value.get("explode").and_then(Value::as_bool);
        if rule.is_list() && (kind != QUERY || explode == Some(false)) {
            return Err(refused("a list that is not one parameter for each value"));
        }
        let required = at
            .value
            .get("required")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            required,
            place: format!("{kind} {name}"),
            rule,
        })
    }

    /// Asks for its text; without one, whether it may be left out.
    pub(super) fn check(&self, text: Option<&str>) -> Result<(), Breach> {
        match text {
            Some(text) => {
                let met = self.rule.check(&self.meant(text));
                met.map_err(|breach| self.named(breach))
            }
            None => self.absent(),
        }
    }

    /// Asks for all of its texts. A list has any number of them, everything else one.
    pub(super) fn check_all(&self, texts: &[&str]) -> Result<(), Breach> {
        match texts {
            [] => self.absent(),
            _ if self.rule.is_list() => {
                let values = texts.iter().map(|text| self.meant(text)).collect();
                self.rule
                    .check(&Value::Array(values))
                    .map_err(|breach| self.named(breach))
            }
            [text] => self.check(Some(text)),
            _ => Err(self.refused("given twice")),
        }
    }

    fn absent(&self) -> Result<(), Breach> {
        match self.required {
            true => Err(self.refused("it is missing")),
            false => Ok(()),
        }
    }

    fn named(&self, breach: Breach) -> Breach {
        Breach {
            place: self.place.clone(),
            ..breach
        }
    }

    pub(super) fn refused(&self, reason: &str) -> Breach {
        Breach {
            place: self.place.clone(),
            reason: reason.to_owned(),
            rule: String::new(),
        }
    }

    /// What a text means to the rule: a number in digits, and a minus where it is below zero; true
    /// or false; else itself.
    fn meant(&self, text: &str) -> Value {
        let value = match self.rule.scalar() {
            Some("integer") => whole(text),
            Some("boolean") => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        value.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

fn whole(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let negative = || text.parse::<i64>().ok().filter(|number| *number < 0);
    match text.parse::<u64>() {
        Ok(number) => Some(number.into()),
        Err(_) => negative().map(Value::from),
    }
}
