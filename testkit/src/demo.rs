//! The demo data of `serve --demo`: its projects, its one backup, and a vault of the member's.

/// The owner's project, with the token `demo-owner`.
pub const OWNER: &str = "0605767b5780d5762fc5c0118072a564";
/// The member's project, with the token `demo-member`.
pub const MEMBER: &str = "f841e01fd2b14e7fa41b6ae7aa6b0594";
/// A project that is neither, with the token `demo-another`.
pub const ANOTHER: &str = "4229d7a45436489f8c3dc2b1d35d4987";
/// The owner's backup.
pub const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";
/// A vault of the member's.
pub const VAULT: &str = "4b27c05b-8ad7-48c6-a886-526666c035f0";
