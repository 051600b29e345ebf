//! Where settings come from: flag, then `BACKUP_SHARE_*` environment, then configuration file, then
//! default. Which there are is not known here.

use std::{collections::BTreeMap, io, path::Path};

use serde::Deserialize;
use toml::{Table, Value};

use super::{Config, bounds, public_url};
use crate::regular_file;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A value is not what it should be, or there is no such key.
    #[error("{origin}: {reason}")]
    Value {
        /// The file, or the variable.
        origin: String,
        /// What is wrong.
        reason: String,
    },
}

/// Keys that had another name, and the present one.
const RENAMED: [(&str, &str); 2] = [
    ("check_answers", "check_responses"),
    (
        "keystone.refusal_seconds",
        "keystone.negative_cache_seconds",
    ),
];
const PREFIX: &str = "BACKUP_SHARE_";
/// Variables of the same prefix that belong to the client's commands, and the one that names the
/// file.
const ELSEWHERE: [&str; 6] = ["ENDPOINT", "PROJECT", "TOKEN", "USER", "PASSWORD", "CONFIG"];

impl Config {
    /// Settings from a file (TOML) and the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file or the variable, and the key.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = file.map(read_table).transpose()?.unwrap_or_default();
        // Once without the environment, so that an error of the file is said to be the file's.
        let origin = file.map(|file| file.display().to_string());
        let origin = origin.unwrap_or_default();
        not_renamed(&table, &origin)?;
        check(&table, &origin)?;
        let known = keys(&Self::default());
        for (name, text) in environment {
            let Some(key) = name
                .strip_prefix(PREFIX)
                .filter(|key| !ELSEWHERE.contains(key))
            else {
                continue;
            };
            let (path, default) = known.get(key).ok_or_else(|| unknown(&name, key))?;
            set(&mut table, path, value(default, &text));
            check(&table, &name)?;
        }
        let config = check(&table, "settings")?;
        public_url::check(&config.public_url)?;
        Ok(config)
    }

    /// Holds settings against their bounds that were made by other means than [`Config::read`].
    ///
    /// # Errors
    /// [`ConfigError::Value`], which names the setting and its bounds.
    pub fn check(&self) -> Result<(), ConfigError> {
        bounds::check(self).map_err(|beyond| wrong(&beyond.setting.clone(), beyond.reason()))
    }
}

fn read_table(file: &Path) -> Result<Table, ConfigError> {
    let named = file.display().to_string();
    let text = regular_file::text(file).map_err(|source| ConfigError::Read {
        file: named.clone(),
        source,
    })?;
    // The parser shows the line as well, which may hold a secret.
    let line = |error: &toml::de::Error| {
        text[..error.span().map_or(0, |at| at.start)]
            .lines()
            .count()
            .max(1)
    };
    text.parse().map_err(|error: toml::de::Error| {
        wrong(
            &named,
            format!("line {}: {}", line(&error), error.message()),
        )
    })
}

fn check(table: &Table, origin: &str) -> Result<Config, ConfigError> {
    bounds::check(table).map_err(|beyond| wrong(origin, beyond))?;
    Config::deserialize(Value::Table(table.clone())).map_err(|error| wrong(origin, error))
}

fn wrong(origin: &str, reason: impl ToString) -> ConfigError {
    ConfigError::Value {
        origin: origin.to_owned(),
        reason: reason.to_string().trim().to_owned(),
    }
}

/// Refuses the former names of keys in a file.
fn not_renamed(table: &Table, origin: &str) -> Result<(), ConfigError> {
    let has = |path: &str| match path.split_once('.') {
        Some((part, key)) => table.get(part).is_some_and(|part| part.get(key).is_some()),
        None => table.contains_key(path),
    };
    match RENAMED.iter().find(|(old, _)| has(old)) {
        Some((old, new)) => Err(wrong(
            origin,
            format!("there is no such setting as `{old}`, it is `{new}` now"),
        )),
        None => Ok(()),
    }
}

fn unknown(name: &str, key: &str) -> ConfigError {
    let variable = |path: &str| path.replace('.', "_").to_uppercase();
    let renamed = RENAMED.iter().find_map(|(old, new)| {
        let rest = key.strip_prefix(&variable(old))?;
        Some(variable(new) + rest)
    });
    let hint = renamed.map_or_else(String::new, |new| format!(", it is {PREFIX}{new} now"));
    wrong(name, format!("there is no such setting{hint}"))
}

/// Every key that the environment can set: its name there, its path in the file, and its default.
fn keys(defaults: &Config) -> BTreeMap<String, (Vec<String>, Value)> {
    let mut keys = BTreeMap::new();
    if let Ok(Value::Table(table)) = Value::try_from(defaults) {
        for (name, value) in table {
            match value {
                // Roles are the users' own words: they have no fixed names to be set by.
                Value::Table(_) if name == "roles" => {}
                Value::Table(inner) => {
                    keys.extend(
                        inner
                            .into_iter()
                            .map(|(key, value)| named(&[&name, &key], value)),
                    );
                }
                value => keys.extend([named(&[&name], value)]),
            }
        }
    }
    keys
}

fn named(path: &[&String], default: Value) -> (String, (Vec<String>, Value)) {
    let path: Vec<String> = path.iter().map(ToString::to_string).collect();
    (path.join("_").to_uppercase(), (path, default))
}

/// The value of a text of the environment, by the kind of the default; a list is written with commas.
fn value(default: &Value, text: &str) -> Value {
    let read = match default {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => Some(
            text.split(',')
                .filter(|part| !part.is_empty())
                .map(Value::from)
                .collect::<Vec<_>>()
                .into(),
        ),
        _ => None,
    };
    read.unwrap_or_else(|| text.into())
}

/// Sets one value.
fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [key] => drop(table.insert(key.clone(), value)),
        [outer, key] => {
            let inner = table
                .entry(outer.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                inner.insert(key.clone(), value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use secrecy::ExposeSecret;

    use crate::config::{CheckMode, Config, LogFormat};

    fn read(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let mut toml = tempfile::NamedTempFile::new().expect("a file");
        toml.write_all(file.as_bytes()).expect("written");
        let environment = environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        Config::read(Some(toml.path()), environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "listen = '127.0.0.1:1'\n[limits]\nbody_bytes = 10\nmembers_per_backup = 3";
        let environment = [
            ("BACKUP_SHARE_LIMITS_BODY_BYTES", "20"),
            ("BACKUP_SHARE_LOG_FORMAT", "json"),
            ("HOME", "/"),
        ];
        let config = read(file, &environment).expect("good settings");
        assert_eq!(
            (config.limits.body_bytes, config.limits.members_per_backup),
            (20, 3)
        );
        assert_eq!(
            (config.listen.as_str(), config.log.format),
            ("127.0.0.1:1", LogFormat::Json)
        );
        assert_eq!(config.limits.header_seconds, 10);
    }

    #[test]
    fn the_check_of_responses_is_set_like_everything_else() {
        let file = "check_responses = { mode = 'log', one_in = 7 }";
        let config =
            read(file, &[("BACKUP_SHARE_CHECK_RESPONSES_MODE", "off")]).expect("good settings");
        assert_eq!(
            (config.check_responses.mode, config.check_responses.one_in),
            (CheckMode::Off, 7)
        );
        assert!(read("[check_responses]\nmode = 'never'", &[]).is_err());
    }

    #[test]
    fn a_key_that_was_renamed_is_refused_with_its_present_name() {
        for (file, variable) in [
            ("check_answers = { mode = 'log' }", None),
            ("[keystone]\nrefusal_seconds = 1", None),
            ("", Some("BACKUP_SHARE_CHECK_ANSWERS_ONE_IN")),
            ("", Some("BACKUP_SHARE_KEYSTONE_REFUSAL_SECONDS")),
        ] {
            let environment: Vec<_> = variable.iter().map(|name| (*name, "1")).collect();
            let refused = read(file, &environment).expect_err("an old name");
            let present = [
                "`check_responses` now",
                "`keystone.negative_cache_seconds` now",
                "BACKUP_SHARE_CHECK_RESPONSES_ONE_IN now",
                "BACKUP_SHARE_KEYSTONE_NEGATIVE_CACHE_SECONDS now",
            ];
            assert!(present.iter().any(|it| refused.contains(it)), "{refused}");
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let refused = read("[limits]\nbody_kilobytes = 1", &[]).expect_err("no such key");
        assert!(refused.contains("body_kilobytes"), "{refused}");
        let refused = read("", &[("BACKUP_SHARE_LISTN", "x")]).expect_err("no such variable");
        assert!(refused.contains("BACKUP_SHARE_LISTN"), "{refused}");
        let refused = read("", &[("BACKUP_SHARE_KEYSTONE_REFUSAL_SECONDS", "1")]);
        let refused = refused.expect_err("it was renamed");
        let renamed = "BACKUP_SHARE_KEYSTONE_NEGATIVE_CACHE_SECONDS now";
        assert!(refused.ends_with(renamed), "{refused}");
    }

    #[test]
    fn no_password_is_shown() {
        let database = "database = 'postgres://user:hunter2@h/db?password=hunter2'";
        let config = read(database, &[]).expect("good settings");
        assert!(config.database.expose().contains("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
        let refused =
            read("database = 'postgres://user:hunter2@h/db", &[]).expect_err("no closing quote");
        assert!(
            refused.contains("line 1: ") && !refused.contains("hunter2"),
            "{refused}"
        );
    }

    #[test]
    fn a_number_beyond_its_bounds_is_refused_with_its_origin_its_key_and_its_bounds() {
        let must = "limits.header_seconds: 9223372036854775807: a whole number from 1 to 3600";
        let refused =
            read("[limits]\nheader_seconds = 9223372036854775807", &[]).expect_err("too large");
        assert!(
            refused.ends_with(&format!(": {must}")) && refused.starts_with('/'),
            "{refused}"
        );
        for text in ["9223372036854775807", "99999999999999999999", "0"] {
            let refused =
                read("", &[("BACKUP_SHARE_LIMITS_HEADER_SECONDS", text)]).expect_err(text);
            let must = must.replace("9223372036854775807", text);
            assert_eq!(
                refused,
                format!("BACKUP_SHARE_LIMITS_HEADER_SECONDS: {must}")
            );
        }
        assert!(read("[limits]\nheader_seconds = 3600", &[]).is_ok());
    }

    #[test]
    fn a_bad_value_is_refused_with_its_origin() {
        let refused =
            read("", &[("BACKUP_SHARE_LIMITS_BODY_BYTES", "many")]).expect_err("no number");
        assert!(
            refused.starts_with("BACKUP_SHARE_LIMITS_BODY_BYTES"),
            "{refused}"
        );
        assert!(read("listen = 5", &[]).is_err());
    }

    #[test]
    fn a_secret_is_taken_as_it_is_and_never_shown() {
        let config = read(
            "[keystone]\nuser = 'cbr'",
            &[("BACKUP_SHARE_KEYSTONE_PASSWORD", "12345")],
        );
        assert_eq!(
            config
                .expect("good settings")
                .keystone
                .password
                .expose_secret(),
            "12345"
        );
        for file in [
            "[keystone]\npassword = 12345",
            "[keystone]\npassword = 'ab12345\n",
        ] {
            let refused = read(file, &[]).expect_err("no text");
            assert!(!refused.contains("12345"), "{refused}");
        }
        let refused = read("[keystone]\npassword = 'ab12345\n", &[]).expect_err("no end");
        assert!(refused.contains("line 2"), "{refused}");
    }

    #[test]
    fn the_environment_sets_switches_too() {
        let config =
            read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "true")]).expect("good settings");
        assert!(config.keystone.check_projects);
        assert!(read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "perhaps")]).is_err());
    }

    #[test]
    fn the_clients_variables_are_left_alone() {
        assert!(
            read(
                "",
                &[
                    ("BACKUP_SHARE_TOKEN", "secret"),
                    ("BACKUP_SHARE_ENDPOINT", "http://127.0.0.1:1")
                ]
            )
            .is_ok()
        );
    }
}
