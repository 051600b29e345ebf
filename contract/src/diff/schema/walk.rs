//! The way through two schemas: into properties, elements and alternatives. Each place is walked
//! once. What differs at a place is found elsewhere.

use std::{collections::HashSet, rc::Rc};

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class},
        rule::Rule,
    },
    ComparedPart, Schemas, annotations,
    groups::speaking,
    judge::{acquit, is_proven},
    keywords::GROUPS,
    pair::{SchemaPair, SchemaSide},
    sample::ValueStep,
};

/// Values that nest deeper are not compared further down.
const CHAIN: usize = 2000;
/// How many places are compared. The largest public documents have some ten thousand.
const PLACES: usize = 300_000;

impl Schemas {
    /// Where in `parts` a pair is, once it was walked.
    pub(super) fn walked<'a>(&mut self, pair: &SchemaPair<'_, 'a>) -> usize {
        let key = (
            pair.base.ids(),
            self.prover.key(&pair.base.all),
            pair.head.ids(),
            self.prover.key(&pair.head.all),
            pair.direction(),
        );
        if let Some(index) = self.compared.get(&key) {
            return *index;
        }
        // A schema that comes back to itself adds nothing that is not found on the way.
        let index = self.parts.len();
        self.compared.insert(key, index);
        self.parts.push(Rc::default());
        if self.walking.len() >= CHAIN || self.parts.len() >= PLACES {
            self.is_cut = true;
            return index;
        }
        self.walking.push(index);
        let part = self.walk(pair);
        self.walking.pop();
        if let Some(place) = self.parts.get_mut(index) {
            *place = Rc::new(part);
        }
        if self.walking.is_empty() {
            self.settle();
        }
        index
    }

    /// Adds the breaks that nothing explains, once all was walked.
    fn settle(&mut self) {
        self.harmless.clear();
        for deferred in std::mem::take(&mut self.deferred) {
            let explained = deferred.branches.iter().any(|branch| self.breaks(*branch));
            if let Some(part) = self.parts.get_mut(deferred.at).filter(|_| !explained) {
                Rc::make_mut(part).changes.push(Rc::new(deferred.change));
                self.harmless.clear();
            }
        }
    }

    fn walk<'a>(&mut self, pair: &SchemaPair<'_, 'a>) -> ComparedPart {
        let found = annotations::changes(pair)
            .into_iter()
            .map(Rc::new)
            .collect();
        let mut part = ComparedPart {
            changes: found,
            is_complete: true,
            ..ComparedPart::default()
        };
        self.groups(pair, &mut part);
        self.alternatives(pair, &mut part);
        let alternatives = part.behind.clone();
        self.properties(pair, &alternatives, &mut part);
        self.parts(pair, &mut part);
        part
    }

    /// A part of the value. Where what is around it makes up for what was found there, it is no
    /// break.
    pub(super) fn below<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        sides: (SchemaSide<'a>, SchemaSide<'a>),
        step: ValueStep,
        part: &mut ComparedPart,
        holds: impl FnOnce(&mut Self) -> bool,
    ) {
        let index = self.walked(&pair.below(sides.0, sides.1, step));
        if self.breaks(index) && holds(self) {
            self.acquitted(index, part);
        } else {
            part.behind.push(index);
        }
    }

    /// Whether a break was found in a part or behind it, against which a proof about the whole
    /// could speak.
    pub(super) fn breaks(&mut self, index: usize) -> bool {
        let (mut seen, mut waiting, mut complete) = (HashSet::from([index]), vec![index], true);
        while let Some(index) = waiting.pop() {
            let Some(found) = self.parts.get(index) else {
                continue;
            };
            if found
                .changes
                .iter()
                .any(|change| change.class == Class::Breaking && is_proven(change.rule))
            {
                return true;
            }
            complete &= found.is_complete;
            let new = found
                .behind
                .iter()
                .filter(|behind| !self.harmless.contains(behind));
            waiting.extend(new.filter(|behind| seen.insert(**behind)));
        }
        if complete {
            self.harmless.extend(seen);
        }
        false
    }

    /// Takes over what was found in a part, without the breaks that the whole makes up for.
    pub(super) fn acquitted(&self, index: usize, part: &mut ComparedPart) {
        for change in self.behind(index) {
            if change.class == Class::Breaking && is_proven(change.rule) {
                let mut change = Change::clone(&change);
                acquit(&mut change, Class::Compatible);
                part.changes.push(Rc::new(change));
            } else {
                part.changes.push(change);
            }
        }
    }

    /// All changes of a part and behind it.
    fn behind(&self, index: usize) -> Vec<Rc<Change>> {
        let (mut changes, mut seen, mut waiting) =
            (Vec::new(), vec![false; self.parts.len()], vec![index]);
        while let Some(index) = waiting.pop() {
            let (Some(part), Some(seen)) = (self.parts.get(index), seen.get_mut(index)) else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                changes.extend(part.changes.iter().map(Rc::clone));
                waiting.extend(&part.behind);
            }
        }
        changes
    }

    /// The elements, where each side has one schema for all of them.
    pub(super) fn elements<'a>(
        pair: &SchemaPair<'_, 'a>,
    ) -> Option<(SchemaSide<'a>, SchemaSide<'a>)> {
        let any =
            |side: &SchemaSide<'_>, key: &str| side.own.iter().any(|node| node.raw(key).is_some());
        let both = |key| (any(&pair.base, key), any(&pair.head, key));
        let each = both("prefixItems") == (false, false) && both("items") == (true, true);
        if each {
            pair.base.element().zip(pair.head.element())
        } else {
            None
        }
    }

    /// The undeclared properties, where each side has one schema for all of them.
    pub(super) fn others<'a>(
        pair: &SchemaPair<'_, 'a>,
    ) -> Option<(SchemaSide<'a>, SchemaSide<'a>)> {
        let any = |side: &SchemaSide<'_>| {
            side.own
                .iter()
                .filter_map(|node| node.value.get("additionalProperties"))
                .any(Value::is_object)
        };
        if any(&pair.base) && any(&pair.head) {
            pair.base.others().zip(pair.head.others())
        } else {
            None
        }
    }

    fn parts<'a>(&mut self, pair: &SchemaPair<'_, 'a>, part: &mut ComparedPart) {
        let (accept, supertype) = pair.sides();
        for (sides, step, rule) in [
            (Self::elements(pair), ValueStep::Element, Rule::Items),
            (
                Self::others(pair),
                ValueStep::Other,
                Rule::AdditionalProperties,
            ),
        ] {
            let Some(sides) = sides else { continue };
            let walked = part.behind.len();
            self.below(pair, sides, step, part, |schemas| {
                supertype.own.iter().all(|node| {
                    schemas
                        .prover
                        .satisfies(&accept.all, &supertype.all, node, rule)
                })
            });
            if rule == Rule::AdditionalProperties {
                self.declared_elsewhere(
                    pair,
                    part.behind.get(walked..).unwrap_or_default().to_vec(),
                );
            }
        }
    }

    /// What is said of undeclared properties also concerns those that only another schema of the
    /// same place declares.
    fn declared_elsewhere(&mut self, pair: &SchemaPair<'_, '_>, walked: Vec<usize>) {
        let Some(group) = GROUPS
            .iter()
            .find(|group| group.rule == Rule::AdditionalProperties)
        else {
            return;
        };
        let verdict = self.verdict(pair, group);
        if Class::from(&verdict) == Class::Breaking {
            let (base, head) = (speaking(&pair.base, group), speaking(&pair.head, group));
            let change = self.keyword(pair, group, (&base, &head), verdict);
            self.defer(walked, change);
        }
    }
}
