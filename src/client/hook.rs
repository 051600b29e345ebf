//! What every call carries and leaves behind: the token, a request id, one trace. The only hook of
//! the client.

use std::time::Instant;

use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::{
    Request, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{Client, ClientInfo, Credentials, Error, response};

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl ClientHooks<Credentials> for Client {
    /// Adds the token, and a request id where the caller gave none.
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let token = HeaderValue::from_str(self.inner().token.expose_secret());
        // The library's own message would not name the token; ours must not show it.
        let mut token = token.map_err(|_| {
            Error::InvalidRequest("the token has characters no header can carry".into())
        })?;
        token.set_sensitive(true);
        request.headers_mut().insert(TOKEN, token);
        request
            .headers_mut()
            .entry(REQUEST_ID)
            .or_insert_with(new_request_id);
        Ok(())
    }

    /// Sends, and traces the call whatever comes of it.
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let sent = request_id(request.headers()).to_owned();
        let start = Instant::now();
        let result = self.client().execute(request).await;
        let (operation, took_ms) = (info.operation_id, start.elapsed().as_millis());
        match result {
            Ok(response) => {
                let (status, request_id) =
                    (response.status().as_u16(), request_id(response.headers()));
                let request_id = if request_id.is_empty() {
                    &sent
                } else {
                    request_id
                };
                tracing::debug!(operation, status, took_ms, request_id, "responded");
                response::normalize_error(response).await
            }
            Err(error) => {
                tracing::debug!(operation, took_ms, request_id = sent, %error, "no response");
                Err(error)
            }
        }
    }
}

/// The request id among the headers of a request or a response; empty where there is none.
pub(super) fn request_id(headers: &HeaderMap) -> &str {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
}

fn new_request_id() -> HeaderValue {
    #[expect(
        clippy::disallowed_methods,
        reason = "names one call and nothing that is stored: no use case gives it"
    )]
    let id = Uuid::new_v4();
    // An id is 32 hexadecimal digits: always a header's value.
    HeaderValue::from_str(&id.simple().to_string()).unwrap_or(HeaderValue::from_static("-"))
}
