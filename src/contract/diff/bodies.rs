//! Compares request bodies, and for bodies of both directions their media types.

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::Both,
    rule::Rule,
    schema::Place,
};

impl<'a> Comparison<'a> {
    pub(super) fn body(&mut self, both: &Both<'a>) {
        let (base, head) = (both.base.node.get("requestBody"), both.head.node.get("requestBody"));
        let direction = both.sent();
        let (rule, class, sentence) = match (&base, &head) {
            (Some(base), Some(head)) => return self.both_bodies(both, base, head),
            (None, None) => return,
            (Some(_), None) => (
                Rule::BodyRemoved,
                Class::Breaking,
                "the request body was removed: what clients send in it is ignored or refused.",
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
        let change = by_rule(rule, class, direction, sentence.to_owned(), (base.as_ref(), head.as_ref()));
        self.changes.add(&both.name, change);
    }

    fn both_bodies(&mut self, both: &Both<'a>, base: &Node<'a>, head: &Node<'a>) {
        self.prose(&both.name, base, head);
        let (rule, class, sentence) = match (base.flag("required"), head.flag("required")) {
            (false, true) => (
                Rule::BodyRequired,
                Class::Breaking,
                "the request body is required now: clients that send none are refused.",
            ),
            _ => (
                Rule::BodyOptional,
                Class::Compatible,
                "the request body is optional now: clients that send one work on.",
            ),
        };
        if base.flag("required") != head.flag("required") {
            let (old, new) = (base.raw("required"), head.raw("required"));
            let sides = (old.as_ref(), new.as_ref());
            self.changes.add(&both.name, by_rule(rule, class, both.sent(), sentence.to_owned(), sides));
        }
        self.content(both, both.sent(), base, head, &format!("the body of {}", both.name));
    }

    /// The media types of something that has `content`.
    pub(super) fn content(
        &mut self,
        both: &Both<'a>,
        direction: Direction,
        base: &Node<'a>,
        head: &Node<'a>,
        at: &str,
    ) {
        let (old, new) = (base.named("content"), head.named("content"));
        for (name, media) in &old {
            match partner(name, &new) {
                Some(other) => self.media_type(both, direction, (media, other), at),
                None => {
                    let who = match direction {
                        Direction::Request => "clients that send it are refused",
                        _ => "clients that ask for it get something else",
                    };
                    let sentence = format!("media type `{name}` of {at} was removed: {who}.");
                    let sides = (Some(media), None);
                    let change = by_rule(Rule::MediaTypeRemoved, Class::Breaking, direction, sentence, sides);
                    self.changes.add(&both.name, change);
                }
            }
        }
        for (name, media) in new.iter().filter(|(name, _)| partner(name, &old).is_none()) {
            let sentence = format!("media type `{name}` of {at} was added: clients of the old contract work on.");
            let sides = (None, Some(media));
            self.changes.add(&both.name, by_rule(Rule::MediaTypeAdded, Class::Compatible, direction, sentence, sides));
        }
    }

    fn media_type(&mut self, both: &Both<'a>, direction: Direction, (base, head): (&Node<'a>, &Node<'a>), at: &str) {
        self.prose(&both.name, base, head);
        self.encoding(both, direction, base, head);
        let sides = (base.raw("schema"), head.raw("schema"));
        if let (Some(base), Some(head)) = sides {
            return self.schemas(&both.name, &Place { direction, at: at.to_owned(), base, head });
        }
        let (rule, class, who) = match (&sides.0, direction) {
            _ if sides.0.is_none() && sides.1.is_none() => return,
            // Without a schema, everything was allowed.
            (None, Direction::Request) => {
                (Rule::Schema, Class::Breaking, "clients that send something else are refused")
            }
            (None, _) => (Rule::Schema, Class::Compatible, "clients meet no answer that was not possible before"),
            (Some(_), Direction::Request) => {
                (Rule::Schema, Class::Compatible, "every request that was accepted still is")
            }
            (Some(_), _) => (Rule::Schema, Class::Breaking, "clients meet answers that the old contract ruled out"),
        };
        let verb = if sides.0.is_none() { "added" } else { "removed" };
        let sentence = format!("the schema of {at} was {verb}: {who}.");
        let change = by_rule(rule, class, direction, sentence, (sides.0.as_ref(), sides.1.as_ref()));
        self.changes.add(&both.name, change);
    }

    fn encoding(&mut self, both: &Both<'a>, direction: Direction, base: &Node<'a>, head: &Node<'a>) {
        let (old, new) = (base.raw("encoding"), head.raw("encoding"));
        if old.as_ref().map(|node| node.value) != new.as_ref().map(|node| node.value) {
            let sentence = "how parts of the body are encoded changed: what was written as before may be misread.";
            let sides = (old.as_ref(), new.as_ref());
            let change = by_rule(Rule::Encoding, Class::Breaking, direction, sentence.to_owned(), sides);
            self.changes.add(&both.name, change);
        }
    }
}

/// The media type itself, or the range that it is in.
fn partner<'n, 'a>(name: &str, among: &'n [(&'a str, Node<'a>)]) -> Option<&'n Node<'a>> {
    let plain = |name: &str| name.replace(' ', "").to_lowercase();
    let name = plain(name);
    let kind = name.split('/').next().unwrap_or_default();
    let wanted = [name.clone(), format!("{kind}/*"), "*/*".to_owned()];
    wanted.iter().find_map(|wanted| among.iter().find(|(other, _)| plain(other) == *wanted)).map(|(_, node)| node)
}
