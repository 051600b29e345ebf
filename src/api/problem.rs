//! Everything that can go wrong, as the response that callers get: one mapping to status, code and
//! message. Messages of faults say nothing of internals; what caused them goes to the log, in
//! `http_service`.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::Body,
    http::{Response, StatusCode},
    response::IntoResponse,
};

use super::advice::advice;
use crate::{contract::check::Breach, model::Error};

/// Why a request is not carried out. Travels inside a response to `http_service`, which knows the
/// request id.
#[derive(Clone, Debug)]
pub(super) enum Problem {
    /// A rule refused the request, or carrying it out failed.
    Refused(Arc<Error>),
    /// No such path.
    NotFound,
    /// The token that a request is about is not good; Keystone says that there is none.
    NoSuchToken,
    /// The path has no such method.
    MethodNotAllowed,
    /// The body is over the limit, in bytes.
    BodyTooLarge(usize),
    /// The body was not there in time, in seconds.
    BodyTooSlow(u64),
    /// A header that decides where a request goes, or who sends it, is missing, malformed or there
    /// twice.
    BadHeader {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The body is of another media type.
    UnsupportedMediaType,
    /// A handler panicked.
    Panicked,
    /// The response would have broken the contract; how is logged, and not sent.
    ResponseBreaksContract(String),
    /// The store cannot be used at present.
    NotReady(Arc<Error>),
}

/// What the caller gets to see.
pub(super) struct Shown {
    pub status: StatusCode,
    pub error_code: &'static str,
    pub error_msg: Cow<'static, str>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Refused(Arc::new(error))
    }
}

impl From<Breach> for Problem {
    fn from(breach: Breach) -> Self {
        // The body as a whole has no place within itself.
        let place = match breach.place.as_str() {
            "" => "body".to_owned(),
            _ => breach.place,
        };
        Error::malformed(place, breach.reason).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.shown().status;
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// Status, code and message of this problem.
    pub(super) fn shown(&self) -> Shown {
        match self {
            Self::Refused(error) => refused(error),
            Self::NotFound => shown(
                StatusCode::NOT_FOUND,
                "APIGW.0101",
                "The API does not exist.",
            ),
            Self::NoSuchToken => shown(
                StatusCode::NOT_FOUND,
                "APIGW.0101",
                "The token does not exist.",
            ),
            Self::MethodNotAllowed => shown(
                StatusCode::METHOD_NOT_ALLOWED,
                "APIGW.0101",
                "The API does not offer this method.",
            ),
            Self::BodyTooLarge(limit) => bad_request(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("The body is larger than {limit} bytes."),
            ),
            Self::BodyTooSlow(seconds) => bad_request(
                StatusCode::REQUEST_TIMEOUT,
                &format!("The body was not there within {seconds} seconds."),
            ),
            Self::BadHeader { name, reason } => {
                bad_request(StatusCode::BAD_REQUEST, &format!("header {name}: {reason}"))
            }
            Self::UnsupportedMediaType => bad_request(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be application/json.",
            ),
            Self::Panicked | Self::ResponseBreaksContract(_) => shown(
                StatusCode::INTERNAL_SERVER_ERROR,
                "BackupService.9910",
                "Unknown error.",
            ),
            Self::NotReady(_) => shown(
                StatusCode::SERVICE_UNAVAILABLE,
                "BackupService.9910",
                "Unknown error. The store cannot be used at present.",
            ),
        }
    }

    /// Whether the request was shed because too many others were under way.
    pub(super) fn is_shed(&self) -> bool {
        matches!(self.cause(), Some(Error::Busy(_)))
    }

    /// `Retry-After`, in seconds. Rate limits are per second, and outages are short.
    pub(super) fn retry_after(&self) -> u64 {
        match self.cause() {
            Some(Error::TooManyGuesses { seconds }) => (*seconds).clamp(1, 3600),
            _ => 1,
        }
    }

    /// The error behind it, for the log.
    pub(super) fn cause(&self) -> Option<&Error> {
        match self {
            Self::Refused(error) | Self::NotReady(error) => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with a request, whatever it is for.
fn bad_request(status: StatusCode, what: &str) -> Shown {
    shown(status, "APIGW.0201", format!("API request error. {what}"))
}

fn shown(
    status: StatusCode,
    error_code: &'static str,
    error_msg: impl Into<Cow<'static, str>>,
) -> Shown {
    Shown {
        status,
        error_code,
        error_msg: error_msg.into(),
    }
}

/// A refusal: the table's sentence first, as clients know it, and what a person needs next.
fn refused(error: &Error) -> Shown {
    let (status, error_code, sentence) = table(error);
    let error_msg = match advice(error) {
        Some(advice) => format!("{sentence} {advice}").into(),
        None => sentence,
    };
    shown(status, error_code, error_msg)
}

/// The table of behaviour: what each fact is called.
fn table(error: &Error) -> (StatusCode, &'static str, Cow<'static, str>) {
    let row = |status, code, message: &'static str| (status, code, Cow::Borrowed(message));
    let unauthorized = |code, message| row(StatusCode::UNAUTHORIZED, code, message);
    let unavailable = |code, message| row(StatusCode::SERVICE_UNAVAILABLE, code, message);
    let forbidden = |message| row(StatusCode::FORBIDDEN, "APIGW.0302", message);
    let throttled = |message| row(StatusCode::TOO_MANY_REQUESTS, "APIGW.0308", message);
    let bad = |code, message| row(StatusCode::BAD_REQUEST, code, message);
    let hidden = |code, message| row(StatusCode::NOT_FOUND, code, message);
    match error {
        Error::Malformed { .. } => bad("BackupService.9900", "Parameter verification failed."),
        Error::NoCredentials | Error::UnknownCredentials | Error::SignatureUsed => {
            unauthorized("APIGW.0301", "Incorrect IAM authentication information.")
        }
        Error::ExpiredCredentials => unauthorized("APIGW.0307", "The token must be updated."),
        Error::IdentityUnavailable(_) => {
            unavailable("BackupService.9998", "Authentication failed.")
        }
        Error::NotAuthorized
        | Error::OtherProject { .. }
        | Error::MemberDecides { .. }
        | Error::OwnerRevokes => forbidden("The IAM user is not authorized to access the API."),
        Error::PolicyForbids(action) => (
            StatusCode::FORBIDDEN,
            "APIGW.0302",
            format!("Policy doesn't allow {action} to be performed.").into(),
        ),
        Error::Throttled | Error::TooManyGuesses { .. } => {
            throttled("The throttling threshold has been reached.")
        }
        Error::NoSuchBackup => hidden("BackupService.6200", "The backup does not exist."),
        Error::NoSuchMember => hidden("BackupService.6705", "The share member does not exist."),
        Error::NoSuchVault => hidden("BackupService.6105", "The vault does not exist."),
        Error::NotTheOwner => bad("BackupService.6707", "Backup sharing is not allowed."),
        Error::ResourceTypeNotShareable(_) => bad(
            "BackupService.6700",
            "Only cloud server and disk backups can be shared.",
        ),
        Error::TooManyMembers { .. } => bad(
            "BackupService.6701",
            "The maximum number of projects that a backup can be shared with has been reached.",
        ),
        Error::BackupNotAvailable(_) => bad(
            "BackupService.6702",
            "Only backups in the available status can be shared.",
        ),
        Error::AlreadyShared(_) => bad("BackupService.6703", "The backup has been shared."),
        Error::SharedWithOwner(_) | Error::UnknownProjects(_) => bad(
            "BackupService.6704",
            "Invalid project ID of the tenant for sharing.",
        ),
        Error::VaultNotNamed => bad(
            "BackupService.6706",
            "Invalid update parameter value for the share member.",
        ),
        Error::AcceptedElsewhere(_) => bad(
            "BackupService.6708",
            "Failed to update the status of a share member.",
        ),
        Error::BackupEncrypted => bad(
            "BackupService.6709",
            "Backups of encrypted disks cannot be shared.",
        ),
        Error::ImageRegistered(_) => bad(
            "BackupService.6710",
            "The shared backup has been used to register an image.",
        ),
        Error::VaultNotUsable { .. } => bad(
            "BackupService.6712",
            "Backup sharing is not allowed in the current vault status.",
        ),
        Error::VaultTypeDiffers { .. } => bad(
            "BackupService.6713",
            "The vault type and the backup resource type are different.",
        ),
        Error::VaultFull { .. } => bad(
            "BackupService.6129",
            "The maximum capacity of the destination vault has been reached.",
        ),
        Error::Busy(_) | Error::StoreUnavailable(_) => {
            unavailable("BackupService.9910", "Unknown error.")
        }
        Error::Store(_) => row(
            StatusCode::INTERNAL_SERVER_ERROR,
            "BackupService.9910",
            "Unknown error.",
        ),
    }
}
