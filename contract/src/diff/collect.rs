//! Gathers changes: the same one found from many operations is one change that names them all.

use std::{collections::HashMap, rc::Rc};

use super::{
    change::{Change, Class, Direction},
    node::Node,
    rule::Rule,
};

type ChangeKey = (String, bool, Rule, Class, Direction, String);

/// The changes found so far.
#[derive(Default)]
pub(super) struct Changes {
    changes: Vec<Change>,
    found: HashMap<ChangeKey, usize>,
    /// Changes that many operations share, by where they are in memory.
    shared: HashMap<*const Change, (Rc<Change>, usize)>,
}

/// More operations of one change are not named.
pub(super) const NAMED: usize = 100;

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// One change, found while comparing `operation` (empty: no operation).
    pub(super) fn add(&mut self, operation: &str, change: Change) {
        let index = self.index(change);
        self.name(index, operation);
    }

    /// The same for a change that other operations may share.
    pub(super) fn add_shared(&mut self, operation: &str, change: &Rc<Change>) {
        let known = self
            .shared
            .get(&Rc::as_ptr(change))
            .map(|(_, index)| *index);
        let index = known.unwrap_or_else(|| {
            let index = self.index(Change::clone(change));
            self.shared
                .insert(Rc::as_ptr(change), (Rc::clone(change), index));
            index
        });
        self.name(index, operation);
    }

    fn index(&mut self, mut change: Change) -> usize {
        let key = (
            change.pointer.clone(),
            change.in_base,
            change.rule,
            change.class,
            change.direction,
            change.sentence.clone(),
        );
        *self.found.entry(key).or_insert_with(|| {
            change.operations.clear();
            self.changes.push(change);
            self.changes.len() - 1
        })
    }

    /// Operations come one after the other, so that only the last one can be there already.
    fn name(&mut self, index: usize, operation: &str) {
        let Some(change) = self.changes.get_mut(index) else {
            return;
        };
        let names = &mut change.operations;
        if operation.is_empty()
            || names.last().is_some_and(|last| last == operation)
            || names.len() > NAMED
        {
            return;
        }
        names.push(if names.len() == NAMED {
            "and more".to_owned()
        } else {
            operation.to_owned()
        });
    }

    /// All changes, the heaviest first.
    pub(super) fn finish(&mut self) -> Vec<Change> {
        let changes = std::mem::take(&mut self.changes);
        let heaviest = heaviest(&changes);
        let mut kept: Vec<Change> = Vec::with_capacity(changes.len());
        let mut both: HashMap<(String, Rule, Class), usize> = HashMap::new();
        for change in changes {
            let place = (change.pointer.clone(), change.rule);
            // A change that matters in one direction is not worth a second line for the other one.
            if change.class == Class::Docs
                && heaviest
                    .get(&place)
                    .is_some_and(|class| *class > Class::Docs)
            {
                continue;
            }
            if change.class < Class::Breaking {
                let key = (place.0, place.1, change.class);
                if let Some(other) = both.get(&key).and_then(|index| kept.get_mut(*index)) {
                    unite(other, &change);
                    continue;
                }
                both.insert(key, kept.len());
            }
            kept.push(change);
        }
        kept.sort_by_key(|change| std::cmp::Reverse(change.class));
        kept
    }
}

fn heaviest(changes: &[Change]) -> HashMap<(String, Rule), Class> {
    let mut heaviest = HashMap::new();
    for change in changes {
        let class = heaviest
            .entry((change.pointer.clone(), change.rule))
            .or_insert(change.class);
        *class = change.class.max(*class);
    }
    heaviest
}

/// The same harmless change in both directions.
fn unite(into: &mut Change, change: &Change) {
    if into.direction != change.direction {
        into.direction = Direction::Both;
    }
    for operation in &change.operations {
        if !into.operations.contains(operation) {
            into.operations.push(operation.clone());
        }
    }
}

/// A change that is by rule, with its sentence.
pub(super) fn by_rule(
    rule: Rule,
    class: Class,
    direction: Direction,
    sentence: String,
    (base, head): (Option<&Node<'_>>, Option<&Node<'_>>),
) -> Change {
    Change {
        class,
        direction,
        rule,
        pointer: head
            .or(base)
            .map(|node| node.pointer.clone())
            .unwrap_or_default(),
        in_base: head.is_none(),
        sentence,
        base: base.map(|node| node.value.clone()),
        head: head.map(|node| node.value.clone()),
        operations: Vec::new(),
        counterexample: None,
        undecided: false,
        accepted: None,
    }
}
