//! Finds the operations that belong together: the same method on the same path, whatever the path's
//! parameters are called. What is in an operation is compared elsewhere.

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    rule::Rule,
    schema::deprecated,
};
use crate::document::{METHODS, template};

/// One operation of one document.
#[derive(Clone)]
pub(super) struct OperationNode<'a> {
    /// The path as it is written.
    pub path: &'a str,
    pub method: &'static str,
    pub item: Node<'a>,
    pub node: Node<'a>,
}

/// An operation in both documents.
pub(super) struct BothOperations<'a> {
    pub name: String,
    pub base: OperationNode<'a>,
    pub head: OperationNode<'a>,
    /// The server calls, the client answers: a webhook or a callback.
    pub reversed: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn operations(&mut self) {
        let (base, head) = (self.base.named("paths"), self.head.named("paths"));
        let (base, head) = (all(&base), all(&head));
        self.match_operations(&base, &head, false);
    }

    pub(super) fn match_operations(
        &mut self,
        base: &[OperationNode<'a>],
        head: &[OperationNode<'a>],
        reversed: bool,
    ) {
        // What is in braces is the name of a parameter in a path, and the whole sense of a
        // callback's expression.
        let path = |operation: &OperationNode<'_>| match reversed {
            true => operation.path.to_owned(),
            false => template(operation.path),
        };
        let same = |one: &OperationNode<'_>, other: &OperationNode<'_>| {
            one.method == other.method && path(one) == path(other)
        };
        let find = |of: &OperationNode<'a>, among: &[OperationNode<'a>]| {
            among.iter().find(|other| same(of, other)).cloned()
        };
        for old in base {
            match find(old, head) {
                Some(new) => {
                    let both = BothOperations {
                        name: old.name(),
                        base: old.clone(),
                        head: new,
                        reversed,
                    };
                    self.operation(&both);
                }
                None => self.removed(old, reversed),
            }
        }
        for new in head.iter().filter(|new| find(new, base).is_none()) {
            let (class, who) = match reversed {
                true => (
                    Class::Breaking,
                    "the server calls it, and clients of the old contract do not respond to it yet",
                ),
                false => (Class::Compatible, "clients of the old contract work on"),
            };
            let sentence = format!("{} was added: {who}.", new.name());
            let change = by_rule(
                Rule::OperationAdded,
                class,
                Direction::Both,
                sentence,
                (None, Some(&new.node)),
            );
            self.changes.add(&new.name(), change);
        }
    }

    fn removed(&mut self, old: &OperationNode<'a>, reversed: bool) {
        let who = match reversed {
            true => "clients that wait for it are not called any more",
            false => "clients that call it get nothing",
        };
        let sentence = format!("{} was removed: {who}.", old.name());
        let sides = (Some(&old.node), None);
        let change = by_rule(
            Rule::OperationRemoved,
            Class::Breaking,
            Direction::Both,
            sentence,
            sides,
        );
        self.changes.add(&old.name(), change);
    }

    fn operation(&mut self, both: &BothOperations<'a>) {
        let (base, head) = (&both.base.node, &both.head.node);
        self.prose(&both.name, &both.base.item, &both.head.item);
        self.prose(&both.name, base, head);
        if let Some(change) = deprecated(base, head) {
            self.changes.add(&both.name, change);
        }
        self.operation_id(both);
        self.servers(both);
        self.security(both);
        self.parameters(both);
        self.body(both);
        self.responses(both);
        self.callbacks(both);
    }

    fn operation_id(&mut self, both: &BothOperations<'_>) {
        let (base, head) = (
            both.base.node.raw("operationId"),
            both.head.node.raw("operationId"),
        );
        let (old, new) = (
            both.base.node.str("operationId"),
            both.head.node.str("operationId"),
        );
        let (class, sentence) = match (old, new) {
            _ if old == new => return,
            (None, _) => (
                Class::Compatible,
                "the operation got a name: clients of the old contract work on.".to_owned(),
            ),
            (Some(old), new) => {
                let to = new.map_or("nothing".to_owned(), |new| format!("`{new}`"));
                (
                    Class::Breaking,
                    format!(
                        "operationId went from `{old}` to {to}: \
                         programs over generated clients call it by the old name."
                    ),
                )
            }
        };
        let change = by_rule(
            Rule::OperationId,
            class,
            Direction::Both,
            sentence,
            (base.as_ref(), head.as_ref()),
        );
        self.changes.add(&both.name, change);
    }
}

/// The operations of path items.
pub(super) fn all<'a>(items: &[(&'a str, Node<'a>)]) -> Vec<OperationNode<'a>> {
    let mut operations = Vec::new();
    for (path, item) in items.iter().filter(|(path, _)| !path.starts_with("x-")) {
        // What is beside a `$ref` of a path item comes before what is behind it.
        let behind = item.resolved();
        for method in METHODS {
            if let Some(node) = item.raw(method).or_else(|| behind.raw(method)) {
                operations.push(OperationNode {
                    path,
                    method,
                    item: behind.clone(),
                    node,
                });
            }
        }
    }
    operations
}

impl OperationNode<'_> {
    /// How it is called in reports.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

impl BothOperations<'_> {
    /// The direction of what the caller sends.
    pub(super) fn sent(&self) -> Direction {
        if self.reversed {
            Direction::Response
        } else {
            Direction::Request
        }
    }

    /// The direction of what the caller gets.
    pub(super) fn received(&self) -> Direction {
        if self.reversed {
            Direction::Request
        } else {
            Direction::Response
        }
    }
}
