//! How the store uses a cluster. What belongs to the connection is in the URL.

use std::{path::PathBuf, time::Duration};

/// The settings of a store on PostgreSQL.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many connections there are, at most: half of them for the changes of shares, a quarter
    /// for lists of backups and vaults.
    pub connections: usize,
    /// How long an operation may take with all its attempts.
    pub timeout: Duration,
    /// Certificates (PEM) to trust in the database's TLS; empty for those of the system.
    pub root_certificates: PathBuf,
    /// Whether to open a cluster that acknowledges writes before a second node has them.
    pub allow_unreplicated: bool,
}
