//! Compares `anyOf` and `oneOf`: whether what one side accepts by some branch the other side
//! accepts, is asked of all branches together; then those that belong together are walked into, to
//! say where.

use std::{collections::HashMap, rc::Rc};

use super::{
    super::{
        change::{Change, Class},
        node::Node,
        rule::Rule,
    },
    ComparedPart, Deferred, Schemas,
    accept::{Accept, Choice},
    groups::speaking,
    judge::Verdict,
    keywords::{GROUPS, KeywordGroup},
    pair::{SchemaPair, SchemaSide},
    types::Types,
};

impl Schemas {
    pub(super) fn alternatives<'a>(&mut self, pair: &SchemaPair<'_, 'a>, part: &mut ComparedPart) {
        for group in GROUPS
            .iter()
            .filter(|group| matches!(group.rule, Rule::AnyOf | Rule::OneOf))
        {
            let (base, head) = (speaking(&pair.base, group), speaking(&pair.head, group));
            let (mut left, mut matched) = (head.clone(), Vec::new());
            // Which list belongs to which: those that stay the same, then in their order.
            let mut rest = Vec::new();
            for node in &base {
                let key = group.keys.first().copied().unwrap_or_default();
                match left
                    .iter()
                    .position(|other| self.prover.same.keyword(node, other, key))
                {
                    Some(index) => matched.push((node.clone(), left.remove(index))),
                    None => rest.push(node.clone()),
                }
            }
            let more = rest.len() != left.len();
            if more && (!rest.is_empty() || !left.is_empty()) {
                self.as_a_whole(pair, group, part);
            } else {
                matched.extend(rest.into_iter().zip(left));
            }
            for (base, head) in matched {
                self.branches(pair, group, (&base, &head), part);
            }
        }
    }

    /// Lists of branches that have no partner: the other side may be one branch alone.
    fn as_a_whole<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
        part: &mut ComparedPart,
    ) {
        let (base, head) = (speaking(&pair.base, group), speaking(&pair.head, group));
        let verdict = self.verdict(pair, group);
        // The single side counts as far as it is of the types of its partner; other branches may
        // take the rest.
        let single = match (base.as_slice(), head.as_slice()) {
            ([list], []) => partner(&pair.head, list, group).and_then(|index| {
                let base = case(&pair.base, list, group.rule, index)?;
                let head = pair.head.of_types(base.all.possible_types());
                Some((base, head))
            }),
            ([], [list]) => partner(&pair.base, list, group).and_then(|index| {
                let head = case(&pair.head, list, group.rule, index)?;
                Some((pair.base.of_types(head.all.possible_types()), head))
            }),
            _ => None,
        };
        let change = self.keyword(pair, group, (&base, &head), verdict);
        let Some((base, head)) = single.filter(|_| change.class == Class::Breaking) else {
            part.changes.push(Rc::new(change));
            return;
        };
        let branch = self.walked(&pair.beside(base, head));
        part.behind.push(branch);
        if change.undecided {
            self.defer(vec![branch], change);
        } else {
            part.changes.push(Rc::new(change));
        }
    }

    /// Reports a break once all was walked, if none of these parts explains it.
    pub(super) fn defer(&mut self, branches: Vec<usize>, change: Change) {
        if let Some(at) = self.walking.last().copied() {
            self.deferred.push(Deferred {
                at,
                branches,
                change,
            });
        }
    }

    fn branches<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
        (base, head): (&Node<'a>, &Node<'a>),
        part: &mut ComparedPart,
    ) {
        let key = group.keys.first().copied().unwrap_or_default();
        let (accept, supertype) = pair.sides();
        let (from, to) = if pair.is_request() {
            (base, head)
        } else {
            (head, base)
        };
        // An empty list accepts nothing and says nothing; no client can have relied on it.
        let filled = base.list(key).is_empty() && !head.list(key).is_empty();
        let holds = filled
            || self
                .prover
                .satisfies(&accept.all, &supertype.all, to, group.rule);
        let unchanged = self.prover.same.keyword(base, head, key);
        let pairs = self.belonging(&base.list(key), &head.list(key));
        let mut branches = Vec::new();
        for (old, new) in &pairs.matched {
            let sides = (
                case(&pair.base, base, group.rule, *old),
                case(&pair.head, head, group.rule, *new),
            );
            let (Some(old), Some(new)) = sides else {
                continue;
            };
            let index = self.walked(&pair.beside(old, new));
            branches.push(index);
            if holds && self.breaks(index) {
                self.acquitted(index, part);
            } else {
                part.behind.push(index);
            }
        }
        let more = !pairs.base.is_empty() || !pairs.head.is_empty();
        let written = base.value.get(key) != head.value.get(key);
        if holds {
            // What is written as before was looked at below.
            if more || (written && !unchanged && branches.is_empty()) {
                let same = !filled
                    && self
                        .prover
                        .satisfies(&supertype.all, &accept.all, from, group.rule);
                let verdict = if same { Verdict::Same } else { Verdict::Yes };
                part.changes
                    .push(Rc::new(self.listed(pair, group, (base, head), verdict)));
            }
            return;
        }
        let lost = more && self.unmatched_break(pair, group, to, &pairs);
        if !lost && branches.iter().any(|branch| self.breaks(*branch)) {
            return;
        }
        let verdict = self.refuted(&accept.all, to, group.rule);
        // A discriminator tells the branches apart, also where no proof does.
        if !more && verdict == Verdict::Undecided && base.raw("discriminator").is_some() {
            return;
        }
        let change = self.listed(pair, group, (base, head), verdict);
        if lost {
            part.changes.push(Rc::new(change));
        } else {
            self.defer(branches, change);
        }
    }

    fn listed<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
        (base, head): (&Node<'a>, &Node<'a>),
        verdict: Verdict,
    ) -> Change {
        self.keyword(
            pair,
            group,
            (std::slice::from_ref(base), std::slice::from_ref(head)),
            verdict,
        )
    }

    /// Whether no schema accepts a branch without a partner any more.
    fn unmatched_break<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
        to: &Node<'a>,
        pairs: &BranchPairs,
    ) -> bool {
        let (accept, supertype) = pair.sides();
        let unmatched = if pair.is_request() {
            &pairs.base
        } else {
            &pairs.head
        };
        let lists = speaking(accept, group);
        unmatched.iter().any(|index| {
            lists.iter().any(|list| {
                case(accept, list, group.rule, *index).is_some_and(|case| {
                    !self
                        .prover
                        .satisfies(&case.all, &supertype.all, to, group.rule)
                })
            })
        })
    }

    /// Which branches belong together: those that are the same, those of one name, those that are
    /// of one kind, and what is left in its order, where nothing is left over.
    fn belonging<'a>(&mut self, base: &[Node<'a>], head: &[Node<'a>]) -> BranchPairs {
        let mut pairs = BranchPairs {
            matched: Vec::new(),
            base: (0..base.len()).collect(),
            head: (0..head.len()).collect(),
        };
        pairs.join(base, head, |old, new| old.value == new.value);
        pairs.join(base, head, |old, new| self.prover.same.schemas(old, new));
        pairs.join(base, head, |old, new| {
            let target = |node: &Node<'_>| node.target().map(|target| target.pointer);
            target(old).is_some() && target(old) == target(new)
        });
        let kinds: HashMap<usize, BranchKind> = base
            .iter()
            .chain(head)
            .map(|node| (node.id(), BranchKind::of(node)))
            .collect();
        let alike = |old: &Node<'_>, new: &Node<'_>| kinds.get(&old.id()) == kinds.get(&new.id());
        let tagged = |node: &Node<'_>| kinds.get(&node.id()).is_some_and(|kind| kind.tag.is_some());
        pairs.join(base, head, |old, new| tagged(old) && alike(old, new));
        pairs.join(base, head, |old, new| {
            (old.target().is_none() || new.target().is_none()) && alike(old, new)
        });
        let single = pairs.base.len() == 1 && pairs.head.len() == 1;
        let inline = |node: Option<&Node<'_>>| node.is_some_and(|node| node.target().is_none());
        let all_inline = pairs.base.iter().all(|index| inline(base.get(*index)))
            && pairs.head.iter().all(|index| inline(head.get(*index)));
        if single || (all_inline && pairs.base.len() == pairs.head.len()) {
            let left = std::mem::take(&mut pairs.base)
                .into_iter()
                .zip(std::mem::take(&mut pairs.head));
            pairs.matched.extend(left);
        }
        pairs
    }
}

/// The branch of a list that a side without one is like: of one name, or of one kind.
fn partner<'a>(side: &SchemaSide<'a>, list: &Node<'a>, group: &KeywordGroup) -> Option<usize> {
    let branches = list.list(group.keys.first().copied().unwrap_or_default());
    let named = |branch: &Node<'_>| {
        let target = branch.resolved();
        side.own.iter().any(|node| node.pointer == target.pointer)
    };
    let types = side.all.possible_types();
    let kind = |branch: &Node<'_>| {
        let branch = Accept::of([branch], side.all.direction, true).possible_types();
        !branch.is_within(Types::NULL) && branch.is_within(types)
    };
    branches.iter().position(named).or_else(|| {
        let alike: Vec<usize> = (0..branches.len())
            .filter(|index| branches.get(*index).is_some_and(kind))
            .collect();
        if let [only] = alike.as_slice() {
            Some(*only)
        } else {
            None
        }
    })
}

/// Branches of two lists, by their indices.
struct BranchPairs {
    matched: Vec<(usize, usize)>,
    /// Those that have no partner.
    base: Vec<usize>,
    head: Vec<usize>,
}

impl BranchPairs {
    fn join<'a>(
        &mut self,
        base: &[Node<'a>],
        head: &[Node<'a>],
        mut belong: impl FnMut(&Node<'a>, &Node<'a>) -> bool,
    ) {
        let left = std::mem::take(&mut self.base);
        for old in left {
            let partner = self
                .head
                .iter()
                .position(|new| match (base.get(old), head.get(*new)) {
                    (Some(old), Some(new)) => belong(old, new),
                    _ => false,
                });
            match partner {
                Some(at) => self.matched.push((old, self.head.remove(at))),
                None => self.base.push(old),
            }
        }
    }
}

/// What tells kinds of branches apart: their types, and the values of a required property.
#[derive(PartialEq)]
struct BranchKind {
    types: Types,
    tag: Option<(String, String)>,
}

impl BranchKind {
    fn of(node: &Node<'_>) -> Self {
        let accept = Accept::of([node], super::super::change::Direction::Both, true);
        let tag = accept
            .required()
            .into_iter()
            .find_map(|name| match accept.property(&name) {
                super::accept::AcceptedPart::Some(part) => {
                    let values = part.finite()?;
                    values
                        .iter()
                        .all(serde_json::Value::is_string)
                        .then(|| (name, format!("{values:?}")))
                }
                super::accept::AcceptedPart::Never => None,
            });
        Self {
            types: accept.possible_types(),
            tag,
        }
    }
}

/// One side, with one branch of a list chosen.
fn case<'a>(
    side: &SchemaSide<'a>,
    list: &Node<'a>,
    rule: Rule,
    index: usize,
) -> Option<SchemaSide<'a>> {
    let choice = if rule == Rule::AnyOf {
        Choice::AnyOf(list.id())
    } else {
        Choice::OneOf(list.id())
    };
    let key = if rule == Rule::AnyOf {
        "anyOf"
    } else {
        "oneOf"
    };
    let branch = list.list(key).get(index)?.clone();
    let case = side.all.case(&choice, list, index)?;
    Some(side.case(&branch, case))
}
