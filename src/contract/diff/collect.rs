//! Gathers changes: the same one found from many operations is one change that names them all.

use std::collections::HashMap;

use super::{
    change::{Change, Class, Direction},
    node::Node,
    rule::Rule,
};

type Key = (String, bool, Rule, Class, Direction, String);

/// The changes found so far.
#[derive(Default)]
pub(super) struct Changes {
    changes: Vec<Change>,
    found: HashMap<Key, usize>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// One change, found while comparing `operation` (empty: no operation).
    pub(super) fn add(&mut self, operation: &str, mut change: Change) {
        let key = (
            change.pointer.clone(),
            change.in_base,
            change.rule,
            change.class,
            change.direction,
            change.sentence.clone(),
        );
        let index = match self.found.get(&key) {
            Some(index) => *index,
            None => {
                change.operations.clear();
                self.changes.push(change);
                self.found.insert(key, self.changes.len() - 1);
                self.changes.len() - 1
            }
        };
        if let Some(change) = self.changes.get_mut(index)
            && !operation.is_empty()
            && !change.operations.iter().any(|other| other == operation)
        {
            change.operations.push(operation.to_owned());
        }
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
            if change.class == Class::Docs && heaviest.get(&place).is_some_and(|class| *class > Class::Docs) {
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
        let class = heaviest.entry((change.pointer.clone(), change.rule)).or_insert(change.class);
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
        pointer: head.or(base).map(|node| node.pointer.clone()).unwrap_or_default(),
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
