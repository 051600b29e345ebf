//! A data file as a stream: records come out one by one, each held against the JSON Schema, while no more than one of
//! them is in memory. Knows nothing of what records have to do with each other, nor of stores.

use std::{fmt, io::Read};

use jsonschema::Validator;
use serde::{
    Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use super::file;

/// A record, as the file has it.
pub(super) enum Record {
    Project(file::Project),
    User(file::User),
    Vault(file::Vault),
    Backup(file::Backup),
    Member(file::Member),
}

/// A list of records, in the order in which records refer to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Projects,
    Users,
    Vaults,
    Backups,
    Members,
}

impl List {
    pub(super) const ALL: [Self; 5] = [Self::Projects, Self::Users, Self::Vaults, Self::Backups, Self::Members];

    fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Users => "users",
            Self::Vaults => "vaults",
            Self::Backups => "backups",
            Self::Members => "members",
        }
    }

    fn record(self, value: Value) -> serde_json::Result<Record> {
        match self {
            Self::Projects => serde_json::from_value(value).map(Record::Project),
            Self::Users => serde_json::from_value(value).map(Record::User),
            Self::Vaults => serde_json::from_value(value).map(Record::Vault),
            Self::Backups => serde_json::from_value(value).map(Record::Backup),
            Self::Members => serde_json::from_value(value).map(Record::Member),
        }
    }
}

/// What is wrong with a file: a JSON pointer, and what is not right there.
pub(super) struct Wrong {
    pub place: String,
    pub reason: String,
}

impl Wrong {
    pub(super) fn at(place: String, reason: impl ToString) -> Self {
        Self { place, reason: reason.to_string() }
    }
}

/// Why reading ended early.
pub(super) enum Stop {
    /// It is no YAML; where and why.
    Syntax(String),
    /// It does not say what a data file may say.
    Content(Wrong),
    /// Whoever takes the records wants no more.
    Enough,
}

/// The JSON Schema, of the whole and of each record by itself.
pub(super) struct Rules {
    whole: Validator,
    records: Vec<Validator>,
}

impl Rules {
    pub(super) fn new() -> Result<Self, Stop> {
        let whole = super::schema();
        let wrong = |error: jsonschema::ValidationError<'_>| Stop::Content(Wrong::at("schema".into(), error));
        let validator = |schema: &Value| jsonschema::validator_for(schema).map_err(wrong);
        let record = |list: List| {
            let mut schema = whole["properties"][list.name()]["items"].clone();
            schema["$defs"] = whole["$defs"].clone();
            validator(&schema)
        };
        Ok(Self { whole: validator(&whole)?, records: List::ALL.into_iter().map(record).collect::<Result<_, _>>()? })
    }

    fn check(validator: &Validator, place: &str, value: &Value) -> Result<(), Stop> {
        validator.validate(value).map_err(|error| {
            // Masked: the value may be a password.
            Stop::Content(Wrong::at(format!("{place}{}", error.instance_path()), error.masked()))
        })
    }
}

/// Takes a record, with its number in its list.
pub(super) type Take<'t> = &'t mut dyn FnMut(usize, Record) -> Result<(), Stop>;

/// Reads a file to its end, and gives the records of the wanted lists to `take`. Returns the lists in the file's order.
pub(super) fn read(from: impl Read, rules: &Rules, wanted: &[List], take: Take<'_>) -> Result<Vec<List>, Stop> {
    // No bounds on the size: an operator's own file. No excerpts in errors: they could show a password.
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: usize::MAX };
    let options = serde_saphyr::options! { budget: None, with_snippet: false, alias_limits: alias_limits };
    let mut reading = Reading { rules, wanted, take, seen: vec![], stopped: None };
    let shell = serde_saphyr::with_deserializer_from_reader_with_options(from, options, |yaml| {
        yaml.deserialize_any(Whole(&mut reading))
    });
    if let Some(stop) = reading.stopped {
        return Err(stop);
    }
    let shell = shell.map_err(|error| Stop::Syntax(error.to_string()))?;
    Rules::check(&rules.whole, "", &shell)?;
    Ok(reading.seen)
}

struct Reading<'r> {
    rules: &'r Rules,
    wanted: &'r [List],
    take: Take<'r>,
    seen: Vec<List>,
    /// The real cause, where the deserializer is told to stop: its own errors have no room for it.
    stopped: Option<Stop>,
}

impl Reading<'_> {
    fn record(&mut self, list: List, at: usize, value: Value) -> Result<(), Stop> {
        let place = format!("/{}/{at}", list.name());
        Rules::check(&self.rules.records[list as usize], &place, &value)?;
        let record = list.record(value).map_err(|error| Stop::Content(Wrong::at(place, error)))?;
        (self.take)(at, record)
    }
}

/// What is no list, and no mapping of lists, is kept as it is: the schema says what is wrong with it.
macro_rules! anything_else {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a data file")
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
            Ok(value.into())
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
            Ok(value.into())
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
            Ok(value.into())
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
            Ok(value.into())
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
            Ok(value.into())
        }
        fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
        fn visit_none<E: de::Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
    };
}

/// The file. What becomes of it is its shell: the same file with nothing in its lists.
struct Whole<'r, 't>(&'t mut Reading<'r>);

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = Value;

    anything_else!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<Value, A::Error> {
        while records.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(vec![]))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut lists: A) -> Result<Value, A::Error> {
        let mut shell = Map::new();
        while let Some(key) = lists.next_key::<String>()? {
            let value = match List::ALL.into_iter().find(|list| list.name() == key) {
                Some(list) => {
                    self.0.seen.push(list);
                    lists.next_value_seed(Records(self.0, list))?
                }
                None => lists.next_value::<IgnoredAny>().map(|_| Value::Null)?,
            };
            shell.insert(key, value);
        }
        Ok(Value::Object(shell))
    }
}

/// One list of it.
struct Records<'r, 't>(&'t mut Reading<'r>, List);

impl<'de> DeserializeSeed<'de> for Records<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Records<'_, '_> {
    type Value = Value;

    anything_else!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<Value, A::Error> {
        let Self(reading, list) = self;
        if !reading.wanted.contains(&list) {
            while records.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Array(vec![]));
        }
        let mut at = 0;
        while let Some(value) = records.next_element::<Value>()? {
            if let Err(stop) = reading.record(list, at, value) {
                reading.stopped = Some(stop);
                return Err(de::Error::custom("stopped"));
            }
            at += 1;
        }
        Ok(Value::Array(vec![]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        de::Deserialize::deserialize(MapAccessDeserializer::new(map))
    }
}
