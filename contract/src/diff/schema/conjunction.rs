//! The schemas that apply to one value at once: a schema, what it refers to, and the branches of
//! its `allOf`. How a schema is spread over them makes no difference to what is compared.

use std::collections::HashSet;

use serde_json::Value;

use super::super::node::Node;

/// Adds a schema with all that holds wherever it holds. What accepts everything is left out.
pub(super) fn expand<'a>(node: &Node<'a>, into: &mut Vec<Node<'a>>) {
    let mut seen: HashSet<usize> = into.iter().map(Node::id).collect();
    add(node, into, &mut seen);
}

/// The schemas that apply together.
pub(super) fn expanded<'a, 'n>(nodes: impl IntoIterator<Item = &'n Node<'a>>) -> Vec<Node<'a>>
where
    'a: 'n,
{
    let (mut parts, mut seen) = (Vec::new(), HashSet::new());
    for node in nodes {
        add(node, &mut parts, &mut seen);
    }
    parts
}

fn add<'a>(node: &Node<'a>, into: &mut Vec<Node<'a>>, seen: &mut HashSet<usize>) {
    let node = node.resolved();
    if node.value == &Value::Bool(true) || !seen.insert(node.id()) {
        return;
    }
    let branches = node.list("allOf");
    into.push(node);
    for branch in &branches {
        add(branch, into, seen);
    }
}
