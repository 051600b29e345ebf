//! Walks a document with just enough grammar to know which keys are keywords, which are names, and
//! what is somebody's data (examples, enumerated values). Knows nothing of what the keywords mean.

use serde_json::Value;

use super::pointer::escape;

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// An object of the grammar: its keys are keywords.
    Object,
    /// A path item, which may hold `$ref` beside operations.
    PathItem,
    /// A map: its keys are names.
    Names,
    /// A map from paths (or names, or expressions) to path items.
    PathItems,
    /// A map from names to maps of path items.
    Callbacks,
    /// Values of the user.
    Data,
}

/// What is under `key` of an object.
pub(crate) fn below(site: Site, key: &str, value: &Value) -> Site {
    match site {
        Site::Data => Site::Data,
        Site::Names => Site::Object,
        Site::PathItems => Site::PathItem,
        Site::Callbacks => Site::PathItems,
        Site::Object | Site::PathItem => match key {
            "example" | "enum" | "const" | "default" | "value" | "security" | "mapping"
            | "scopes" => Site::Data,
            "examples" if value.is_array() => Site::Data,
            _ if key.starts_with("x-") => Site::Data,
            "paths" | "webhooks" | "pathItems" => Site::PathItems,
            "callbacks" => Site::Callbacks,
            "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions"
            | "schemas" | "responses" | "parameters" | "headers" | "content" | "examples"
            | "requestBodies" | "securitySchemes" | "links" | "variables" | "encoding"
                if value.is_object() =>
            {
                Site::Names
            }
            _ => Site::Object,
        },
    }
}

/// Calls `look` for every value, parents first, with its pointer, until it says that something is
/// wrong.
pub(crate) fn visit<E>(
    value: &Value,
    site: Site,
    pointer: &mut String,
    look: &mut impl FnMut(Site, &str, &Value) -> Result<(), E>,
) -> Result<(), E> {
    look(site, pointer, value)?;
    let length = pointer.len();
    match value {
        Value::Object(fields) => {
            for (key, each) in fields {
                pointer.push('/');
                pointer.push_str(&escape(key));
                visit(each, below(site, key, each), pointer, look)?;
                pointer.truncate(length);
            }
        }
        Value::Array(elements) => {
            for (index, each) in elements.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                visit(
                    each,
                    if site == Site::Data {
                        site
                    } else {
                        Site::Object
                    },
                    pointer,
                    look,
                )?;
                pointer.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}
