//! Which errors of SQLite are transient, by themselves or when an operator has made room: 503, and
//! the request may be sent again. All others are faults of ours.

use rusqlite::ErrorCode;

use crate::model::Error;

/// An error of the database as one of the store.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    if is_transient(&error) {
        Error::StoreUnavailable(error.into())
    } else {
        Error::store(error)
    }
}

/// Whether a row was refused because what it refers to is not there.
pub(super) fn is_orphan(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Whether a retry may succeed: the disk is full or fails, the file is read-only, cannot be opened,
/// or is locked by another process.
pub(super) fn is_transient(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseBusy
                | ErrorCode::CannotOpen
        )
    )
}
