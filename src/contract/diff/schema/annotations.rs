//! Compares the keywords that constrain no value by themselves: prose, defaults, deprecation, formats, discriminators.
//! What they mean is by rule, not by proof.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class, Direction, Shows},
        node::Node,
        rule::Rule,
        words::{self, Keyword},
    },
    Pair, Schemas,
    form::{Form, Mode},
    judge::{blank, place, place_at},
    keywords::{GROUPS, Group, KNOWN, Kind, PROSE},
    sample,
};

/// A description beside a reference.
pub(super) fn beside_references(base: &Node<'_>, head: &Node<'_>) -> Vec<Change> {
    let prose = |node: &Node<'_>| -> Vec<String> {
        let beside = node.target().and(node.fields());
        beside.into_iter().flatten().map(|(key, _)| key.clone()).filter(|key| key != "$ref").collect()
    };
    let keys: BTreeSet<String> = prose(base).into_iter().chain(prose(head)).collect();
    keys.iter().filter_map(|key| words_changed(base, head, key)).collect()
}

/// Prose, extensions, deprecation and defaults of two schemas.
pub(super) fn changes(pair: &Pair<'_, '_>) -> Vec<Change> {
    let names: BTreeSet<&String> =
        pair.base.fields().into_iter().chain(pair.head.fields()).flat_map(|fields| fields.keys()).collect();
    let mut changes: Vec<Change> = names
        .into_iter()
        .filter(|name| PROSE.contains(&name.as_str()) || !known(name))
        .filter_map(|name| words_changed(&pair.base, &pair.head, name))
        .collect();
    changes.extend(deprecated(&pair.base, &pair.head));
    changes.extend(default(pair));
    changes.extend(content(pair));
    changes
}

fn known(name: &str) -> bool {
    KNOWN.contains(&name) || GROUPS.iter().any(|group| group.keys.contains(&name))
}

/// A difference that is for people only.
pub(in super::super) fn words_changed(base: &Node<'_>, head: &Node<'_>, key: &str) -> Option<Change> {
    let (old, new) = (base.raw(key), head.raw(key));
    if old.as_ref().map(|node| node.value) == new.as_ref().map(|node| node.value) {
        return None;
    }
    let rule = if key.starts_with("x-") { Rule::Extension } else { Rule::Prose };
    let mut change = blank(rule, Class::Docs, Direction::Both);
    let verb = if old.is_none() {
        "was added"
    } else if new.is_none() {
        "was removed"
    } else {
        "was rewritten"
    };
    change.sentence = words::sentence(&format!("`{key}` {verb}"), Class::Docs, Direction::Both, false);
    place(&mut change, old.as_ref(), new.as_ref());
    Some(change)
}

/// A thing is deprecated, or no longer is: it works as before.
pub(in super::super) fn deprecated(base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    if base.flag("deprecated") == head.flag("deprecated") {
        return None;
    }
    let mut change = blank(Rule::Deprecated, Class::Compatible, Direction::Both);
    let what = if head.flag("deprecated") { "it is deprecated now" } else { "it is no longer deprecated" };
    change.sentence = words::sentence(what, Class::Compatible, Direction::Both, false);
    place(&mut change, base.raw("deprecated").as_ref(), head.raw("deprecated").as_ref());
    Some(change)
}

/// A default says what a request means that leaves the value out. In an answer it says nothing.
fn default(pair: &Pair<'_, '_>) -> Option<Change> {
    let (base, head) = pair.get("default");
    if base == head {
        return None;
    }
    let class = match (pair.is_request(), base) {
        (false, _) => Class::Docs,
        (true, None) => Class::Compatible,
        (true, Some(_)) => Class::Breaking,
    };
    let mut change = blank(Rule::Default, class, pair.direction());
    let what = Keyword { rule: Rule::Default, name: "default", base, head }.what();
    change.sentence = match class {
        Class::Breaking => format!("{what}: clients that leave it out get something else."),
        _ => words::sentence(&what, class, pair.direction(), false),
    };
    place_at(&mut change, pair, "default");
    Some(change)
}

/// How the text of a string is encoded.
fn content(pair: &Pair<'_, '_>) -> Vec<Change> {
    let keys = ["contentEncoding", "contentMediaType", "contentSchema"];
    let changed = keys.into_iter().filter(|key| pair.base.value.get(key) != pair.head.value.get(key));
    changed
        .map(|key| {
            let (base, head) = pair.get(key);
            let mut change = blank(Rule::Content, Class::Breaking, pair.direction());
            let what = Keyword { rule: Rule::Content, name: key, base, head }.what();
            change.sentence = words::sentence(&what, Class::Breaking, pair.direction(), false);
            place_at(&mut change, pair, key);
            change
        })
        .collect()
}

/// The property that tells alternatives apart, and its values.
pub(super) fn discriminator(pair: &Pair<'_, '_>) -> Option<Change> {
    let (base, head) = pair.get("discriminator");
    if base == head {
        return None;
    }
    let class = match (base, head) {
        (Some(base), Some(head)) => mapping(base, head, pair.is_request()),
        // Only a hint: the alternatives themselves have not changed.
        (None, Some(_)) => Class::Compatible,
        _ => Class::Breaking,
    };
    let mut change = blank(Rule::Discriminator, class, pair.direction());
    let what = Keyword { rule: Rule::Discriminator, name: "discriminator", base, head }.what();
    change.sentence = words::sentence(&what, class, pair.direction(), false);
    place_at(&mut change, pair, "discriminator");
    Some(change)
}

fn mapping(base: &Value, head: &Value, request: bool) -> Class {
    if base["propertyName"] != head["propertyName"] {
        return Class::Breaking;
    }
    let (must, may) = if request { (base, head) } else { (head, base) };
    let kept = |(name, target): (&String, &Value)| may["mapping"][name] == *target;
    let all = must["mapping"].as_object().is_none_or(|names| names.iter().all(kept));
    if all { Class::Compatible } else { Class::Breaking }
}

impl Schemas {
    /// A format: a width of integers is proven, a form of strings is by rule.
    pub(super) fn format(&mut self, pair: &Pair<'_, '_>) -> Option<Change> {
        let (base, head) = (pair.base.str("format"), pair.head.str("format"));
        if base == head {
            return None;
        }
        let wide = |format: Option<&str>| matches!(format, None | Some("int32" | "int64"));
        if wide(base) && wide(head) {
            return Some(self.width(pair));
        }
        let class = class(base, head, pair.is_request());
        let mut change = blank(Rule::Format, class, pair.direction());
        let (old, new) = pair.get("format");
        let what = Keyword { rule: Rule::Format, name: "format", base: old, head: new }.what();
        change.sentence = words::sentence(&what, class, pair.direction(), false);
        place_at(&mut change, pair, "format");
        if class == Class::Breaking {
            self.show_format(pair, &mut change);
        }
        Some(change)
    }

    fn width(&mut self, pair: &Pair<'_, '_>) -> Change {
        const WIDTH: Group = Group {
            rule: Rule::Format,
            kind: Kind::Plain,
            keys: &["format", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"],
        };
        self.keyword(pair, &WIDTH)
    }

    fn show_format(&self, pair: &Pair<'_, '_>, change: &mut Change) {
        let (from, to) = if pair.is_request() { (&pair.base, &pair.head) } else { (&pair.head, &pair.base) };
        let (accepts, wide) =
            (Form::of(from, Mode::Closed, pair.direction()), Form::of(to, Mode::Closed, pair.direction()));
        let shows = if pair.is_request() { Shows::RequestRefused } else { Shows::AnswerNew };
        if let Some(value) = sample::separating(&accepts, &wide, None) {
            change.counterexample = Some(self.shown(pair, shows, value, false));
        }
    }
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
    if wider == Some(request) { Class::Compatible } else { Class::Breaking }
}
