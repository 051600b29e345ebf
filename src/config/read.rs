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
mod tests;
