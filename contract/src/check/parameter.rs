//! A parameter of a request, or a header of a response: its text, and the rule for what the text
//! means.

use serde_json::Value;

use super::{Breach, CompileError, SchemaCheck};
use crate::document::node::Node;

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
                let named = |breach| Breach {
                    place: self.place.clone(),
                    ..breach
                };
                self.rule.check(&self.meant(text)).map_err(named)
            }
            None if self.required => Err(self.refused("it is missing")),
            None => Ok(()),
        }
    }

    pub(super) fn refused(&self, reason: &str) -> Breach {
        Breach {
            place: self.place.clone(),
            reason: reason.to_owned(),
            rule: String::new(),
        }
    }

    /// A number where the rule is about numbers and the text is one: digits, and a minus where it
    /// is below zero.
    fn meant(&self, text: &str) -> Value {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let number = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && self.rule.is_whole();
        let positive = || text.parse::<u64>().ok().map(Value::from);
        let negative = || {
            text.parse::<i64>()
                .ok()
                .filter(|number| *number < 0)
                .map(Value::from)
        };
        let number = if number {
            positive().or_else(negative)
        } else {
            None
        };
        number.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}
