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

/// A value that `accepts` takes and `refuses` does not; looked for among the values of `hint` first.
pub(super) fn separating(accepts: &Value, refuses: &Value, hint: Option<&Value>) -> Option<Value> {
    let judges = Judges::new(accepts, refuses)?;
    let hinted = hint.into_iter().flat_map(|hint| Candidates::of(hint).all());
    let own = || Candidates::of(accepts).all();
    // What the narrower schema speaks of (other bounds, other members) points at where the two part.
    let other = || Candidates::of(refuses).all();
    hinted
        .chain(Lazy(Some(own)).into_iter().flatten())
        .chain(Lazy(Some(other)).into_iter().flatten())
        .find(|value| judges.separate(value))
}

/// A whole value around `part`, which stands `steps` deep in it; both schemas are those of the whole.
pub(super) fn around(accepts: &Value, refuses: &Value, steps: &[Step], part: &Value) -> Option<Value> {
    let judges = Judges::new(accepts, refuses)?;
    Candidates::of(accepts).around(steps, part).into_iter().find(|value| judges.separate(value))
}

/// Whether a schema takes a value.
pub(super) fn takes(schema: &Value, value: &Value) -> bool {
    validator(schema).is_some_and(|validator| validator.is_valid(value))
}

struct Judges {
    accepts: Validator,
    refuses: Validator,
}

impl Judges {
    fn new(accepts: &Value, refuses: &Value) -> Option<Self> {
        Some(Self { accepts: validator(accepts)?, refuses: validator(refuses)? })
    }

    fn separate(&self, value: &Value) -> bool {
        self.accepts.is_valid(value) && !self.refuses.is_valid(value)
    }
}

fn validator(schema: &Value) -> Option<Validator> {
    jsonschema::options().offline().with_draft(Draft::Draft202012).should_validate_formats(true).build(schema).ok()
}

/// Candidates that are made only when they are asked for.
struct Lazy<F>(Option<F>);

impl<F: FnOnce() -> Vec<Value>> Iterator for Lazy<F> {
    type Item = Vec<Value>;

    fn next(&mut self) -> Option<Vec<Value>> {
        self.0.take().map(|make| make())
    }
}
