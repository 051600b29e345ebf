//! The report as a comment on a pull request.

use super::{
    super::change::{Change, Class, Report},
    verdict,
};

pub(super) fn markdown(report: &Report) -> String {
    let mut lines = vec![format!("### Contract: {}", verdict(report)), String::new()];
    lines.push(format!("`{}` → `{}`", report.base, report.head));
    if let Some(version) = &report.version {
        let mark = if version.ok { "✅" } else { "❌" };
        lines.extend([
            String::new(),
            format!("{mark} {}", escaped(&version.sentence)),
        ]);
    }
    for (kind, remark) in report.remarks() {
        lines.extend([String::new(), format!("⚠️ {kind}: {}", escaped(&remark))]);
    }
    for (class, title, open) in [
        (Class::Breaking, "Breaking", true),
        (Class::Compatible, "Compatible", false),
        (Class::Docs, "Docs only", false),
    ] {
        let changes: Vec<&Change> = report
            .changes
            .iter()
            .filter(|change| change.class == class)
            .collect();
        if !changes.is_empty() {
            lines.extend(section(&changes, title, open));
        }
    }
    lines.join("\n") + "\n"
}

fn section(changes: &[&Change], title: &str, open: bool) -> Vec<String> {
    let open = if open { " open" } else { "" };
    let mut lines = vec![
        String::new(),
        format!(
            "<details{open}><summary>{title}: {}</summary>",
            changes.len()
        ),
        String::new(),
        "| Rule | Direction | Where | What |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    lines.extend(changes.iter().map(|change| row(change)));
    lines.extend([String::new(), "</details>".to_owned()]);
    lines
}

fn row(change: &Change) -> String {
    let mut what = escaped(&change.sentence);
    if let Some(accepted) = &change.accepted {
        what += &format!(
            "<br>Accepted until {}: {}",
            accepted.expires,
            escaped(&accepted.reason)
        );
    }
    match &change.counterexample {
        Some(example) => {
            what += &format!(
                "<br>{}: {}",
                escaped(example.shows.words()),
                code(&example.value.to_string())
            );
        }
        None if change.undecided => what += "<br>No example found.",
        None => {}
    }
    format!(
        "| {} | {} | {} | {what} |",
        change.rule,
        change.direction.word(),
        code(&change.place())
    )
}

/// Text that is not read as Markdown or HTML; code spans in it stay.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('@', "&#64;")
}

/// Anything as code, in a table cell.
fn code(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('|', "&#124;")
        .replace('`', "&#96;");
    format!("<code>{}</code>", text.replace(['\n', '\r'], " "))
}
