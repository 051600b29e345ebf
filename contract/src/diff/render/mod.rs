//! Writes a report: for people at a terminal, for programs, for a pull request, for a browser.
//! Decides nothing.

mod github;
mod html;
mod lines;
mod markdown;
mod text;

use super::change::Report;

pub use lines::line;

/// As what a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal; with colours or without.
    Text {
        /// Whether to write colours.
        colour: bool,
    },
    /// For programs; [`Report::json_schema`] describes it.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
    /// One page that needs nothing else.
    Html,
}

/// The report as text; `head` is the text of the new document, for finding lines.
pub fn render(report: &Report, format: Format, head: &str) -> String {
    match format {
        Format::Text { colour } => text::text(report, colour),
        Format::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        Format::Markdown => markdown::markdown(report),
        Format::Github => github::annotations(report, head),
        Format::Html => html::page(report),
    }
}

/// The result in one line.
fn verdict(report: &Report) -> String {
    use super::change::Class;
    let [breaking, compatible, docs] =
        [Class::Breaking, Class::Compatible, Class::Docs].map(|class| report.count(class));
    let accepted = report
        .changes
        .iter()
        .filter(|change| change.accepted.is_some())
        .count();
    let accepted = if accepted > 0 {
        format!(" ({accepted} accepted)")
    } else {
        String::new()
    };
    match report.class {
        Class::None => "no changes".to_owned(),
        class => format!(
            "{}: {breaking} breaking{accepted}, {compatible} compatible, {docs} docs only",
            class.word()
        ),
    }
}
