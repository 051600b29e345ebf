//! `backup-share image`: the image that was registered from a share, set in a store that a server may
//! be running on. It opens the store itself and calls no service.

use clap::{Args, Subcommand};

use super::{
    CliError, CommandResult,
    audit_line::{CommandAudit, Ended},
    block_on, output,
    settings::StoreFlags,
};
use crate::{
    clock::SystemClock,
    config::Config,
    error_chain,
    model::{BackupId, Change, ImageId, ProjectId, rules::ImageRefused},
    serve,
};

/// Say which image was registered from an accepted share
///
/// For operators, in place of the vendor's image service: the API has no operation for
/// it. While an image is attached, the member cannot reject the share and the owner cannot revoke
/// it (BackupService.6710). Servers may be running on the store: it takes effect at once. A line
/// about the command goes to where the setting `audit` says.
///
/// Exit codes: 0 done or already so, 1 refused or failed, 2 wrong usage.
#[derive(Args)]
pub(super) struct ImageArgs {
    #[command(subcommand)]
    command: ImageCommand,
}

#[derive(Subcommand)]
enum ImageCommand {
    /// Attach an image to an accepted share
    ///
    /// Where it is attached already, nothing changes. Another image has to be detached before.
    Attach {
        #[command(flatten)]
        share: ShareFlags,
        /// The image's id, a UUID
        #[arg(long, value_name = "ID")]
        image: ImageId,
    },
    /// Detach the image from a share
    ///
    /// Where none is attached, nothing changes.
    Detach {
        #[command(flatten)]
        share: ShareFlags,
    },
}

// Which share, in which store.
#[derive(Args)]
struct ShareFlags {
    /// The shared backup's id
    backup: BackupId,
    /// The project that the backup is shared with
    #[arg(long, value_name = "PROJECT")]
    member: ProjectId,
    #[command(flatten)]
    store: StoreFlags,
}

impl ImageArgs {
    pub(super) fn run(self) -> CommandResult {
        let (share, image) = match self.command {
            ImageCommand::Attach { share, image } => (share, Some(image)),
            ImageCommand::Detach { share } => (share, None),
        };
        let config = share.store.settings()?;
        block_on(set(&config, share.backup, share.member, image))
    }
}

async fn set(
    config: &Config,
    backup: BackupId,
    member: ProjectId,
    image: Option<ImageId>,
) -> CommandResult {
    let action = if image.is_some() {
        "image:attach"
    } else {
        "image:detach"
    };
    let mut ids = vec![backup.to_string(), member.to_string()];
    ids.extend(image.map(|image| image.to_string()));
    // Before anything is done: what cannot be logged is not done.
    let audit = CommandAudit::open(&config.audit)?;
    let outcome = carry_out(config, backup, member.clone(), image).await;
    let ended = match outcome {
        Ok(Ok(_)) => Ended::Done,
        Ok(Err(_)) => Ended::Refused,
        Err(_) => Ended::Failed,
    };
    audit.write(&SystemClock, action, &ids, ended)?;
    let refused = |why| CliError::Refused(format!("nothing was changed: {why}"));
    let change = outcome?.map_err(refused)?;
    output::print(&line(&change, backup, &member, image))
}

async fn carry_out(
    config: &Config,
    backup: BackupId,
    member: ProjectId,
    image: Option<ImageId>,
) -> Result<Result<Change, ImageRefused>, CliError> {
    // Found before it is opened: no store is made, and none that an older server is running on is
    // brought up to date under it.
    drop(serve::find_store(config).await?);
    let store = serve::open_store(config, &SystemClock).await?;
    serve::set_image(store.as_ref(), &SystemClock, backup, member, image)
        .await
        .map_err(|error| CliError::failed(error_chain::full(&error)))
}

fn line(change: &Change, backup: BackupId, member: &ProjectId, image: Option<ImageId>) -> String {
    let attached = match image {
        Some(image) => format!("image {image} attached"),
        None => "no image".to_owned(),
    };
    let already = match change {
        Change::Keep(_) => ", as before",
        _ => "",
    };
    format!("backup {backup}: {attached} for project {member}{already}\n")
}
