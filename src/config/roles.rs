//! What roles may do: a list of actions in the settings, or a policy document in the vendor's form in
//! a separate file. How a policy is evaluated is not known here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::{
    model::{
        Operation,
        policy::{Effect, Policy, Statement},
    },
    regular_file,
};

/// What each role may do.
pub type Roles = BTreeMap<String, Role>;

/// What one role may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a list of actions, or the file of a policy document"
)]
pub enum Role {
    /// These actions.
    Actions(Vec<String>),
    /// What the policy document in this file says (JSON).
    Document(PathBuf),
}

/// `{"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": ["cbr:member:*"]}]}`. What else
/// the vendor allows there, conditions and resources, narrows what is allowed: refused, since it
/// could not be enforced.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "PascalCase",
    expecting = "an object"
)]
struct PolicyDocument {
    version: PolicyVersion,
    statement: Vec<DocumentStatement>,
}

#[derive(Deserialize)]
enum PolicyVersion {
    #[serde(rename = "1.1")]
    V1_1,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "PascalCase",
    expecting = "an object"
)]
struct DocumentStatement {
    effect: DocumentEffect,
    action: Vec<String>,
}

#[derive(Deserialize)]
enum DocumentEffect {
    Allow,
    Deny,
}

/// Of what all actions are: `cbr:member:get`.
const RESOURCES: [&str; 3] = ["member", "backups", "vaults"];

/// The default roles: all actions, or those that change nothing.
pub(super) fn defaults() -> Roles {
    let each = |actions: &[&str]| -> Vec<String> {
        let of = |resource| {
            actions
                .iter()
                .map(move |action| format!("cbr:{resource}:{action}"))
        };
        RESOURCES.iter().flat_map(of).collect()
    };
    let role = |name: &str, actions: &[&str]| (name.to_owned(), Role::Actions(each(actions)));
    BTreeMap::from([
        role("cbr_admin", &["*"]),
        role("member", &["*"]),
        role("reader", &["get", "list"]),
    ])
}

/// The policy of these roles; reads the documents again.
///
/// # Errors
/// [`ConfigError`], which names the file and the place in it.
pub fn policy(roles: &Roles) -> Result<Policy, ConfigError> {
    let statements = roles
        .iter()
        .map(|(name, role)| Ok((name.clone(), role.statements(name)?)));
    statements.collect::<Result<Vec<_>, _>>().map(Policy::new)
}

impl Role {
    fn statements(&self, name: &str) -> Result<Vec<Statement>, ConfigError> {
        let statements = match self {
            Self::Actions(actions) => vec![Statement {
                effect: Effect::Allow,
                actions: actions.clone(),
            }],
            Self::Document(file) => read(file)?,
        };
        for pattern in statements.iter().flat_map(|statement| &statement.actions) {
            let lower = pattern.to_ascii_lowercase();
            let is_ours = |resource| lower.starts_with(&format!("cbr:{resource}:"));
            if RESOURCES.into_iter().any(is_ours) && !covers_any(pattern) {
                tracing::warn!(
                    role = name,
                    action = pattern,
                    "no operation requires this action"
                );
            }
        }
        Ok(statements)
    }

    /// Where it is set, for people.
    pub fn origin(&self, name: &str) -> String {
        match self {
            Self::Actions(_) => format!("roles.{name} of the settings"),
            Self::Document(file) => file.display().to_string(),
        }
    }
}

fn covers_any(pattern: &str) -> bool {
    let only = Statement {
        effect: Effect::Allow,
        actions: vec![pattern.to_owned()],
    };
    let policy = Policy::new([(String::new(), vec![only])]);
    Operation::ALL
        .into_iter()
        .any(|operation| policy.ruling([""], operation).is_some())
}

fn read(file: &Path) -> Result<Vec<Statement>, ConfigError> {
    let named = file.display().to_string();
    let text = regular_file::text(file).map_err(|source| ConfigError::Read {
        file: named.clone(),
        source,
    })?;
    let wrong = |reason: String| ConfigError::Value {
        origin: named.clone(),
        reason,
    };
    let mut json = serde_json::Deserializer::from_str(&text);
    let document: PolicyDocument =
        serde_path_to_error::deserialize(&mut json).map_err(|error| wrong(error.to_string()))?;
    json.end()
        .map_err(|error| wrong(format!("there is more after the policy: {error}")))?;
    let PolicyVersion::V1_1 = document.version;
    Ok(document
        .statement
        .into_iter()
        .map(Statement::from)
        .collect())
}

impl From<DocumentStatement> for Statement {
    fn from(statement: DocumentStatement) -> Self {
        let effect = match statement.effect {
            DocumentEffect::Allow => Effect::Allow,
            DocumentEffect::Deny => Effect::Deny,
        };
        Self {
            effect,
            actions: statement.action,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Write};

    use super::{Role, policy};
    use crate::model::Operation;

    fn document(text: &str) -> Result<Vec<Operation>, String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let roles = BTreeMap::from([("auditor".to_owned(), Role::Document(file.path().into()))]);
        let policy = policy(&roles).map_err(|error| error.to_string())?;
        let auditor = ["auditor".to_owned()];
        Ok(Operation::ALL
            .into_iter()
            .filter(|&operation| policy.permit(&auditor, operation).is_ok())
            .collect())
    }

    #[test]
    fn a_document_in_the_vendors_form_is_a_role() {
        let may = document(
            r#"{"Version": "1.1", "Statement": [
                {"Effect": "Allow", "Action": ["cbr:*:*", "evs:volumes:list"]},
                {"Effect": "Deny", "Action": ["cbr:member:create", "cbr:member:update", "cbr:member:delete"]}
            ]}"#,
        );
        let may = may.expect("a good document");
        let denied = ["add_member", "update_member_status", "delete_member"];
        assert_eq!(may.len(), Operation::ALL.len() - denied.len());
        assert!(
            may.iter()
                .all(|operation| !denied.contains(&operation.id()))
        );
        assert_eq!(
            document(r#"{"Version": "1.1", "Statement": []}"#),
            Ok(vec![])
        );
    }

    #[test]
    fn what_cannot_be_enforced_is_refused_with_its_place() {
        for (text, place) in [
            ("", "EOF"),
            ("3", "invalid type"),
            (
                r#"{"Version": "1.1", "Statement": []} {}"#,
                "there is more after the policy",
            ),
            (
                r#"{"Version": "1.0", "Statement": []}"#,
                "Version: unknown variant `1.0`, expected `1.1`",
            ),
            (r#"{"Version": "1.1"}"#, "missing field `Statement`"),
            (
                r#"{"Version": "1.1", "Statement": [{"Effect": "Maybe", "Action": []}]}"#,
                "Statement[0].Effect: ",
            ),
            (
                r#"{"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": [1]}]}"#,
                "Statement[0].Action[0]: ",
            ),
            (
                r#"{"Version": "1.1", "Statement": [{"Effect": "Allow", "Action": [], "Condition": {}}]}"#,
                "Statement[0].Condition: unknown field",
            ),
            (
                r#"{"Version": "1.1", "Statement": [], "Depends": []}"#,
                "Depends: unknown field",
            ),
        ] {
            let refused = document(text).expect_err(text);
            assert!(refused.contains(place), "{text}: {refused}");
        }
        let missing =
            BTreeMap::from([("auditor".to_owned(), Role::Document("no-such.json".into()))]);
        assert!(
            policy(&missing)
                .expect_err("no file")
                .to_string()
                .starts_with("cannot read no-such.json")
        );
    }
}
