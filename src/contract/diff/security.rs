//! Compares who may call: the alternatives of an operation as sets of schemes and scopes, and the schemes themselves.
//! A caller is hurt when what it shows is not enough any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::{Both, Operation},
    rule::Rule,
};

/// One alternative: schemes, each with scopes.
type Alternative = BTreeMap<String, BTreeSet<String>>;

impl<'a> Comparison<'a> {
    pub(super) fn security(&mut self, both: &Both<'a>) {
        let (base, head) = (stated(&both.base, &self.base), stated(&both.head, &self.head));
        let old = alternatives(base.as_ref());
        let new: Vec<Alternative> =
            alternatives(head.as_ref()).into_iter().map(|alternative| self.under_old_names(alternative)).collect();
        if old == new {
            return;
        }
        let hurt = old.iter().filter(|old| !new.iter().any(|new| enough(old, new))).count();
        let more = new.iter().any(|new| !old.iter().any(|old| enough(new, old)));
        let (rule, class, sentence) = match (hurt, more) {
            (0, false) => return,
            (0, true) if new.iter().any(Alternative::is_empty) => (
                Rule::SecurityLoosened,
                Class::Compatible,
                "no credentials are wanted any more: clients work on, and everybody else may call too.",
            ),
            (0, true) => (
                Rule::SecurityLoosened,
                Class::Compatible,
                "less or other credentials are enough too: clients of the old contract work on.",
            ),
            _ => (
                Rule::SecurityTightened,
                Class::Breaking,
                "credentials that were enough are not any more: clients that show them are refused.",
            ),
        };
        let sides = (base.as_ref(), head.as_ref());
        let mut change = by_rule(rule, class, Direction::Request, sentence.to_owned(), sides);
        if head.is_none() {
            // Nothing is stated any more; the operation is where that can be seen.
            change =
                by_rule(rule, class, Direction::Request, sentence.to_owned(), (base.as_ref(), Some(&both.head.node)));
            change.head = None;
        }
        self.changes.add(&both.name, change);
    }

    /// Schemes are known by what they are; an alternative under new names, in the old ones.
    fn under_old_names(&self, alternative: Alternative) -> Alternative {
        let old = schemes(&self.base);
        let new = schemes(&self.head);
        let rename = |name: String| {
            if old.iter().any(|(other, _)| *other == name) {
                return name;
            }
            let meant = new.iter().find(|(other, _)| *other == name).map(|(_, node)| meaning(node));
            let same = old.iter().find(|(_, node)| Some(meaning(node)) == meant);
            same.map_or(name, |(other, _)| (*other).to_owned())
        };
        alternative.into_iter().map(|(name, scopes)| (rename(name), scopes)).collect()
    }

    /// The schemes that both documents have.
    pub(super) fn security_schemes(&mut self) {
        let new = schemes(&self.head);
        for (name, base) in schemes(&self.base) {
            let Some((_, head)) = new.iter().find(|(other, _)| *other == name) else { continue };
            self.prose("", &base, head);
            if meaning(&base) != meaning(head) {
                let sentence =
                    format!("security scheme `{name}` changed: clients that show credentials as before are refused.");
                let sides = (Some(&base), Some(head));
                let change = by_rule(Rule::SecurityScheme, Class::Breaking, Direction::Request, sentence, sides);
                self.changes.add("", change);
            }
        }
    }
}

fn schemes<'a>(document: &Node<'a>) -> Vec<(&'a str, Node<'a>)> {
    let schemes = document.get("components").map(|components| components.named("securitySchemes")).unwrap_or_default();
    schemes.into_iter().map(|(name, node)| (name, node.resolved())).collect()
}

/// A scheme without its prose. Header names are the same in whatever case.
fn meaning(scheme: &Node<'_>) -> Value {
    let mut fields = scheme.fields().cloned().unwrap_or_default();
    fields.retain(|key, _| key != "description" && key != "bearerFormat" && !key.starts_with("x-"));
    for key in ["name", "scheme"] {
        if let Some(Value::String(name)) = fields.get_mut(key)
            && (key == "scheme" || scheme.str("in") == Some("header"))
        {
            *name = name.to_lowercase();
        }
    }
    Value::Object(fields)
}

/// What an operation says of security, or the document for it.
fn stated<'a>(operation: &Operation<'a>, document: &Node<'a>) -> Option<Node<'a>> {
    operation.node.raw("security").or_else(|| document.raw("security"))
}

/// Nothing stated, or an empty list: everybody may call.
fn alternatives(stated: Option<&Node<'_>>) -> Vec<Alternative> {
    let list = stated.and_then(|node| node.value.as_array()).map(Vec::as_slice).unwrap_or_default();
    let scopes = |scopes: &Value| -> BTreeSet<String> {
        scopes.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let one = |one: &Value| -> Alternative {
        one.as_object().into_iter().flatten().map(|(name, names)| (name.clone(), scopes(names))).collect()
    };
    if list.is_empty() { vec![Alternative::new()] } else { list.iter().map(one).collect() }
}

/// Whether who shows `shown` meets `asked`.
fn enough(shown: &Alternative, asked: &Alternative) -> bool {
    asked.iter().all(|(name, scopes)| shown.get(name).is_some_and(|shown| scopes.is_subset(shown)))
}
