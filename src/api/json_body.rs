//! Bodies in JSON of the contract's operations: parsed once, held against the contract, and read as
//! their type. Bounds are the contract's; types read what it let pass.

use std::fmt;

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapDeserializer},
};
use serde_json::{Map, Value, map::Entry};

use super::{app::App, problem::Problem, signed};
use crate::{
    contract::check::{self, SchemaCheck},
    model::{Error, Operation},
};

/// A body that meets the contract.
pub(super) struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let media_type = media_type(request.headers());
        // Left by the permission, which a handler names before its body.
        let operation = request.extensions().get::<Operation>();
        let rule = operation.and_then(|&operation| check::of(operation).request.body(media_type));
        let rule = rule.ok_or(Problem::UnsupportedMediaType)?;
        let bytes = signed::body(request, app).await?;
        Ok(Self(read(rule, &bytes)?))
    }
}

/// The media type of a body, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}

/// The body as its type. A key that the type declares is refused where it is given twice; any other
/// is ignored, however often it is there.
pub(super) fn read<T: DeserializeOwned>(rule: &SchemaCheck, bytes: &[u8]) -> Result<T, Problem> {
    let (value, repeated) =
        parse(bytes).map_err(|error| Error::malformed("body", format!("not JSON: {error}")))?;
    rule.check(&value)?;
    let typed = match value {
        // Derived types notice themselves that a key of theirs comes again.
        Value::Object(map) => T::deserialize(MapDeserializer::new(map.into_iter().chain(repeated))),
        other => T::deserialize(other),
    };
    typed.map_err(|error| Error::malformed("body", error).into())
}

/// Keys and values.
type Entries = Vec<(String, Value)>;

/// The JSON value; and of keys that its object has again, the values before the last.
fn parse(bytes: &[u8]) -> serde_json::Result<(Value, Entries)> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok((serde_json::from_slice(bytes)?, vec![]));
    }
    let Object { map, repeated } = serde_json::from_slice(bytes)?;
    Ok((Value::Object(map), repeated))
}

/// An object whose keys may be there several times: the last value of each, and those before.
#[derive(Default)]
struct Object {
    map: Map<String, Value>,
    repeated: Entries,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            match object.map.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(value)),
                Entry::Occupied(mut entry) => {
                    let key = entry.key().clone();
                    object.repeated.push((key, entry.insert(value)));
                }
            }
        }
        Ok(object)
    }
}
