//! Whether a pattern matches a name. What patterns say of all texts is in `language`.

use std::{cell::RefCell, collections::HashMap};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{accept::OTHER, sample};

thread_local! {
    /// A comparison runs in its own thread and asks the same patterns about many names.
    static COMPILED: RefCell<HashMap<String, Option<Validator>>> = RefCell::default();
}

/// Whether a pattern matches a name; none where the pattern cannot be read.
pub(super) fn matches(pattern: &str, name: &str) -> Option<bool> {
    if name == OTHER {
        return Some(false);
    }
    COMPILED.with_borrow_mut(|compiled| {
        let entry = compiled.entry(pattern.to_owned());
        let validator =
            entry.or_insert_with(|| sample::validator(&json!({ "pattern": pattern }), false));
        validator
            .as_ref()
            .map(|validator| validator.is_valid(&Value::from(name)))
    })
}
