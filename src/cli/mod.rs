//! The command: one file per subcommand. Those of the client use the typed client and nothing else
//! of this package.

mod accept;
#[cfg(feature = "server")]
mod audit_line;
#[cfg(feature = "server")]
mod catalog;
mod clouds;
mod connection;
#[cfg(feature = "server")]
mod contract;
#[cfg(feature = "server")]
mod demo;
mod failure;
mod login;
mod members;
mod output;
#[cfg(feature = "server")]
mod policy;
mod reject;
#[cfg(feature = "server")]
mod remove;
mod revoke;
#[cfg(feature = "server")]
mod serve;
mod session;
mod share;
#[cfg(feature = "server")]
mod store;
mod tokens;
mod words;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::{
    connection::Connection,
    failure::{Failure, refusal},
    output::Output,
    session::{Access, Session},
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
    connection: Connection,
}

#[derive(Subcommand)]
enum Command {
    Share(Call<share::Share>),
    Members(Call<members::Members>),
    Accept(Call<accept::Accept>),
    Reject(Call<reject::Reject>),
    Revoke(Call<revoke::Revoke>),
    #[cfg(feature = "server")]
    Serve(serve::Serve),
    #[cfg(feature = "server")]
    Catalog(catalog::Catalog),
    #[cfg(feature = "server")]
    Store(store::Store),
    /// Print the contract, compare contracts, and hold code against it
    #[cfg(feature = "server")]
    Contract(contract::Contract),
    #[cfg(feature = "server")]
    Policy(policy::Policy),
}

// A command of the client with the flags that all of them take.
#[derive(Args)]
struct Call<C: ClientCommand> {
    #[command(flatten)]
    command: C,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

/// A command that calls the service.
trait ClientCommand: Args + Clone {
    async fn run(self, session: Session, output: Output) -> Outcome;
}

type Outcome = Result<(), Failure>;

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let Cli {
        command,
        connection,
    } = Cli::parse();
    match command.run(connection) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("backup-share: {failure}");
            failure.exit_code()
        }
    }
}

impl Command {
    fn run(self, before: Connection) -> Outcome {
        match self {
            Self::Share(call) => call.run(before),
            Self::Members(call) => call.run(before),
            Self::Accept(call) => call.run(before),
            Self::Reject(call) => call.run(before),
            Self::Revoke(call) => call.run(before),
            #[cfg(feature = "server")]
            Self::Serve(serve) => calls_nobody(&before).and_then(|()| serve.run()),
            #[cfg(feature = "server")]
            Self::Catalog(catalog) => calls_nobody(&before).and_then(|()| catalog.run()),
            #[cfg(feature = "server")]
            Self::Store(store) => calls_nobody(&before).and_then(|()| store.run()),
            #[cfg(feature = "server")]
            Self::Contract(contract) => calls_nobody(&before).and_then(|()| contract.run()),
            #[cfg(feature = "server")]
            Self::Policy(policy) => calls_nobody(&before).and_then(|()| policy.run()),
        }
    }
}

impl<C: ClientCommand> Call<C> {
    fn run(self, before: Connection) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::failed)?;
        runtime.block_on(async {
            let Self {
                command,
                output,
                connection,
            } = self;
            let access = Access::given(connection.or(before))?;
            match command.clone().run(access.session().await?, output).await {
                Err(Failure::Unauthorized(refused)) => match access.renewed().await {
                    Some(session) => command.run(session?, output).await,
                    None => Err(Failure::Unauthorized(refused)),
                },
                outcome => outcome,
            }
        })
    }
}

/// Flags that would be of no effect are a misunderstanding.
#[cfg(feature = "server")]
fn calls_nobody(before: &Connection) -> Outcome {
    let flags = "--endpoint, --project, --token, --user, --password, --auth-url, --user-domain and --os-cloud";
    match before.is_given() {
        true => Err(Failure::Usage(format!(
            "{flags} are for share, members, accept, reject and revoke only."
        ))),
        false => Ok(()),
    }
}
