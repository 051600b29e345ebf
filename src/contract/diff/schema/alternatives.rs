//! Compares `allOf`, `anyOf` and `oneOf`: branches that belong together are walked into; branches more or less are
//! judged as a whole.

use super::{
    super::{
        change::{Change, Class},
        node::Node,
        rule::Rule,
    },
    Pair, Schemas,
    keywords::{Group, Kind},
};

const COMPOSED: [Group; 3] = [
    Group { rule: Rule::AllOf, kind: Kind::Schemas, keys: &["allOf"] },
    Group { rule: Rule::AnyOf, kind: Kind::Schemas, keys: &["anyOf"] },
    Group { rule: Rule::OneOf, kind: Kind::Schemas, keys: &["oneOf"] },
];

impl Schemas {
    pub(super) fn alternatives(&mut self, pair: &Pair<'_, '_>) -> Vec<Change> {
        COMPOSED.iter().flat_map(|group| self.composed(pair, group)).collect()
    }

    fn composed(&mut self, pair: &Pair<'_, '_>, group: &Group) -> Vec<Change> {
        let [key] = group.keys else { return Vec::new() };
        let (base, head) = (pair.base.list(key), pair.head.list(key));
        let Some(branches) = matched(&base, &head) else { return vec![self.keyword(pair, group)] };
        let mut changes: Vec<Change> =
            branches.into_iter().flat_map(|(base, head)| self.walk(&pair.beside(base, head))).collect();
        // Wider branches of `oneOf` may overlap, and an overlap is refused.
        let real = |change: &&Change| !matches!(change.rule, Rule::Prose | Rule::Extension);
        if group.rule == Rule::OneOf && changes.iter().filter(real).any(|change| change.class != Class::Breaking) {
            let whole = self.keyword(pair, group);
            let told_apart = pair.base.raw("discriminator").is_some() && whole.undecided;
            if whole.class == Class::Breaking
                && !told_apart
                && !changes.iter().any(|change| change.class == Class::Breaking)
            {
                changes.push(whole);
            }
        }
        changes
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
