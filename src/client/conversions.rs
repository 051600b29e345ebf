//! What the generated types lack for convenience: a vault is a choice of vault, and ids can be
//! printed.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use uuid::Uuid;

use super::types::{
    EnterpriseProjectId, ListBackupsSort, ListMembersSort, ProjectId, RequestId, VaultChoice,
    VaultChoiceInner, VaultId,
};
use crate::timestamp::Timestamp;

impl From<Uuid> for VaultChoice {
    fn from(vault: Uuid) -> Self {
        // A UUID is always in the form that the contract asks for: parsing cannot fail, and would
        // choose no vault.
        Self(
            vault
                .hyphenated()
                .to_string()
                .parse::<VaultChoiceInner>()
                .ok(),
        )
    }
}

impl From<VaultId> for VaultChoice {
    fn from(vault: VaultId) -> Self {
        Self::from(vault.0)
    }
}

/// So that `.vault_id(vault)` accepts a vault as it is.
impl From<VaultId> for Option<VaultChoice> {
    fn from(vault: VaultId) -> Self {
        Some(vault.into())
    }
}

macro_rules! printed {
    ($($text:ident)*) => {$(
        impl fmt::Display for $text {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self)
            }
        }
    )*};
}

printed! { ProjectId RequestId EnterpriseProjectId ListMembersSort ListBackupsSort }

/// Which values the client can carry as a time: more strings than the contract has, in more than
/// one notation.
impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::client::types::{Member, ProjectId, UpdateMember, VaultChoice, VaultId};

    const VAULT: &str = "4b27c05b-8ad7-48c6-a886-526666c035f0";

    #[test]
    fn a_vault_is_a_choice_of_vault() {
        let uuid: Uuid = VAULT.parse().expect("a UUID");
        let written = |choice: VaultChoice| serde_json::to_value(choice).expect("JSON");
        assert_eq!(written(uuid.into()), VAULT);
        assert_eq!(written(VaultId(uuid).into()), VAULT);
        let body = UpdateMember::builder()
            .status("accepted")
            .vault_id(VaultId(uuid));
        let body = UpdateMember::try_from(body).expect("complete");
        assert_eq!(serde_json::to_value(body).expect("JSON")["vault_id"], VAULT);
    }

    #[test]
    fn a_time_is_a_string_of_no_one_notation() {
        let schema = schemars::schema_for!(Member).to_value();
        assert_eq!(
            schema["$defs"]["Timestamp"],
            serde_json::json!({"type": "string"})
        );
        assert_eq!(
            schema["properties"]["created_at"]["$ref"],
            "#/$defs/Timestamp"
        );
    }

    #[test]
    fn ids_print_as_they_are_written() {
        let project: ProjectId = "abc".parse().expect("an id");
        assert_eq!(format!("{project:>5}|"), "  abc|");
    }
}
