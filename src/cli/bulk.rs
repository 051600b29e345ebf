//! Many changes in one command: a bounded number at a time, one line for each backup, and a bar on
//! a terminal. What is there already counts as done, so that a command that was broken off can be
//! repeated.

use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use serde::Serialize;

use super::{CliError, CommandResult, output, output::OutputArgs, progress};
use crate::client::types::{Backup, BackupId, ProjectId, VaultId};

/// How many backups are worked on at a time.
pub(super) const AT_A_TIME: usize = 8;

/// How progress is shown.
const BAR: &str = "{bar:40} {pos} of {len}, {eta} to go";

/// A backup to work on.
pub(super) struct Item<T> {
    pub(super) backup_id: BackupId,
    /// Its name, where it is known.
    pub(super) name: Option<String>,
    pub(super) task: T,
}

/// What came of it, in one word for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Accepted,
    AlreadyAccepted,
    WouldBeAccepted,
    Shared,
    AlreadyShared,
    Revoked,
    WouldBeRevoked,
    Failed,
    /// No line is printed for it.
    NothingToDo,
}

impl Outcome {
    /// Before the projects, where there are some.
    fn words(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::AlreadyAccepted => "already accepted",
            Self::WouldBeAccepted => "would be accepted",
            Self::Shared => "shared with",
            Self::AlreadyShared => "already shared with",
            Self::Revoked => "revoked from",
            Self::WouldBeRevoked => "would be revoked from",
            Self::Failed => "failed",
            Self::NothingToDo => "nothing to do",
        }
    }
}

/// Why it failed, and the projects for which it was done before.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) why: CliError,
    pub(super) projects: Vec<ProjectId>,
}

impl From<CliError> for Failed {
    fn from(why: CliError) -> Self {
        let projects = vec![];
        Self { why, projects }
    }
}

/// What came of it, and where.
#[derive(Clone, Debug)]
pub(super) struct Done {
    result: Outcome,
    vault_id: Option<VaultId>,
    projects: Vec<ProjectId>,
}

impl Done {
    pub(super) fn of_vault(result: Outcome, vault_id: Option<VaultId>) -> Self {
        let projects = vec![];
        Self {
            result,
            vault_id,
            projects,
        }
    }

    pub(super) fn of_projects(result: Outcome, projects: Vec<ProjectId>) -> Self {
        let vault_id = None;
        Self {
            result,
            vault_id,
            projects,
        }
    }
}

/// A line of output.
#[derive(Serialize)]
struct BulkLine {
    backup_id: BackupId,
    name: Option<String>,
    result: Outcome,
    vault_id: Option<VaultId>,
    projects: Vec<ProjectId>,
    error: Option<String>,
}

impl<T> Item<T> {
    pub(super) fn new(backup: Backup, task: T) -> Self {
        Self {
            backup_id: backup.id,
            name: backup.name,
            task,
        }
    }
}

/// Adds a backup, where it is not among them: twice on the command line, by name and by id perhaps,
/// is once.
pub(super) fn add_once<T>(items: &mut Vec<Item<T>>, item: Item<T>) {
    if items.iter().all(|other| other.backup_id != item.backup_id) {
        items.push(item);
    }
}

/// The error of a dry run of what was named one by one.
pub(super) fn dry_run_of_all() -> CliError {
    CliError::Usage("--dry-run shows what --all would do: say --all.".to_owned())
}

/// Works on all of them; goes on after one that the service refuses.
///
/// # Errors
/// Any that failed: then the others are done nevertheless. A service that is out of reach ends it.
pub(super) async fn run<T, W>(
    items: Vec<Item<T>>,
    output: OutputArgs,
    work: impl Fn(BackupId, T) -> W,
) -> CommandResult
where
    W: Future<Output = Result<Done, Failed>>,
{
    let bar = progress::bar(BAR)?;
    bar.set_length(items.len() as u64);
    let all = items.len();
    let works = items.into_iter().map(|item| {
        let Item {
            backup_id,
            name,
            task,
        } = item;
        let work = work(backup_id.clone(), task);
        async { (backup_id, name, work.await) }
    });
    let mut report = Report::new(output, &bar);
    let mut ended = stream::iter(works).buffered(AT_A_TIME);
    while let Some((backup_id, name, outcome)) = ended.next().await {
        bar.inc(1);
        report.add(backup_id, name, outcome)?;
        if report.is_hopeless() {
            break;
        }
    }
    bar.finish_and_clear();
    report.finish(all)
}

struct Report<'a> {
    output: OutputArgs,
    bar: &'a ProgressBar,
    /// For programs, which get all of them at once.
    lines: Vec<BulkLine>,
    printed: bool,
    ended: usize,
    failed: usize,
    last: Option<CliError>,
}

impl<'a> Report<'a> {
    fn new(output: OutputArgs, bar: &'a ProgressBar) -> Self {
        let (lines, printed, ended, failed, last) = (vec![], false, 0, 0, None);
        Self {
            output,
            bar,
            lines,
            printed,
            ended,
            failed,
            last,
        }
    }

    fn add(
        &mut self,
        backup_id: BackupId,
        name: Option<String>,
        outcome: Result<Done, Failed>,
    ) -> CommandResult {
        // Nothing was done for the first one: repeating all of it with another token is safe.
        if let (0, Err(Failed { why, projects })) = (self.ended, &outcome)
            && matches!(why, CliError::Unauthorized(_))
            && projects.is_empty()
        {
            return Err(why.clone());
        }
        self.ended += 1;
        let error = outcome.as_ref().err().map(|failed| failed.why.to_string());
        let done = outcome.unwrap_or_else(|failed| {
            self.failed += 1;
            self.last = Some(failed.why);
            Done::of_projects(Outcome::Failed, failed.projects)
        });
        if done.result == Outcome::NothingToDo {
            return Ok(());
        }
        let Done {
            result,
            vault_id,
            projects,
        } = done;
        self.line(BulkLine {
            backup_id,
            name,
            result,
            vault_id,
            projects,
            error,
        })
    }

    /// People see it at once.
    fn line(&mut self, line: BulkLine) -> CommandResult {
        if self.output.is_table() {
            self.printed = true;
            return self.bar.suspend(|| output::print(&text(&line)));
        }
        self.lines.push(line);
        Ok(())
    }

    /// Whether all that is left would fail likewise.
    fn is_hopeless(&self) -> bool {
        matches!(self.last, Some(ref failure) if !matches!(failure, CliError::Refused(_)))
    }

    fn finish(self, all: usize) -> CommandResult {
        if !self.output.is_table() {
            self.output.print(&self.lines, |_| String::new())?;
        } else if !self.printed {
            output::print("Nothing to do.\n")?;
        }
        let Some(last) = self.last else {
            return Ok(());
        };
        let untried = match all - self.ended {
            0 => String::new(),
            left => format!("; {left} were not tried, or broken off: run it again"),
        };
        let why = match last {
            // Its line says why.
            CliError::Refused(_) => String::new(),
            ref other => format!(": {other}"),
        };
        Err(last.saying(format!("{} of {all} failed{untried}{why}", self.failed)))
    }
}

fn text(line: &BulkLine) -> String {
    let id = line.backup_id.to_string();
    let name = line
        .name
        .as_deref()
        .map_or_else(String::new, |name| format!("  {}", output::printable(name)));
    let projects: Vec<_> = line.projects.iter().map(ToString::to_string).collect();
    let vault = line.vault_id.as_ref().map(|vault| format!(" into {vault}"));
    let error = line.error.as_ref().map(|error| format!(": {error}"));
    let more = vault.or(error).unwrap_or_default();
    let with = match (projects.is_empty(), line.result) {
        (true, _) => String::new(),
        (false, Outcome::Failed) => format!(" after {} were done", projects.join(" ")),
        (false, _) => format!(" {}", projects.join(" ")),
    };
    format!("{id}{name}  {}{with}{more}\n", line.result.words())
}
