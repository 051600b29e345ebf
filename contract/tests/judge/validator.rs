//! A schema as `boon` understands it: asked as a whole, or for one of its subschemas.

use std::{cell::RefCell, collections::HashMap};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value, json};

use super::places::is_circular;

const URL: &str = "http://judge.invalid/schema.json";

/// A schema that stands alone, its definitions in `$defs`.
pub struct Validator {
    schema: Value,
    compiled: RefCell<Compiled>,
}

struct Compiled {
    compiler: Compiler,
    schemas: Schemas,
    found: HashMap<String, SchemaIndex>,
}

impl Validator {
    /// None where the schema is none, or is not defined.
    pub fn new(schema: &Value) -> Option<Self> {
        if is_circular(schema) {
            return None;
        }
        let schema = bounded(schema);
        let mut compiler = Compiler::new();
        compiler.add_resource(URL, schema.clone()).ok()?;
        let mut schemas = Schemas::new();
        let root = compiler.compile(URL, &mut schemas).ok()?;
        let compiled = Compiled {
            compiler,
            schemas,
            found: HashMap::from([(String::new(), root)]),
        };
        Some(Self {
            schema,
            compiled: RefCell::new(compiled),
        })
    }

    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Whether the whole schema takes a value.
    pub fn takes(&self, value: &Value) -> bool {
        self.takes_at("", value)
    }

    /// Whether the subschema at a pointer does.
    pub fn takes_at(&self, pointer: &str, value: &Value) -> bool {
        let compiled = &mut *self.compiled.borrow_mut();
        let index = match compiled.found.get(pointer) {
            Some(index) => *index,
            None => {
                let url = format!("{URL}#{}", percent_encoded(pointer));
                let index = compiled
                    .compiler
                    .compile(&url, &mut compiled.schemas)
                    .expect("a subschema");
                compiled.found.insert(pointer.to_owned(), index);
                index
            }
        };
        compiled.schemas.validate(value, index).is_ok()
    }
}

fn percent_encoded(pointer: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~$".contains(byte);
    let written = |byte: u8| {
        if plain(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    pointer.bytes().map(written).collect()
}

/// The formats that are bounds of integers, as bounds.
fn bounded(schema: &Value) -> Value {
    match schema {
        Value::Array(elements) => elements.iter().map(bounded).collect(),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields
                .iter()
                .map(|(key, each)| (key.clone(), bounded(each)))
                .collect();
            if fields.get("format").is_some_and(|format| format == "int32") {
                let bounds = json!({ "minimum": i32::MIN, "maximum": i32::MAX });
                let parts = fields.entry("allOf").or_insert_with(|| json!([]));
                parts.as_array_mut().expect("a list").push(bounds);
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}
