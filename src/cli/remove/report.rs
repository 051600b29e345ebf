//! The report of a removal, in words.

use std::fmt::Write;

use super::{CliError, RemovalOutcome, RemovalRefused, Removed};
use crate::model::vault::MB_PER_GB;

/// What was removed; why nothing was, as a failure.
pub(super) fn removed(outcome: RemovalOutcome) -> Result<Vec<Removed>, CliError> {
    outcome.map_err(|refused| {
        CliError::Refused(match &refused {
            RemovalRefused::Missing { .. } => format!("nothing was removed: {refused}"),
            RemovalRefused::InTheWay { count: 1, .. } => {
                format!("nothing was removed: 1 record is {refused}")
            }
            RemovalRefused::InTheWay { count, .. } => {
                format!("nothing was removed: {count} records are {refused}")
            }
        })
    })
}

/// A line for each record, and one at the end.
pub(super) fn lines(kind: &str, removed: &[Removed], last: &str) -> String {
    let mut text = String::new();
    for record in removed {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line(kind, record));
    }
    let _ = writeln!(text, "{}; {last}", count(removed.len() as u64, kind));
    text
}

fn line(kind: &str, removed: &Removed) -> String {
    let mut parts = vec![];
    match kind {
        "user" => parts.extend([
            count(removed.tokens, "token"),
            count(removed.access_keys, "access key"),
        ]),
        "backup" => parts.push(count(removed.shares, "share")),
        _ => {}
    }
    if removed.images > 0 {
        parts.push(format!(
            "{} registered from them",
            count(removed.images, "image")
        ));
    }
    // A backup's size is in GB, and so is what it takes of a vault.
    parts.extend(removed.freed.iter().map(|(vault, megabytes)| {
        let gigabytes = megabytes / u64::from(MB_PER_GB);
        format!("frees {gigabytes} GB in vault {vault}")
    }));
    match parts.is_empty() {
        true => format!("{kind} {}", removed.id),
        false => format!("{kind} {}: {}", removed.id, parts.join(", ")),
    }
}

fn count(number: u64, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::{Removed, line};

    #[test]
    fn what_goes_with_a_record_is_counted_in_words() {
        let vault = uuid::Uuid::nil();
        let removed = Removed {
            id: "x".into(),
            shares: 3,
            images: 1,
            freed: [(vault.into(), 120 * 1024)].into(),
            ..Removed::default()
        };
        let told = format!(
            "backup x: 3 shares, 1 image registered from them, frees 120 GB in vault {vault}"
        );
        assert_eq!(line("backup", &removed), told);
        let user = Removed {
            id: "alice".into(),
            tokens: 1,
            ..Removed::default()
        };
        assert_eq!(line("user", &user), "user alice: 1 token, 0 access keys");
        assert_eq!(
            line(
                "vault",
                &Removed {
                    id: "v".into(),
                    ..Removed::default()
                }
            ),
            "vault v"
        );
    }
}
