//! The typed client, made from the contract at build time: for this server, and for the vendor's
//! cloud.
//!
//! [`Client`] has a method for each operation, named by its `operationId`; each gives a builder
//! that accepts the parameters and sends. What goes wrong is an [`Error`]; as a [`Failure`] it reads
//! as one sentence. Here by hand is only what the contract cannot say: how to
//! [connect](Client::connect), what every call carries ([`Credentials`]), the pages of each
//! list as one stream, such as [of members](Client::members_stream).
//!
//! # Share a backup: `add_member`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let owner = Client::connect("http://127.0.0.1:8799", "demo-owner")?;
//! let owner_project: ProjectId = "0605767b5780d5762fc5c0118072a564".parse()?;
//! let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! let project: ProjectId = "4229d7a45436489f8c3dc2b1d35d4987".parse()?;
//!
//! let added = owner
//!     .add_member()
//!     .project_id(owner_project)
//!     .backup_id(backup)
//!     .body_map(|body| body.members(vec![project]))
//!     .send()
//!     .await?;
//! println!("{} is {}", added.members[0].dest_project_id, added.members[0].status);
//! # Ok(())
//! # }
//! ```
//!
//! # List its members: `list_members`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, MemberStatus, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let owner = Client::connect("http://127.0.0.1:8799", "demo-owner")?;
//! # let owner_project: ProjectId = "0605767b5780d5762fc5c0118072a564".parse()?;
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! let page = owner
//!     .list_members()
//!     .project_id(owner_project)
//!     .backup_id(backup)
//!     .status(MemberStatus::Pending)
//!     .send()
//!     .await?;
//! println!("{} on this page", page.members.len());
//! # Ok(())
//! # }
//! ```
//!
//! # All of them, from page to page
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let owner = Client::connect("http://127.0.0.1:8799", "demo-owner")?;
//! # let owner_project: ProjectId = "0605767b5780d5762fc5c0118072a564".parse()?;
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! use futures::TryStreamExt;
//!
//! let mut members = std::pin::pin!(owner.members_stream(owner_project, backup, 100));
//! while let Some(member) = members.try_next().await? {
//!     println!("{} is {}", member.dest_project_id, member.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Accept, or reject: `update_member_status`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, MemberStatus, ProjectId, VaultId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! let vault: VaultId = "4b27c05b-8ad7-48c6-a886-526666c035f0".parse()?;
//!
//! let answer = member
//!     .update_member_status()
//!     .project_id(member_project.clone())
//!     .backup_id(backup)
//!     .member_id(member_project)
//!     .body_map(|body| body.status(MemberStatus::Accepted).vault_id(vault))
//!     .send()
//!     .await?;
//! println!("now {}", answer.member.status);
//! # Ok(())
//! # }
//! ```
//!
//! # Look at one member: `show_member`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! let answer = member
//!     .show_member()
//!     .project_id(member_project.clone())
//!     .backup_id(backup)
//!     .member_id(member_project)
//!     .send()
//!     .await?;
//! println!("shared since {}", answer.member.created_at);
//! # Ok(())
//! # }
//! ```
//!
//! # Stop sharing: `delete_member`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let owner = Client::connect("http://127.0.0.1:8799", "demo-owner")?;
//! # let owner_project: ProjectId = "0605767b5780d5762fc5c0118072a564".parse()?;
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! owner
//!     .delete_member()
//!     .project_id(owner_project)
//!     .backup_id(backup)
//!     .member_id(member_project)
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is offered to a project: `list_backups`
//! ```no_run
//! # use backup_share::client::{Client, types::{MemberStatus, OwnType, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! let offered = member
//!     .list_backups()
//!     .project_id(member_project)
//!     .own_type(OwnType::Shared)
//!     .member_status(MemberStatus::Pending)
//!     .send()
//!     .await?;
//! println!("{} to decide on", offered.backups.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Look at a backup: `show_backup`
//! ```no_run
//! # use backup_share::client::{Client, types::{BackupId, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! # let backup: BackupId = "a5200268-74a5-4806-acc6-95793ab0228b".parse()?;
//! let answer = member
//!     .show_backup()
//!     .project_id(member_project)
//!     .backup_id(backup)
//!     .send()
//!     .await?;
//! println!("owned by {}", answer.backup.project_id);
//! # Ok(())
//! # }
//! ```
//!
//! # Vaults to accept into: `list_vaults`
//! ```no_run
//! # use backup_share::client::{Client, types::{ObjectTypeFilter, ProjectId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! let page = member
//!     .list_vaults()
//!     .project_id(member_project)
//!     .object_type(ObjectTypeFilter::Server)
//!     .send()
//!     .await?;
//! println!("{} vaults for servers", page.vaults.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Look at a vault: `show_vault`
//! ```no_run
//! # use backup_share::client::{Client, types::{ProjectId, VaultId}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let member = Client::connect("http://127.0.0.1:8799", "demo-member")?;
//! # let member_project: ProjectId = "f841e01fd2b14e7fa41b6ae7aa6b0594".parse()?;
//! # let vault: VaultId = "4b27c05b-8ad7-48c6-a886-526666c035f0".parse()?;
//! let answer = member
//!     .show_vault()
//!     .project_id(member_project)
//!     .vault_id(vault)
//!     .send()
//!     .await?;
//! println!("{} GB in all", answer.vault.billing.size);
//! # Ok(())
//! # }
//! ```
//!
//! # When it goes wrong
//! ```no_run
//! # use backup_share::client::{Client, Failure, FailureKind};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let owner = Client::connect("http://127.0.0.1:8799", "demo-owner")?;
//! # let call = owner.list_members();
//! if let Err(error) = call.send().await {
//!     let failure = Failure::read(error).await;
//!     // The backup does not exist. (BackupService.6200, request id 5d1fb9a2c6a94f0fb6a5a2f1d1e0c7b3)
//!     eprintln!("{failure}");
//!     std::process::exit(if failure.kind == FailureKind::OutOfReach { 3 } else { 1 });
//! }
//! # Ok(())
//! # }
//! ```

mod connect;
mod conversions;
mod credentials;
mod failure;
mod hook;
#[cfg(feature = "mock")]
pub mod mock;
mod paging;
mod response;

/// What progenitor made of the contract: not ours to lint.
#[allow(
    missing_docs,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use credentials::Credentials;
pub use failure::{Failure, FailureKind};
pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, builder, types};
