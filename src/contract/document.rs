//! The document itself, embedded byte for byte.

use std::sync::LazyLock;

use serde_json::Value;

/// The contract as it was written, in YAML.
pub const YAML: &str = include_str!("../../openapi/backup-share.yaml");

/// The same in JSON, made of it by the build.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/contract.json"));

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the build wrote it out of a JSON value")]
    serde_json::from_str(JSON).expect("the build has written it")
});

/// The contract as a JSON value, keys in the order in which they were written.
pub fn json() -> &'static Value {
    &DOCUMENT
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_json_says_what_the_yaml_says() {
        let yaml: serde_json::Value = serde_saphyr::from_str(super::YAML).expect("YAML");
        assert_eq!(yaml.to_string(), super::json().to_string());
    }
}
