//! Finds values that show a difference. Whatever is found was put to both sides: the one accepts
//! it, the other does not. Making candidates is `candidates`.

use jsonschema::{Draft, Validator};
use serde_json::Value;

use super::{
    super::{change::Direction, node::Node},
    accept::Accept,
    bounds::count,
    candidates::{Candidates, anything, with},
    form::SchemaForm,
};

/// How many objects get a value under a name.
const OBJECTS: usize = 4;
/// How many parts of a value are replaced, and how many values are made of it in all.
const PARTS: usize = 24;
const ELEMENTS: usize = 3;
const MISTYPED: usize = 4096;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueStep {
    /// The property of this name.
    Property(String),
    /// Any element, or any property that is not declared: the sample puts in one.
    Element,
    /// The value under a name that is not declared.
    Other,
}

/// What a value is not accepted by.
pub(super) enum Against<'n, 'a> {
    /// Some keywords of a schema.
    Keywords(&'n Node<'a>, &'static [&'static str]),
    /// Schemas that apply together, as they are written.
    Schemas(&'n [Node<'a>]),
    /// What is made of declared properties.
    Closed(&'n Accept<'a>),
}

impl Against<'_, '_> {
    fn form(&self, direction: Direction, values: &[Value]) -> Option<Value> {
        match self {
            Self::Keywords(node, keys) => SchemaForm::of_keywords(node, keys, direction, values),
            Self::Schemas(nodes) => SchemaForm::open(nodes, direction, values),
            Self::Closed(accept) => SchemaForm::accepting(accept, values),
        }
    }

    /// The bounds of arrays that it states.
    fn lengths(&self) -> Vec<u64> {
        let Self::Keywords(node, _) = self else {
            return Vec::new();
        };
        ["minItems", "maxItems"]
            .iter()
            .filter_map(|key| count(node.value.get(*key)?))
            .collect()
    }

    fn to_make(&self, direction: Direction) -> Value {
        match self {
            Self::Keywords(node, _) => {
                SchemaForm::to_make_open(std::slice::from_ref(*node), direction)
            }
            Self::Schemas(nodes) => SchemaForm::to_make_open(nodes, direction),
            Self::Closed(accept) => SchemaForm::to_make(accept),
        }
    }
}

/// A value that is accepted and that the other side refuses; looked for among `hints` first.
pub(super) fn separating<'a>(
    accept: &Accept<'a>,
    supertype: &Against<'_, 'a>,
    hints: Vec<Value>,
) -> Option<Value> {
    let mut candidates = hints;
    candidates.extend(
        Candidates::of(&SchemaForm::to_make(accept))
            .with_lengths(&supertype.lengths())
            .all(),
    );
    // What the other side speaks of (other bounds, other members) points at where the two part.
    let spoken_of = Candidates::of(&supertype.to_make(accept.direction)).all();
    candidates.extend(spoken_of.iter().cloned());
    first(accept, supertype, &candidates)
        .or_else(|| first(accept, supertype, &mistyped(&spoken_of)))
}

/// Values with a part replaced by one of each type: for a side that says nothing about the names
/// that the other one declares.
fn mistyped(values: &[Value]) -> Vec<Value> {
    let each = values.iter().flat_map(|value| {
        let mut parts = Vec::new();
        pointers(value, "", &mut parts);
        let others = parts.into_iter().flat_map(|part| {
            let replaced = move |other| replaced(value, &part, other);
            anything().into_iter().filter_map(replaced)
        });
        others.collect::<Vec<_>>()
    });
    each.take(MISTYPED).collect()
}

/// Where the parts of a value are, of arrays a few elements.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut add = |step: &str, part: &Value| {
        if found.len() < PARTS {
            let step = step.replace('~', "~0").replace('/', "~1");
            let at = format!("{at}/{step}");
            found.push(at.clone());
            pointers(part, &at, found);
        }
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, part)| add(name, part)),
        Value::Array(items) => (items.iter().take(ELEMENTS).enumerate())
            .for_each(|(index, part)| add(&index.to_string(), part)),
        _ => {}
    }
}

fn replaced(value: &Value, part: &str, other: Value) -> Option<Value> {
    let mut value = value.clone();
    *value.pointer_mut(part)? = other;
    Some(value)
}

/// Objects that are accepted, perhaps, with any value under one name.
pub(super) fn with_any(accept: &Accept<'_>, name: &str) -> Vec<Value> {
    let made = Candidates::of(&SchemaForm::to_make(accept)).all();
    let objects = made.iter().filter_map(Value::as_object).take(OBJECTS);
    objects
        .flat_map(|object| {
            anything()
                .into_iter()
                .map(|value| with(object, name, value))
        })
        .collect()
}

/// A whole value around `part`, which is `steps` deep in it.
pub(super) fn around<'a>(
    accept: &Accept<'a>,
    supertype: &Against<'_, 'a>,
    steps: &[ValueStep],
    part: &Value,
) -> Option<Value> {
    first(
        accept,
        supertype,
        &Candidates::of(&SchemaForm::to_make(accept)).around(steps, part),
    )
}

/// Rather one that has the formats that the schemas name; but a format is only an annotation, so
/// that one without will do.
fn first<'a>(
    accept: &Accept<'a>,
    supertype: &Against<'_, 'a>,
    candidates: &[Value],
) -> Option<Value> {
    let (from, to) = (
        SchemaForm::accepting(accept, candidates)?,
        supertype.form(accept.direction, candidates)?,
    );
    let plain = SchemaForm::accepting_open(accept, candidates)?;
    let find = |formats: bool| {
        let (from, to, plain) = (
            validator(&from, formats)?,
            validator(&to, false)?,
            validator(&plain, false)?,
        );
        let separates =
            |value: &&Value| from.is_valid(value) && !to.is_valid(value) && plain.is_valid(value);
        candidates.iter().find(separates).cloned()
    };
    find(true).or_else(|| find(false))
}

/// Whether a value is accepted by schemas that apply together, as they are written.
pub(super) fn accepts(supertype: &Accept<'_>, value: &Value) -> bool {
    let schema = SchemaForm::open(
        &supertype.parts,
        supertype.direction,
        std::slice::from_ref(value),
    );
    schema
        .and_then(|schema| validator(&schema, false))
        .is_some_and(|validator| validator.is_valid(value))
}

pub(super) fn validator(schema: &Value, formats: bool) -> Option<Validator> {
    jsonschema::options()
        .offline()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(formats)
        .build(schema)
        .ok()
}
