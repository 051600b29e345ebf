//! Makes the questions of a judgement: the schemas of both sides, with one keyword swapped, or as a whole.

use serde_json::{Map, Value};

use super::{
    super::node::Node,
    Pair, Schemas,
    form::{Form, Mode},
    keywords::{Group, Kind},
    plain,
    prove::Covers,
};

/// The two sides of a judgement, as schemas that stand alone.
pub(super) struct Sides {
    /// What must be taken: what was sent before, what is answered now.
    pub accepts: Value,
    /// What has to take it.
    pub wide: Value,
}

impl Schemas {
    /// Whether schemas under keys differ in what they refer to, though they are written alike.
    pub(super) fn differ_behind(&self, pair: &Pair<'_, '_>, keys: &[&str]) -> bool {
        let written = |node: &Node<'_>| {
            let mut form = Form::new(pair.direction());
            let fields: Map<String, Value> = keys
                .iter()
                .filter_map(|key| {
                    let schema = form.schema(node, Mode::Open);
                    Some(((*key).to_owned(), schema.get(key)?.clone()))
                })
                .collect();
            if fields.is_empty() { Value::Null } else { form.finish(Value::Object(fields)) }
        };
        let speaks = |node: &Node<'_>| keys.iter().any(|key| node.raw(key).is_some());
        !self.prover.is_late() && speaks(&pair.base) && speaks(&pair.head) && written(&pair.base) != written(&pair.head)
    }

    /// Asks about the narrower side with the keywords of the other one. First without the schemas of parts, which are
    /// the same on both sides: what is proven without them is proven.
    pub(super) fn swapped(&self, pair: &Pair<'_, '_>, group: &Group) -> Covers {
        let mode = if group.kind == Kind::Undeclared { Mode::Open } else { Mode::Closed };
        let (from, to) = if pair.is_request() { (&pair.base, &pair.head) } else { (&pair.head, &pair.base) };
        let mut form = Form::new(pair.direction());
        let (own, other) = (form.schema(from, mode), form.schema(to, mode));
        let mut wide = own.as_object().cloned().unwrap_or_default();
        for key in group.keys {
            wide.remove(*key);
            if let Some(value) = other.get(key) {
                wide.insert((*key).to_owned(), value.clone());
            }
        }
        let wide = Value::Object(wide);
        if group.kind != Kind::Plain {
            let (wide, own) = (form.finish(wide), form.finish(own));
            return self.by_branches(pair, group, &wide, &own).unwrap_or_else(|| self.proven(&wide, &own));
        }
        let all = shallow(&own) == own && shallow(&wide) == wide;
        match plain::decided(group.keys, &wide, &own, all) {
            Some(answer) if answer != Covers::Unknown => answer,
            decided => match (self.swapped_plain(&mut form, wide, own, all), decided) {
                // What asks no more takes all that was taken; only whether it takes more is not known.
                (Covers::Unknown, Some(_)) => Covers::Yes,
                (answer, _) => answer,
            },
        }
    }

    fn swapped_plain(&self, form: &mut Form<'_>, wide: Value, own: Value, all: bool) -> Covers {
        if self.prover.is_late() {
            return Covers::Unknown;
        }
        let answer = self.prover.covers(&shallow(&wide), &shallow(&own));
        if all || matches!(answer, Covers::Yes | Covers::Same) {
            answer
        } else {
            self.proven(&form.finish(wide), &form.finish(own))
        }
    }

    fn proven(&self, wide: &Value, own: &Value) -> Covers {
        if self.prover.is_late() { Covers::Unknown } else { self.prover.covers(wide, own) }
    }
}

/// A schema without the schemas of its parts.
fn shallow(schema: &Value) -> Value {
    let mut fields = schema.as_object().cloned().unwrap_or_default();
    fields.retain(|key, value| match key.as_str() {
        "properties" => {
            let names = value.as_object_mut().into_iter().flat_map(|properties| properties.values_mut());
            names.for_each(|property| *property = Value::Bool(true));
            true
        }
        "additionalProperties" => value.is_boolean(),
        "items"
        | "prefixItems"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "patternProperties"
        | "propertyNames"
        | "dependentSchemas"
        | "unevaluatedItems"
        | "unevaluatedProperties" => false,
        _ => true,
    });
    Value::Object(fields)
}

pub(super) fn whole(pair: &Pair<'_, '_>) -> Sides {
    let direction = pair.direction();
    if pair.is_request() {
        let accepts = Form::of(&pair.base, Mode::Closed, direction);
        Sides { accepts, wide: Form::of(&pair.head, Mode::Closed, direction) }
    } else {
        let accepts = Form::of(&pair.head, Mode::Closed, direction);
        Sides { accepts, wide: Form::of(&pair.base, Mode::Open, direction) }
    }
}
