//! The way through two schemas: into parts of the value, into branches about the same value, and through references,
//! which are followed once. What differs at a place is found elsewhere.

use std::rc::Rc;

use super::{Pair, Part, Schemas, annotations};

/// Longer chains of references are not followed.
const CHAIN: usize = 2000;

impl Schemas {
    /// Schemas of a part of the value.
    pub(super) fn below(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        part.rest.extend(annotations::beside_references(&pair.base, &pair.head).into_iter().map(Rc::new));
        match self.behind(pair) {
            Some(index) => part.behind.push(index),
            None => {
                let inner = self.pair(pair);
                part.rest.extend(inner.own.into_iter().chain(inner.rest));
                part.behind.extend(inner.behind);
            }
        }
    }

    /// Schemas of the same value: branches of `allOf` and the like.
    pub(super) fn beside(&mut self, pair: &Pair<'_, '_>, part: &mut Part) {
        part.own.extend(annotations::beside_references(&pair.base, &pair.head).into_iter().map(Rc::new));
        let inner = match self.behind(pair) {
            Some(index) => self.parts.get(index).map(Rc::clone).unwrap_or_default(),
            None => Rc::new(self.pair(pair)),
        };
        part.own.extend(inner.own.iter().map(Rc::clone));
        part.rest.extend(inner.rest.iter().map(Rc::clone));
        part.behind.extend(&inner.behind);
    }

    /// Compares what references lead to, once; none where there is no reference.
    pub(super) fn behind(&mut self, pair: &Pair<'_, '_>) -> Option<usize> {
        if pair.base.target().is_none() && pair.head.target().is_none() {
            return None;
        }
        let pair = pair.beside(pair.base.resolved(), pair.head.resolved());
        let key = (pair.base.pointer.clone(), pair.head.pointer.clone(), pair.direction());
        if let Some(index) = self.compared.get(&key) {
            return Some(*index);
        }
        // A schema that comes back to itself adds nothing that is not found on the way.
        let index = self.parts.len();
        self.compared.insert(key, index);
        self.parts.push(Rc::default());
        if self.depth >= CHAIN {
            self.too_deep = true;
            return Some(index);
        }
        self.depth += 1;
        let part = Rc::new(self.pair(&pair));
        self.depth -= 1;
        if let Some(place) = self.parts.get_mut(index) {
            *place = part;
        }
        Some(index)
    }
}
