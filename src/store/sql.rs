//! Statements that are put together, with their values, and what differs in the SQL of the two
//! databases. Statements that do not vary stand with the store that runs them.

use super::{
    tables::BadValue,
    values::{Field, SqlValue, write},
};

/// How a database writes what SQL leaves to it.
pub(super) struct Dialect {
    /// What the number of a parameter follows.
    parameter: char,
    /// What makes text compare byte by byte.
    pub(super) text_order: &'static str,
    /// What stands for a moment that is absent, in orders: before all others.
    pub(super) least_time: &'static str,
    /// Whether it sorts the whole of a union, even where each part comes in order.
    pub(super) sorts_unions: bool,
}

pub(super) const SQLITE: Dialect = Dialect {
    parameter: '?',
    text_order: "",
    least_time: "-999999999999999999",
    sorts_unions: false,
};
pub(super) const POSTGRES: Dialect = Dialect {
    parameter: '$',
    text_order: " COLLATE \"C\"",
    least_time: "'-infinity'::timestamptz",
    sorts_unions: true,
};

/// A statement and its values.
pub(super) struct Statement<'q> {
    pub(super) sql: String,
    pub(super) values: Vec<SqlValue<'q>>,
    /// Whether it is one of few: others do not stay prepared.
    pub(super) is_common: bool,
    pub(super) dialect: &'static Dialect,
}

impl<'q> Statement<'q> {
    pub(super) fn new(dialect: &'static Dialect) -> Self {
        Self {
            sql: String::new(),
            values: vec![],
            is_common: true,
            dialect,
        }
    }

    /// Takes a value; what stands for it in the text. `column` is for the error.
    pub(super) fn parameter(
        &mut self,
        value: &'q impl Field,
        column: &'static str,
    ) -> Result<String, BadValue> {
        let value = write(value, column)?;
        Ok(self.parameter_of(value))
    }

    /// Adds a filter to others, where it is asked for.
    pub(super) fn filter(
        &mut self,
        filters: &mut String,
        (left, operator): (&str, &str),
        value: &'q Option<impl Field>,
    ) -> Result<(), BadValue> {
        let Some(value) = value else { return Ok(()) };
        self.is_common = false;
        match write(value, "a filter")? {
            // No text that is stored has the character that PostgreSQL refuses.
            SqlValue::Text(text) if text.contains('\0') => filters.push_str(" AND false"),
            value => {
                let value = self.parameter_of(value);
                filters.push_str(&format!(" AND {left} {operator} {value}"));
            }
        }
        Ok(())
    }

    /// Adds a filter for any of these values to others, where there are some.
    pub(super) fn filter_any(
        &mut self,
        filters: &mut String,
        left: &str,
        values: &'q [impl Field],
    ) -> Result<(), BadValue> {
        if values.is_empty() {
            return Ok(());
        }
        self.is_common = false;
        let values = values.iter().map(|value| self.parameter(value, "a filter"));
        let values: Vec<_> = values.collect::<Result<_, _>>()?;
        filters.push_str(&format!(" AND {left} IN ({})", values.join(", ")));
        Ok(())
    }

    /// Which part of the rows: so many, behind so many others.
    pub(super) fn limit_offset(&mut self, limit: usize, offset: u64) -> String {
        let limit = self.count(limit as u64);
        let offset = self.count(offset);
        format!("LIMIT {limit} OFFSET {offset}")
    }

    /// A count of rows.
    pub(super) fn count(&mut self, number: u64) -> String {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.parameter_of(SqlValue::Integer(number))
    }

    /// A word of an enum.
    pub(super) fn word(&mut self, word: &'static str) -> String {
        self.parameter_of(SqlValue::Text(word.into()))
    }

    fn parameter_of(&mut self, value: SqlValue<'q>) -> String {
        self.values.push(value);
        format!("{}{}", self.dialect.parameter, self.values.len())
    }
}
