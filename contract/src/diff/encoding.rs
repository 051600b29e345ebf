//! Compares how the parts of a body are encoded. A part counts where both documents have it.

use serde_json::Value;

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    media::MediaType,
    node::Node,
    operations::BothOperations,
    rule::Rule,
    writing::{scalar, types},
};

impl<'a> Comparison<'a> {
    /// The encodings of two bodies of a media type.
    pub(super) fn encodings(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        (base, head): (&Node<'a>, &Node<'a>),
    ) {
        let (old, new) = (base.named("encoding"), head.named("encoding"));
        let mut names: Vec<&str> = old.iter().chain(&new).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names.into_iter().filter(|name| !name.starts_with("x-")) {
            let find = |among: &[(&str, Node<'a>)]| {
                among
                    .iter()
                    .find(|(other, _)| *other == name)
                    .map(|(_, node)| node.clone())
            };
            let part = EncodedPart {
                name,
                base: find(&old),
                head: find(&new),
            };
            // What only one side has is a property added or removed.
            if has(base, name) && has(head, name) {
                self.part(both, direction, &part, &property(head, name));
            }
        }
    }

    fn part(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        part: &EncodedPart<'a>,
        property: &Option<Node<'a>>,
    ) {
        let (old, new) = (
            Encoding::of(&part.base, property),
            Encoding::of(&part.head, property),
        );
        if let (Some(base), Some(head)) = (&part.base, &part.head) {
            self.prose(&both.name, base, head);
            self.headers(
                both,
                direction,
                &format!("part `{}` of {}", part.name, both.name),
                base,
                head,
            );
        }
        if old == new {
            return;
        }
        let (from, to) = if direction == Direction::Request {
            (&old, &new)
        } else {
            (&new, &old)
        };
        let (class, who) = match to.covers(from) {
            true => (Class::Compatible, "clients of the old contract work on"),
            false => (Class::Breaking, "what is written as before may be misread"),
        };
        let sentence = format!(
            "how the part `{}` of the body is encoded changed: {who}.",
            part.name
        );
        let sides = (part.base.as_ref(), part.head.as_ref());
        self.changes.add(
            &both.name,
            by_rule(Rule::Encoding, class, direction, sentence, sides),
        );
    }
}

/// A part of a body, and what both documents say of its encoding.
struct EncodedPart<'a> {
    name: &'a str,
    base: Option<Node<'a>>,
    head: Option<Node<'a>>,
}

#[derive(PartialEq)]
struct Encoding {
    /// One of these, where that is known.
    kinds: Option<Vec<MediaType>>,
    style: String,
    explode: bool,
    reserved: bool,
    /// Written as in a query, and not as a separate body: for some values that makes a
    /// difference.
    as_query: bool,
}

impl Encoding {
    /// With what holds where nothing is said.
    fn of(stated: &Option<Node<'_>>, property: &Option<Node<'_>>) -> Self {
        let node = stated.as_ref();
        let style = node
            .and_then(|node| node.str("style"))
            .unwrap_or("form")
            .to_owned();
        let explode = node
            .and_then(|node| node.value.get("explode"))
            .and_then(Value::as_bool);
        let stated = |key: &str| node.is_some_and(|node| node.raw(key).is_some());
        let plain = property
            .as_ref()
            .is_some_and(|property| types(property).is_some_and(|types| scalar(&types)));
        Self {
            kinds: kinds(node, property),
            explode: explode.unwrap_or(style == "form"),
            style,
            reserved: node.is_some_and(|node| node.flag("allowReserved")),
            as_query: !plain
                && ["style", "explode", "allowReserved"]
                    .iter()
                    .any(|key| stated(key)),
        }
    }

    /// Whether this reads all that the other one writes.
    fn covers(&self, other: &Self) -> bool {
        let kinds = match (&self.kinds, &other.kinds) {
            (Some(these), Some(others)) => others
                .iter()
                .all(|other| these.iter().any(|kind| kind.covers(other))),
            (None, None) => true,
            _ => false,
        };
        let written =
            |encoding: &Self| (encoding.style.clone(), encoding.explode, encoding.as_query);
        kinds && written(self) == written(other) && self.reserved >= other.reserved
    }
}

fn kinds(stated: Option<&Node<'_>>, property: &Option<Node<'_>>) -> Option<Vec<MediaType>> {
    let usual = || {
        let property = property.as_ref()?.resolved();
        let types = types(&property)?;
        let binary =
            property.raw("contentEncoding").is_some() || property.str("format") == Some("binary");
        match types.as_slice() {
            ["object"] => Some("application/json"),
            _ if scalar(&types) && !binary => Some("text/plain"),
            _ => None,
        }
    };
    let kinds = stated
        .and_then(|node| node.str("contentType"))
        .or_else(usual)?;
    Some(kinds.split(',').map(MediaType::of).collect())
}

/// Whether a body has a part; where its schema does not say so at once, it may have any.
fn has(media: &Node<'_>, name: &str) -> bool {
    let schema = media.get("schema");
    schema
        .and_then(|schema| schema.raw("properties"))
        .is_none_or(|properties| properties.raw(name).is_some())
}

fn property<'a>(media: &Node<'a>, name: &str) -> Option<Node<'a>> {
    media.path(&["schema", "properties", name])
}
