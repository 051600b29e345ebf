//! Breaks that were accepted: a file that lists them, each with its place, rule, reason and last
//! day. An entry whose day is over is an error, and one that accepts nothing is reported, so that
//! nothing stays accepted by accident.

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    change::{Accepted, Change, Class},
    rule::Rule,
};

/// The accepted breaks of a file.
#[derive(Debug, Clone, Default)]
pub struct Breaks(Vec<AcceptedBreak>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptedBreak {
    pointer: String,
    rule: Rule,
    reason: String,
    expires: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BreaksFile {
    accepted: Vec<AcceptedBreak>,
}

/// What is wrong with a file of accepted breaks.
#[derive(Debug, thiserror::Error)]
pub enum AcceptedError {
    /// Neither YAML nor TOML, or not such a list.
    #[error("the list of accepted breaks cannot be read: {0}")]
    Malformed(String),
    /// An entry has no reason.
    #[error("the accepted break {rule} at {pointer} has no reason")]
    Unreasoned {
        /// Of the entry.
        rule: Rule,
        /// Of the entry.
        pointer: String,
    },
    /// No date.
    #[error(
        "the accepted break {rule} at {pointer} \
        expires on `{expires}`, which is no date (YYYY-MM-DD)"
    )]
    NoDate {
        /// Of the entry.
        rule: Rule,
        /// Of the entry.
        pointer: String,
        /// As it is written.
        expires: String,
    },
    /// The last day is over.
    #[error(
        "the accepted break {rule} at {pointer} expired on {expires}: \
        renew it with a reason, or mend the break"
    )]
    Expired {
        /// Of the entry.
        rule: Rule,
        /// Of the entry.
        pointer: String,
        /// The last day.
        expires: Date,
    },
}

impl Breaks {
    /// Reads a list: TOML with `[[accepted]]`, or YAML with `accepted:` or as a plain list.
    ///
    /// # Errors
    /// [`AcceptedError`], also for an entry whose last day is before `today`.
    pub fn read(text: &str, toml: bool, today: Date) -> Result<Self, AcceptedError> {
        let entries =
            if toml { of_toml(text) } else { of_yaml(text) }.map_err(AcceptedError::Malformed)?;
        entries.iter().try_for_each(|entry| entry.check(today))?;
        Ok(Self(entries))
    }

    /// Marks the breaks that are on the list; gives the entries that none of the changes is, in
    /// words.
    pub(super) fn apply(&self, changes: &mut [Change]) -> Vec<String> {
        for change in changes
            .iter_mut()
            .filter(|change| change.class == Class::Breaking)
        {
            let entry = self.0.iter().find(|entry| entry.is(change));
            change.accepted = entry.map(|entry| Accepted {
                reason: entry.reason.clone(),
                expires: entry.expires.clone(),
            });
        }
        let accepted = |entry: &&AcceptedBreak| {
            changes
                .iter()
                .any(|change| change.accepted.is_some() && entry.is(change))
        };
        let stale = self.0.iter().filter(|entry| !accepted(entry));
        stale
            .map(|AcceptedBreak { rule, pointer, .. }| {
                format!("the accepted break {rule} at {pointer} is none here")
            })
            .collect()
    }
}

impl AcceptedBreak {
    fn is(&self, change: &Change) -> bool {
        self.rule == change.rule && self.pointer == change.pointer
    }

    fn check(&self, today: Date) -> Result<(), AcceptedError> {
        let (rule, pointer) = (self.rule, self.pointer.clone());
        if self.reason.trim().is_empty() {
            return Err(AcceptedError::Unreasoned { rule, pointer });
        }
        match self.expires.parse::<Date>() {
            Err(_) => Err(AcceptedError::NoDate {
                rule,
                pointer,
                expires: self.expires.clone(),
            }),
            Ok(expires) if expires < today => Err(AcceptedError::Expired {
                rule,
                pointer,
                expires,
            }),
            Ok(_) => Ok(()),
        }
    }
}

fn of_toml(text: &str) -> Result<Vec<AcceptedBreak>, String> {
    toml::from_str::<BreaksFile>(text)
        .map(|file| file.accepted)
        .map_err(|fault| fault.to_string().trim().to_owned())
}

fn of_yaml(text: &str) -> Result<Vec<AcceptedBreak>, String> {
    let said = |fault: serde_saphyr::Error| fault.without_snippet().to_string();
    let list = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    if list.is_some_and(|line| line.starts_with(['-', '['])) {
        serde_saphyr::from_str::<Vec<AcceptedBreak>>(text).map_err(said)
    } else {
        serde_saphyr::from_str::<BreaksFile>(text)
            .map(|file| file.accepted)
            .map_err(said)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Breaks;

    const YAML: &str = "- {rule: required, pointer: /a, reason: agreed, expires: 2026-05-01}\n";
    const TOML: &str = "[[accepted]]\nrule = 'required'\npointer = '/a'\nreason = \
        'agreed'\nexpires = '2026-05-01'\n";

    #[test]
    fn a_list_is_good_until_its_last_day() {
        for (text, toml) in [(YAML, false), (TOML, true)] {
            assert!(Breaks::read(text, toml, date(2026, 5, 1)).is_ok(), "{text}");
            let expired = Breaks::read(text, toml, date(2026, 5, 2))
                .expect_err("expired")
                .to_string();
            assert!(expired.contains("expired on 2026-05-01"), "{expired}");
        }
    }

    #[test]
    fn an_entry_without_a_reason_or_with_an_unknown_rule_is_refused() {
        for (from, to) in [
            ("agreed", "''"),
            ("rule: required", "rule: anything"),
            ("2026-05-01", "soon"),
            ("pointer", "place"),
        ] {
            let text = YAML.replace(from, to);
            Breaks::read(&text, false, date(2026, 5, 1)).expect_err(&text);
        }
    }
}
