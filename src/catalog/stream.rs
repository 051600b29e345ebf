//! A data file as a stream: records come out one by one, each held against the JSON Schema, while
//! no more than one of them is in memory. Knows nothing of what records have to do with each other,
//! nor of stores.

use std::{fmt, io::Read};

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::{
    file,
    mistake::{Syntax, ValuePath, Wrong},
    rules::Rules,
    yaml,
};

/// A record, as the file has it.
pub(super) enum FileRecord {
    Project(file::ProjectEntry),
    User(file::UserEntry),
    Vault(file::VaultEntry),
    Backup(Box<file::BackupEntry>),
    Member(file::MemberEntry),
    /// One of any list that does not say what it may.
    Invalid(Invalid),
}

/// A list of records, in the order in which records refer to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum List {
    Projects,
    Users,
    Vaults,
    Backups,
    Members,
}

impl List {
    pub(super) const ALL: [Self; 5] = [
        Self::Projects,
        Self::Users,
        Self::Vaults,
        Self::Backups,
        Self::Members,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Users => "users",
            Self::Vaults => "vaults",
            Self::Backups => "backups",
            Self::Members => "members",
        }
    }

    /// The place of its record of this number.
    pub(super) fn place(self, at: usize) -> ValuePath {
        ValuePath::default().key(self.name()).item(at)
    }

    fn record(self, at: usize, value: Value) -> Result<FileRecord, Wrong> {
        let record = match self {
            Self::Projects => decode(value).map(FileRecord::Project),
            Self::Users => decode(value).map(FileRecord::User),
            Self::Vaults => decode(value).map(FileRecord::Vault),
            Self::Backups => decode(value).map(|backup| FileRecord::Backup(Box::new(backup))),
            Self::Members => decode(value).map(FileRecord::Member),
        };
        record.map_err(|error| {
            let keys = error.path().iter().filter_map(|step| match step {
                Segment::Map { key } => Some(key),
                _ => None,
            });
            let place = keys.fold(self.place(at), |place, key| place.key(key));
            Wrong::at(place, error.into_inner())
        })
    }
}

fn decode<T: DeserializeOwned>(
    value: Value,
) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    serde_path_to_error::deserialize(value)
}

/// A record that does not say what it may, and what is known of it nevertheless: others may refer
/// to it.
pub(super) struct Invalid {
    pub list: List,
    pub id: Option<String>,
    pub project_id: Option<String>,
    pub wrong: Vec<Wrong>,
}

impl Invalid {
    fn new(list: List, value: &Value, wrong: Vec<Wrong>) -> Self {
        let text = |key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        Self {
            list,
            id: text("id"),
            project_id: text("project_id"),
            wrong,
        }
    }
}

/// Why reading ended early.
pub(super) enum Stop {
    /// It is no YAML.
    Syntax(Syntax),
    /// A list comes after one that refers to it.
    Unsorted,
    /// The receiver of the records is gone.
    Enough,
}

impl Stop {
    /// What the parser could not read.
    pub(super) fn syntax(self) -> Option<Syntax> {
        match self {
            Self::Syntax(syntax) => Some(syntax),
            Self::Unsorted | Self::Enough => None,
        }
    }

    pub(super) fn unreadable(error: std::io::Error) -> Self {
        Self::Syntax(Syntax {
            line: 0,
            reason: format!("cannot be read: {error}"),
        })
    }
}

/// A file that was read to its end.
pub(super) struct Outline {
    /// Its lists, in its order.
    pub lists: Vec<List>,
    /// What is wrong outside of its records.
    pub wrong: Vec<Wrong>,
}

/// Takes a record, with its number in its list.
pub(super) type Take<'t> = &'t mut dyn FnMut(usize, FileRecord) -> Result<(), Stop>;

/// Reads a file to its end, and gives the records of the selected lists to `take`.
pub(super) fn read(
    from: impl Read,
    rules: &Rules,
    selected: &[List],
    take: Take<'_>,
) -> Result<Outline, Stop> {
    let mut reading = StreamReader {
        rules,
        selected,
        take,
        lists: vec![],
        stopped: None,
    };
    let shell =
        serde_saphyr::with_deserializer_from_reader_with_options(from, yaml::options(), |yaml| {
            yaml.deserialize_any(ShellVisitor(&mut reading))
        });
    if let Some(stop) = reading.stopped {
        return Err(stop);
    }
    let shell = shell.map_err(|error| Stop::Syntax(yaml::syntax(&error)))?;
    Ok(Outline {
        lists: reading.lists,
        wrong: rules.whole(&shell),
    })
}

struct StreamReader<'r> {
    rules: &'r Rules,
    selected: &'r [List],
    take: Take<'r>,
    lists: Vec<List>,
    /// The real cause, where the deserializer is to stop: its own errors have no room for it.
    stopped: Option<Stop>,
}

impl StreamReader<'_> {
    fn begin(&mut self, list: List) -> Result<(), Stop> {
        let before = self
            .lists
            .iter()
            .filter(|before| self.selected.contains(before))
            .max();
        let sorted = !self.selected.contains(&list) || before.is_none_or(|before| *before <= list);
        self.lists.push(list);
        sorted.then_some(()).ok_or(Stop::Unsorted)
    }

    fn record(&mut self, list: List, at: usize, value: Value) -> Result<(), Stop> {
        let record = match self.rules.record(list, at, &value) {
            Err(wrong) => FileRecord::Invalid(Invalid::new(list, &value, wrong)),
            Ok(()) => list.record(at, value).unwrap_or_else(|wrong| {
                FileRecord::Invalid(Invalid::new(list, &Value::Null, vec![wrong]))
            }),
        };
        (self.take)(at, record)
    }

    /// Leaves what is wrong for the end, and ends the reading.
    fn stop<E: de::Error>(&mut self, stop: Stop) -> E {
        self.stopped = Some(stop);
        E::custom("stopped")
    }
}

/// What is no list, and no mapping of lists, is kept as it is: the schema says what is wrong with
/// it.
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
struct ShellVisitor<'r, 't>(&'t mut StreamReader<'r>);

impl<'de> Visitor<'de> for ShellVisitor<'_, '_> {
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
                    self.0.begin(list).map_err(|stop| self.0.stop(stop))?;
                    lists.next_value_seed(ListVisitor(self.0, list))?
                }
                None => lists.next_value::<IgnoredAny>().map(|_| Value::Null)?,
            };
            shell.insert(key, value);
        }
        Ok(Value::Object(shell))
    }
}

/// One list of it.
struct ListVisitor<'r, 't>(&'t mut StreamReader<'r>, List);

impl<'de> DeserializeSeed<'de> for ListVisitor<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListVisitor<'_, '_> {
    type Value = Value;

    anything_else!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<Value, A::Error> {
        let Self(reading, list) = self;
        if !reading.selected.contains(&list) {
            while records.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Array(vec![]));
        }
        let mut at = 0;
        while let Some(value) = records.next_element::<Value>()? {
            reading
                .record(list, at, value)
                .map_err(|stop| reading.stop(stop))?;
            at += 1;
        }
        Ok(Value::Array(vec![]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        de::Deserialize::deserialize(MapAccessDeserializer::new(map))
    }
}
