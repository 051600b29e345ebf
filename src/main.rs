//! The command `backup-share`. All of it is in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_share::cli::run()
}
