//! Which objects an OpenAPI document is made of, and under which key each has which other: the one
//! table that every walk over a document goes by. What becomes of a keyword is not said here but in
//! `lower/`.

use openapi_proof::document::METHODS;

/// The kinds of object that a walk has to tell apart; what is in none of them is of no interest to
/// a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Document,
    Info,
    License,
    Components,
    PathItem,
    Operation,
    Parameter,
    Header,
    RequestBody,
    Response,
    MediaType,
    Encoding,
    Callback,
    Schema,
}

/// How the objects of a kind hang under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One object.
    One,
    /// Objects by name.
    Map,
    /// Objects by name, with `x-` keys between them that are not such objects.
    Extensible,
    /// An array of objects.
    List,
}

impl ObjectKind {
    /// What hangs under `key` of an object of this kind.
    pub(crate) fn field(self, key: &str) -> Option<(Shape, Self)> {
        use Shape::{Extensible, List, Map, One};
        let field = match (self, key) {
            (Self::Document, "info") => (One, Self::Info),
            (Self::Info, "license") => (One, Self::License),
            (Self::Document, "paths") => (Extensible, Self::PathItem),
            (Self::Document, "components") => (One, Self::Components),
            (Self::Components, "schemas") => (Map, Self::Schema),
            (Self::Components, "requestBodies") => (Map, Self::RequestBody),
            (Self::Components, "parameters") => (Map, Self::Parameter),
            (Self::Components, "responses") => (Map, Self::Response),
            (Self::Components | Self::Operation, "callbacks") => (Map, Self::Callback),
            (Self::Components | Self::Response | Self::Encoding, "headers") => (Map, Self::Header),
            (Self::PathItem | Self::Operation, "parameters") => (List, Self::Parameter),
            (Self::PathItem, method) if METHODS.contains(&method) => (One, Self::Operation),
            (Self::Callback, expression) if !expression.starts_with("x-") => (One, Self::PathItem),
            (Self::Operation, "requestBody") => (One, Self::RequestBody),
            (Self::Operation, "responses") => (Extensible, Self::Response),
            (Self::Parameter | Self::Header | Self::RequestBody | Self::Response, "content") => {
                (Map, Self::MediaType)
            }
            (Self::Parameter | Self::Header | Self::MediaType, "schema") => (One, Self::Schema),
            (Self::MediaType, "encoding") => (Map, Self::Encoding),
            (Self::Schema, "properties") => (Map, Self::Schema),
            (Self::Schema, "allOf" | "anyOf" | "oneOf") => (List, Self::Schema),
            (Self::Schema, "items" | "additionalProperties" | "not") => (One, Self::Schema),
            _ => return None,
        };
        Some(field)
    }

    /// The section of `components` that a reference to an object of this kind points into.
    pub(crate) fn section(self) -> Option<&'static str> {
        Some(match self {
            Self::Parameter => "parameters",
            Self::Header => "headers",
            Self::RequestBody => "requestBodies",
            Self::Response => "responses",
            Self::Callback => "callbacks",
            Self::Schema => "schemas",
            Self::PathItem => "pathItems",
            Self::Document | Self::Info | Self::License | Self::Components => return None,
            Self::Operation | Self::MediaType | Self::Encoding => return None,
        })
    }
}
