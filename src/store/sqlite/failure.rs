//! Which failures of SQLite pass by themselves, or when an operator has made room: 503, and the
//! request may be sent again. All others are faults of ours.

use rusqlite::ErrorCode;

use crate::model::Error;

/// A failure of the database as an error of the store.
pub(super) fn failed(error: rusqlite::Error) -> Error {
    if passes(&error) {
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

/// Whether the same may go well another time: the disk is full or fails, the file is read-only,
/// cannot be opened, or somebody else keeps it locked.
pub(super) fn passes(error: &rusqlite::Error) -> bool {
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
