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

/// The service counts sizes in GB, and what is used of a vault in MB.
pub(super) const MB_PER_GB: i64 = 1024;

#[derive(Args, Clone, Copy)]
pub(super) struct OutputArgs {
    /// The format of the output
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
    /// Whether people read it.
    pub(super) fn is_table(self) -> bool {
        matches!(self.format, OutputFormat::Table)
    }

    /// A value: as text for people, as it is for programs.
    pub(super) fn print<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> CommandResult {
        match self.format {
            OutputFormat::Table => print(&text(value)),
            OutputFormat::Json | OutputFormat::Yaml => self.serialized(value),
        }
    }

    /// Members, as a list.
    pub(super) fn members(self, members: &[Member]) -> CommandResult {
        let rows: Vec<_> = members.iter().map(row).collect();
        self.print(&rows, |_| table(members))
    }

    /// One member, by itself.
    pub(super) fn member(self, member: &Member) -> CommandResult {
        self.print(&row(member), |_| table(std::slice::from_ref(member)))
    }

    /// Projects that a backup is no longer shared with.
    pub(super) fn revoked(self, projects: &[ProjectId]) -> CommandResult {
        self.print(&projects, |projects| {
            let lines = projects
                .iter()
                .map(|project| format!("{project}  revoked\n"));
            lines.collect()
        })
    }

    fn serialized(self, value: &impl Serialize) -> CommandResult {
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
    let rows = members.iter().map(|member| {
        [
            member.dest_project_id.to_string(),
            member.status.to_string(),
            cell(member.vault_id.as_ref()),
            seconds(member.created_at),
            cell(member.updated_at.map(seconds)),
        ]
    });
    columns(["PROJECT", "STATUS", "VAULT", "SHARED", "UPDATED"], rows)
}

/// A table of aligned columns, without lines.
pub(super) fn columns<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| printable(&cell)));
    }
    table
        .lines()
        .map(|line| {
            line.trim_end()
                .strip_prefix(' ')
                .unwrap_or_default()
                .to_owned()
                + "\n"
        })
        .collect()
}

/// A value, or a dash where there is none.
pub(super) fn cell(value: Option<impl ToString>) -> String {
    let text = value.map(|value| value.to_string());
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "-".to_owned())
}

/// A time without its microseconds.
pub(super) fn seconds(time: Timestamp) -> String {
    time.to_string().chars().take_while(|&c| c != '.').collect()
}

/// A size in MB, in whole GB where it is as large.
pub(super) fn megabytes(size: i64) -> String {
    match size {
        1024.. => format!("{} GB", size / MB_PER_GB),
        _ => format!("{size} MB"),
    }
}

/// Text of other projects without what a terminal would carry out: control characters, and those
/// that turn the direction of writing.
pub(super) fn printable(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(is_hidden, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::{cell, columns, megabytes, printable};

    #[test]
    fn a_name_cannot_drive_the_terminal() {
        let evil = "a\u{1b}[2Jb\nc\u{202e}d\u{9b}";
        assert_eq!(printable(evil), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(printable("wéb-服务器 1"), "wéb-服务器 1");
        let table = columns(["NAME"], std::iter::once([evil.to_owned()]));
        assert_eq!(table.lines().count(), 2, "{table}");
    }

    #[test]
    fn a_cell_without_text_moves_no_other() {
        let rows = [
            [cell(Some("")), "b".to_owned()],
            [String::new(), "c".to_owned()],
        ];
        let table = columns(["A", "B"], rows.into_iter());
        assert_eq!(table, "A  B\n-  b\n   c\n");
    }

    #[test]
    fn sizes_are_read_in_gigabytes() {
        assert_eq!(
            [0, 1023, 1024, 61_439].map(megabytes),
            ["0 MB", "1023 MB", "1 GB", "59 GB"]
        );
    }
}
