//! Null in 3.1 is a type among types, in 3.0 a mark on a schema (`nullable`). Here is read who
//! allows null, and the null is taken out of where 3.0 cannot have it.

use serde_json::Value;

use crate::{Error, place::Place};

/// Whether a schema allows null: some keyword has to name it, and none may exclude it.
#[derive(Clone, Copy, Default)]
pub(super) struct Nullable {
    named: bool,
    excluded: bool,
}

impl Nullable {
    /// A keyword that decides on null has been read.
    pub(super) fn decide(&mut self, allows: bool) {
        self.named |= allows;
        self.excluded |= !allows;
    }

    /// Whether null is allowed after all keywords were read.
    pub(super) fn holds(self) -> bool {
        self.named && !self.excluded
    }
}

/// Reads a `type`: the one type beside null (`None` where null is the only one), and whether null
/// is there.
pub(super) fn types<'v>(
    place: &Place<'_>,
    value: &'v Value,
) -> Result<(Option<&'v str>, bool), Error> {
    let names = match value {
        Value::String(one) => vec![one.as_str()],
        Value::Array(list) => list
            .iter()
            .map(|each| each.as_str().unwrap_or("?"))
            .collect(),
        _ => return Err(place.error("a type is a string or an array of strings")),
    };
    let known = [
        "string", "number", "integer", "boolean", "object", "array", "null",
    ];
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        return Err(place.error(format!("`{unknown}` is not a type")));
    }
    let null = names.contains(&"null");
    match names
        .iter()
        .filter(|name| **name != "null")
        .collect::<Vec<_>>()[..]
    {
        [] if null => Ok((None, true)),
        [one] => Ok((Some(one), null)),
        [] => Err(place.error("an empty list of types allows nothing")),
        _ => Err(place.error("a value of several types, which 3.0 cannot say; use `anyOf`")),
    }
}

/// Whether a schema allows null and nothing else.
pub(super) fn only_null(schema: &Value) -> bool {
    let null = Value::from("null");
    let only = |keyword: &str, value: &Value| {
        schema
            .get(keyword)
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().eq([value]))
    };
    schema.get("type") == Some(&null)
        || only("type", &null)
        || schema.get("const") == Some(&Value::Null)
        || only("enum", &Value::Null)
}
