//! Compares security schemes: what clients show as credentials, and where they get it. Which of
//! them an operation asks for is compared in `security`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Comparison,
    callbacks::called,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::all,
    rule::Rule,
    schema::words_changed,
};
use crate::document::is_prose;

/// A scheme of both documents.
struct BothSchemes<'a> {
    /// Its name in the old document.
    name: &'a str,
    base: Node<'a>,
    head: Node<'a>,
    /// Whether the old document asks for it anywhere.
    asked: bool,
}

impl<'a> Comparison<'a> {
    /// The schemes that both documents have.
    pub(super) fn security_schemes(&mut self) {
        let asked = asked(&self.base);
        for (name, base, head) in pairs(&self.base, &self.head) {
            self.scheme(&BothSchemes {
                name,
                base,
                head,
                asked: asked.contains(name),
            });
        }
    }

    fn scheme(&mut self, both: &BothSchemes<'a>) {
        self.prose("", &both.base, &both.head);
        let without_flows = |scheme: &Node<'a>| {
            let mut fields = meaning(scheme);
            fields.remove("flows");
            fields
        };
        if without_flows(&both.base) != without_flows(&both.head) {
            let who = "clients that show credentials as before are refused";
            self.scheme_changed(
                both,
                Class::Breaking,
                ("changed", who),
                (Some(&both.base), Some(&both.head)),
            );
            return;
        }
        let (old, new) = (flows(&both.base), flows(&both.head));
        for (name, base) in &old {
            match find(name, &new) {
                Some(head) => self.flow(both, name, base, head),
                None => {
                    let what = format!("no longer has the flow `{name}`");
                    let who = "clients that get their tokens by it get none";
                    self.scheme_changed(both, Class::Breaking, (&what, who), (Some(base), None));
                }
            }
        }
        for (name, head) in new.iter().filter(|(name, _)| find(name, &old).is_none()) {
            let (what, who) = (
                format!("has a flow `{name}` too"),
                "clients may go on with those that they know",
            );
            self.scheme_changed(both, Class::Compatible, (&what, who), (None, Some(head)));
        }
    }

    fn flow(&mut self, both: &BothSchemes<'a>, name: &str, base: &Node<'a>, head: &Node<'a>) {
        self.prose("", base, head);
        for key in keys(base, head)
            .into_iter()
            .filter(|key| *key != "scopes" && !key.starts_with("x-"))
        {
            let (old, new) = (base.raw(key), head.raw(key));
            if old.as_ref().map(|node| node.value) == new.as_ref().map(|node| node.value) {
                continue;
            }
            let (class, who) = match key {
                "refreshUrl" => (
                    Class::Compatible,
                    "clients that cannot refresh a token there get a new one",
                ),
                _ => (
                    Class::Breaking,
                    "clients that get their tokens as before get none",
                ),
            };
            let what = format!("has another `{key}` in the flow `{name}`");
            self.scheme_changed(both, class, (&what, who), (old.as_ref(), new.as_ref()));
        }
        self.scopes(both, base, head);
    }

    fn scopes(&mut self, both: &BothSchemes<'a>, base: &Node<'a>, head: &Node<'a>) {
        let (Some(base), Some(head)) = (base.raw("scopes"), head.raw("scopes")) else {
            return;
        };
        for scope in keys(&base, &head) {
            match (base.raw(scope), head.raw(scope)) {
                (Some(_), Some(_)) => {
                    if let Some(change) = words_changed(&base, &head, scope) {
                        self.changes.add("", change);
                    }
                }
                (old @ Some(_), None) => {
                    let what = format!("no longer has the scope `{scope}`");
                    let who = "clients that request it are refused";
                    self.scheme_changed(both, Class::Breaking, (&what, who), (old.as_ref(), None));
                }
                (_, new) => {
                    let what = format!("has a scope `{scope}` too");
                    let who = "clients that do not request it work on";
                    self.scheme_changed(
                        both,
                        Class::Compatible,
                        (&what, who),
                        (None, new.as_ref()),
                    );
                }
            }
        }
    }

    fn scheme_changed(
        &mut self,
        both: &BothSchemes<'a>,
        class: Class,
        (what, who): (&str, &str),
        sides: (Option<&Node<'a>>, Option<&Node<'a>>),
    ) {
        let (class, who) = if both.asked {
            (class, who)
        } else {
            (Class::Compatible, "no operation asked for it")
        };
        let sentence = format!("security scheme `{}` {what}: {who}.", both.name);
        self.changes.add(
            "",
            by_rule(
                Rule::SecurityScheme,
                class,
                Direction::Request,
                sentence,
                sides,
            ),
        );
    }
}

/// The new names of renamed schemes, each with the old one. A scheme is known by what it is.
pub(super) fn new_names<'a>(base: &Node<'a>, head: &Node<'a>) -> BTreeMap<&'a str, &'a str> {
    let old = schemes(base);
    let renamed = schemes(head)
        .into_iter()
        .filter(|(name, _)| find(name, &old).is_none());
    let same = |node: &Node<'a>| {
        old.iter()
            .find(|(_, other)| identity(other) == identity(node))
    };
    renamed
        .filter_map(|(name, node)| same(&node).map(|(old, _)| (name, *old)))
        .collect()
}

/// The schemes of both documents, by their old names.
fn pairs<'a>(base: &Node<'a>, head: &Node<'a>) -> Vec<(&'a str, Node<'a>, Node<'a>)> {
    let new = schemes(head);
    let names = new_names(base, head);
    let renamed = |name: &str| {
        names
            .iter()
            .find(|(_, old)| **old == name)
            .and_then(|(new_name, _)| find(new_name, &new))
    };
    let pair = |(name, base)| {
        let head = find(name, &new).or_else(|| renamed(name)).cloned();
        head.map(|head| (name, base, head))
    };
    schemes(base).into_iter().filter_map(pair).collect()
}

/// The names of the schemes that something in a document asks for.
fn asked<'a>(document: &Node<'a>) -> BTreeSet<&'a str> {
    let mut operations = all(&document.named("paths"));
    operations.extend(all(&document.named("webhooks")));
    let called: Vec<_> = operations
        .iter()
        .flat_map(|operation| called(&operation.node))
        .collect();
    operations.extend(called.into_iter().flat_map(|(_, operations)| operations));
    let nodes = operations
        .iter()
        .map(|operation| &operation.node)
        .chain([document]);
    let alternatives = nodes.flat_map(|node| node.list("security"));
    alternatives
        .flat_map(|alternative| {
            alternative
                .entries()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn schemes<'a>(document: &Node<'a>) -> Vec<(&'a str, Node<'a>)> {
    let schemes = document
        .get("components")
        .map(|components| components.named("securitySchemes"))
        .unwrap_or_default();
    schemes
        .into_iter()
        .map(|(name, node)| (name, node.resolved()))
        .collect()
}

fn flows<'a>(scheme: &Node<'a>) -> Vec<(&'a str, Node<'a>)> {
    let mut flows = scheme.named("flows");
    flows.retain(|(name, _)| !name.starts_with("x-"));
    flows
}

fn find<'n, 'a>(name: &str, among: &'n [(&'a str, Node<'a>)]) -> Option<&'n Node<'a>> {
    among
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, node)| node)
}

fn keys<'a>(base: &Node<'a>, head: &Node<'a>) -> BTreeSet<&'a str> {
    base.entries()
        .chain(head.entries())
        .map(|(key, _)| key)
        .collect()
}

/// A scheme without its prose. Header names are the same in whatever case.
fn meaning(scheme: &Node<'_>) -> Map<String, Value> {
    let mut fields = scheme.fields().cloned().unwrap_or_default();
    fields.retain(|key, _| !is_prose(key));
    for key in ["name", "scheme"] {
        if let Some(Value::String(name)) = fields.get_mut(key)
            && (key == "scheme" || scheme.str("in") == Some("header"))
        {
            *name = name.to_lowercase();
        }
    }
    fields
}

/// What stays where a scheme only offers more or less: its kind, and where tokens come from.
fn identity(scheme: &Node<'_>) -> Value {
    let mut fields = meaning(scheme);
    for flow in fields
        .get_mut("flows")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|flows| flows.values_mut())
    {
        let parts = flow.as_object_mut().into_iter();
        parts.for_each(|parts| {
            parts.retain(|key, _| key == "authorizationUrl" || key == "tokenUrl")
        });
    }
    Value::Object(fields)
}
