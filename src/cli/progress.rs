//! A progress bar on stderr, for people only: nothing is shown where stderr is no terminal.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;

/// A bar that looks like this template, without a length yet.
pub(super) fn bar(template: &str) -> Result<ProgressBar, CliError> {
    let bar = if stderr().is_terminal() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template(template).map_err(CliError::failed)?;
    Ok(bar.with_style(style))
}

#[cfg(feature = "server")]
pub(super) fn show(bar: &ProgressBar, done: u64, all: u64) {
    bar.set_length(all);
    bar.set_position(done);
}
