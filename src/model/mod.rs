//! The nouns and the rules of sharing. No I/O, no JSON, no SQL, no HTTP: what is decided here is
//! decided the same for every store and every caller, and can be tested by calling a function.

pub mod backup;
pub mod error;
pub mod facts;
pub mod ids;
pub mod listing;
pub mod member;
pub mod operation;
pub mod page;
pub mod policy;
pub mod rules;
pub mod vault;
pub mod visible;
mod words;

pub use backup::{Backup, BackupDetails, BackupRecord, BackupStatus, OfferedBackup};
pub use error::{Error, Result};
pub use facts::{Change, Facts, Selection, VaultSelection};
pub use ids::{BackupId, ImageId, ProjectId, ShareId, VaultId};
pub use listing::{BackupQuery, Listing, OwnType, VaultQuery};
pub use member::{Member, MemberStatus};
pub use operation::Operation;
pub use vault::{ObjectType, ProtectType, Vault, VaultDetails, VaultRecord, VaultStatus};
pub use visible::VisibleBackup;
pub use words::UnknownWord;
