//! Compares the keywords that constrain no value by themselves: prose, defaults, deprecation,
//! formats, discriminators. What they mean is by rule, not by proof.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class, Direction},
        discriminator,
        node::Node,
        rule::Rule,
        words::{self, Keyword},
    },
    judge::{blank, place},
    keywords::is_known,
    pair::{SchemaPair, SchemaSide},
};

/// Whether a value is only sent or only received. Reported as it stands, too: what it hides is a
/// property of an object, and it may be said of something else.
const DIRECTIONS: [&str; 2] = ["readOnly", "writeOnly"];

/// A description beside a reference.
pub(super) fn beside_references(base: &Node<'_>, head: &Node<'_>) -> Vec<Change> {
    let prose = |node: &Node<'_>| -> Vec<String> {
        let beside = node.target().and(node.fields());
        beside
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .filter(|key| key != "$ref")
            .collect()
    };
    let keys: BTreeSet<String> = prose(base).into_iter().chain(prose(head)).collect();
    keys.iter()
        .filter_map(|key| words_changed(base, head, key))
        .collect()
}

/// What differs in the annotations of a place: prose, defaults, formats and the like.
pub(super) fn changes(pair: &SchemaPair<'_, '_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let (matched, spread) = matched(pair);
    for (base, head) in &matched {
        let names: BTreeSet<&String> = base
            .fields()
            .into_iter()
            .chain(head.fields())
            .flat_map(|fields| fields.keys())
            .collect();
        let prose = names
            .into_iter()
            .filter(|name| !is_known(name) || DIRECTIONS.contains(&name.as_str()));
        changes.extend(prose.filter_map(|name| words_changed(base, head, name)));
    }
    changes.extend(spread);
    changes.extend(deprecation(pair));
    changes.extend(default(pair));
    changes.extend(content(pair));
    changes.extend(format(pair));
    changes.extend(discriminator(pair));
    changes
}

/// The schemas of a place that belong together, and a change where they are spread over more or
/// fewer.
fn matched<'a>(pair: &SchemaPair<'_, 'a>) -> (Vec<(Node<'a>, Node<'a>)>, Option<Change>) {
    let mut left = pair.head.own.clone();
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    for base in &pair.base.own {
        match left.iter().position(|head| head.pointer == base.pointer) {
            Some(index) => matched.push((base.clone(), left.remove(index))),
            None => rest.push(base.clone()),
        }
    }
    let lost = rest
        .get(left.len()..)
        .and_then(<[Node<'_>]>::first)
        .cloned();
    let gained = left
        .get(rest.len()..)
        .and_then(<[Node<'_>]>::first)
        .cloned();
    matched.extend(rest.into_iter().zip(left));
    let spread = (lost.is_some() || gained.is_some()).then(|| {
        let mut change = blank(Rule::AllOf, Class::Docs, Direction::Both);
        let what = if gained.is_some() {
            "one more schema applies here"
        } else {
            "one schema less applies here"
        };
        change.sentence = format!("{what}; what that means for values is reported by itself.");
        place(&mut change, lost.as_ref(), gained.as_ref());
        change
    });
    (matched, spread)
}

/// The first schema of each side that has a keyword.
fn stated<'a>(pair: &SchemaPair<'_, 'a>, key: &str) -> (Option<Node<'a>>, Option<Node<'a>>) {
    let of = |side: &SchemaSide<'a>| {
        side.own
            .iter()
            .find(|node| node.value.get(key).is_some())
            .cloned()
    };
    (of(&pair.base), of(&pair.head))
}

/// What each side says under a keyword.
fn values<'a>(pair: &SchemaPair<'_, 'a>, key: &str) -> (Option<Node<'a>>, Option<Node<'a>>) {
    let (base, head) = stated(pair, key);
    (
        base.and_then(|node| node.raw(key)),
        head.and_then(|node| node.raw(key)),
    )
}

fn written<'a>(node: &Option<Node<'a>>) -> Option<&'a Value> {
    node.as_ref().map(|node| node.value)
}

/// A difference that is for people only.
pub(in super::super) fn words_changed(
    base: &Node<'_>,
    head: &Node<'_>,
    key: &str,
) -> Option<Change> {
    let (old, new) = (base.raw(key), head.raw(key));
    if old.as_ref().map(|node| node.value) == new.as_ref().map(|node| node.value) {
        return None;
    }
    let rule = if key.starts_with("x-") {
        Rule::Extension
    } else {
        Rule::Prose
    };
    let mut change = blank(rule, Class::Docs, Direction::Both);
    let verb = if old.is_none() {
        "was added"
    } else if new.is_none() {
        "was removed"
    } else {
        "was rewritten"
    };
    change.sentence = words::sentence(
        &format!("`{key}` {verb}"),
        Class::Docs,
        Direction::Both,
        false,
    );
    place(&mut change, old.as_ref(), new.as_ref());
    Some(change)
}

/// A thing is deprecated, or no longer is: it works as before.
pub(in super::super) fn deprecated(base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    if base.flag("deprecated") == head.flag("deprecated") {
        return None;
    }
    let mut change = blank(Rule::Deprecated, Class::Compatible, Direction::Both);
    let what = if head.flag("deprecated") {
        "it is deprecated now"
    } else {
        "it is no longer deprecated"
    };
    change.sentence = words::sentence(what, Class::Compatible, Direction::Both, false);
    place(
        &mut change,
        base.raw("deprecated").as_ref(),
        head.raw("deprecated").as_ref(),
    );
    Some(change)
}

fn deprecation(pair: &SchemaPair<'_, '_>) -> Option<Change> {
    let (base, head) = stated(pair, "deprecated");
    let (first, other) = (pair.base.own.first()?, pair.head.own.first()?);
    deprecated(
        base.as_ref().unwrap_or(first),
        head.as_ref().unwrap_or(other),
    )
}

/// A default says what a request means that leaves the value out. In an answer it says nothing.
fn default(pair: &SchemaPair<'_, '_>) -> Option<Change> {
    let (base, head) = values(pair, "default");
    let (was, is) = (written(&base), written(&head));
    if was == is {
        return None;
    }
    let class = match (pair.is_request(), was) {
        (false, _) => Class::Docs,
        (true, None) => Class::Compatible,
        (true, Some(_)) => Class::Breaking,
    };
    let mut change = blank(Rule::Default, class, pair.direction());
    let what = Keyword {
        rule: Rule::Default,
        name: "default",
        base: was,
        head: is,
    }
    .what();
    change.sentence = match class {
        Class::Breaking => format!("{what}: clients that leave it out get something else."),
        _ => words::sentence(&what, class, pair.direction(), false),
    };
    place(&mut change, base.as_ref(), head.as_ref());
    Some(change)
}

/// How the text of a string is encoded.
fn content(pair: &SchemaPair<'_, '_>) -> Vec<Change> {
    let keys = ["contentEncoding", "contentMediaType", "contentSchema"];
    let changed = keys.into_iter().map(|key| (key, values(pair, key)));
    let changed = changed.filter(|(_, (base, head))| written(base) != written(head));
    changed
        .map(|(key, (base, head))| {
            let mut change = blank(Rule::Content, Class::Breaking, pair.direction());
            let what = Keyword {
                rule: Rule::Content,
                name: key,
                base: written(&base),
                head: written(&head),
            }
            .what();
            change.sentence = words::sentence(&what, Class::Breaking, pair.direction(), false);
            place(&mut change, base.as_ref(), head.as_ref());
            change
        })
        .collect()
}

/// The property that tells alternatives apart, and its values.
fn discriminator(pair: &SchemaPair<'_, '_>) -> Option<Change> {
    let (base, head) = stated(pair, "discriminator");
    let (base, head) = (
        base.or(pair.base.own.first().cloned())?,
        head.or(pair.head.own.first().cloned())?,
    );
    let class = discriminator::changed(&base, &head, pair.is_request())?;
    let (old, new) = (base.raw("discriminator"), head.raw("discriminator"));
    let mut change = blank(Rule::Discriminator, class, pair.direction());
    let what = Keyword {
        rule: Rule::Discriminator,
        name: "discriminator",
        base: written(&old),
        head: written(&new),
    }
    .what();
    change.sentence = words::sentence(&what, class, pair.direction(), false);
    place(&mut change, old.as_ref(), new.as_ref());
    Some(change)
}

/// Whether a format that changed is a width of integers, on both sides: that is proven.
pub(super) fn is_width(pair: &SchemaPair<'_, '_>) -> bool {
    let (base, head) = values(pair, "format");
    let is_width =
        |format: Option<&Value>| format.is_none_or(|format| format == "int32" || format == "int64");
    is_width(written(&base)) && is_width(written(&head))
}

/// A form of strings or numbers more, less or other: by rule.
fn format(pair: &SchemaPair<'_, '_>) -> Option<Change> {
    let (base, head) = values(pair, "format");
    let (was, is) = (written(&base), written(&head));
    if was == is || is_width(pair) {
        return None;
    }
    let class = class(
        was.and_then(Value::as_str),
        is.and_then(Value::as_str),
        pair.is_request(),
    );
    let mut change = blank(Rule::Format, class, pair.direction());
    let what = Keyword {
        rule: Rule::Format,
        name: "format",
        base: was,
        head: is,
    }
    .what();
    change.sentence = words::sentence(&what, class, pair.direction(), false);
    place(&mut change, base.as_ref(), head.as_ref());
    Some(change)
}

/// What a format more, less or other means.
fn class(base: Option<&str>, head: Option<&str>, request: bool) -> Class {
    let hint = |format: Option<&str>| format.is_none_or(|format| format == "password");
    if hint(base) && hint(head) {
        return Class::Docs;
    }
    let wider = match (base, head) {
        (_, None) | (Some("float"), Some("double")) => Some(true),
        (None, _) | (Some("double"), Some("float")) => Some(false),
        _ => None,
    };
    if wider == Some(request) {
        Class::Compatible
    } else {
        Class::Breaking
    }
}
