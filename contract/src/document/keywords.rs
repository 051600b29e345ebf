//! The words of OpenAPI and JSON Schema that more than one reader of documents has to know.

/// The HTTP methods that a path item may have.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Keywords, of OpenAPI and of JSON Schema, that are for people: nothing on the wire depends on
/// them.
pub const PROSE: [&str; 10] = [
    "title",
    "description",
    "summary",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "$comment",
    "tags",
    "bearerFormat",
];
