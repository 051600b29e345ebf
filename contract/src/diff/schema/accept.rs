//! What is known of a value that has to be accepted: the schemas that apply to it, which of their
//! alternatives accept it, and that it is made of declared properties. Facts only; nothing is
//! compared here.

mod cases;
mod declared;
mod values;

use std::{cell::OnceCell, collections::BTreeSet, rc::Rc};

use serde_json::Value;

use super::{
    super::{change::Direction, node::Node},
    conjunction::{expand, expanded},
    objects::{has_name, hidden, schema_of},
    types::Types,
};

/// A value, by what is known of it.
#[derive(Clone)]
pub(super) struct Accept<'a> {
    pub direction: Direction,
    /// It satisfies all of these.
    pub parts: Vec<Node<'a>>,
    /// These too; but they declare no property.
    pub beside: Vec<Node<'a>>,
    /// It may satisfy these, and then they declare properties.
    pub maybe: Vec<Node<'a>>,
    /// It satisfies none of these.
    pub refused_by: Vec<Node<'a>>,
    /// The alternatives among `parts` that are decided: the chosen branch is one of them.
    pub chosen: BTreeSet<Choice>,
    /// Properties that it has, and that it does not have.
    pub has: BTreeSet<String>,
    pub lacks: BTreeSet<String>,
    /// It is of one of these types.
    pub types: Types,
    /// It is made of declared properties, if any are declared; and so are its parts.
    pub closed: bool,
    pub closed_below: bool,
    /// It is written as text, so that a number looks like a string.
    pub text: bool,
    names: OnceCell<Rc<BTreeSet<String>>>,
    free: OnceCell<bool>,
    open: OnceCell<Rc<Vec<Node<'a>>>>,
}

/// Alternatives that a schema leaves open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Choice {
    AnyOf(usize),
    OneOf(usize),
    If(usize),
    Dependent(usize, String),
}

/// What applies to one property or element.
pub(super) enum AcceptedPart<'a> {
    /// It is never there.
    Never,
    /// It is like this, if it is there.
    Some(Accept<'a>),
}

impl<'a> Accept<'a> {
    /// A value of a schema.
    pub(super) fn of<'n>(
        nodes: impl IntoIterator<Item = &'n Node<'a>>,
        direction: Direction,
        closed: bool,
    ) -> Self
    where
        'a: 'n,
    {
        Self {
            direction,
            parts: expanded(nodes),
            beside: Vec::new(),
            maybe: Vec::new(),
            refused_by: Vec::new(),
            chosen: BTreeSet::new(),
            has: BTreeSet::new(),
            lacks: BTreeSet::new(),
            types: Types::ALL,
            closed,
            closed_below: closed,
            text: false,
            names: OnceCell::new(),
            free: OnceCell::new(),
            open: OnceCell::new(),
        }
    }

    /// The same, with nothing worked out yet.
    fn renewed(&self) -> Self {
        Self {
            names: OnceCell::new(),
            free: OnceCell::new(),
            open: OnceCell::new(),
            ..self.clone()
        }
    }

    /// The same, which satisfies another schema too, as part of what is written.
    pub(super) fn with(&self, node: &Node<'a>) -> Self {
        let mut more = self.renewed();
        expand(node, &mut more.parts);
        more
    }

    /// The same, which satisfies another schema too.
    pub(super) fn beside(&self, node: &Node<'a>) -> Self {
        let mut more = self.renewed();
        expand(node, &mut more.beside);
        more
    }

    pub(super) fn refused_by(&self, node: &Node<'a>) -> Self {
        let mut more = self.clone();
        more.refused_by.push(node.resolved());
        more
    }

    pub(super) fn having(&self, name: &str) -> Self {
        let mut more = self.renewed();
        more.has.insert(name.to_owned());
        more
    }

    pub(super) fn of_types(&self, types: Types) -> Self {
        Self {
            types: self.types.and(types),
            ..self.clone()
        }
    }

    /// The same, which may have properties that are not declared; its parts may not.
    pub(super) fn opened(&self) -> Self {
        Self {
            closed: false,
            ..self.clone()
        }
    }

    /// The same, which may have any properties, and so may its parts.
    pub(super) fn opened_throughout(&self) -> Self {
        Self {
            closed: false,
            closed_below: false,
            ..self.clone()
        }
    }

    /// All schemas that it satisfies.
    pub(super) fn all(&self) -> impl Iterator<Item = &Node<'a>> {
        self.parts.iter().chain(&self.beside)
    }

    /// The values of a keyword in all that it satisfies.
    pub(super) fn values(&self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.all().filter_map(move |node| node.value.get(key))
    }

    /// What is known of a property.
    pub(super) fn property(&self, name: &str) -> AcceptedPart<'a> {
        if !self.may_have(name) {
            return AcceptedPart::Never;
        }
        let mut nodes: Vec<Node<'a>> = self
            .parts
            .iter()
            .flat_map(|node| schema_of(node, name))
            .collect();
        nodes.extend(self.unevaluated(name));
        let beside: Vec<Node<'a>> = self
            .beside
            .iter()
            .flat_map(|node| schema_of(node, name))
            .collect();
        let mut maybe: Vec<Node<'a>> = self
            .open()
            .iter()
            .flat_map(|node| schema_of(node, name))
            .collect();
        if let Some(sole) = self.declared_by_one(name) {
            nodes.push(sole);
            maybe.clear();
        }
        self.part(&nodes, &beside, maybe)
    }

    /// What is known of the properties that nothing declares.
    pub(super) fn others(&self) -> AcceptedPart<'a> {
        self.property(OTHER)
    }

    fn part(
        &self,
        nodes: &[Node<'a>],
        beside: &[Node<'a>],
        maybe: Vec<Node<'a>>,
    ) -> AcceptedPart<'a> {
        let never = |node: &Node<'a>| node.resolved().value == &Value::Bool(false);
        if nodes.iter().chain(beside).any(never) {
            return AcceptedPart::Never;
        }
        let mut part = Self::of(nodes, self.direction, self.closed_below);
        part.beside = expanded(beside);
        part.maybe = maybe;
        part.text = self.text;
        AcceptedPart::Some(part)
    }

    /// What is known of the element at an index; of all further ones where there is none.
    pub(super) fn element(&self, index: Option<usize>) -> AcceptedPart<'a> {
        let of = |node: &Node<'a>| {
            let first = node.list("prefixItems");
            index
                .and_then(|index| first.get(index).cloned())
                .or_else(|| node.raw("items"))
        };
        let nodes: Vec<Node<'a>> = self.parts.iter().filter_map(of).collect();
        let beside: Vec<Node<'a>> = self.beside.iter().filter_map(of).collect();
        let maybe = self.open().iter().filter_map(of).collect();
        self.part(&nodes, &beside, maybe)
    }

    /// The longest `prefixItems`.
    pub(super) fn prefix(&self) -> usize {
        self.all()
            .map(|node| node.list("prefixItems").len())
            .max()
            .unwrap_or(0)
    }

    /// The names that it must have.
    pub(super) fn required(&self) -> BTreeSet<String> {
        let lists = self
            .values("required")
            .filter_map(Value::as_array)
            .flatten();
        let names = lists.filter_map(Value::as_str).map(str::to_owned);
        names
            .filter(|name| !self.hides(name))
            .chain(self.has.iter().cloned())
            .collect()
    }

    /// Whether a property is declared, but not for this direction.
    pub(super) fn hides(&self, name: &str) -> bool {
        self.all()
            .filter_map(|node| has_name(node, name))
            .any(|property| hidden(&property, self.direction))
    }
}

/// A name that stands for all undeclared ones. No document has it: it is no text of JSON.
pub(super) const OTHER: &str = "\u{10FFFF}";
