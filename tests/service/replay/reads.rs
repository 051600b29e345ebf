//! What a client reads of a response: paths, and the types or values that it needs there.
//!
//! A path is keys and `[number]` or `[*]`, such as `members[*].status`. What is there is a type,
//! with `?` for one that may be null; a shape of the table; `array(2)` for one of two; or
//! `= value`. A `time` says that it is in UTC by `+00:00`, a `utc` by `Z`.

use serde_json::Value;

use super::table::Shapes;

/// Says what does not fit at a path, if anything.
pub fn check(body: &Value, path: &str, expected: &str, shapes: &Shapes) -> Result<(), String> {
    let found = at(body, path).ok_or_else(|| format!("{path} is not there"))?;
    found
        .into_iter()
        .try_for_each(|value| fits(value, path, expected, shapes))
}

/// The text or number at a path.
pub fn text(body: &Value, path: &str) -> Option<String> {
    let value = at(body, path)?.pop()?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// The names of an object's arrays.
pub fn arrays(body: &Value) -> Vec<&str> {
    let fields = body.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| value.is_array())
        .map(|(name, _)| name.as_str())
        .collect()
}

/// All that is at a path; nothing where one of its steps is missing, or an array is empty.
fn at<'a>(body: &'a Value, path: &str) -> Option<Vec<&'a Value>> {
    let steps = path.replace('[', ".[");
    let found = steps.split('.').try_fold(vec![body], |values, step| {
        let next = values.into_iter().map(|value| below(value, step));
        Some(next.collect::<Option<Vec<_>>>()?.concat())
    })?;
    (!found.is_empty()).then_some(found)
}

fn below<'a>(value: &'a Value, step: &str) -> Option<Vec<&'a Value>> {
    match step
        .strip_prefix('[')
        .and_then(|step| step.strip_suffix(']'))
    {
        None => Some(vec![value.get(step)?]),
        Some("*") => Some(value.as_array()?.iter().collect()),
        Some(number) => Some(vec![value.get(number.parse::<usize>().ok()?)?]),
    }
}

fn fits(value: &Value, path: &str, expected: &str, shapes: &Shapes) -> Result<(), String> {
    if let Some(shape) = shapes.get(expected) {
        let mut fields = shape.iter();
        return fields
            .try_for_each(|(name, kind)| check(value, name, kind, shapes))
            .map_err(|error| format!("{path}: {error}"));
    }
    match is(value, expected) {
        true => Ok(()),
        false => Err(format!("{path} is {value}, and not {expected}")),
    }
}

fn is(value: &Value, expected: &str) -> bool {
    if let Some(exactly) = expected.strip_prefix("= ") {
        return match value {
            Value::String(text) => text == exactly,
            Value::Number(number) => number.to_string() == exactly,
            _ => false,
        };
    }
    if let Some(kind) = expected.strip_suffix('?') {
        return value.is_null() || is(value, kind);
    }
    match expected {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "time" => value.as_str().is_some_and(has_zone),
        "utc" => value.as_str().is_some_and(|text| text.ends_with('Z')),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => value
            .as_array()
            .is_some_and(|array| expected == format!("array({})", array.len())),
    }
}

/// Whether a time says in which zone it is: clients take one that does not to be local.
fn has_zone(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b'T') && text.ends_with("+00:00")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        let shapes = Shapes::from([("one".to_owned(), [("size", "integer")].map(owned).into())]);
        let body = json!({"all": [{"size": 1}, {"size": "2"}], "none": []});
        let check = |path, expected| check(&body, path, expected, &shapes);
        assert_eq!(check("all[0]", "one"), Ok(()));
        assert_eq!(
            check("all[*].size", "= 1"),
            Err("all[*].size is \"2\", and not = 1".into())
        );
        let other = "all[*]: size is \"2\", and not integer";
        assert_eq!(check("all[*]", "one"), Err(other.into()));
        assert_eq!(
            check("none", "array(1)"),
            Err("none is [], and not array(1)".into())
        );
        for missing in ["none[*].size", "all[2]", "all[*].name", "other"] {
            assert_eq!(
                check(missing, "string?"),
                Err(format!("{missing} is not there"))
            );
        }
    }

    fn owned((name, kind): (&str, &str)) -> (String, String) {
        (name.to_owned(), kind.to_owned())
    }
}
