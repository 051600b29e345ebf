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

/// Whether a key is for people, or an extension.
pub fn is_prose(key: &str) -> bool {
    PROSE.contains(&key) || key.starts_with("x-")
}

/// The fields that OpenAPI 3.0 and 3.1 define for objects that are no schemas, those for people
/// aside. A key that is none of them, and does not start with `x-`, is unknown.
#[cfg(feature = "diff")]
pub(crate) const FIELDS: [&str; 44] = [
    "$ref",
    "allowEmptyValue",
    "allowReserved",
    "authorizationUrl",
    "callbacks",
    "components",
    "content",
    "contentType",
    "default",
    "deprecated",
    "encoding",
    "enum",
    "explode",
    "flows",
    "headers",
    "in",
    "info",
    "jsonSchemaDialect",
    "links",
    "name",
    "openIdConnectUrl",
    "openapi",
    "operationId",
    "parameters",
    "pathItems",
    "paths",
    "refreshUrl",
    "requestBodies",
    "requestBody",
    "required",
    "responses",
    "schema",
    "schemas",
    "scheme",
    "scopes",
    "security",
    "securitySchemes",
    "servers",
    "style",
    "tokenUrl",
    "type",
    "url",
    "variables",
    "webhooks",
];
