//! Compares headers: those of responses, and those of the parts of bodies.

use super::{
    Comparison,
    change::{Class, Direction},
    collect::by_rule,
    node::Node,
    operations::BothOperations,
    rule::Rule,
    schema::deprecated,
    writing::Written,
};

impl<'a> Comparison<'a> {
    /// The headers of two things that are sent in a direction: `of` says of what they are.
    pub(super) fn headers(
        &mut self,
        both: &BothOperations<'a>,
        direction: Direction,
        of: &str,
        base: &Node<'a>,
        head: &Node<'a>,
    ) {
        let (old, new) = (headers(base), headers(head));
        let find = |name: &str, among: &[(String, Node<'a>)]| {
            among
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, node)| node.clone())
        };
        for (name, header) in &old {
            match find(name, &new) {
                Some(other) => {
                    let at = format!("header `{name}` of {of}");
                    let name = &format!("header `{name}`");
                    let written = Written {
                        name,
                        at,
                        rule: Rule::HeaderWriting,
                        direction,
                    };
                    self.header(both, written, header, &other);
                }
                None => {
                    let who = match direction {
                        Direction::Request => "clients that send it are ignored or refused",
                        _ => "clients that read it find nothing",
                    };
                    let sentence = format!("header `{name}` was removed: {who}.");
                    let sides = (Some(header), None);
                    let change = by_rule(
                        Rule::HeaderRemoved,
                        Class::Breaking,
                        direction,
                        sentence,
                        sides,
                    );
                    self.changes.add(&both.name, change);
                }
            }
        }
        for (name, header) in new.iter().filter(|(name, _)| find(name, &old).is_none()) {
            let (class, who) = match direction {
                Direction::Request if header.flag("required") => {
                    (Class::Breaking, "clients that do not send it are refused")
                }
                Direction::Request => (Class::Compatible, "clients that do not send it work on"),
                _ => (
                    Class::Compatible,
                    "clients ignore headers that they do not know",
                ),
            };
            let sentence = format!("header `{name}` was added: {who}.");
            let change = by_rule(
                Rule::HeaderAdded,
                class,
                direction,
                sentence,
                (None, Some(header)),
            );
            self.changes.add(&both.name, change);
        }
    }

    fn header(
        &mut self,
        both: &BothOperations<'a>,
        written: Written<'_>,
        base: &Node<'a>,
        head: &Node<'a>,
    ) {
        self.prose(&both.name, base, head);
        if let Some(change) = deprecated(base, head) {
            self.changes.add(&both.name, change);
        }
        if base.flag("required") != head.flag("required") {
            let (rule, class, now) = required(written.direction, head.flag("required"));
            let (old, new) = (base.raw("required"), head.raw("required"));
            let sentence = format!("{} {now}.", written.name);
            let change = by_rule(
                rule,
                class,
                written.direction,
                sentence,
                (old.as_ref(), new.as_ref()),
            );
            self.changes.add(&both.name, change);
        }
        self.written(both, written, base, head);
    }
}

/// What it means that a header is required now, or no longer.
fn required(direction: Direction, required: bool) -> (Rule, Class, &'static str) {
    match (required, direction) {
        (true, Direction::Request) => (
            Rule::HeaderRequired,
            Class::Breaking,
            "is required now: clients that leave it out are refused",
        ),
        (true, _) => (
            Rule::HeaderRequired,
            Class::Compatible,
            "is always there now: clients of the old contract work on",
        ),
        (false, Direction::Request) => (
            Rule::HeaderOptional,
            Class::Compatible,
            "is optional now: clients that send it work on",
        ),
        (false, _) => (
            Rule::HeaderOptional,
            Class::Breaking,
            "may be missing now: clients that rely on it are hurt",
        ),
    }
}

/// Headers by their names in lower case; the type of the body has its own place.
fn headers<'a>(of: &Node<'a>) -> Vec<(String, Node<'a>)> {
    let headers = of.named("headers").into_iter();
    let headers = headers.map(|(name, header)| (name.to_lowercase(), header.resolved()));
    headers.filter(|(name, _)| name != "content-type").collect()
}
