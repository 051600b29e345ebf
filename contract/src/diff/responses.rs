//! Compares answers: statuses (also `4XX` and `default`), their bodies and links.

use std::collections::BTreeSet;

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::BothOperations,
    rule::Rule,
};

impl<'a> Comparison<'a> {
    pub(super) fn responses(&mut self, both: &BothOperations<'a>) {
        let (base, head) = (
            both.base.node.named("responses"),
            both.head.node.named("responses"),
        );
        let statuses: BTreeSet<String> = base
            .iter()
            .chain(&head)
            .map(|(status, _)| written(status))
            .collect();
        for status in statuses
            .iter()
            .map(String::as_str)
            .filter(|status| !status.starts_with("x-"))
        {
            match (described(status, &base), described(status, &head)) {
                (Some(old), Some(new)) => self.response(both, status, &old, &new),
                (Some(old), None) => {
                    let narrowed = head.iter().any(|(other, _)| in_range(other, status));
                    self.status_removed(both, (status, narrowed), &old);
                }
                (None, Some(new)) => self.status_added(both, status, &new),
                (None, None) => {}
            }
        }
    }

    fn response(
        &mut self,
        both: &BothOperations<'a>,
        status: &str,
        base: &Node<'a>,
        head: &Node<'a>,
    ) {
        self.prose(&both.name, base, head);
        let at = format!("the {status} answer of {}", both.name);
        self.headers(both, both.received(), &at, base, head);
        self.content(both, both.received(), base, head, &at);
        self.links(both, base, head);
    }

    /// A status that is not described any more; a range may be narrowed to statuses of it.
    fn status_removed(
        &mut self,
        both: &BothOperations<'_>,
        (status, narrowed): (&str, bool),
        old: &Node<'_>,
    ) {
        let (class, who) = match (both.reversed, narrowed) {
            (true, _) => (
                Class::Breaking,
                "clients that respond with it are not understood",
            ),
            (_, true) => (Class::Compatible, "those that are left were in it"),
            _ if success(status) => (Class::Breaking, "clients that wait for it never meet it"),
            _ => (Class::Compatible, "clients that know it never meet it"),
        };
        let sentence = format!("status {status} was removed: {who}.");
        let change = by_rule(
            Rule::StatusRemoved,
            class,
            both.received(),
            sentence,
            (Some(old), None),
        );
        self.changes.add(&both.name, change);
    }

    fn status_added(&mut self, both: &BothOperations<'_>, status: &str, new: &Node<'_>) {
        let (class, who) = match both.reversed {
            true => (
                Class::Compatible,
                "clients that do not respond with it work on",
            ),
            false if success(status) => (
                Class::Breaking,
                "clients take for an error what is a success",
            ),
            false => (
                Class::Compatible,
                "clients must treat a status that they do not know as one of its class",
            ),
        };
        let sentence = format!("status {status} was added: {who}.");
        let change = by_rule(
            Rule::StatusAdded,
            class,
            both.received(),
            sentence,
            (None, Some(new)),
        );
        self.changes.add(&both.name, change);
    }

    fn links(&mut self, both: &BothOperations<'_>, base: &Node<'a>, head: &Node<'a>) {
        let (old, new) = (base.named("links"), head.named("links"));
        let mut names: Vec<&str> = old.iter().chain(&new).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let find = |links: &[(&str, Node<'a>)]| {
                links
                    .iter()
                    .find(|(other, _)| *other == name)
                    .map(|(_, node)| node.resolved())
            };
            let (old, new) = (find(&old), find(&new));
            if old.as_ref().map(|node| node.value) == new.as_ref().map(|node| node.value) {
                continue;
            }
            let sentence = format!("link `{name}` changed: a link promises nothing on the wire.");
            let sides = (old.as_ref(), new.as_ref());
            self.changes.add(
                &both.name,
                by_rule(
                    Rule::Link,
                    Class::Compatible,
                    Direction::Both,
                    sentence,
                    sides,
                ),
            );
        }
    }
}

/// A status as it is compared: `4xx` is `4XX`.
fn written(status: &str) -> String {
    if status.len() == 3 {
        status.to_uppercase()
    } else {
        status.to_owned()
    }
}

fn in_range(status: &str, range: &str) -> bool {
    range.ends_with("XX") && status.chars().next() == range.chars().next()
}

/// What a document says of a status: by itself, by its class, or by default.
fn described<'a>(status: &str, responses: &[(&'a str, Node<'a>)]) -> Option<Node<'a>> {
    let class = format!("{}XX", status.chars().next().unwrap_or_default());
    let names = [status, &class, "default"];
    let find = |name: &&str| responses.iter().find(|(other, _)| written(other) == **name);
    let exact = if status == "default" {
        &names[2..]
    } else {
        &names[..]
    };
    exact.iter().find_map(find).map(|(_, node)| node.resolved())
}

/// Anything that no client takes for an error.
fn success(status: &str) -> bool {
    matches!(status.chars().next(), Some('1' | '2' | '3'))
}
