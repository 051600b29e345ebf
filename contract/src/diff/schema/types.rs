//! Sets of the types of JSON Schema. Whole numbers and other numbers are two members, so that
//! `integer` is part of `number`.

use serde_json::Value;

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const OBJECT: Self = Self(4);
    pub(super) const ARRAY: Self = Self(8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const INTEGER: Self = Self(32);
    pub(super) const FRACTION: Self = Self(64);
    pub(super) const NUMBER: Self = Self(32 | 64);
    pub(super) const ALL: Self = Self(127);

    /// What the keyword `type` allows.
    pub(super) fn allowed(written: &Value) -> Self {
        match written {
            Value::String(name) => Self::named(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .fold(Self::NONE, |all, name| all.or(Self::named(name))),
            _ => Self::ALL,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            "string" => Self::STRING,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            // Not of JSON Schema; nothing is known of it.
            _ => Self::ALL,
        }
    }

    /// The type of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Object(_) => Self::OBJECT,
            Value::Array(_) => Self::ARRAY,
            Value::String(_) => Self::STRING,
            Value::Number(number)
                if number.as_f64().is_some_and(|number| number.fract() != 0.0) =>
            {
                Self::FRACTION
            }
            Value::Number(_) => Self::INTEGER,
        }
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether some value may be of one of these types.
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Its members, one by one; the two kinds of numbers are one.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        let kinds = [
            Self::NULL,
            Self::BOOLEAN,
            Self::OBJECT,
            Self::ARRAY,
            Self::STRING,
            Self::NUMBER,
        ];
        kinds
            .into_iter()
            .map(move |kind| self.and(kind))
            .filter(|kind| !kind.is_empty())
    }
}
