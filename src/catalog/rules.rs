//! What each record must look like by itself: the JSON Schema of data files, and what it finds
//! wrong, in words for people. Knows nothing of what records have to do with each other.

use jsonschema::{
    JsonType, JsonTypeSet, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
    paths::LocationSegment,
};
use serde_json::Value;

use super::{
    file,
    mistake::{ValuePath, Wrong, did_you_mean, quoted},
    stream::List,
};

/// The JSON Schema, of the whole and of each record by itself.
pub(super) struct Rules {
    schema: Value,
    whole: Validator,
    records: Vec<Validator>,
}

impl Rules {
    pub(super) fn new() -> Result<Self, Wrong> {
        let schema = super::schema();
        let wrong = |error: ValidationError<'_>| Wrong::at(ValuePath::default(), error);
        let validator = |schema: &Value| jsonschema::validator_for(schema).map_err(wrong);
        let record = |list: List| {
            let mut of_record = schema["properties"][list.name()]["items"].clone();
            of_record["$defs"] = schema["$defs"].clone();
            validator(&of_record)
        };
        let records = List::ALL
            .into_iter()
            .map(record)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            whole: validator(&schema)?,
            records,
            schema,
        })
    }

    /// What is wrong with a record.
    pub(super) fn record(&self, list: List, at: usize, value: &Value) -> Result<(), Vec<Wrong>> {
        let validator = &self.records[list as usize];
        if !validator.is_valid(value) {
            return Err(self.wrong(validator, &list.place(at), value));
        }
        let mut wrong = vec![];
        unstorable(&list.place(at), value, &mut wrong);
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong),
        }
    }

    /// What is wrong with a file that has nothing in its lists.
    pub(super) fn whole(&self, shell: &Value) -> Vec<Wrong> {
        match shell {
            Value::Null => vec![Wrong::at(ValuePath::default(), "the file is empty")],
            _ => self.wrong(&self.whole, &ValuePath::default(), shell),
        }
    }

    fn wrong(&self, validator: &Validator, place: &ValuePath, value: &Value) -> Vec<Wrong> {
        validator
            .iter_errors(value)
            .flat_map(|error| self.words(place, &error))
            .collect()
    }

    /// What an error says. One of the schema may be several of a person, who wrote several unknown
    /// keys.
    fn words(&self, place: &ValuePath, error: &ValidationError<'_>) -> Vec<Wrong> {
        let here = within(place.clone(), error);
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                let known = self.keys(error);
                let unknown = |key: &String| {
                    let hint = did_you_mean(key, known.iter().map(String::as_str));
                    Wrong::at(here.clone().key(key), format!("there is no such key{hint}"))
                };
                unexpected.iter().map(unknown).collect()
            }
            Kind::Required { property } => {
                vec![Wrong::at(
                    here.key(property.as_str().unwrap_or_default()),
                    "it is missing",
                )]
            }
            // What may be left out: null beside what it should be, which is reported.
            Kind::AnyOf { context } => {
                let branch = context.first().map(Vec::as_slice).unwrap_or_default();
                branch
                    .iter()
                    .flat_map(|error| self.words(place, error))
                    .collect()
            }
            kind => vec![Wrong {
                reason: reason(kind, &here, error),
                place: here,
            }],
        }
    }

    /// The keys that an object may have.
    fn keys(&self, error: &ValidationError<'_>) -> Vec<String> {
        let pointer = error
            .schema_path()
            .as_str()
            .trim_end_matches("/additionalProperties");
        let object = self
            .schema
            .pointer(pointer)
            .and_then(|object| object.get("properties"));
        object
            .and_then(Value::as_object)
            .map(|keys| keys.keys().cloned().collect())
            .unwrap_or_default()
    }
}

/// Finds text that PostgreSQL cannot hold. No pattern says it, since some fields have one already.
fn unstorable(place: &ValuePath, value: &Value, wrong: &mut Vec<Wrong>) {
    match value {
        Value::String(text) if text.contains('\0') => {
            let reason = "it has the character U+0000, which no store keeps";
            wrong.push(Wrong::at(place.clone(), reason));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| unstorable(&place.clone().item(at), item, wrong)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, field)| unstorable(&place.clone().key(key), field, wrong)),
        _ => {}
    }
}

fn within(place: ValuePath, error: &ValidationError<'_>) -> ValuePath {
    error
        .instance_path()
        .segments()
        .fold(place, |place, segment| match segment {
            LocationSegment::Property(key) => place.key(&key),
            LocationSegment::Index(at) => place.item(at),
        })
}

fn reason(kind: &Kind, place: &ValuePath, error: &ValidationError<'_>) -> String {
    let value = error.instance();
    match kind {
        Kind::Enum { options } => {
            let options: Vec<_> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let hint = did_you_mean(value.as_str().unwrap_or_default(), options.iter().copied());
            format!("{}one of {}{hint}", shown(place, value), options.join(", "))
        }
        Kind::Type { kind } => wrong_type(kind, value),
        Kind::Pattern { pattern } if pattern == file::UUID => {
            format!(
                "{}a UUID, such as d0000000-0000-4000-8000-000000000001",
                shown(place, value)
            )
        }
        Kind::Pattern { pattern } if pattern == file::PROJECT_ID => {
            format!("{}1 to 64 letters, digits, - and _", shown(place, value))
        }
        Kind::Pattern { pattern } if pattern == file::ROLE => {
            format!("{}a role, which has no comma", shown(place, value))
        }
        Kind::Pattern { pattern } if pattern == file::TIME => {
            format!(
                "{}a time, such as 2020-02-21T07:07:25.114+00:00",
                shown(place, value)
            )
        }
        Kind::MinLength { .. } => "it is empty".to_owned(),
        Kind::Minimum { limit } => format!("{}at least {limit}", shown(place, value)),
        Kind::Maximum { limit } => format!("{}at most {limit}", shown(place, value)),
        // Masked: the value may be a password.
        _ => error.masked().to_string(),
    }
}

/// The value, where it may be shown, and that it must be something else.
fn shown(place: &ValuePath, value: &Value) -> String {
    match value {
        _ if place.is_secret() => "it must be ".to_owned(),
        Value::String(text) => format!("{}: it must be ", quoted(text)),
        Value::Number(number) => format!("{number}: it must be "),
        _ => "it must be ".to_owned(),
    }
}

fn wrong_type(kind: &TypeKind, value: &Value) -> String {
    let expected = match kind {
        TypeKind::Single(one) => JsonTypeSet::from(*one),
        TypeKind::Multiple(several) => *several,
    };
    let expected: Vec<_> = expected
        .iter()
        .filter(|one| *one != JsonType::Null)
        .collect();
    let words = expected
        .iter()
        .map(|one| words_of_type(*one))
        .collect::<Vec<_>>()
        .join(" or ");
    let found = match value {
        Value::Null => "it is empty",
        Value::Bool(_) => "it is true or false",
        Value::Number(_) => "it is a number",
        Value::String(_) => "it is text",
        Value::Array(_) => "it is a list",
        Value::Object(_) => "it is a mapping",
    };
    let scalar = matches!(value, Value::Bool(_) | Value::Number(_));
    let quotes = if scalar && expected.contains(&JsonType::String) {
        ": write it in quotes"
    } else {
        ""
    };
    format!("{found}, and must be {words}{quotes}")
}

fn words_of_type(one: JsonType) -> &'static str {
    match one {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "empty",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping of keys to values",
        JsonType::String => "text",
    }
}
