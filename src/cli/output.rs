//! What a command prints: a table for people, JSON or YAML for programs. Programs always get all
//! eight keys of a member, `null` where the service knows nothing, whichever service it was.

use std::io::{ErrorKind, Write};

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::{CliError, CommandResult};
use crate::{
    client::types::{BackupId, ImageId, Member, MemberStatus, ProjectId, ShareId, VaultId},
    timestamp::Timestamp,
};

#[derive(Args, Clone, Copy)]
pub(super) struct OutputArgs {
    /// How to print it
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORM",
        default_value = "table"
    )]
    format: OutputFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutputFormat {
    /// For people; times in UTC
    Table,
    /// For programs
    Json,
    /// For programs and people
    Yaml,
}

/// A member as programs get it.
#[derive(Serialize)]
struct MemberRow<'m> {
    status: MemberStatus,
    created_at: Timestamp,
    updated_at: Option<Timestamp>,
    backup_id: &'m BackupId,
    image_id: Option<&'m ImageId>,
    dest_project_id: &'m ProjectId,
    vault_id: Option<&'m VaultId>,
    id: &'m ShareId,
}

impl OutputArgs {
    /// Members, as a list.
    pub(super) fn members(&self, members: &[Member]) -> CommandResult {
        match self.format {
            OutputFormat::Table => print(&table(members)),
            OutputFormat::Json | OutputFormat::Yaml => {
                self.serialized(&members.iter().map(row).collect::<Vec<_>>())
            }
        }
    }

    /// One member, by itself.
    pub(super) fn member(&self, member: &Member) -> CommandResult {
        match self.format {
            OutputFormat::Table => print(&table(std::slice::from_ref(member))),
            OutputFormat::Json | OutputFormat::Yaml => self.serialized(&row(member)),
        }
    }

    /// Projects that a backup is no longer shared with.
    pub(super) fn revoked(&self, projects: &[ProjectId]) -> CommandResult {
        match self.format {
            OutputFormat::Table => print(
                &projects
                    .iter()
                    .map(|project| format!("{project}  revoked\n"))
                    .collect::<String>(),
            ),
            OutputFormat::Json | OutputFormat::Yaml => self.serialized(&projects),
        }
    }

    fn serialized(&self, value: &impl Serialize) -> CommandResult {
        let text = match self.format {
            OutputFormat::Yaml => serde_saphyr::to_string(value).map_err(CliError::failed)?,
            OutputFormat::Json | OutputFormat::Table => json(value)?,
        };
        print(&text)
    }
}

/// JSON on lines.
pub(super) fn json(value: &impl Serialize) -> Result<String, CliError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(CliError::failed)
}

/// To stdout. A reader may stop early, as `head` does: then there is nothing left to do.
pub(super) fn print(text: &str) -> CommandResult {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::failed(error)),
        _ => Ok(()),
    }
}

fn row(member: &Member) -> MemberRow<'_> {
    MemberRow {
        status: member.status,
        created_at: member.created_at,
        updated_at: member.updated_at,
        backup_id: &member.backup_id,
        image_id: member.image_id.as_ref(),
        dest_project_id: &member.dest_project_id,
        vault_id: member.vault_id.as_ref(),
        id: &member.id,
    }
}

fn table(members: &[Member]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["PROJECT", "STATUS", "VAULT", "SHARED", "UPDATED"]);
    for member in members {
        let vault = member
            .vault_id
            .as_ref()
            .map_or_else(|| "-".to_owned(), ToString::to_string);
        let updated = member.updated_at.map_or_else(|| "-".to_owned(), seconds);
        let (project, status) = (
            member.dest_project_id.to_string(),
            member.status.to_string(),
        );
        table.add_row([project, status, vault, seconds(member.created_at), updated]);
    }
    table
        .lines()
        .map(|line| line.trim().to_owned() + "\n")
        .collect()
}

/// A time without its microseconds.
fn seconds(time: Timestamp) -> String {
    time.to_string().chars().take_while(|&c| c != '.').collect()
}
