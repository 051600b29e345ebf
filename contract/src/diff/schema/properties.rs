//! Compares what objects declare, wherever the declarations stand: properties of both sides are
//! walked into; added and removed ones are judged here.

use std::{collections::BTreeSet, rc::Rc};

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class, Shows},
        node::Node,
        rule::Rule,
        words,
    },
    ComparedPart, Schemas,
    accept::{self, Accept},
    judge::{Verdict, blank, place},
    keywords::keys_of,
    objects::{has_name, speaks_of_others, undeclared},
    pair::{SchemaPair, SchemaSide},
    sample::{self, Against, ValueStep},
};

impl Schemas {
    /// `alternatives` are the branches that were walked at this place.
    pub(super) fn properties<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        alternatives: &[usize],
        part: &mut ComparedPart,
    ) {
        for name in declared_names(pair) {
            match (pair.base.declares(name), pair.head.declares(name)) {
                (true, true) => self.both(pair, name, part),
                (false, true) => part
                    .changes
                    .extend(self.added(pair, name, alternatives).map(Rc::new)),
                (true, false) => part
                    .changes
                    .extend(self.removed(pair, name, alternatives).map(Rc::new)),
                (false, false) => part.changes.extend(self.refused(pair, name).map(Rc::new)),
            }
        }
    }

    fn both<'a>(&mut self, pair: &SchemaPair<'_, 'a>, name: &str, part: &mut ComparedPart) {
        let (Some(base), Some(head)) = (pair.base.property(name), pair.head.property(name)) else {
            return;
        };
        part.changes.extend(beside_references(pair, name));
        let (accept, supertype) = pair.sides();
        self.below(
            pair,
            (base, head),
            ValueStep::Property(name.to_owned()),
            part,
            |schemas| {
                supertype
                    .own
                    .iter()
                    .all(|node| schemas.has_property(&accept.all, node, name))
            },
        );
    }

    /// Whether a property of the accepted values satisfies what a schema declares for it.
    fn has_property<'a>(&mut self, accept: &Accept<'a>, node: &Node<'a>, name: &str) -> bool {
        let Some(schema) = has_name(node, name) else {
            return true;
        };
        self.prover
            .question(|prover| prover.property_in_cases(accept, node, name, &schema))
    }

    fn added<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        name: &str,
        alternatives: &[usize],
    ) -> Option<Change> {
        let declared = pair.head.declarations(name).into_iter().next();
        let direction = pair.direction();
        // An alternative declared it already: it has moved.
        let moved = pair.base.all.names().contains(name);
        let verdict = if pair.is_request() {
            let node = pair
                .head
                .own
                .iter()
                .find(|node| !self.has_property(&pair.base.all, node, name))
                .cloned();
            node.map(|node| self.refuted_property(&pair.base.all, &node, name))
        } else if moved {
            // The alternatives are judged by themselves.
            None
        } else {
            self.newly_returned(pair, name)
        };
        if moved && verdict.is_none() {
            return None;
        }
        let class = verdict.as_ref().map_or(Class::Compatible, Class::from);
        let mut change = blank(Rule::PropertyAdded, class, direction);
        change.undecided = verdict == Some(Verdict::Undecided);
        let hidden = pair
            .base
            .own
            .iter()
            .any(|node| has_name(node, name).is_some());
        let now = match (moved, hidden) {
            (true, _) => "is declared otherwise",
            (_, true) => "is carried now",
            _ => "was added",
        };
        change.sentence = words::sentence(
            &format!("property `{name}` {now}"),
            class,
            direction,
            change.undecided,
        );
        place(&mut change, None, declared.as_ref());
        if let Some(Verdict::No(value)) = verdict {
            let shows = if pair.is_request() {
                Shows::RequestRefused
            } else {
                Shows::ResponseNew
            };
            change.counterexample = Some(self.shown(pair, shows, value));
        }
        if moved {
            self.unless_explained(change, alternatives)
        } else {
            Some(change)
        }
    }

    /// What could not be decided of a property that alternatives declare may have been found in one
    /// of them.
    fn unless_explained(&mut self, change: Change, alternatives: &[usize]) -> Option<Change> {
        if !change.undecided || alternatives.is_empty() {
            return Some(change);
        }
        self.defer(alternatives.to_vec(), change);
        None
    }

    /// A value with a property that a schema does not accept.
    fn refuted_property<'a>(
        &mut self,
        accept: &Accept<'a>,
        node: &Node<'a>,
        name: &str,
    ) -> Verdict {
        let hints = sample::with_any(accept, name);
        self.separated(
            accept,
            &Against::Keywords(node, keys_of(Rule::PropertyAdded)),
            hints,
        )
    }

    /// What the old contract said of a property that it did not declare; none where it allowed what
    /// is answered now.
    fn newly_returned<'a>(&mut self, pair: &SchemaPair<'_, 'a>, name: &str) -> Option<Verdict> {
        let accept = &pair.head.all;
        let speaks = |node: &&Node<'_>| speaks_of_others(node) || has_name(node, name).is_some();
        let refusing = pair.base.all.parts.iter().filter(speaks).find(|node| {
            !self.has_property(accept, node, name)
                || !self
                    .prover
                    .question(|prover| prover.accepts_undeclared(accept, node, name))
        });
        let node = refusing?.clone();
        let with = pair.head.all.having(name);
        let keys = if node.value.get("unevaluatedProperties").is_some()
            || node.value.get("propertyNames").is_some()
        {
            keys_of(Rule::Unevaluated)
        } else {
            keys_of(Rule::AdditionalProperties)
        };
        Some(self.separated(&with, &Against::Keywords(&node, keys), Vec::new()))
    }

    /// A property that neither side declares, but one of them refuses by its name.
    fn refused<'a>(&mut self, pair: &SchemaPair<'_, 'a>, name: &str) -> Option<Change> {
        let (accept, supertype) = pair.sides();
        let node = supertype
            .own
            .iter()
            .find(|node| !self.has_property(&accept.all, node, name))
            .cloned()?;
        let verdict = self.refuted_property(&accept.all, &node, name);
        let now = if pair.is_request() {
            "is refused now"
        } else {
            "is no longer refused"
        };
        let mut change = self.judged(
            pair,
            Rule::PropertyAdded,
            &format!("property `{name}` {now}"),
            verdict,
        );
        let declared = has_name(&node, name);
        let (base, head) = if pair.is_request() {
            (None, declared)
        } else {
            (declared, None)
        };
        place(&mut change, base.as_ref(), head.as_ref());
        Some(change)
    }

    fn removed<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        name: &str,
        alternatives: &[usize],
    ) -> Option<Change> {
        let direction = pair.direction();
        let property = pair.base.declarations(name).into_iter().next();
        // An alternative declares it now: it has moved.
        if pair.head.all.names().contains(name)
            && !pair
                .head
                .own
                .iter()
                .any(|node| has_name(node, name).is_some())
        {
            return self.moved(pair, name, property.as_ref(), alternatives);
        }
        let class = if pair.is_request() && self.still_accepts(pair, name) {
            Class::Compatible
        } else {
            Class::Breaking
        };
        let mut change = blank(Rule::PropertyRemoved, class, direction);
        let hidden = pair
            .head
            .own
            .iter()
            .any(|node| has_name(node, name).is_some());
        let gone = if hidden {
            "is not carried any more"
        } else {
            "was removed"
        };
        let who = match (class, pair.is_request()) {
            (Class::Compatible, _) => "undeclared properties are still taken",
            (_, true) => "clients that send it are ignored or refused",
            (_, false) => "clients that read it find nothing",
        };
        change.sentence = format!("property `{name}` {gone}: {who}.");
        place(&mut change, property.as_ref(), None);
        if class == Class::Breaking {
            let with = pair.base.all.having(name);
            if let Verdict::No(value) =
                self.separated(&with, &Against::Closed(&pair.head.all), Vec::new())
            {
                let shows = if pair.is_request() {
                    Shows::RequestRefused
                } else {
                    Shows::ResponseGone
                };
                change.counterexample = Some(self.shown(pair, shows, value));
            }
        }
        Some(change)
    }

    /// A property that only alternatives declare now. What they say is judged with them; here,
    /// whether what is answered now was possible before.
    fn moved<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        name: &str,
        property: Option<&Node<'a>>,
        alternatives: &[usize],
    ) -> Option<Change> {
        if pair.is_request() {
            return None;
        }
        let node = pair
            .base
            .own
            .iter()
            .find(|node| !self.has_property(&pair.head.all, node, name))
            .cloned()?;
        let verdict = self.refuted_property(&pair.head.all, &node, name);
        let what = format!("property `{name}` is declared otherwise");
        let mut change = self.judged(pair, Rule::Schema, &what, verdict);
        place(&mut change, property, None);
        self.unless_explained(change, alternatives)
    }

    /// Whether requests may go on with a property that is not declared any more.
    fn still_accepts<'a>(&mut self, pair: &SchemaPair<'_, 'a>, name: &str) -> bool {
        let head = &pair.head.all;
        let says = |node: &Node<'_>| {
            undeclared(node, name)
                .iter()
                .any(|schema| schema.value != &Value::Bool(false))
        };
        let free = head.names().is_empty() || head.parts.iter().any(says);
        let parts = head.parts.clone();
        free && parts.iter().all(|node| {
            self.has_property(&pair.base.all, node, name)
                && self
                    .prover
                    .question(|prover| prover.accepts_undeclared(&pair.base.all, node, name))
        })
    }
}

/// All names that either side declares here, in the order in which they are written.
pub(super) fn declared_names<'a>(pair: &SchemaPair<'_, 'a>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let of = |side: &SchemaSide<'a>| -> Vec<&'a str> {
        side.own
            .iter()
            .flat_map(|node| node.named("properties"))
            .map(|(name, _)| name)
            .collect()
    };
    let names = of(&pair.head).into_iter().chain(of(&pair.base));
    names
        .filter(|name| seen.insert(*name) && *name != accept::OTHER)
        .collect()
}

/// A description beside a reference, where each side declares the property once.
fn beside_references<'a>(pair: &SchemaPair<'_, 'a>, name: &str) -> Vec<Rc<Change>> {
    let (base, head) = (pair.base.declarations(name), pair.head.declarations(name));
    let ([base], [head]) = (base.as_slice(), head.as_slice()) else {
        return Vec::new();
    };
    super::annotations::beside_references(base, head)
        .into_iter()
        .map(Rc::new)
        .collect()
}
