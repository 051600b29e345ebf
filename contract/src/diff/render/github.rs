//! The report as annotations of GitHub Actions, on the lines of the new document.

use super::{
    super::change::{Change, Class, Report},
    lines::line,
    verdict,
};

pub(super) fn annotations(report: &Report, head: &str) -> String {
    let mut lines: Vec<String> = report
        .changes
        .iter()
        .map(|change| annotation(change, report, head))
        .collect();
    if let Some(version) = report.version.as_ref().filter(|version| !version.ok) {
        let at = format!(
            "file={},line={}",
            property(&report.head),
            line(head, "/info/version").unwrap_or(1)
        );
        lines.push(format!(
            "::error {at},title=version::{}",
            message(&version.sentence)
        ));
    }
    lines.extend(
        report
            .remarks()
            .map(|(kind, remark)| format!("::warning title={kind}::{}", message(&remark))),
    );
    lines.push(format!(
        "::notice title=contract::{}",
        message(&verdict(report))
    ));
    lines.join("\n") + "\n"
}

fn annotation(change: &Change, report: &Report, head: &str) -> String {
    let level = match change.class {
        Class::Breaking if change.accepted.is_none() => "error",
        Class::Breaking => "warning",
        _ => "notice",
    };
    // A thing that was removed has no line any more; the nearest place above it has.
    let line = line(head, &change.pointer).unwrap_or(1);
    let title = property(&format!("{} {}", change.class.word(), change.rule));
    let mut text = format!("{} {}", change.place(), change.sentence);
    if let Some(example) = &change.counterexample {
        text += &format!(
            "\n{} ({}): {}",
            example.shows.words(),
            example.at,
            example.value
        );
    }
    format!(
        "::{level} file={},line={line},title={title}::{}",
        property(&report.head),
        message(&text)
    )
}

fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
