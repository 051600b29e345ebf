//! `backup-share policy explain`: which statement of the settings decides about an action. Calls no
//! server.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, CommandResult, output::print, settings::settings};
use crate::{
    config::{self, Config},
    model::{
        Operation,
        policy::{Effect, Ruling, action},
    },
};

/// Show what the policy of the settings permits
#[derive(Args)]
pub(super) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    Explain(ExplainArgs),
}

/// Say whether roles may perform an action, and which statement decides
///
/// Exit codes: 0 allowed, 1 denied, 2 wrong usage or settings.
#[derive(Args)]
struct ExplainArgs {
    /// A role of the caller; may be given more than once.
    #[arg(long, required = true)]
    role: Vec<String>,
    /// An action, such as cbr:member:create
    #[arg(long, value_parser = operation_of)]
    action: Operation,
    /// Settings in TOML.
    #[arg(long, value_name = "FILE", env = "BACKUP_SHARE_CONFIG")]
    config: Option<PathBuf>,
}

impl PolicyArgs {
    pub(super) fn run(self) -> CommandResult {
        let PolicyCommand::Explain(explain) = self.command;
        explain.run()
    }
}

impl ExplainArgs {
    fn run(&self) -> CommandResult {
        let Config { roles, .. } = settings(self.config.as_deref(), None)?;
        let policy = config::policy(&roles)?;
        let action = action(self.action);
        let roles_of_caller = self.role.iter().map(String::as_str);
        let Some((role, ruling)) = policy.ruling(roles_of_caller, self.action) else {
            let unknown = self
                .role
                .iter()
                .filter(|role| !roles.contains_key(*role))
                .cloned()
                .collect::<Vec<_>>();
            let unknown = match unknown.as_slice() {
                [] => String::new(),
                unknown => format!(" (the settings know nothing of {})", unknown.join(", ")),
            };
            return Err(CliError::Refused(format!(
                "{action} is denied: no statement allows it{unknown}."
            )));
        };
        let origin = roles
            .get(role)
            .map(|written| written.origin(role))
            .unwrap_or_default();
        let Ruling {
            effect,
            number,
            pattern,
        } = ruling;
        let by = format!("by \"{pattern}\" in statement {number} of role {role}, {origin}.");
        match effect {
            Effect::Allow => print(&format!("{action} is allowed {by}\n")),
            Effect::Deny => Err(CliError::Refused(format!("{action} is denied {by}"))),
        }
    }
}

/// The operation that requires this action.
fn operation_of(text: &str) -> Result<Operation, String> {
    let wanted = Operation::ALL
        .into_iter()
        .find(|&operation| action(operation) == text);
    wanted.ok_or_else(|| format!("there are {}", Operation::ALL.map(action).join(", ")))
}
