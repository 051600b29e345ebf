//! `backup-share serve`: runs the service until SIGTERM or Ctrl-C.

use std::{
    collections::BTreeMap,
    fs::Permissions,
    io::Write,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{CliError, CommandResult, demo};
use crate::{
    api::{Audit, Docs},
    catalog,
    clock::{Clock, SystemClock},
    config::{self, CheckMode, Config, ConfigError, Database, Hosts, Unreplicated},
    serve::{self, Running, ServeError},
    telemetry,
};

/// Run the service until SIGTERM or Ctrl-C.
#[derive(Args, Clone)]
pub(super) struct ServeArgs {
    /// Settings in TOML.
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8799]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where to keep everything: sqlite:FILE, or postgres://… [default: sqlite:backup-share.db]
    #[arg(long, value_name = "URL")]
    database: Option<Database>,
    /// What to do about a PostgreSQL that acknowledges writes before a second node has them
    /// [default: refuse]
    #[arg(long, value_name = "MODE")]
    unreplicated: Option<Unreplicated>,
    /// A data file (YAML) to load at start; may be given more than once.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// What happens when a response breaks the contract; how many are checked is a setting [default:
    /// log, one in 100]
    #[arg(long, value_name = "MODE", alias = "check-answers")]
    check_responses: Option<CheckMode>,
    /// Serve demo data from a temporary store, and print what to try. Only to this machine: it
    /// listens on a loopback address, and serves no other host.
    #[arg(long, conflicts_with_all = ["database", "data"])]
    demo: bool,
    /// Let the demo listen on any address, and serve any host. Its tokens are public.
    #[arg(long, requires = "demo")]
    demo_anywhere: bool,
}

/// The grace period of requests that are still in flight after the server has stopped.
const RUNTIME_DEADLINE: Duration = Duration::from_secs(2);
/// How long lines of the audit log may take to be written at the end.
const AUDIT_DEADLINE: Duration = Duration::from_secs(3);
/// The same, for the log.
const LOG_DEADLINE: Duration = Duration::from_secs(1);

/// The tokens of the demo data: project, token. The README and the contract's examples name the
/// same.
const DEMO_TOKENS: [(&str, &str); 5] = [
    ("0605767b5780d5762fc5c0118072a564", "demo-owner"),
    ("f841e01fd2b14e7fa41b6ae7aa6b0594", "demo-member"),
    ("4229d7a45436489f8c3dc2b1d35d4987", "demo-another"),
    ("c1d2a7f09b3e4c5d8f60718293a4b5c6", "demo-dave"),
    ("7e8f9a0b1c2d4e3f8a5b6c7d8e9f0a1b", "demo-erin"),
];

impl ServeArgs {
    pub(super) fn run(self) -> CommandResult {
        let config = self.settings()?;
        let hosts = if self.demo {
            demo::hosts(&config.listen, self.demo_anywhere)?
        } else {
            Hosts::Any
        };
        telemetry::start(&config.log).map_err(|error| CliError::Usage(error.to_string()))?;
        let runtime = tokio::runtime::Runtime::new().map_err(CliError::failed)?;
        let served = runtime.block_on(self.serve(config, hosts));
        // Aborts what is still in flight; a file that is not read to its end is not waited for.
        runtime.shutdown_timeout(RUNTIME_DEADLINE);
        let outcome = served.map(end_audit);
        telemetry::flush(Instant::now() + LOG_DEADLINE);
        outcome
    }

    async fn serve(&self, config: Config, hosts: Hosts) -> Result<Option<Arc<Audit>>, CliError> {
        let mut signals = Signals::watch().map_err(CliError::failed)?;
        let start = async {
            match self.demo {
                true => serve_demo(config, hosts).await,
                false => Ok((serve(&config).await?, None)),
            }
        };
        // The demo's folder is removed with the process. Loading a large data file, or a pipe that is
        // not closed, takes a while.
        let (running, _folder) = tokio::select! {
            started = start => started?,
            () = signals.stop() => return Ok(None),
        };
        let audit = running.audit();
        self.run_until_signal(signals, running).await;
        Ok(audit)
    }

    /// Serves until a signal says stop; SIGHUP reloads.
    async fn run_until_signal(&self, signals: Signals, running: Running) {
        let Signals {
            mut terminate,
            mut interrupt,
            mut hangup,
            _file_too_large,
        } = signals;
        let reloads = async {
            while hangup.recv().await.is_some() {
                self.reload(&running).await;
            }
        };
        tokio::select! {
            () = stop(&mut terminate, &mut interrupt) => {}
            () = reloads => {}
        }
        tracing::info!("stopping");
        running.stop().await;
    }

    /// Reopens the audit log and reloads the policy. Files are read on another thread: a slow disk
    /// holds up nothing else.
    async fn reload(&self, running: &Running) {
        if let Err(error) = running.reopen_audit().await {
            tracing::error!(%error, "the file of the audit cannot be opened again, and stays as \
                it was");
        }
        let settings = self.clone();
        let read = move || {
            settings
                .settings()
                .and_then(|config| config::policy(&config.roles))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(policy)) => {
                running.replace_policy(policy);
                tracing::info!("the policy was reloaded");
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the policy cannot be read, and stays as it was")
            }
            Err(error) => tracing::error!(%error, "the policy cannot be read, and stays as it was"),
        }
    }

    /// Flags win over the environment, the environment over the file.
    fn settings(&self) -> Result<Config, ConfigError> {
        let mut config = Config::read(self.config.as_deref(), std::env::vars())?;
        config.listen = self.listen.clone().unwrap_or(config.listen);
        config.database = self.database.clone().unwrap_or(config.database);
        config.postgres.unreplicated = self.unreplicated.unwrap_or(config.postgres.unreplicated);
        let mode = &mut config.check_responses.mode;
        *mode = self.check_responses.unwrap_or(*mode);
        if !self.data.is_empty() {
            config.data.clone_from(&self.data);
        }
        Ok(config)
    }
}

/// Flushes the audit log, once nothing adds to it any more.
fn end_audit(audit: Option<Arc<Audit>>) {
    let lost = audit.map_or(0, |audit| audit.flush(Instant::now() + AUDIT_DEADLINE));
    match lost {
        0 => tracing::info!("stopped"),
        lines => tracing::error!(
            lines,
            "stopped; lines of the audit could not be written, and are lost"
        ),
    }
}

async fn serve(config: &Config) -> Result<Running, CliError> {
    let running = serve::start(config, Docs::default()).await?;
    announce(running.address).map_err(CliError::failed)?;
    Ok(running)
}

/// Serves demo data, and the folder that it is stored in.
async fn serve_demo(
    mut config: Config,
    hosts: Hosts,
) -> Result<(Running, Option<TempDir>), CliError> {
    config.hosts = hosts;
    config.data.clear();
    let prepared = serve::prepare(&config).await?;
    let folder = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir();
    let folder = folder.map_err(CliError::failed)?;
    config.database = format!("sqlite:{}", folder.path().join("demo.db").display()).into();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = serve::open_store(&config, clock.as_ref()).await?;
    catalog::load_text("demo data", catalog::DEMO, store.as_ref(), &clock)
        .await
        .map_err(CliError::failed)?;
    let tokens = DEMO_TOKENS.map(|(project, token)| (project.to_owned(), token.to_owned()));
    let docs = Docs {
        tokens: BTreeMap::from(tokens),
        ..Docs::default()
    };
    let running = prepared.serve(&config, docs, store, clock)?;
    eprint!("{}", demo::story(running.address));
    announce(running.address).map_err(CliError::failed)?;
    Ok((running, Some(folder)))
}

/// The one line on stdout; the parent process may wait for it.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()
}

/// The signals that are handled. Watched before the server is announced: one may come at once.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Kills a process that writes beyond its limit of file sizes, unless it is watched: then the
    /// write fails.
    _file_too_large: Signal,
}

/// SIGXFSZ of Linux and the BSDs.
const FILE_TOO_LARGE: i32 = 25;

/// Waits for a signal that says stop.
async fn stop(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

impl Signals {
    async fn stop(&mut self) {
        stop(&mut self.terminate, &mut self.interrupt).await;
    }

    fn watch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            _file_too_large: signal(SignalKind::from_raw(FILE_TOO_LARGE))?,
        })
    }
}

/// An invalid setting is wrong usage; whatever else keeps a service from starting is not.
impl From<ServeError> for CliError {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Database(_) | ServeError::Config(_) => Self::Usage(error.to_string()),
            ServeError::Keystone(_)
            | ServeError::Audit { .. }
            | ServeError::Sqlite(_)
            | ServeError::Postgres(_)
            | ServeError::Catalog(_)
            | ServeError::Listen { .. }
            | ServeError::Metrics { .. } => Self::failed(error),
        }
    }
}
