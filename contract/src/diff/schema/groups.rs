//! Judges what differs in the keywords of one place: each group of keywords by itself, for a value
//! has to satisfy each.

use std::{collections::BTreeSet, rc::Rc};

use serde_json::Value;

use super::{
    super::{change::Change, node::Node, rule::Rule, words::Keyword},
    ComparedPart, Schemas,
    accept::Accept,
    annotations::is_width,
    judge::{Verdict, place},
    keywords::{GROUPS, KeywordGroup},
    pair::{SchemaPair, SchemaSide},
    properties::declared_names,
};

impl Schemas {
    pub(super) fn groups<'a>(&mut self, pair: &SchemaPair<'_, 'a>, part: &mut ComparedPart) {
        for group in GROUPS {
            let elsewhere = match group.rule {
                Rule::AnyOf | Rule::OneOf => true,
                Rule::Items => Self::elements(pair).is_some(),
                Rule::AdditionalProperties => {
                    Self::others(pair).is_some() && self.says_the_same_of_others(pair)
                }
                Rule::Format => !is_width(pair),
                _ => false,
            };
            if !elsewhere && let Some(change) = self.group(pair, group) {
                part.changes.push(Rc::new(change));
            }
        }
    }

    /// A change in one group of keywords; none where both sides say the same.
    fn group<'a>(&mut self, pair: &SchemaPair<'_, 'a>, group: &KeywordGroup) -> Option<Change> {
        let (base, head) = (speaking(&pair.base, group), speaking(&pair.head, group));
        let same = if group.rest {
            base.len() == head.len()
                && base.iter().zip(&head).all(|(base, head)| match group.rule {
                    Rule::Unevaluated => self.prover.same.schemas(base, head),
                    _ => self.says_the_same(base, head, group) && declares_the_same(base, head),
                })
        } else {
            // However often it is said.
            base.iter().all(|base| {
                head.iter()
                    .any(|head| self.says_the_same(base, head, group))
            }) && head.iter().all(|head| {
                base.iter()
                    .any(|base| self.says_the_same(base, head, group))
            })
        };
        if same && (group.rule != Rule::Required || self.required_are_the_same(pair)) {
            return None;
        }
        let verdict = self.verdict(pair, group);
        // The same text, and nothing follows from it: what it is about was judged by itself.
        let written = base
            .iter()
            .zip(&head)
            .all(|(base, head)| self.says_the_same(base, head, group));
        if (same || (written && base.len() == head.len()))
            && matches!(verdict, Verdict::Yes | Verdict::Same)
        {
            return None;
        }
        Some(self.keyword(pair, group, (&base, &head), verdict))
    }

    fn says_the_same<'a>(
        &mut self,
        base: &Node<'a>,
        head: &Node<'a>,
        group: &KeywordGroup,
    ) -> bool {
        group
            .keys
            .iter()
            .all(|key| self.prover.same.keyword(base, head, key))
    }

    /// Whether the accepted values satisfy a group of the other side.
    pub(super) fn verdict<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
    ) -> Verdict {
        let but = if group.rest {
            names_of_one_side(pair)
        } else {
            BTreeSet::new()
        };
        let (accept, supertype) = pair.sides();
        // What is said of undeclared properties is compared with them.
        let (from, back) = (group.read(accept), group.read(supertype));
        for node in speaking(supertype, group) {
            if !self.satisfied_but_for((&from, &supertype.all), &node, group.rule, &but) {
                return self.refuted(&from, &node, group.rule);
            }
        }
        let same = speaking(accept, group)
            .iter()
            .all(|node| self.satisfied_but_for((&back, &accept.all), node, group.rule, &but));
        if same { Verdict::Same } else { Verdict::Yes }
    }

    /// The same, where some names are judged by themselves.
    fn satisfied_but_for<'a>(
        &mut self,
        (accept, supertype): (&Accept<'a>, &Accept<'a>),
        node: &Node<'a>,
        rule: Rule,
        but: &BTreeSet<String>,
    ) -> bool {
        self.prover.satisfies(accept, supertype, node, rule)
            || (!but.is_empty()
                && self.prover.question(|prover| match rule {
                    Rule::PatternProperties => prover.pattern_properties(accept, node, but),
                    Rule::AdditionalProperties => prover.additional(accept, node, but),
                    Rule::Unevaluated => prover.unevaluated(accept, node, but),
                    _ => false,
                }))
    }

    pub(super) fn keyword<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        group: &KeywordGroup,
        (base, head): (&[Node<'a>], &[Node<'a>]),
        verdict: Verdict,
    ) -> Change {
        let (old, new, key) = self.shown_nodes(group, base, head);
        let (base, head) = (
            old.as_ref().and_then(|node| node.raw(key)),
            new.as_ref().and_then(|node| node.raw(key)),
        );
        let (was, is) = (
            base.as_ref().map(|node| node.value),
            head.as_ref().map(|node| node.value),
        );
        let rule = if group.rule == Rule::Type && only_null_differs(was, is) {
            Rule::Nullable
        } else {
            group.rule
        };
        let what = Keyword {
            rule,
            name: key,
            base: was,
            head: is,
        }
        .what();
        let mut change = self.judged(pair, rule, &what, verdict);
        place(&mut change, base.as_ref(), head.as_ref());
        change
    }

    /// The keyword to point at, with the schemas that hold it: one that the new document has, if
    /// there is one.
    fn shown_nodes<'a>(
        &mut self,
        group: &KeywordGroup,
        base: &[Node<'a>],
        head: &[Node<'a>],
    ) -> (Option<Node<'a>>, Option<Node<'a>>, &'static str) {
        let mut differs = |one: &Node<'a>, others: &[Node<'a>], key: &str| {
            one.raw(key).is_some()
                && !others
                    .iter()
                    .any(|other| self.prover.same.keyword(one, other, key))
        };
        let mut shown = None;
        for key in group.keys {
            let old = base.iter().find(|node| differs(node, head, key)).cloned();
            let new = head.iter().find(|node| differs(node, base, key)).cloned();
            if new.is_some() {
                return (old.or_else(|| base.first().cloned()), new, key);
            }
            if old.is_some() && shown.is_none() {
                shown = Some((
                    old,
                    head.iter().find(|node| node.raw(key).is_some()).cloned(),
                    *key,
                ));
            }
        }
        let spoken = |key: &&&str| base.iter().chain(head).any(|node| node.raw(key).is_some());
        let key = group.keys.iter().find(spoken).copied().unwrap_or_default();
        shown.unwrap_or_else(|| (base.first().cloned(), head.first().cloned(), key))
    }

    /// Whether as many names are required in this direction as before.
    fn required_are_the_same<'a>(&self, pair: &SchemaPair<'_, 'a>) -> bool {
        pair.base.all.required() == pair.head.all.required()
    }

    /// Whether the same names are left over for what is said of the others.
    fn says_the_same_of_others<'a>(&mut self, pair: &SchemaPair<'_, 'a>) -> bool {
        let with = |side: &SchemaSide<'_>| -> Vec<usize> {
            let speaks = |node: &&Node<'_>| node.value.get("additionalProperties").is_some();
            side.own
                .iter()
                .filter(speaks)
                .map(|node| node.fields().map_or(0, |fields| fields.len()))
                .collect()
        };
        let group = GROUPS
            .iter()
            .find(|group| group.rule == Rule::AdditionalProperties);
        with(&pair.base).len() == with(&pair.head).len()
            && group.is_some_and(|group| {
                speaking(&pair.base, group)
                    .iter()
                    .zip(&speaking(&pair.head, group))
                    .all(|(base, head)| declares_the_same(base, head))
            })
    }
}

impl KeywordGroup {
    /// How the values of a side are read for this group: closed, or open where undeclared
    /// properties are at stake.
    fn read<'a>(&self, side: &SchemaSide<'a>) -> Accept<'a> {
        if self.rest {
            side.all.opened()
        } else {
            side.all.clone()
        }
    }
}

/// The schemas of a side that speak of a group.
pub(super) fn speaking<'a>(side: &SchemaSide<'a>, group: &KeywordGroup) -> Vec<Node<'a>> {
    let speaks = |node: &&Node<'a>| group.keys.iter().any(|key| node.value.get(key).is_some());
    side.own.iter().filter(speaks).cloned().collect()
}

/// The names that one side declares and the other does not: they are judged one by one, unless an
/// alternative of the other side declares them.
fn names_of_one_side<'a>(pair: &SchemaPair<'_, 'a>) -> BTreeSet<String> {
    let only = |name: &&str| match (pair.base.declares(name), pair.head.declares(name)) {
        (true, false) => !pair.head.all.names().contains(*name),
        (false, true) => !pair.base.all.names().contains(*name),
        _ => false,
    };
    declared_names(pair)
        .into_iter()
        .filter(only)
        .map(str::to_owned)
        .collect()
}

/// Whether two schemas declare the same names by themselves.
fn declares_the_same<'a>(base: &Node<'a>, head: &Node<'a>) -> bool {
    let names = |node: &Node<'_>, key: &str| -> BTreeSet<String> {
        node.named(key)
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect()
    };
    ["properties", "patternProperties"]
        .iter()
        .all(|key| names(base, key) == names(head, key))
}

fn only_null_differs(base: Option<&Value>, head: Option<&Value>) -> bool {
    let names = |types: Option<&Value>| -> Option<Vec<Value>> {
        Some(match types? {
            Value::Array(names) => names
                .iter()
                .filter(|name| *name != "null")
                .cloned()
                .collect(),
            name => vec![name.clone()],
        })
    };
    base != head && names(base).is_some_and(|base| names(head).is_some_and(|head| base == head))
}
