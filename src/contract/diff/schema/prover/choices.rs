//! `anyOf`, `oneOf`, `not`, `if`: what is accepted must satisfy one branch, exactly one, none, or the one that a
//! condition chooses.

use super::{
    super::{
        super::{node::Node, rule::Rule},
        accept::Accept,
    },
    Prover,
};

impl Prover {
    pub(super) fn composed(&mut self, accept: &Accept<'_>, wide: &Node<'_>, rule: Rule) -> bool {
        match rule {
            Rule::AnyOf => wide.list("anyOf").iter().any(|branch| self.may_cover(accept, branch)),
            Rule::OneOf => self.exactly_one(accept, &wide.list("oneOf")),
            Rule::Not => wide.raw("not").is_none_or(|excluded| self.disjoint(accept, &excluded)),
            _ => self.conditional(accept, wide),
        }
    }

    /// The same as `covers`; at once for a branch of another kind.
    fn may_cover(&mut self, accept: &Accept<'_>, branch: &Node<'_>) -> bool {
        !self.impossible(&accept.beside(branch)) && self.covers(accept, branch)
    }

    fn exactly_one(&mut self, accept: &Accept<'_>, branches: &[Node<'_>]) -> bool {
        (0..branches.len()).any(|index| {
            let Some(branch) = branches.get(index) else { return false };
            self.may_cover(accept, branch)
                && branches
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .all(|(_, other)| self.disjoint(accept, other))
        })
    }

    fn conditional(&mut self, accept: &Accept<'_>, wide: &Node<'_>) -> bool {
        let Some(condition) = wide.raw("if") else { return true };
        let met = wide.raw("then").is_none_or(|then| {
            self.disjoint(accept, &condition) || {
                let met = accept.beside(&condition);
                self.covers(&met, &then)
            }
        });
        met && wide.raw("else").is_none_or(|otherwise| {
            self.covers(accept, &condition) || {
                let unmet = accept.refused_by(&condition);
                self.covers(&unmet, &otherwise)
            }
        })
    }
}
