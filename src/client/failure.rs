//! What went wrong with a call, in one sentence for people and one word for programs. Decides
//! nothing about retries or exit codes: that is up to the caller.

use std::{error, fmt};

use reqwest::{StatusCode, header::HeaderMap};

use super::{Error, hook::request_id, types};
use crate::error_chain;

/// A call that did not do what it should.
///
/// As text it is one sentence, with the service's code and the request id where they are known:
/// `The backup has been shared. (BackupService.6703, request id 5d1fb9a2c6a94f0fb6a5a2f1d1e0c7b3)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened, for people, without code and request id.
    pub message: String,
    /// The service's `error_code`, such as `BackupService.6703`.
    pub code: Option<String>,
    /// The HTTP status of the response, where there was one.
    pub status: Option<StatusCode>,
    /// The id that names the call in the service's log.
    pub request_id: Option<String>,
}

/// What kind of failure it is: who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The service understood, and said no.
    Refused,
    /// The service did not respond, or something else did in its place.
    OutOfReach,
    /// The call could not be sent as it was asked for: a value that no request can have.
    Misuse,
}

impl Failure {
    /// Makes a failure of a client's error. Unlike `From`, it also reads the body of a response whose
    /// status the contract does not have, and so knows what a proxy said.
    pub async fn read(error: Error<types::Error>) -> Self {
        let Error::UnexpectedResponse(response) = error else {
            return Self::from(error);
        };
        let (status, headers) = (response.status(), response.headers().clone());
        match response.json::<types::Error>().await {
            Ok(body) => Self::responded(status, &headers, body),
            Err(_) => Self::undeclared(status, &headers),
        }
    }

    /// The call cannot be made like this.
    pub(super) fn misuse(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Misuse,
            message: message.into(),
            code: None,
            status: None,
            request_id: None,
        }
    }

    /// The service of the contract did not respond.
    fn out_of_reach(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::OutOfReach,
            ..Self::misuse(message)
        }
    }

    /// An error response; without a code, it is of something in between.
    fn responded(status: StatusCode, headers: &HeaderMap, body: types::Error) -> Self {
        let types::Error {
            error_code,
            error_msg,
            request_id: named,
        } = body;
        if error_code.is_empty() {
            let excerpt = if error_msg.is_empty() {
                String::new()
            } else {
                format!(": {error_msg}")
            };
            return Self {
                message: format!("The answer was {status}{excerpt}"),
                ..Self::undeclared(status, headers)
            };
        }
        let request_id = named.map(|id| id.to_string()).or_else(|| id(headers));
        Self {
            kind: FailureKind::Refused,
            message: error_msg,
            code: Some(error_code),
            status: Some(status),
            request_id,
        }
    }

    /// A response with a status that the contract does not have.
    fn undeclared(status: StatusCode, headers: &HeaderMap) -> Self {
        // What gateways say when the service behind them does not answer.
        let gateway = [
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        let kind = if gateway.contains(&status) {
            FailureKind::OutOfReach
        } else {
            FailureKind::Refused
        };
        let message = format!("The answer was {status}, which this service does not give.");
        Self {
            kind,
            message,
            code: None,
            status: Some(status),
            request_id: id(headers),
        }
    }
}

impl From<Error<types::Error>> for Failure {
    fn from(error: Error<types::Error>) -> Self {
        match error {
            Error::InvalidRequest(reason) => {
                Self::misuse(format!("The request cannot be sent: {reason}."))
            }
            Error::Custom(reason) => Self::out_of_reach(format!(
                "The service does not keep to its contract: {reason}."
            )),
            Error::CommunicationError(fault)
            | Error::InvalidUpgrade(fault)
            | Error::ResponseBodyError(fault) => lost(&fault),
            Error::ErrorResponse(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                Self::responded(status, &headers, response.into_inner())
            }
            Error::InvalidResponsePayload(_, fault) => {
                Self::out_of_reach(format!("The answer is not one of this service: {fault}."))
            }
            Error::UnexpectedResponse(response) => {
                Self::undeclared(response.status(), response.headers())
            }
        }
    }
}

/// There was no response, or it was lost.
fn lost(fault: &reqwest::Error) -> Failure {
    let reason = error_chain::root_cause(fault);
    if fault.is_builder() {
        return Failure::misuse(format!("The request cannot be sent: {reason}."));
    }
    let origin = fault.url().map_or_else(
        || "The service".to_owned(),
        |url| url.origin().ascii_serialization(),
    );
    Failure::out_of_reach(format!("{origin} is out of reach: {reason}."))
}

fn id(headers: &HeaderMap) -> Option<String> {
    Some(request_id(headers).to_owned()).filter(|id| !id.is_empty())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request id {id})"),
            (Some(code), None) => write!(f, " ({code})"),
            (None, Some(id)) => write!(f, " (request id {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl error::Error for Failure {}
