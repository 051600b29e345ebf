//! Finds the place that is to blame. Parser and generator say what is wrong with a document, not
//! where: so it is given to them piece by piece until the same is wrong with a piece.

use openapi_proof::document::METHODS;
use openapiv3::{
    Components, Header, Info, MediaType, OpenAPI, Operation, Parameter, PathItem, ReferenceOr,
    RequestBody, Response, Schema,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;

use crate::{
    Error,
    grammar::{ObjectKind, Shape},
    place::Place,
};

/// Parses a lowered document; an error is that of the innermost object that does not parse.
pub(crate) fn parse(lowered: &Value) -> Result<OpenAPI, Error> {
    OpenAPI::deserialize(lowered).map_err(|fault| {
        innermost(ObjectKind::Document, &Place::Root, lowered).unwrap_or(Place::Root.error(fault))
    })
}

/// The error of the innermost object that does not parse, if one does not.
fn innermost(kind: ObjectKind, place: &Place<'_>, value: &Value) -> Option<Error> {
    let below = value.as_object().and_then(|fields| {
        fields.iter().find_map(|(key, value)| {
            let (shape, kind) = kind.field(key)?;
            children(shape, kind, &place.key(key), value)
        })
    });
    below.or_else(|| fault(kind, value).map(|reason| place.error(reason)))
}

fn children(shape: Shape, kind: ObjectKind, place: &Place<'_>, value: &Value) -> Option<Error> {
    match (shape, value) {
        // A closed object, or an open one.
        (Shape::One, Value::Bool(_)) if kind == ObjectKind::Schema => None,
        (Shape::One, one) => innermost(kind, place, one),
        (Shape::List, Value::Array(list)) => list
            .iter()
            .enumerate()
            .find_map(|(index, each)| innermost(kind, &place.index(index), each)),
        (Shape::Map | Shape::Extensible, Value::Object(map)) => map
            .iter()
            .filter(|(name, _)| shape == Shape::Map || !name.starts_with("x-"))
            .find_map(|(name, each)| innermost(kind, &place.key(name), each)),
        _ => None,
    }
}

/// What the parser says of one object.
fn fault(kind: ObjectKind, value: &Value) -> Option<serde_json::Error> {
    fn of<T: DeserializeOwned>(value: &Value) -> Option<serde_json::Error> {
        T::deserialize(value).err()
    }
    match kind {
        ObjectKind::Document => of::<OpenAPI>(value),
        ObjectKind::Info => of::<Info>(value),
        ObjectKind::Components => of::<Components>(value),
        ObjectKind::PathItem => of::<PathItem>(value),
        ObjectKind::Operation => of::<Operation>(value),
        ObjectKind::Parameter => of::<ReferenceOr<Parameter>>(value),
        ObjectKind::Header => of::<ReferenceOr<Header>>(value),
        ObjectKind::RequestBody => of::<ReferenceOr<RequestBody>>(value),
        ObjectKind::Response => of::<ReferenceOr<Response>>(value),
        ObjectKind::MediaType => of::<MediaType>(value),
        ObjectKind::Schema => of::<ReferenceOr<Schema>>(value),
        ObjectKind::License | ObjectKind::Encoding | ObjectKind::Callback => {
            of::<IgnoredAny>(value)
        }
    }
}

/// The generator refused a document: blames the schemas where it refuses those alone, else the
/// first operation that it refuses beside them, else the operations together.
pub(crate) fn operation(
    document: &OpenAPI,
    reason: String,
    refuses: impl Fn(&OpenAPI) -> Option<String>,
) -> Error {
    let root = Place::Root;
    let without_paths = OpenAPI {
        paths: Default::default(),
        ..document.clone()
    };
    if let Some(reason) = refuses(&without_paths) {
        return root.key("components").key("schemas").error(reason);
    }
    let paths = root.key("paths");
    for (path, item) in document
        .paths
        .iter()
        .filter_map(|(path, item)| Some((path, item.as_item()?)))
    {
        for method in METHODS {
            if let Some(reason) =
                alone(document, path, item, method).and_then(|part| refuses(&part))
            {
                return paths.key(path).key(method).error(reason);
            }
        }
    }
    paths.error(reason)
}

/// The document with one operation of all.
fn alone(document: &OpenAPI, path: &str, item: &PathItem, method: &str) -> Option<OpenAPI> {
    let mut one = PathItem {
        parameters: item.parameters.clone(),
        ..PathItem::default()
    };
    let (slot, operation) = match method {
        "get" => (&mut one.get, &item.get),
        "put" => (&mut one.put, &item.put),
        "post" => (&mut one.post, &item.post),
        "delete" => (&mut one.delete, &item.delete),
        "options" => (&mut one.options, &item.options),
        "head" => (&mut one.head, &item.head),
        "patch" => (&mut one.patch, &item.patch),
        _ => (&mut one.trace, &item.trace),
    };
    *slot = Some(operation.clone()?);
    let mut part = OpenAPI {
        paths: Default::default(),
        ..document.clone()
    };
    part.paths
        .paths
        .insert(path.to_owned(), ReferenceOr::Item(one));
    Some(part)
}
