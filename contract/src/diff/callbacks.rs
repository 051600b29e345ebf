//! Compares webhooks and callbacks: there the server sends the requests and the client answers, so
//! that everything is the other way round.

use super::{
    Comparison,
    node::Node,
    operations::{BothOperations, OperationNode, all},
};

impl<'a> Comparison<'a> {
    pub(super) fn webhooks(&mut self) {
        let (base, head) = (self.base.named("webhooks"), self.head.named("webhooks"));
        self.match_operations(&all(&base), &all(&head), true);
    }

    /// Callbacks belong together by their names; one that got another name, by where it is called.
    pub(super) fn callbacks(&mut self, both: &BothOperations<'a>) {
        // Callbacks of callbacks go no deeper: who needs them is not known.
        if both.reversed {
            return;
        }
        let (base, head) = (called(&both.base.node), called(&both.head.node));
        let find = |name: &str, among: &[Callback<'a>]| {
            among
                .iter()
                .find(|(other, _)| *other == name)
                .map(|(_, operations)| operations.clone())
        };
        for (name, old) in &base {
            if let Some(new) = find(name, &head) {
                self.match_operations(old, &new, true);
            }
        }
        let rest = |these: &[Callback<'a>], others: &[Callback<'a>]| -> Vec<OperationNode<'a>> {
            let rest = these
                .iter()
                .filter(|(name, _)| find(name, others).is_none());
            rest.flat_map(|(_, operations)| operations.clone())
                .collect()
        };
        self.match_operations(&rest(&base, &head), &rest(&head, &base), true);
    }
}

/// The name of a callback, and its operations.
pub(super) type Callback<'a> = (&'a str, Vec<OperationNode<'a>>);

/// The callbacks of an operation.
pub(super) fn called<'a>(operation: &Node<'a>) -> Vec<Callback<'a>> {
    let operations = |callback: &Node<'a>| all(&callback.resolved().entries().collect::<Vec<_>>());
    operation
        .named("callbacks")
        .iter()
        .map(|(name, callback)| (*name, operations(callback)))
        .collect()
}
