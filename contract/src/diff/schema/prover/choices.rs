//! `anyOf`, `oneOf`, `not`, `if`: what is accepted must satisfy one branch, exactly one, none, or
//! the one that a condition chooses.

use std::rc::Rc;

use serde_json::Value;

use super::{
    super::{
        super::{change::Direction, node::Node, rule::Rule},
        accept::{Accept, AcceptedPart},
        types::Types,
    },
    Prover,
};

/// The types of a branch, and its required properties that have one of a few texts.
pub(super) struct Tags {
    types: Types,
    values: Vec<(String, Vec<Value>)>,
}

fn tags(branch: &Node<'_>, direction: Direction) -> Rc<Tags> {
    let branch = Accept::of([branch], direction, false);
    let tag = |name: String| match branch.property(&name) {
        AcceptedPart::Some(part) => part
            .finite()
            .filter(|values| values.iter().all(Value::is_string))
            .map(|values| (name, values)),
        AcceptedPart::Never => None,
    };
    let values = branch.required().into_iter().filter_map(tag).collect();
    Rc::new(Tags {
        types: branch.possible_types(),
        values,
    })
}

impl Prover {
    pub(super) fn composed<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        rule: Rule,
    ) -> bool {
        let key = if rule == Rule::AnyOf {
            "anyOf"
        } else {
            "oneOf"
        };
        match rule {
            // An empty list says nothing.
            Rule::AnyOf | Rule::OneOf if supertype.list(key).is_empty() => true,
            Rule::AnyOf => supertype
                .list("anyOf")
                .iter()
                .any(|branch| self.may_cover(accept, branch)),
            Rule::OneOf => self.exactly_one(accept, &supertype.list("oneOf")),
            Rule::Not => supertype
                .raw("not")
                .is_none_or(|excluded| self.disjoint(accept, &excluded)),
            _ => self.conditional(accept, supertype),
        }
    }

    /// Whether a required property of the branch can have none of the values that the branch gives
    /// it.
    pub(super) fn told_apart<'a>(&mut self, accept: &Accept<'a>, branch: &Node<'a>) -> bool {
        let direction = accept.direction;
        let tags = self
            .tags
            .entry(branch.resolved().id())
            .or_insert_with(|| tags(branch, direction))
            .clone();
        // Properties are of objects.
        let types = accept.possible_types().and(tags.types);
        types.is_within(Types::OBJECT)
            && tags
                .values
                .iter()
                .any(|(name, values)| match accept.property(name) {
                    AcceptedPart::Never => true,
                    AcceptedPart::Some(own) => own
                        .finite()
                        .is_some_and(|own| !own.iter().any(|value| values.contains(value))),
                })
    }

    /// The same as `covers`; at once for a branch of another kind.
    fn may_cover<'a>(&mut self, accept: &Accept<'a>, branch: &Node<'a>) -> bool {
        !self.told_apart(accept, branch)
            && !self.impossible(&accept.beside(branch))
            && self.covers(accept, branch)
    }

    fn exactly_one<'a>(&mut self, accept: &Accept<'a>, branches: &[Node<'a>]) -> bool {
        (0..branches.len()).any(|index| {
            let Some(branch) = branches.get(index) else {
                return false;
            };
            self.may_cover(accept, branch)
                && branches
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .all(|(_, other)| {
                        self.told_apart(accept, other) || self.disjoint(accept, other)
                    })
        })
    }

    fn conditional<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let Some(condition) = supertype.raw("if") else {
            return true;
        };
        let met = supertype.raw("then").is_none_or(|then| {
            self.disjoint(accept, &condition) || {
                let met = accept.beside(&condition);
                self.covers(&met, &then)
            }
        });
        met && supertype.raw("else").is_none_or(|otherwise| {
            self.covers(accept, &condition) || {
                let unmet = accept.refused_by(&condition);
                self.covers(&unmet, &otherwise)
            }
        })
    }
}
