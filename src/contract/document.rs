//! The document itself, embedded byte for byte.

use std::sync::LazyLock;

use serde_json::Value;

/// The contract as it was written, in YAML.
pub const YAML: &str = include_str!("../../openapi/backup-share.yaml");

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the build reads the same bytes with the same reader, and fails on an error"
    )]
    serde_saphyr::from_str(YAML).expect("the build has read it")
});

/// The contract as a JSON value, keys in the order in which they were written.
pub fn json() -> &'static Value {
    &DOCUMENT
}
