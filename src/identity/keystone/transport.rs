//! One HTTP exchange with Keystone. What a request asks, and what a response means, is not known
//! here.

use std::{error::Error as StdError, path::Path, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{Certificate, Client, redirect};

use crate::{error_chain, regular_file};

/// The longest response that is read, in bytes: one about a token has some hundreds.
const RESPONSE_LIMIT: usize = 1024 * 1024;

/// Carries requests to Keystone.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// The response to one request, read to its end.
    ///
    /// # Errors
    /// [`Unreachable`].
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unreachable>;
}

/// No response came.
#[derive(Debug, thiserror::Error)]
#[error("no response from Keystone")]
pub struct Unreachable {
    /// Whether the request was not even sent, so that it may be sent again.
    pub unsent: bool,
    /// Why.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

impl Unreachable {
    fn sent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            unsent: false,
            source: source.into(),
        }
    }
}

/// HTTP over TCP or TLS.
pub struct Http(Client);

/// Why nothing can be carried.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The file with certificates cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl Http {
    /// `authorities`: a file of certificates (PEM) to trust beside those of the machine.
    /// `deadline`: no exchange takes longer.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn new(
        encrypted: bool,
        authorities: Option<&Path>,
        deadline: Duration,
    ) -> Result<Self, TransportError> {
        // It fails where the program has chosen a provider already: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .timeout(deadline)
            .redirect(redirect::Policy::none());
        let builder = match authorities {
            // Without TLS no certificates are needed, not even the machine's.
            _ if !encrypted => builder.tls_certs_only([]),
            Some(file) => builder.tls_certs_merge(certificates(file)?),
            None => builder,
        };
        builder.build().map(Self).map_err(|error| tls(&error))
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, TransportError> {
    let read = regular_file::bytes(file).map_err(|source| TransportError::Read {
        file: file.display().to_string(),
        source,
    })?;
    match Certificate::from_pem_bundle(&read) {
        Ok(found) if found.is_empty() => Err(TransportError::Tls(format!(
            "{} holds no certificate",
            file.display()
        ))),
        found => found.map_err(|error| tls(&error)),
    }
}

/// The outermost of the library's errors says nothing but that it could not build a client.
fn tls(error: &reqwest::Error) -> TransportError {
    TransportError::Tls(error_chain::root_cause(error))
}

#[async_trait]
impl Transport for Http {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unreachable> {
        let request = request.try_into().map_err(Unreachable::sent)?;
        let response = self.0.execute(request).await;
        // The address stays out of logs: the settings have it, and a query may be private.
        let mut response = response.map_err(|error| Unreachable {
            unsent: error.is_connect(),
            source: error.without_url().into(),
        })?;
        let mut body = BytesMut::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| Unreachable::sent(error.without_url()))?
        {
            body.extend_from_slice(&piece);
            if body.len() > RESPONSE_LIMIT {
                return Err(Unreachable::sent("the response does not end"));
            }
        }
        let mut whole = Response::new(body.freeze());
        *whole.status_mut() = response.status();
        *whole.headers_mut() = std::mem::take(response.headers_mut());
        Ok(whole)
    }
}
