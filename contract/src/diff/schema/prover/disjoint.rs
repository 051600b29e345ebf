//! Whether there is no value that satisfies what is known of it, and whether none satisfies a
//! further schema.

use serde_json::Value;

use super::{
    super::{
        super::node::Node,
        accept::{Accept, AcceptedPart},
        bounds::{is_empty, least_of, most_of},
        conjunction::expanded,
        language,
        types::Types,
    },
    Prover, all_of,
};

/// How deep within each other required properties are looked at.
const NESTED: usize = 6;
/// Lists of values that are gone through.
const FEW: usize = 10_000;

impl Prover {
    /// Whether no accepted value satisfies a schema.
    pub(super) fn disjoint<'a>(&mut self, accept: &Accept<'a>, other: &Node<'a>) -> bool {
        if !self.step() {
            return false;
        }
        let other = other.resolved();
        if other.value == &Value::Bool(false) {
            return true;
        }
        let both = accept.beside(&other);
        self.impossible(&both)
            || self.is_refused(accept, &both, &other)
            || self.alternatives_are_disjoint(accept, &other)
            || self.types_are_disjoint(accept, &other)
            || self.cases_are_disjoint(accept, &other)
    }

    /// Whether what satisfies both is known to be refused: by a schema that the accepted values do
    /// not satisfy, or by a `not` of either.
    fn is_refused<'a>(&mut self, accept: &Accept<'a>, both: &Accept<'a>, other: &Node<'a>) -> bool {
        let excluded = accept.all().filter_map(|part| part.raw("not"));
        let excluded: Vec<Node<'_>> = accept.refused_by.iter().cloned().chain(excluded).collect();
        // Their own text is the reason most often.
        excluded
            .iter()
            .any(|refusing| self.same.schemas(refusing, other))
            || excluded
                .iter()
                .any(|refusing| !self.told_apart(accept, refusing) && self.covers(both, refusing))
            || expanded([other])
                .iter()
                .filter_map(|part| part.raw("not"))
                .any(|refusing| self.covers(accept, &refusing))
    }

    fn alternatives_are_disjoint<'a>(&mut self, accept: &Accept<'a>, other: &Node<'a>) -> bool {
        expanded([other]).iter().any(|part| {
            ["anyOf", "oneOf"].iter().any(|key| {
                let branches = part.list(key);
                !branches.is_empty()
                    && branches
                        .iter()
                        .all(|branch| self.disjoint(&accept.beside(part), branch))
            })
        })
    }

    fn types_are_disjoint<'a>(&mut self, accept: &Accept<'a>, other: &Node<'a>) -> bool {
        let types: Vec<Types> = accept.possible_types().each().collect();
        types.len() > 1
            && types
                .into_iter()
                .all(|kind| self.disjoint(&accept.of_types(kind), other))
    }

    fn cases_are_disjoint<'a>(&mut self, accept: &Accept<'a>, other: &Node<'a>) -> bool {
        if self.opened >= super::CHOICES {
            return false;
        }
        self.opened += 1;
        let disjoint = accept.choices().iter().any(|(choice, node)| {
            let cases = accept.cases(choice, node);
            cases.iter().all(|case| self.disjoint(case, other))
        });
        self.opened -= 1;
        disjoint
    }

    /// Whether there is no accepted value at all.
    pub(super) fn impossible(&mut self, accept: &Accept<'_>) -> bool {
        self.contradicts(accept, NESTED) || self.is_excluded(accept)
    }

    /// Whether a schema that refuses it accepts all of it.
    fn is_excluded(&mut self, accept: &Accept<'_>) -> bool {
        if accept.refused_by.is_empty() || self.excluding {
            return false;
        }
        self.excluding = true;
        let excluded = accept
            .refused_by
            .iter()
            .any(|node| !self.told_apart(accept, node) && self.covers(accept, node));
        self.excluding = false;
        excluded
    }

    fn contradicts(&mut self, accept: &Accept<'_>, nested: usize) -> bool {
        if !self.step() || accept.all().any(|part| part.value == &Value::Bool(false)) {
            return !self.exhausted;
        }
        let types = accept.possible_types();
        // No client can have relied on a list of no alternatives.
        let nothing = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        types.is_empty()
            || accept
                .values("anyOf")
                .chain(accept.values("oneOf"))
                .any(nothing)
            || self.no_value_is_left(accept)
            || types
                .each()
                .all(|kind| self.none_of_type(accept, kind, nested))
    }

    fn none_of_type(&mut self, accept: &Accept<'_>, kind: Types, nested: usize) -> bool {
        let beyond = |least: &str, most: &str| {
            most_of(accept, least)
                .zip(least_of(accept, most))
                .is_some_and(|(least, most)| least > most)
        };
        if kind.is_within(Types::NUMBER) {
            is_empty(&accept.of_types(kind))
        } else if kind == Types::STRING {
            beyond("minLength", "maxLength") || no_text(accept)
        } else if kind == Types::ARRAY {
            beyond("minItems", "maxItems")
                || (nested > 0
                    && most_of(accept, "minItems").is_some_and(|least| least > 0)
                    && self.part_is_impossible(accept.element(Some(0)), nested))
        } else if kind == Types::OBJECT {
            let required = accept.required();
            beyond("minProperties", "maxProperties")
                || least_of(accept, "maxProperties")
                    .is_some_and(|most| most < required.len() as u64)
                || (nested > 0
                    && required
                        .iter()
                        .any(|name| self.part_is_impossible(accept.property(name), nested)))
        } else {
            false
        }
    }

    fn part_is_impossible(&mut self, part: AcceptedPart<'_>, nested: usize) -> bool {
        match part {
            AcceptedPart::Never => true,
            AcceptedPart::Some(part) => self.contradicts(&part, nested - 1),
        }
    }

    /// Whether of the only values none satisfies all that it has to.
    fn no_value_is_left(&mut self, accept: &Accept<'_>) -> bool {
        let Some(values) = accept.finite().filter(|values| values.len() <= FEW) else {
            return false;
        };
        if values.is_empty() {
            return true;
        }
        if accept.parts.len() + accept.beside.len() < 2 {
            return false;
        }
        self.left = self.left.saturating_sub(values.len());
        all_of(accept, &values).is_some_and(|all| !values.iter().any(|value| all.is_valid(value)))
    }
}

/// Whether two patterns, or a pattern and a length, leave no text.
fn no_text(accept: &Accept<'_>) -> bool {
    let patterns: Vec<&str> = accept.values("pattern").filter_map(Value::as_str).collect();
    let apart = |(index, one): (usize, &&str)| {
        patterns
            .iter()
            .skip(index + 1)
            .any(|other| language::disjoint(one, other))
    };
    patterns.iter().enumerate().any(apart)
}
