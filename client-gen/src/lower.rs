//! Lowers a 3.1 document to 3.0.3: walks its objects and notes what is left out. Schemas are
//! lowered in [`schema`], references in [`references`]; what becomes of each keyword is in
//! [`keywords`].

mod cycles;
mod draft;
mod keywords;
mod nulls;
mod references;
mod schema;

use openapi_proof::document::{MAX_DEPTH, too_deep};
use serde_json::{Map, Value, json};

use crate::{
    Error,
    grammar::{ObjectKind, Shape},
    place::Place,
};

/// A document in OpenAPI 3.0, and what had to be left out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// The document, in OpenAPI 3.0.x.
    pub document: Value,
    /// What was left out, in document order. None of it changes the shape of a value.
    pub notes: Vec<Note>,
}

/// One thing of the 3.1 document that the 3.0 document does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The JSON pointer of what was left out, in the 3.1 document.
    pub pointer: String,
    /// The keyword that 3.0 does not have.
    pub keyword: String,
    /// Why a client does not miss it.
    pub reason: &'static str,
}

/// Lowers an OpenAPI 3.1 document to 3.0.3. A 3.0 document comes back as it is.
///
/// Two places go beyond the letter of 3.0.3, in the way that generators read it: `nullable` stands
/// beside an `allOf` without a `type`, and a schema that is null and nothing else is written
/// `{"enum": [null], "nullable": true}`.
///
/// # Errors
/// [`Error::Contract`], with the place, for whatever a 3.0 document cannot say without changing the
/// shape of a value, for references that lead nowhere, in circles or out of the document, and for
/// another version of OpenAPI.
pub fn lower(document: &Value) -> Result<Lowered, Error> {
    refuse_depth(document)?;
    let root = Place::Root;
    let document = match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.0.") => Lowered {
            document: document.clone(),
            notes: Vec::new(),
        },
        Some(version) if version.starts_with("3.1.") => {
            let mut lowering = Lowering {
                document,
                notes: Vec::new(),
                open: Vec::new(),
            };
            let lowered = lowering.object(ObjectKind::Document, &root, document)?;
            Lowered {
                document: lowered,
                notes: lowering.notes,
            }
        }
        Some(version) => {
            return Err(root
                .key("openapi")
                .error(format!("`{version}` is neither 3.0 nor 3.1")));
        }
        None => return Err(root.error("no OpenAPI document: it has no `openapi` with a version")),
    };
    cycles::refuse(&document.document)?;
    Ok(document)
}

/// Everything after this recurses into the document.
fn refuse_depth(document: &Value) -> Result<(), Error> {
    match too_deep(document) {
        None => Ok(()),
        Some(pointer) => Err(Error::Contract {
            pointer,
            reason: format!("nested deeper than {MAX_DEPTH} levels"),
        }),
    }
}

/// One lowering under way.
struct Lowering<'d> {
    /// The 3.1 document, for what is referred to.
    document: &'d Value,
    notes: Vec<Note>,
    /// The shared path items that are being put somewhere: through callbacks they may lead back to
    /// themselves.
    open: Vec<String>,
}

impl Lowering<'_> {
    /// Lowers an object of a kind. What is not even an object is passed on: the parser of 3.0 will
    /// refuse it.
    fn object(
        &mut self,
        kind: ObjectKind,
        place: &Place<'_>,
        value: &Value,
    ) -> Result<Value, Error> {
        if kind == ObjectKind::Schema {
            return self.schema(place, value);
        }
        let Value::Object(fields) = value else {
            return Ok(value.clone());
        };
        if kind == ObjectKind::PathItem && fields.contains_key("$ref") {
            return self.path_item(place, fields);
        }
        if let (Some(section), Some(reference)) = (kind.section(), fields.get("$ref")) {
            return self.reference(section, place, fields, reference);
        }
        let mut lowered = Map::new();
        for (key, value) in fields {
            let place = place.key(key);
            if let Some(reason) = keywords::left_out(kind, key, value, &place)? {
                self.note(&place, key, reason);
                continue;
            }
            let value = match kind.field(key) {
                Some((shape, child)) => self.children(shape, child, &place, value)?,
                None => value.clone(),
            };
            lowered.insert(key.clone(), value);
        }
        self.complete(kind, place, &mut lowered);
        Ok(Value::Object(lowered))
    }

    /// Lowers all objects that hang under one key.
    fn children(
        &mut self,
        shape: Shape,
        kind: ObjectKind,
        place: &Place<'_>,
        value: &Value,
    ) -> Result<Value, Error> {
        match (shape, value) {
            (Shape::List, Value::Array(list)) => {
                let each = list
                    .iter()
                    .enumerate()
                    .map(|(at, each)| self.object(kind, &place.index(at), each));
                each.collect()
            }
            (Shape::Map | Shape::Extensible, Value::Object(map)) => {
                let mut lowered = Map::new();
                for (name, each) in map {
                    let extension = shape == Shape::Extensible && name.starts_with("x-");
                    let each = if extension {
                        each.clone()
                    } else {
                        self.object(kind, &place.key(name), each)?
                    };
                    lowered.insert(name.clone(), each);
                }
                Ok(Value::Object(lowered))
            }
            (Shape::One, one) => self.object(kind, place, one),
            (_, other) => Ok(other.clone()),
        }
    }

    /// 3.1 made optional what 3.0 requires, and knows a security scheme that 3.0 does not.
    fn complete(&mut self, kind: ObjectKind, place: &Place<'_>, lowered: &mut Map<String, Value>) {
        match kind {
            ObjectKind::Document => {
                lowered.insert("openapi".to_owned(), json!("3.0.3"));
                lowered.entry("paths").or_insert_with(|| json!({}));
            }
            ObjectKind::Operation => {
                lowered.entry("responses").or_insert_with(|| json!({}));
            }
            ObjectKind::Components => {
                let Some(Value::Object(schemes)) = lowered.get_mut("securitySchemes") else {
                    return;
                };
                let section = place.key("securitySchemes");
                schemes.retain(|name, scheme| {
                    let mutual = scheme.get("type") == Some(&json!("mutualTLS"));
                    if mutual {
                        self.note(
                            &section.key(name),
                            "mutualTLS",
                            "certificates belong to the connection",
                        );
                    }
                    !mutual
                });
            }
            _ => {}
        }
    }

    /// Notes once what was left out; a path item that is used twice is lowered twice.
    fn note(&mut self, place: &Place<'_>, keyword: &str, reason: &'static str) {
        let note = Note {
            pointer: place.to_string(),
            keyword: keyword.to_owned(),
            reason,
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
