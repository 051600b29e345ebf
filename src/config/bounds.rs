//! How large every number of the settings may be. A number without bounds fails a test here.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// The most of what is a number of seconds: nothing of a server should wait for longer than an
/// hour.
const HOUR: u64 = 60 * 60;

/// Each number: its key in the configuration file, the least and the most.
const BOUNDS: [(&str, u64, u64); 20] = [
    ("check_responses.one_in", 1, 1_000_000),
    ("identity.token_seconds", 1, 365 * 24 * HOUR),
    ("keystone.cache_seconds", 0, 24 * HOUR),
    ("keystone.cache_tokens", 0, 10_000_000),
    ("keystone.deadline_seconds", 1, HOUR),
    // A caller who was just given a role is not to be refused for longer.
    ("keystone.negative_cache_seconds", 0, 5),
    // Bodies are held in memory.
    ("limits.body_bytes", 1, 64 * 1024 * 1024),
    ("limits.body_seconds", 1, HOUR),
    ("limits.connections", 0, 1_000_000),
    ("limits.connections_per_address", 0, 1_000_000),
    ("limits.failed_logins_per_minute", 0, 1_000_000),
    ("limits.failed_logins_per_minute_of_user", 0, 1_000_000),
    ("limits.header_seconds", 1, HOUR),
    ("limits.members_per_backup", 1, 1_000_000),
    ("limits.requests_per_second", 0, 1_000_000),
    ("limits.response_seconds", 1, HOUR),
    ("limits.stop_seconds", 0, HOUR),
    ("limits.unauthenticated_per_second", 0, 1_000_000),
    // One for changes, one for reads.
    ("postgres.connections", 2, 1_000),
    ("postgres.deadline_seconds", 1, HOUR),
];

/// A number beyond its bounds, or something else in its place.
#[derive(Debug)]
pub(super) struct Beyond {
    /// Its key.
    pub(super) setting: String,
    found: Value,
    least: u64,
    most: u64,
}

/// Holds the numbers that are there against their bounds.
pub(super) fn check(settings: &impl Serialize) -> Result<(), Beyond> {
    // What cannot be written as JSON is refused where it is read.
    let settings = serde_json::to_value(settings).unwrap_or_default();
    let beyond = BOUNDS.iter().find_map(|&(key, least, most)| {
        let found = settings.pointer(&format!("/{}", key.replace('.', "/")))?;
        let within = found
            .as_u64()
            .is_some_and(|number| (least..=most).contains(&number));
        (!within).then(|| Beyond {
            setting: key.to_owned(),
            found: found.clone(),
            least,
            most,
        })
    });
    beyond.map_or(Ok(()), Err)
}

impl Beyond {
    /// What was found, where that is a number, and what it must be. A text may be a secret in the
    /// wrong place.
    pub(super) fn reason(&self) -> String {
        let must = format!("a whole number from {} to {}", self.least, self.most);
        let digits =
            |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match &self.found {
            Value::Number(number) => format!("{number}: {must}"),
            found => match found.as_str().filter(digits) {
                Some(number) => format!("{number}: {must}"),
                None => must,
            },
        }
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.reason())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{BOUNDS, check};
    use crate::config::Config;

    /// The keys of all numbers, in order.
    fn numbers(settings: &Value) -> Vec<String> {
        let Value::Object(outer) = settings else {
            panic!("no table: {settings}")
        };
        let mut keys = vec![];
        for (name, value) in outer {
            match value {
                Value::Number(_) => keys.push(name.clone()),
                Value::Object(_) => keys.extend(
                    numbers(value)
                        .into_iter()
                        .map(|key| format!("{name}.{key}")),
                ),
                _ => {}
            }
        }
        keys.sort_unstable();
        keys
    }

    #[test]
    fn every_number_of_the_settings_has_bounds_and_a_default_within_them() {
        let defaults = serde_json::to_value(Config::default()).expect("JSON");
        assert_eq!(
            numbers(&defaults),
            BOUNDS.map(|(key, ..)| key),
            "a setting without bounds, or bounds of none"
        );
        check(&defaults).expect("defaults within their bounds");
    }

    #[test]
    fn the_least_and_the_most_are_accepted_and_nothing_beyond() {
        for (key, least, most) in BOUNDS {
            let (outer, inner) = key.split_once('.').expect("a key of a table");
            let told = |value: Value| {
                check(&json!({ outer: { inner: value } })).map_err(|beyond| beyond.to_string())
            };
            assert_eq!(
                (told(least.into()), told(most.into())),
                (Ok(()), Ok(())),
                "{key}"
            );
            let beyond =
                |found: Value| format!("{key}: {found}: a whole number from {least} to {most}");
            for found in [json!(most + 1), json!(u64::MAX), json!(-1), json!(1.5)] {
                assert_eq!(told(found.clone()), Err(beyond(found)));
            }
            assert_eq!(
                told("hunter2".into()),
                Err(format!("{key}: a whole number from {least} to {most}"))
            );
            if let Some(less) = least.checked_sub(1) {
                assert_eq!(told(less.into()), Err(beyond(less.into())));
            }
        }
    }

    #[test]
    fn settings_made_in_code_have_the_same_bounds() {
        let mut config = Config::default();
        config.limits.header_seconds = u64::MAX;
        let refused = config.check().expect_err("beyond its bounds").to_string();
        assert_eq!(
            refused,
            "limits.header_seconds: 18446744073709551615: a whole number from 1 to 3600"
        );
    }
}
