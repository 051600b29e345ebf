//! Compares request bodies, and for bodies of both directions their media types.

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    media::{MediaType, partner, same},
    node::Node,
    operations::BothOperations,
    rule::Rule,
    schema::SchemaPlace,
};

impl<'a> Comparison<'a> {
    pub(super) fn body(&mut self, both: &BothOperations<'a>) {
        let (base, head) = (
            both.base.node.get("requestBody"),
            both.head.node.get("requestBody"),
        );
        let direction = both.sent();
        let (rule, class, sentence) = match (&base, &head) {
            (Some(base), Some(head)) => return self.both_bodies(both, base, head),
            (None, None) => return,
            (Some(_), None) if both.reversed => (
                Rule::BodyRemoved,
                Class::Breaking,
                "the request body was removed: clients that read it find nothing.",
            ),
            (Some(_), None) => (
                Rule::BodyRemoved,
                Class::Breaking,
                "the request body was removed: what clients send in it is ignored or refused.",
            ),
            (None, Some(_)) if both.reversed => (
                Rule::BodyAdded,
                Class::Compatible,
                "a request body was added: clients that do not read it work on.",
            ),
            (None, Some(head)) if head.flag("required") => (
                Rule::BodyAdded,
                Class::Breaking,
                "a required request body was added: clients that send none are refused.",
            ),
            (None, Some(_)) => (
                Rule::BodyAdded,
                Class::Compatible,
                "an optional request body was added: clients that send none work on.",
            ),
        };
        let change = by_rule(
            rule,
            class,
            direction,
            sentence.to_owned(),
            (base.as_ref(), head.as_ref()),
        );
        self.changes.add(&both.name, change);
    }

    fn both_bodies(&mut self, both: &BothOperations<'a>, base: &Node<'a>, head: &Node<'a>) {
        self.prose(&both.name, base, head);
        if base.flag("required") != head.flag("required") {
            let (rule, class, now) = match (head.flag("required"), both.reversed) {
                (true, false) => (
                    Rule::BodyRequired,
                    Class::Breaking,
                    "is required now: clients that send none are refused",
                ),
                (true, true) => (
                    Rule::BodyRequired,
                    Class::Compatible,
                    "is always there now: clients of the old contract work on",
                ),
                (false, false) => (
                    Rule::BodyOptional,
                    Class::Compatible,
                    "is optional now: clients that send one work on",
                ),
                (false, true) => (
                    Rule::BodyOptional,
                    Class::Breaking,
                    "may be missing now: clients that rely on it are hurt",
                ),
            };
            let (old, new) = (base.raw("required"), head.raw("required"));
            let sides = (old.as_ref(), new.as_ref());
            let sentence = format!("the request body {now}.");
            self.changes.add(
                &both.name,
                by_rule(rule, class, both.sent(), sentence, sides),
            );
        }
        self.content(
            both,
            both.sent(),
            base,
            head,
            &format!("the body of {}", both.name),
        );
    }

    /// The media types of something that has `content`.
    pub(super) fn content(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        base: &Node<'a>,
        head: &Node<'a>,
        at: &str,
    ) {
        let (old, new) = (base.named("content"), head.named("content"));
        for (name, media) in &old {
            match partner(name, &new) {
                Some(other) => self.media_type(both, direction, (name, media, other), at),
                None => {
                    let (class, who) = match direction {
                        Direction::Request => (Class::Breaking, "clients that send it are refused"),
                        _ if !both.reversed => (
                            Class::Breaking,
                            "clients that ask for it get something else",
                        ),
                        _ if new.is_empty() => {
                            (Class::Breaking, "clients that read it find nothing")
                        }
                        _ => (Class::Compatible, "clients that know it never meet it"),
                    };
                    let sentence = format!("media type `{name}` of {at} was removed: {who}.");
                    let sides = (Some(media), None);
                    let change = by_rule(Rule::MediaTypeRemoved, class, direction, sentence, sides);
                    self.changes.add(&both.name, change);
                }
            }
        }
        for (name, media) in new.iter().filter(|(name, _)| same(name, &old).is_none()) {
            // One out of a range that was there says more of what the range said.
            if let Some(range) = partner(name, &old) {
                self.media_type(both, direction, (name, range, media), at);
                continue;
            }
            // No client asks for what the server sends by itself.
            let unasked = both.reversed && direction == Direction::Response && !old.is_empty();
            let (class, who) = match unasked {
                true => (
                    Class::Breaking,
                    "the server sends it to clients that do not know it",
                ),
                false => (Class::Compatible, "clients of the old contract work on"),
            };
            let sentence = format!("media type `{name}` of {at} was added: {who}.");
            let change = by_rule(
                Rule::MediaTypeAdded,
                class,
                direction,
                sentence,
                (None, Some(media)),
            );
            self.changes.add(&both.name, change);
        }
    }

    fn media_type(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        (name, base, head): (&str, &Node<'a>, &Node<'a>),
        at: &str,
    ) {
        self.prose(&both.name, base, head);
        if MediaType::of(name).has_parts() {
            self.encodings(both, direction, (base, head));
        }
        match (base.raw("schema"), head.raw("schema")) {
            (Some(base), Some(head)) => {
                self.schemas(
                    &both.name,
                    &SchemaPlace {
                        direction,
                        text: false,
                        at: at.to_owned(),
                        base,
                        head,
                    },
                );
            }
            (None, None) => {}
            // Without a schema, everything was allowed.
            sides => {
                self.schema_there_or_not(both, direction, (sides.0.as_ref(), sides.1.as_ref()), at)
            }
        }
    }

    /// A schema that only one side has.
    pub(super) fn schema_there_or_not(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        sides: (Option<&Node<'a>>, Option<&Node<'a>>),
        at: &str,
    ) {
        let (class, who) = match (sides.1.is_some(), direction) {
            (true, Direction::Request) => (
                Class::Breaking,
                "clients that send something else are refused",
            ),
            (true, _) => (
                Class::Compatible,
                "clients meet no answer that was not possible before",
            ),
            (false, Direction::Request) => (
                Class::Compatible,
                "every request that was accepted still is",
            ),
            (false, _) => (
                Class::Breaking,
                "clients meet answers that the old contract ruled out",
            ),
        };
        let verb = if sides.1.is_some() {
            "added"
        } else {
            "removed"
        };
        let sentence = format!("the schema of {at} was {verb}: {who}.");
        self.changes.add(
            &both.name,
            by_rule(Rule::Schema, class, direction, sentence, sides),
        );
    }
}
