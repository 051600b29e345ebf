//! The command: one file per subcommand. Those of the client use the typed client and nothing else
//! of this package.

mod accept;
mod accept_line;
#[cfg(feature = "server")]
mod audit_line;
mod backups;
mod bulk;
#[cfg(feature = "server")]
mod catalog;
mod clouds;
mod connection;
#[cfg(feature = "server")]
mod contract;
#[cfg(feature = "server")]
mod demo;
mod error;
#[cfg(feature = "server")]
mod image;
mod inbox;
mod login;
mod members;
mod names;
mod output;
#[cfg(feature = "server")]
mod policy;
mod progress;
mod reject;
#[cfg(feature = "server")]
mod remove;
mod revoke;
mod rooms;
#[cfg(feature = "server")]
mod serve;
mod session;
#[cfg(feature = "server")]
mod settings;
mod share;
mod shares;
mod show;
#[cfg(feature = "server")]
mod store;
mod token_cache;
mod vaults;
mod words;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::{
    connection::ConnectionArgs,
    error::{CliError, refusal},
    output::OutputArgs,
    session::{Access, ClientSession},
};

/// Share cloud backups with other projects: the server, and the client's commands
///
/// The flags of the connection may stand before the client's commands as well as behind them. A
/// flag wins over the environment.
///
/// Exit codes: 0 done, 1 refused by the service or failed, 2 wrong usage, 3 service out of reach.
#[derive(Parser)]
#[command(name = "backup-share", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Subcommand)]
enum Command {
    Inbox(Call<inbox::InboxArgs>),
    Backups(Call<backups::BackupsArgs>),
    Vaults(Call<vaults::VaultsArgs>),
    Show(Call<show::ShowArgs>),
    Shares(Call<shares::SharesArgs>),
    Share(Call<share::ShareArgs>),
    Members(Call<members::MembersArgs>),
    Accept(Call<accept::AcceptArgs>),
    Reject(Call<reject::RejectArgs>),
    Revoke(Call<revoke::RevokeArgs>),
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    #[cfg(feature = "server")]
    Catalog(catalog::CatalogArgs),
    #[cfg(feature = "server")]
    Store(store::StoreArgs),
    #[cfg(feature = "server")]
    Image(image::ImageArgs),
    /// Print the contract, compare contracts, and check code against it
    #[cfg(feature = "server")]
    Contract(contract::ContractArgs),
    #[cfg(feature = "server")]
    Policy(policy::PolicyArgs),
}

// A command of the client with the flags that all of them have.
#[derive(Args)]
struct Call<C: ClientCommand> {
    #[command(flatten)]
    command: C,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// A command that calls the service.
trait ClientCommand: Args + Clone {
    async fn run(self, session: ClientSession, output: OutputArgs) -> CommandResult;
}

type CommandResult = Result<(), CliError>;

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let Cli {
        command,
        connection,
    } = Cli::parse();
    match command.run(connection) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("backup-share: {error}");
            error.exit_code()
        }
    }
}

impl Command {
    fn run(self, before: ConnectionArgs) -> CommandResult {
        match self {
            Self::Inbox(call) => call.run(before),
            Self::Backups(call) => call.run(before),
            Self::Vaults(call) => call.run(before),
            Self::Show(call) => call.run(before),
            Self::Shares(call) => call.run(before),
            Self::Share(call) => call.run(before),
            Self::Members(call) => call.run(before),
            Self::Accept(call) => call.run(before),
            Self::Reject(call) => call.run(before),
            Self::Revoke(call) => call.run(before),
            #[cfg(feature = "server")]
            Self::Serve(serve) => reject_client_flags(&before).and_then(|()| serve.run()),
            #[cfg(feature = "server")]
            Self::Catalog(catalog) => reject_client_flags(&before).and_then(|()| catalog.run()),
            #[cfg(feature = "server")]
            Self::Store(store) => reject_client_flags(&before).and_then(|()| store.run()),
            #[cfg(feature = "server")]
            Self::Image(image) => reject_client_flags(&before).and_then(|()| image.run()),
            #[cfg(feature = "server")]
            Self::Contract(contract) => reject_client_flags(&before).and_then(|()| contract.run()),
            #[cfg(feature = "server")]
            Self::Policy(policy) => reject_client_flags(&before).and_then(|()| policy.run()),
        }
    }
}

impl<C: ClientCommand> Call<C> {
    fn run(self, before: ConnectionArgs) -> CommandResult {
        block_on(async {
            let Self {
                command,
                output,
                connection,
            } = self;
            let access = Access::given(connection.or(before))?;
            match command.clone().run(access.session().await?, output).await {
                Err(CliError::Unauthorized(refused)) => match access.renewed().await {
                    Some(session) => command.run(session?, output).await,
                    None => Err(CliError::Unauthorized(refused)),
                },
                outcome => outcome,
            }
        })
    }
}

/// Runs a command's work to its end, on this thread.
fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::failed)?;
    runtime.block_on(work)
}

/// Flags that would have no effect are a misunderstanding.
#[cfg(feature = "server")]
fn reject_client_flags(before: &ConnectionArgs) -> CommandResult {
    let flags = "--endpoint, --project, --token, --user, --password, --auth-url, --user-domain \
        and --os-cloud";
    match before.is_given() {
        true => Err(CliError::Usage(format!(
            "{flags} are for the commands of the client only, such as share and accept."
        ))),
        false => Ok(()),
    }
}
