//! Where clients are told that this server is: the catalog in tokens, and the address of the
//! embedded identity. How a client finds its way is OpenStack's matter, not of our contract.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::host::PublicUrl;
use crate::model::ProjectId;

/// What the settings say about that.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// This server.
    pub public_url: PublicUrl,
    /// The identity, where it has an address of its own; else empty, and it is below the public
    /// URL.
    pub identity: String,
    /// The region that the catalog puts both in.
    pub region: String,
}

impl Endpoints {
    /// The address of the identity, for the sender of these headers, with `/v3` at its end.
    pub(super) fn identity(&self, headers: &HeaderMap) -> String {
        let base = match self.identity.trim_end_matches('/') {
            "" => self.public_url.of(headers),
            own => own.to_owned(),
        };
        match base.ends_with("/v3") {
            true => base,
            false => format!("{base}/v3"),
        }
    }

    /// The catalog of a token for a project: the identity, and the service under the type that the
    /// vendor's clients look for.
    pub(super) fn catalog(&self, headers: &HeaderMap, project: &ProjectId) -> Value {
        let cbr = format!("{}/v3/{project}", self.public_url.of(headers));
        json!([
            self.service("identity", "keystone", &self.identity(headers)),
            self.service("cbr", "cbr", &cbr),
        ])
    }

    /// A service with its one endpoint.
    fn service(&self, kind: &str, name: &str, url: &str) -> Value {
        let endpoint = json!({
            "id": format!("{kind}-public"),
            "interface": "public",
            "region": self.region,
            "region_id": self.region,
            "url": url,
        });
        json!({"id": kind, "type": kind, "name": name, "endpoints": [endpoint]})
    }
}
