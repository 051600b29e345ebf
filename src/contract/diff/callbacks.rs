//! Compares webhooks and callbacks: there the server sends the requests and the client answers, so that everything is
//! the other way round.

use super::{
    Comparison,
    node::Node,
    operations::{Both, Operation, all},
};

impl<'a> Comparison<'a> {
    pub(super) fn webhooks(&mut self) {
        let (base, head) = (self.base.named("webhooks"), self.head.named("webhooks"));
        self.match_operations(&all(&base), &all(&head), true);
    }

    pub(super) fn callbacks(&mut self, both: &Both<'a>) {
        // Callbacks of callbacks go no deeper: whoever needs them is not known.
        if !both.reversed {
            let (base, head) = (called(&both.base.node), called(&both.head.node));
            self.match_operations(&base, &head, true);
        }
    }
}

/// The operations of all callbacks of an operation.
fn called<'a>(operation: &Node<'a>) -> Vec<Operation<'a>> {
    let callbacks = operation.named("callbacks").into_iter().map(|(_, callback)| callback.resolved());
    let items = callbacks.flat_map(|callback| callback.entries().collect::<Vec<_>>());
    let items: Vec<_> = items.filter(|(expression, _)| !expression.starts_with("x-")).collect();
    all(&items)
}
