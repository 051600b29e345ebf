//! Many rows as parameters of one statement: an array for each column.

use tokio_postgres::types::ToSql;

use super::{
    super::{
        tables::{BadValue, Stored, Table},
        values::SqlValue,
    },
    rows,
};

/// One value, or one column of many rows.
pub(super) type Parameter<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// As the driver takes them.
pub(super) fn borrowed<'a>(values: &'a [Parameter<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| &**value as _).collect()
}

/// Inserts the rows whose columns are its parameters.
pub(super) fn insert_from_arrays(table: &Table) -> String {
    let (name, names, arrays) = (table.name, table.names(), arrays(table));
    format!("INSERT INTO {name} ({names}) SELECT * FROM unnest({arrays})")
}

/// A parameter for each column: `$1::text[], $2::uuid[]`.
pub(super) fn arrays(table: &Table) -> String {
    table.each(|at, column| format!("${at}::{}[]", rows::name_of(column.holds)))
}

/// Records as columns.
pub(super) fn columns_of<'a, T: Stored + 'a>(
    records: impl IntoIterator<Item = &'a T>,
) -> Result<Vec<Parameter<'a>>, BadValue> {
    transposed(T::FIELDS, records.into_iter().map(T::values))
}

/// Rows as columns of a table.
pub(super) fn transposed<'a>(
    table: &Table,
    rows: impl Iterator<Item = Result<Vec<SqlValue<'a>>, BadValue>>,
) -> Result<Vec<Parameter<'a>>, BadValue> {
    let mut columns: Vec<Vec<SqlValue<'a>>> = table.columns.iter().map(|_| vec![]).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row?) {
            column.push(value);
        }
    }
    Ok(columns
        .into_iter()
        .map(|column| Box::new(column) as _)
        .collect())
}
