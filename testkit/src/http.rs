//! Raw HTTP: a client, and responses that were read to their end.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

/// A client without proxies, whose requests time out.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("an HTTP client")
}

/// Sends a request, and reads the response to its end.
pub async fn send(request: RequestBuilder) -> Response {
    let response = request.send().await.expect("a response");
    let (status, headers) = (response.status(), response.headers().clone());
    Response {
        status,
        headers,
        text: response.text().await.expect("a body"),
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

impl Response {
    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error code, which must be there.
    pub fn code(&self) -> String {
        self.json()["error_code"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {self:?}"))
            .to_owned()
    }

    /// Status and error code, as the table of errors lists them.
    pub fn error(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }

    /// A header, which must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }
}
