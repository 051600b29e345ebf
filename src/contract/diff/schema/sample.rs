//! Finds values that show a difference. Whatever is found was put to both schemas: the one takes it, the other does
//! not. Making candidates is `candidates`.

use jsonschema::{Draft, Validator};
use serde_json::Value;

use super::candidates::Candidates;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The property of this name.
    Property(String),
    /// Any element, or any property that is not declared: the sample puts in one.
    Element,
    /// The value under a name that is not declared.
    Other,
}

/// A value that `accepts` takes and `refuses` does not; looked for among the values of `hint` first. Rather one that
/// has the formats that the schemas name; but a format is only an annotation, so that one without will do.
pub(super) fn separating(accepts: &Value, refuses: &Value, hint: Option<&Value>) -> Option<Value> {
    let mut candidates = hint.map(|hint| Candidates::of(hint).all()).unwrap_or_default();
    candidates.extend(Candidates::of(accepts).all());
    // What the narrower schema speaks of (other bounds, other members) points at where the two part.
    candidates.extend(Candidates::of(refuses).all());
    first(accepts, refuses, candidates)
}

/// The same, looked for among the values of one of its branches alone.
pub(super) fn of_branch(accepts: &Value, refuses: &Value, branch: &Value) -> Option<Value> {
    first(accepts, refuses, Candidates::of(branch).all())
}

/// A whole value around `part`, which stands `steps` deep in it; both schemas are those of the whole.
pub(super) fn around(accepts: &Value, refuses: &Value, steps: &[Step], part: &Value) -> Option<Value> {
    first(accepts, refuses, Candidates::of(accepts).around(steps, part))
}

fn first(accepts: &Value, refuses: &Value, candidates: Vec<Value>) -> Option<Value> {
    let find = |formats: bool| {
        let (accepts, refuses) = (validator(accepts, formats)?, validator(refuses, formats)?);
        candidates.iter().find(|value| accepts.is_valid(value) && !refuses.is_valid(value)).cloned()
    };
    find(true).or_else(|| find(false))
}

/// Whether a schema takes a value.
pub(super) fn takes(schema: &Value, value: &Value) -> bool {
    validator(schema, false).is_some_and(|validator| validator.is_valid(value))
}

fn validator(schema: &Value, formats: bool) -> Option<Validator> {
    jsonschema::options().offline().with_draft(Draft::Draft202012).should_validate_formats(formats).build(schema).ok()
}
