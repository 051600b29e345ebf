//! The report for people at a terminal.

use super::{
    super::change::{Change, Class, Report},
    verdict,
};

pub(super) fn text(report: &Report, colour: bool) -> String {
    let paint = Paint(colour);
    let mut lines = vec![format!("{} -> {}", report.base, report.head), String::new()];
    for change in &report.changes {
        lines.extend(change_lines(change, paint));
        lines.push(String::new());
    }
    lines.extend(
        report
            .remarks()
            .map(|(kind, remark)| format!("{kind}: {remark}")),
    );
    if let Some(version) = &report.version {
        let word = if version.ok { "version ok" } else { "VERSION" };
        let word = paint.of(
            if version.ok {
                Class::Docs
            } else {
                Class::Breaking
            },
            word,
        );
        lines.push(format!("{word}: {}", version.sentence));
    }
    lines.push(paint.of(
        if report.passes() {
            Class::Compatible
        } else {
            Class::Breaking
        },
        &verdict(report),
    ));
    lines.join("\n") + "\n"
}

fn change_lines(change: &Change, paint: Paint) -> Vec<String> {
    let word = match (&change.accepted, change.class) {
        (Some(_), _) => "accepted".to_owned(),
        (None, Class::Breaking) => "BREAKING".to_owned(),
        (None, class) => class.word().to_owned(),
    };
    let class = if change.accepted.is_some() {
        Class::Compatible
    } else {
        change.class
    };
    let head = format!(
        "{} {} ({}) at {}",
        paint.of(class, &word),
        change.rule,
        change.direction.word(),
        change.place()
    );
    let mut lines = vec![head, format!("    {}", change.sentence)];
    if let Some(accepted) = &change.accepted {
        lines.push(format!(
            "    accepted until {}: {}",
            accepted.expires, accepted.reason
        ));
    }
    if !change.operations.is_empty() && change.class != Class::Docs {
        lines.push(format!("    in {}", change.operations.join(", ")));
    }
    match &change.counterexample {
        Some(example) => {
            lines.push(format!("    {} ({}):", example.shows.words(), example.at));
            lines.push(format!("      {}", cut(&example.value.to_string())));
        }
        None if change.undecided && change.class == Class::Breaking => {
            lines.push("    no example found".to_owned())
        }
        None => {}
    }
    lines
}

/// A value as far as it helps a reader; `--format json` has all of it.
fn cut(text: &str) -> String {
    match text.char_indices().nth(600) {
        Some((end, _)) => format!(
            "{}… ({} characters)",
            text.get(..end).unwrap_or_default(),
            text.chars().count()
        ),
        None => text.to_owned(),
    }
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn of(self, class: Class, text: &str) -> String {
        let code = match class {
            Class::Breaking => "1;31",
            Class::Compatible => "32",
            Class::Docs | Class::None => "36",
        };
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
