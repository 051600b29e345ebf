//! Fixed tokens in a data file, and the two ways to write one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// What is enabled unless a file says otherwise.
pub(super) fn yes() -> bool {
    true
}

/// A fixed token: its text, or a mapping that says more.
#[derive(Deserialize)]
#[serde(from = "WrittenToken")]
pub(super) struct TokenEntry {
    text: String,
    /// Whether it may be used.
    pub enabled: bool,
}

impl std::ops::Deref for TokenEntry {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The two ways to write a token.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenToken {
    Short(String),
    Long {
        token: String,
        #[serde(default = "yes")]
        enabled: bool,
    },
}

impl From<WrittenToken> for TokenEntry {
    fn from(written: WrittenToken) -> Self {
        match written {
            WrittenToken::Short(text) => Self {
                text,
                enabled: true,
            },
            WrittenToken::Long { token, enabled } => Self {
                text: token,
                enabled,
            },
        }
    }
}

/// Not as a choice of two schemas: of those a validator cannot say which of them was meant, and
/// what is wrong with it.
impl JsonSchema for TokenEntry {
    fn schema_name() -> Cow<'static, str> {
        "Token".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A fixed token: its text, or a mapping that says more.",
            "type": ["string", "object"],
            "properties": {
                "token": {"description": "The token.", "type": "string"},
                "enabled": {"description": "Whether it may be used.", "type": "boolean", "default": true},
            },
            "required": ["token"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::catalog::file::UserEntry;

    /// A user with these tokens, as a file has it.
    fn user(tokens: &Value) -> Value {
        json!({"name": "alice", "project_id": "p", "roles": [], "tokens": tokens})
    }

    #[test]
    fn a_token_is_written_as_a_text_or_as_a_mapping_and_is_enabled_unless_it_says_otherwise() {
        let tokens = json!(["a", {"token": "b"}, {"token": "c", "enabled": false}]);
        let user: UserEntry = serde_json::from_value(user(&tokens)).expect("a user");
        let read: Vec<_> = user
            .tokens
            .iter()
            .map(|token| (&**token, token.enabled))
            .collect();
        assert_eq!(read, [("a", true), ("b", true), ("c", false)]);
        assert!(user.enabled);
    }

    #[test]
    fn what_is_wrong_with_a_token_is_named_by_its_place() {
        let schema = jsonschema::validator_for(&crate::catalog::schema()).expect("a schema");
        for (token, place) in [
            (json!(5), "/users/0/tokens/0"),
            (json!({"enabled": false}), "/users/0/tokens/0"),
            (
                json!({"token": "a", "enabled": "no"}),
                "/users/0/tokens/0/enabled",
            ),
            (json!({"token": "a", "until": 5}), "/users/0/tokens/0"),
        ] {
            let file = json!({"users": [user(&json!([token]))]});
            let error = schema.validate(&file).expect_err("refused");
            assert_eq!(error.instance_path().to_string(), place, "{error}");
        }
    }
}
