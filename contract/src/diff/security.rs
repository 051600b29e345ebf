//! Compares who may call: the alternatives of an operation as sets of schemes and scopes. The
//! schemes themselves are compared in `schemes`. A caller is hurt when what it shows is not enough
//! any more; and where anybody may call from now on, those are hurt whose data it is, so that no
//! gate lets that pass by accident.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Comparison,
    change::Class,
    collect::by_rule,
    node::Node,
    operations::{BothOperations, OperationNode},
    rule::Rule,
    schemes,
};

/// One alternative: schemes, each with scopes.
type Alternative = BTreeMap<String, BTreeSet<String>>;

impl<'a> Comparison<'a> {
    pub(super) fn security(&mut self, both: &BothOperations<'a>) {
        let (base, head) = (
            self.stated(both, &both.base, &self.base),
            self.stated(both, &both.head, &self.head),
        );
        let old = alternatives(base.as_ref());
        let names = schemes::new_names(&self.base, &self.head);
        let old_name = |name: String| {
            names
                .get(name.as_str())
                .map_or(name, |old| (*old).to_owned())
        };
        let under_old_names = |alternative: Alternative| -> Alternative {
            alternative
                .into_iter()
                .map(|(name, scopes)| (old_name(name), scopes))
                .collect()
        };
        let new: BTreeSet<Alternative> = alternatives(head.as_ref())
            .into_iter()
            .map(under_old_names)
            .collect();
        if let Some((rule, class, sentence)) = judged(both.reversed, &old, &new) {
            let sides = (base.as_ref(), head.as_ref());
            self.changes.add(
                &both.name,
                by_rule(rule, class, both.sent(), sentence.to_owned(), sides),
            );
        }
    }

    /// What an operation says of security, or the document for it. The document speaks of those who
    /// call the service, and so not for webhooks and callbacks.
    fn stated(
        &self,
        both: &BothOperations<'a>,
        operation: &OperationNode<'a>,
        document: &Node<'a>,
    ) -> Option<Node<'a>> {
        let own = operation.node.raw("security");
        if both.reversed {
            own
        } else {
            own.or_else(|| document.raw("security"))
        }
    }
}

fn judged(
    reversed: bool,
    old: &BTreeSet<Alternative>,
    new: &BTreeSet<Alternative>,
) -> Option<(Rule, Class, &'static str)> {
    if old == new {
        return None;
    }
    let nothing = Alternative::new();
    // A server that calls shows what the new document says to clients that ask for what the old one
    // says.
    let (shown, asked) = if reversed { (new, old) } else { (old, new) };
    let refused = shown
        .iter()
        .any(|shown| !asked.iter().any(|asked| enough(shown, asked)));
    Some(match refused {
        true if reversed => (
            Rule::SecurityTightened,
            Class::Breaking,
            "the server shows credentials that were not enough before: \
             clients that check them refuse it.",
        ),
        true => (
            Rule::SecurityTightened,
            Class::Breaking,
            "credentials that were enough are not any more: clients that show them are refused.",
        ),
        false if !reversed && new.contains(&nothing) && !old.contains(&nothing) => (
            Rule::SecurityRemoved,
            Class::Breaking,
            "no credentials are required any more: \
             anybody may call now, also those who were refused before.",
        ),
        false if reversed => (
            Rule::SecurityLoosened,
            Class::Compatible,
            "the server shows credentials that are enough \
             for clients of the old contract: they work on.",
        ),
        false => (
            Rule::SecurityLoosened,
            Class::Compatible,
            "less or other credentials are enough too: clients of the old contract work on.",
        ),
    })
}

/// Nothing stated, or an empty list: everybody may call.
fn alternatives(stated: Option<&Node<'_>>) -> BTreeSet<Alternative> {
    let list = stated
        .and_then(|node| node.value.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let scopes = |scopes: &Value| -> BTreeSet<String> {
        scopes
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let one = |one: &Value| -> Alternative {
        one.as_object()
            .into_iter()
            .flatten()
            .map(|(name, names)| (name.clone(), scopes(names)))
            .collect()
    };
    if list.is_empty() {
        BTreeSet::from([Alternative::new()])
    } else {
        list.iter().map(one).collect()
    }
}

/// Whether who shows `shown` meets `asked`.
fn enough(shown: &Alternative, asked: &Alternative) -> bool {
    asked
        .iter()
        .all(|(name, scopes)| shown.get(name).is_some_and(|shown| scopes.is_subset(shown)))
}
