//! One schema of a document, ready to be asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::{CompileError, standalone::standalone, words};
use crate::document::node::Node;

/// One schema, ready to be asked.
#[derive(Debug)]
pub struct SchemaCheck {
    /// Where it is in the document.
    pointer: String,
    schema: Arc<Schema>,
}

/// A schema with its validator. Many places of a document share one, and a validator needs some
/// hundred KiB.
#[derive(Debug)]
struct Schema {
    json: Value,
    validator: Validator,
}

/// The schemas compiled so far, by their text.
static COMPILED: Mutex<Option<HashMap<String, Arc<Schema>>>> = Mutex::new(None);

/// A value is not as the document asks for it. Says nothing of the value itself: that may be a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Where: `/members/3`, `query parameter limit`.
    pub place: String,
    /// What is asked there.
    pub reason: String,
    /// Which rule asks it, as a JSON pointer into the document.
    pub rule: String,
}

impl SchemaCheck {
    /// Patterns run in linear time, whatever is sent: no look-around, no back-reference.
    pub(super) fn compile(at: &Node) -> Result<Self, CompileError> {
        let at = at.resolved();
        let json = standalone(&at);
        let text = json.to_string();
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = compiled.get_or_insert_default();
        if let Some(schema) = compiled.get(&text) {
            return Ok(Self {
                pointer: at.pointer,
                schema: Arc::clone(schema),
            });
        }
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline();
        let validator = options
            .with_pattern_options(PatternOptions::regex())
            .build(&json);
        let failed = |error: jsonschema::ValidationError| CompileError {
            pointer: at.pointer.clone(),
            reason: error.to_string(),
        };
        let schema = Arc::new(Schema {
            validator: validator.map_err(failed)?,
            json,
        });
        compiled.insert(text, Arc::clone(&schema));
        Ok(Self {
            pointer: at.pointer,
            schema,
        })
    }

    /// Asks for a value; a breach has its place within the value, as a JSON pointer.
    ///
    /// # Errors
    /// The first [`Breach`].
    pub fn check(&self, value: &Value) -> Result<(), Breach> {
        // Asking whether is far quicker than asking why not.
        if self.schema.validator.is_valid(value) {
            return Ok(());
        }
        let error = self.schema.validator.iter_errors(value).next();
        Err(error.map_or_else(
            || self.unexplained(),
            |error| words::breach(&error, &self.schema.json, &self.pointer),
        ))
    }

    /// Asks for the JSON text of a value.
    ///
    /// # Errors
    /// A [`Breach`], of JSON or of the contract.
    pub fn check_json(&self, text: &[u8]) -> Result<(), Breach> {
        let value: Value = serde_json::from_slice(text).map_err(|error| Breach {
            place: "body".to_owned(),
            reason: format!("not JSON: {error}"),
            rule: self.pointer.clone(),
        })?;
        self.check(&value)
            .map_err(|breach| match breach.place.as_str() {
                "" => Breach {
                    place: "body".to_owned(),
                    ..breach
                },
                _ => breach,
            })
    }

    /// Whether the schema is of lists.
    pub(super) fn is_list(&self) -> bool {
        self.schema
            .json
            .get("type")
            .is_some_and(|kind| kind == "array")
    }

    /// The type of a value, or of each in a list, where the schema names one.
    pub(super) fn scalar(&self) -> Option<&str> {
        let root = &self.schema.json;
        let of = if self.is_list() {
            root.get("items")?
        } else {
            root
        };
        let reference = of.get("$ref").and_then(Value::as_str);
        let of = match reference.and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => root.pointer(pointer)?,
            None => of,
        };
        of.get("type")?.as_str()
    }

    fn unexplained(&self) -> Breach {
        Breach {
            place: String::new(),
            reason: "refused".to_owned(),
            rule: self.pointer.clone(),
        }
    }
}
