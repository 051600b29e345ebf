//! Compares `allOf`, `anyOf` and `oneOf`: branches that belong together are walked into; branches more or less are
//! judged as a whole.

use std::rc::Rc;

use super::{
    super::{change::Class, node::Node, rule::Rule},
    Pair, Part, Schemas,
    keywords::{Group, Kind},
};

const COMPOSED: [Group; 3] = [
    Group { rule: Rule::AllOf, kind: Kind::Schemas, keys: &["allOf"] },
    Group { rule: Rule::AnyOf, kind: Kind::Schemas, keys: &["anyOf"] },
    Group { rule: Rule::OneOf, kind: Kind::Schemas, keys: &["oneOf"] },
];

impl Schemas {
    pub(super) fn alternatives(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        COMPOSED.iter().for_each(|group| self.composed(pair, group, part));
    }

    fn composed(&mut self, pair: &Pair<'_, '_>, group: &Group, part: &mut Part) {
        let [key] = group.keys else { return };
        let (base, head) = (pair.base.list(key), pair.head.list(key));
        let Some(branches) = matched(&base, &head) else {
            part.own.push(Rc::new(self.keyword(pair, group)));
            return;
        };
        let before = part.own.len() + part.rest.len();
        for (base, head) in branches {
            self.beside(&pair.beside(base, head), part);
        }
        let found = part.own.len() + part.rest.len() > before;
        if group.rule == Rule::OneOf && (found || self.differ_behind(pair, group.keys)) {
            self.overlap(pair, group, part);
        }
    }

    /// Wider branches of `oneOf` may overlap, and what two of them take is refused.
    fn overlap(&mut self, pair: &Pair<'_, '_>, group: &Group, part: &mut Part) {
        if part.own.iter().chain(&part.rest).any(|change| change.class == Class::Breaking) {
            return;
        }
        let whole = self.keyword(pair, group);
        // A discriminator tells the branches apart, also where no proof does.
        let told_apart = pair.base.raw("discriminator").is_some() && whole.undecided;
        if whole.class == Class::Breaking && !told_apart {
            part.own.push(Rc::new(whole));
        }
    }
}

/// Pairs of branches: those with the same reference, those that are equal, and the rest in their order. None where one
/// side has more.
fn matched<'a>(base: &[Node<'a>], head: &[Node<'a>]) -> Option<Vec<(Node<'a>, Node<'a>)>> {
    if base.len() != head.len() {
        return None;
    }
    let mut left: Vec<Node<'a>> = head.to_vec();
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for branch in base {
        match left.iter().position(|other| other.value == branch.value) {
            Some(index) => pairs.push((branch.clone(), left.remove(index))),
            None => rest.push(branch.clone()),
        }
    }
    // A reference and another reference are two things, not one that changed: unless nothing else is left to choose.
    if rest.len() > 1 && rest.iter().chain(&left).all(|branch| branch.target().is_some()) {
        return None;
    }
    pairs.extend(rest.into_iter().zip(left));
    Some(pairs)
}
