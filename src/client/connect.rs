//! Makes a client: checks the address, chooses TLS, sets timeouts. Sends nothing yet.

use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Url, redirect};
use secrecy::SecretString;

use super::{Client, Credentials, Failure};
use crate::error_chain;

/// How long a call may take, unless said otherwise.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long an idle connection is kept for the next call: not until a server closes it, or that call
/// is lost with it. This service's own takes 10 seconds, others a minute.
const IDLE: Duration = Duration::from_secs(5);

impl Client {
    /// A client of the service at `endpoint` that calls with `token`, and waits 15 seconds for a
    /// response at most.
    ///
    /// Use this rather than [`Client::new`], which panics where no TLS provider was chosen for the
    /// process.
    ///
    /// # Errors
    /// The endpoint is not an `http` or `https` address, or TLS cannot be set up (no certificates
    /// on this machine).
    pub fn connect(endpoint: &str, token: impl Into<SecretString>) -> Result<Self, Failure> {
        Self::connect_with_timeout(endpoint, token, TIMEOUT)
    }

    /// As [`Client::connect`], with the longest time that one call may take from connecting to the
    /// end of the response.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_with_timeout(
        endpoint: &str,
        token: impl Into<SecretString>,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        Self::build(endpoint, token.into(), timeout, vec![])
    }

    /// As [`Client::connect`], trusting the certificates in `authorities` (PEM) beside those of the
    /// machine.
    ///
    /// # Errors
    /// As [`Client::connect`]; and where there are no certificates in `authorities`.
    pub fn connect_trusting(
        endpoint: &str,
        token: impl Into<SecretString>,
        authorities: &[u8],
    ) -> Result<Self, Failure> {
        let authorities = Certificate::from_pem_bundle(authorities).unwrap_or_default();
        if authorities.is_empty() {
            return Err(Failure::misuse(
                "There are no certificates to trust.".to_owned(),
            ));
        }
        Self::build(endpoint, token.into(), TIMEOUT, authorities)
    }

    fn build(
        endpoint: &str,
        token: SecretString,
        timeout: Duration,
        authorities: Vec<Certificate>,
    ) -> Result<Self, Failure> {
        let url = address(endpoint)?;
        // It fails where the program has chosen a provider already: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = ClientBuilder::new()
            .connect_timeout(timeout)
            .timeout(timeout)
            .pool_idle_timeout(IDLE)
            // The contract has no redirects, and one to another host would be sent the token.
            .redirect(redirect::Policy::none());
        if url.scheme() == "http" {
            // No TLS, no certificates: a container without any can still call a service next to it.
            builder = builder.tls_certs_only([]);
        } else if !authorities.is_empty() {
            builder = builder.tls_certs_merge(authorities);
        }
        let client = builder.build().map_err(|fault| {
            Failure::misuse(format!(
                "TLS cannot be set up: {}.",
                error_chain::root_cause(&fault)
            ))
        })?;
        Ok(Self::new_with_client(
            url.as_str().trim_end_matches('/'),
            client,
            Credentials::token(token),
        ))
    }
}

/// Checks an endpoint, to which paths are going to be appended.
fn address(endpoint: &str) -> Result<Url, Failure> {
    let url = Url::parse(endpoint).ok().filter(|url| {
        ["http", "https"].contains(&url.scheme())
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.ok_or_else(|| {
        Failure::misuse(format!(
            "`{endpoint}` is not an address like https://host:port."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{Client, address};
    use crate::client::{ClientInfo, FailureKind};

    #[test]
    fn only_http_addresses_without_a_query_are_endpoints() {
        for good in [
            "http://127.0.0.1:8799",
            "https://cbr.example.com/",
            "http://host/base",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:8799",
            "ftp://host",
            "http://",
            "http://host/?a=b",
            "http://host/#a",
        ] {
            let failure = address(bad).expect_err(bad);
            assert_eq!(failure.kind, FailureKind::Misuse);
            assert!(
                failure.to_string().starts_with(&format!("`{bad}`")),
                "{failure}"
            );
        }
    }

    #[test]
    fn a_trailing_slash_of_the_endpoint_does_not_double() {
        let client = Client::connect("http://127.0.0.1:8799/", "token").expect("a good address");
        assert_eq!(client.baseurl(), "http://127.0.0.1:8799");
    }

    #[test]
    fn a_client_shows_no_token() {
        let client =
            Client::connect("http://127.0.0.1:8799", "tell-nobody").expect("a good address");
        assert!(!format!("{client:?} {client:#?}").contains("tell-nobody"));
    }
}
