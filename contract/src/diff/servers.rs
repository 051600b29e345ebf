//! Compares the addresses that a document says the service has.

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::BothOperations,
    rule::Rule,
};

/// The server of a document that states none.
const DEFAULT: &str = "/";

impl<'a> Comparison<'a> {
    /// The servers of the document.
    pub(super) fn root_servers(&mut self) {
        let (base, head) = (self.base.clone(), self.head.clone());
        self.compare_servers("", &base, &head);
    }

    /// The servers of an operation or its path, where one of the documents states any.
    pub(super) fn servers(&mut self, both: &BothOperations<'a>) {
        let own = |operation: &Node<'a>, item: &Node<'a>| {
            [operation, item]
                .into_iter()
                .find(|node| !node.list("servers").is_empty())
                .cloned()
        };
        let base = own(&both.base.node, &both.base.item);
        let head = own(&both.head.node, &both.head.item);
        if base.is_some() || head.is_some() {
            let (base, head) = (
                base.unwrap_or(self.base.clone()),
                head.unwrap_or(self.head.clone()),
            );
            self.compare_servers(&both.name, &base, &head);
        }
    }

    fn compare_servers(&mut self, operation: &str, base: &Node<'a>, head: &Node<'a>) {
        let (old, new) = (base.list("servers"), head.list("servers"));
        // Where none is stated there is one, where the document is, and nobody knows here where
        // that is.
        let stated = |server: &Node<'a>, among: &[Node<'a>]| match among {
            [] => url(server) == DEFAULT,
            _ => among.iter().any(|other| url(other) == url(server)),
        };
        for server in &old {
            if let Some(other) = new.iter().find(|other| url(other) == url(server)) {
                self.server(operation, server, other);
            } else if !stated(server, &new) {
                let sentence = format!(
                    "server `{}` was removed: clients that call it find nothing.",
                    url(server)
                );
                let sides = (Some(server), None);
                let change = by_rule(
                    Rule::ServerRemoved,
                    Class::Breaking,
                    Direction::Request,
                    sentence,
                    sides,
                );
                self.changes.add(operation, change);
            }
        }
        for server in new.iter().filter(|server| !stated(server, &old)) {
            let sentence = format!(
                "server `{}` was added: clients may go on with those that they know.",
                url(server)
            );
            let sides = (None, Some(server));
            let change = by_rule(
                Rule::ServerAdded,
                Class::Compatible,
                Direction::Request,
                sentence,
                sides,
            );
            self.changes.add(operation, change);
        }
    }

    fn server(&mut self, operation: &str, base: &Node<'a>, head: &Node<'a>) {
        self.prose(operation, base, head);
        let new = head.named("variables");
        for (name, old) in base.named("variables") {
            let Some((_, new)) = new.iter().find(|(other, _)| *other == name) else {
                continue;
            };
            self.prose(operation, &old, new);
            let lost =
                new.raw("enum").is_some() && (old.raw("enum").is_none() || !within(&old, new));
            let class = match old.value.get("default") != new.value.get("default") || lost {
                true => Class::Breaking,
                false
                    if old.raw("enum").is_some()
                        && (new.raw("enum").is_none() || !within(new, &old)) =>
                {
                    Class::Compatible
                }
                false => continue,
            };
            let who = match class {
                Class::Breaking => "clients that leave it as it was call another address",
                _ => "clients may go on with the values that they know",
            };
            let sentence = format!(
                "variable `{name}` of server `{}` changed: {who}.",
                url(base)
            );
            let sides = (Some(&old), Some(new));
            self.changes.add(
                operation,
                by_rule(
                    Rule::ServerChanged,
                    class,
                    Direction::Request,
                    sentence,
                    sides,
                ),
            );
        }
    }
}

/// Whether all values of one variable are values of the other one.
fn within(one: &Node<'_>, other: &Node<'_>) -> bool {
    let (one, other) = (one.list("enum"), other.list("enum"));
    one.iter()
        .all(|value| other.iter().any(|known| known.value == value.value))
}

fn url<'a>(server: &Node<'a>) -> &'a str {
    let url = server.str("url").unwrap_or(DEFAULT);
    if url.len() > 1 {
        url.trim_end_matches('/')
    } else {
        url
    }
}
