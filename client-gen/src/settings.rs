//! What a client's maker may choose: hooks, derives, replaced types. The product's names come in
//! here and nowhere else.

use serde_json::Value;
use syn::parse_str;

use crate::Error;

/// Traits that a replacement type has, so that the generator may rely on them.
pub use progenitor::TypeImpl;

/// How the client is to be made; the default has no hooks, no extra derives and replaces nothing.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The client must be given hooks: without `impl ClientHooks<Inner> for Client` it does not
    /// compile.
    pub hooks: bool,
    /// The type, as Rust text, that the client carries for its hooks; `()` where none is named.
    pub inner_type: Option<String>,
    /// Macros, as Rust paths, that every generated type derives beside serde's.
    pub derives: Vec<String>,
    /// Schemas for which no type is made, because there is one already.
    pub replacements: Vec<Replacement>,
}

/// A type of your own in place of the one that would be made of a schema.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The name under `components/schemas`.
    pub schema: String,
    /// The type, as a Rust path.
    pub path: String,
    /// The traits it has.
    pub impls: Vec<TypeImpl>,
}

impl Settings {
    /// Settings that are no Rust, or replace what is not there, would make the generator panic or
    /// do nothing.
    pub(crate) fn check(&self, document: &Value) -> Result<(), Error> {
        let rust = |setting, text: &String, parsed: bool| match parsed {
            true => Ok(()),
            false => Err(Error::Setting {
                setting,
                reason: format!("`{text}` is no Rust"),
            }),
        };
        if let Some(inner) = &self.inner_type {
            rust("inner_type", inner, parse_str::<syn::Type>(inner).is_ok())?;
        }
        for derive in &self.derives {
            rust("derives", derive, parse_str::<syn::Path>(derive).is_ok())?;
        }
        for Replacement { schema, path, .. } in &self.replacements {
            rust(
                "replacements",
                path,
                parse_str::<syn::TypePath>(path).is_ok(),
            )?;
            if document
                .pointer("/components/schemas")
                .and_then(|schemas| schemas.get(schema))
                .is_none()
            {
                let reason = format!("the contract has no schema `{schema}` to replace");
                return Err(Error::Setting {
                    setting: "replacements",
                    reason,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Replacement, Settings};

    #[test]
    fn what_is_no_rust_or_not_there_is_refused() {
        let document = json!({"components": {"schemas": {"Time": {"type": "string"}}}});
        let replace = |schema: &str, path: &str| Settings {
            replacements: vec![Replacement {
                schema: schema.to_owned(),
                path: path.to_owned(),
                impls: vec![],
            }],
            ..Settings::default()
        };
        let refused =
            |settings: Settings| settings.check(&document).expect_err("refused").to_string();
        assert!(replace("Time", "crate::Time").check(&document).is_ok());
        assert_eq!(
            refused(replace("Tim", "crate::Time")),
            "setting `replacements`: the contract has no schema `Tim` to replace"
        );
        assert_eq!(
            refused(replace("Time", "cra te")),
            "setting `replacements`: `cra te` is no Rust"
        );
        let settings = Settings {
            inner_type: Some("a b".to_owned()),
            ..Settings::default()
        };
        assert_eq!(refused(settings), "setting `inner_type`: `a b` is no Rust");
        let settings = Settings {
            derives: vec!["1".to_owned()],
            ..Settings::default()
        };
        assert_eq!(refused(settings), "setting `derives`: `1` is no Rust");
    }
}
