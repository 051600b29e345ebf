//! The document that the handlers say of themselves, to be held against the contract. It is never
//! served: prose has one home. Said here is what `caller` and `http_service` do for all operations alike.

use serde_json::{Value, json};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{app::App, backups, members, schemas, types::ErrorBody, vaults};

#[derive(OpenApi)]
#[openapi(
    components(schemas(
        ErrorBody,
        // What only parameters refer to: those of bodies are found.
        schemas::OwnType,
        schemas::BackupStatusFilter,
        schemas::QueryTime,
        schemas::EnterpriseProjectId,
        schemas::ObjectTypeFilter,
        schemas::ProtectTypeFilter,
        schemas::VaultStatusFilter,
    )),
    security(("token" = []), ("signature" = [])),
    modifiers(&Credentials)
)]
struct Everywhere;

/// `caller` requires one of them with every request.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let token = ApiKey::Header(ApiKeyValue::new("X-Auth-Token"));
        let components = document.components.get_or_insert_default();
        let signature = ApiKey::Header(ApiKeyValue::new("Authorization"));
        components.add_security_scheme("token", SecurityScheme::ApiKey(token));
        components.add_security_scheme("signature", SecurityScheme::ApiKey(signature));
    }
}

/// The routes of the contract, each with its documentation.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Everywhere::openapi())
        .routes(routes!(members::add_member, members::list_members))
        .routes(routes!(
            members::update_member_status,
            members::show_member,
            members::delete_member
        ))
        .routes(routes!(backups::list_backups))
        .routes(routes!(backups::show_backup))
        .routes(routes!(vaults::list_vaults))
        .routes(routes!(vaults::show_vault))
}

/// The document that the handlers say of themselves.
pub fn derived() -> Value {
    let mut document = json!(routes().into_openapi());
    let paths = document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut());
    for operation in paths.flat_map(|path| {
        path.as_object_mut()
            .into_iter()
            .flat_map(|path| path.values_mut())
    }) {
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            parameters.push(
                json!({"name": "X-Request-Id", "in": "header", "schema": {"type": "string"}}),
            );
        }
        operation["responses"]
            .as_object_mut()
            .into_iter()
            .flat_map(|responses| responses.values_mut())
            .for_each(traced);
    }
    document
}

/// `http_service` puts the id of the request on every response. That a declared header is always there,
/// utoipa cannot say.
fn traced(response: &mut Value) {
    response["headers"]["X-Request-Id"] =
        json!({"schema": {"$ref": "#/components/schemas/RequestId"}});
    for header in response["headers"]
        .as_object_mut()
        .into_iter()
        .flat_map(|headers| headers.values_mut())
    {
        header["required"] = true.into();
    }
}
