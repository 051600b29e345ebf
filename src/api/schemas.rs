//! The named schemas of ids, times and words, as the derived document has them. Nothing here is
//! ever made: the model's types travel, these say what they look like.

use utoipa::ToSchema;

macro_rules! strings {
    ($($name:ident ($($attribute:tt)*);)*) => {$(
        #[derive(ToSchema)]
        #[schema($($attribute)*)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) struct $name(String);
    )*};
}

macro_rules! uuids {
    ($($name:ident)*) => {
        strings! {$($name (
            format = "uuid",
            pattern = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
        );)*}
    };
}

uuids! { BackupId VaultId ImageId ShareId CheckpointId }

strings! {
    ProjectId (pattern = "^[A-Za-z0-9_-]{1,64}$");
    EnterpriseProjectId (pattern = "^[A-Za-z0-9_-]{1,64}$");
    RequestId (pattern = "^[A-Za-z0-9._:-]{1,128}$");
    Timestamp (pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$");
    DateTime (pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00$");
    QueryTime (pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?$");
}

macro_rules! words {
    ($($name:ident ($($attribute:meta),*) { $($word:ident),* })*) => {$(
        #[derive(ToSchema)]
        #[schema(rename_all = "snake_case" $(, $attribute)*)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) enum $name { $($word),* }
    )*};
}

words! {
    OwnType (default = "private") { Private, Shared, AllGranted }
    BackupStatusFilter () {
        Available, Protecting, Deleting, Restoring, Error, WaitingProtect, WaitingDelete,
        WaitingRestore
    }
    ObjectTypeFilter () { Server, Disk, Turbo, Workspace, Vmware, File }
    ProtectTypeFilter () { Backup, Replication, Hybrid }
    VaultStatusFilter () { Available, Lock, Frozen, Deleting, Error }
    CloudType () { Public, Hybrid }
}

/// How far a share has come.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum MemberStatus {
    Pending,
    Accepted,
    Rejected,
}

/// A vault's id, the empty string, or null.
#[derive(ToSchema)]
#[schema(
    pattern = "^([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})?$"
)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct VaultChoice(Option<String>);

/// Of the header `WWW-Authenticate`.
#[derive(ToSchema)]
#[schema(pattern = "^Keystone uri=\"[^\"]*\"$")]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct ChallengeHeader(String);

/// Of the header `Retry-After`.
#[derive(ToSchema)]
#[schema(minimum = 1, maximum = 3600)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct RetryAfter(i32);
