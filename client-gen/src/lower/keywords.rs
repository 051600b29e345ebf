//! What becomes of each keyword of 3.1 that 3.0 does not have, as tables. How the translated ones
//! are translated is in [`super::schema`].

use serde_json::{Map, Value};

use crate::{Error, grammar::ObjectKind, place::Place};

/// What becomes of a keyword of a schema.
pub(super) enum Fate {
    /// 3.0 has it, with the same meaning.
    Keep,
    /// 3.0 has it, with schemas in it.
    Descend,
    /// 3.0 says it in other words.
    Translate,
    /// It only narrows, or only tells: left out, for this reason.
    LeaveOut(&'static str),
    /// Without it values would have another shape: refused, for this reason.
    Refuse(&'static str),
}

const NARROWS: &str = "only narrows which values are allowed";
const TELLS: &str = "says nothing about values";
const ELSEWHERE: &str = "changes what references mean, which 3.0 cannot say";

/// What becomes of `keyword` in a schema.
pub(super) fn fate(keyword: &str) -> Fate {
    match keyword {
        "title" | "description" | "default" | "deprecated" | "readOnly" | "writeOnly"
        | "externalDocs" | "xml" | "discriminator" | "example" | "format" | "pattern"
        | "minLength" | "maxLength" | "minimum" | "maximum" | "multipleOf" | "minItems"
        | "maxItems" | "uniqueItems" | "minProperties" | "maxProperties" | "required" => Fate::Keep,
        extension if extension.starts_with("x-") => Fate::Keep,
        "allOf" | "items" | "not" => Fate::Descend,
        "$ref"
        | "type"
        | "const"
        | "enum"
        | "examples"
        | "exclusiveMinimum"
        | "exclusiveMaximum"
        | "anyOf"
        | "oneOf"
        | "properties"
        | "additionalProperties"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "if"
        | "then"
        | "else"
        | "dependentSchemas"
        | "contentEncoding" => Fate::Translate,
        "propertyNames" | "contains" | "minContains" | "maxContains" | "dependentRequired" => {
            Fate::LeaveOut(NARROWS)
        }
        "contentMediaType" | "contentSchema" => {
            Fate::LeaveOut("tells what is inside a string, which stays a string")
        }
        "$comment" | "$schema" | "$anchor" | "$dynamicAnchor" | "$vocabulary" => {
            Fate::LeaveOut(TELLS)
        }
        "$defs" => {
            Fate::LeaveOut("nothing can refer to it, references lead to #/components/schemas only")
        }
        "prefixItems" => Fate::Refuse("a tuple, which 3.0 cannot say"),
        "patternProperties" => {
            Fate::Refuse("types that depend on a property's name, which 3.0 cannot say")
        }
        "$id" | "$dynamicRef" | "$recursiveRef" => Fate::Refuse(ELSEWHERE),
        _ => Fate::LeaveOut("not a keyword of OpenAPI 3.1"),
    }
}

/// Why a field of an object that is no schema is left out; nothing where it stays.
pub(super) fn left_out(
    kind: ObjectKind,
    key: &str,
    value: &Value,
    place: &Place<'_>,
) -> Result<Option<&'static str>, Error> {
    Ok(match (kind, key) {
        (ObjectKind::Document, "webhooks") => Some("a client calls operations, it is not called"),
        (ObjectKind::Document, "jsonSchemaDialect") => {
            known_dialect(value, place)?;
            Some("the dialect that the document would have without it")
        }
        (ObjectKind::Info, "summary") | (ObjectKind::License, "identifier") => Some(TELLS),
        (ObjectKind::Components, "pathItems") => Some("put where they are used"),
        _ => None,
    })
}

/// In another dialect every keyword could mean something else.
fn known_dialect(value: &Value, place: &Place<'_>) -> Result<(), Error> {
    let dialect = value.as_str().unwrap_or_default();
    let known = [
        "https://spec.openapis.org/oas/3.1/dialect/",
        "https://json-schema.org/draft/2020-12/schema",
    ];
    match known.iter().any(|known| dialect.starts_with(known)) {
        true => Ok(()),
        false => Err(place.error("not the dialect of OpenAPI 3.1, nor JSON Schema 2020-12")),
    }
}

/// Whether a schema that holds only under a condition may be left out: whether it declares nothing
/// beyond what the schema around it, `outer`, declares anyway.
pub(super) fn only_narrows(conditional: &Value, outer: &Map<String, Value>) -> bool {
    let declared = |name: &String| {
        outer
            .get("properties")
            .is_some_and(|properties| properties.get(name).is_some())
    };
    let Value::Object(keywords) = conditional else {
        return true;
    };
    keywords
        .iter()
        .all(|(keyword, value)| match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.keys().all(declared),
            ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                list.iter().all(|each| only_narrows(each, outer))
            }
            ("items" | "additionalProperties" | "unevaluatedProperties", value) => {
                value.is_boolean()
            }
            ("then" | "else", value) => only_narrows(value, outer),
            (
                "$ref" | "$dynamicRef" | "patternProperties" | "prefixItems" | "dependentSchemas",
                _,
            ) => false,
            _ => true,
        })
}
