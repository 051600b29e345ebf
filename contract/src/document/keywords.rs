//! The words of OpenAPI and JSON Schema that more than one reader of documents has to know.

/// The HTTP methods that a path item may have.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];
