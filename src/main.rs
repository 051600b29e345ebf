//! The command `backup-share`. All of it stands in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_share::cli::run()
}
