//! Compares the headers of answers.

use super::{
    Comparison,
    change::Class,
    collect::by_rule,
    node::Node,
    operations::Both,
    rule::Rule,
    schema::{Place, deprecated},
};

impl<'a> Comparison<'a> {
    pub(super) fn headers(&mut self, both: &Both<'a>, status: &str, base: &Node<'a>, head: &Node<'a>) {
        let (old, new) = (headers(base), headers(head));
        let find = |name: &str, among: &[(String, Node<'a>)]| {
            among.iter().find(|(other, _)| other == name).map(|(_, node)| node.clone())
        };
        for (name, header) in &old {
            match find(name, &new) {
                Some(other) => self.header(both, status, name, header, &other),
                None => {
                    let sentence = format!("header `{name}` was removed: clients that read it find nothing.");
                    let sides = (Some(header), None);
                    let change = by_rule(Rule::HeaderRemoved, Class::Breaking, both.received(), sentence, sides);
                    self.changes.add(&both.name, change);
                }
            }
        }
        for (name, header) in new.iter().filter(|(name, _)| find(name, &old).is_none()) {
            let sentence = format!("header `{name}` was added: clients ignore headers that they do not know.");
            let sides = (None, Some(header));
            let change = by_rule(Rule::HeaderAdded, Class::Compatible, both.received(), sentence, sides);
            self.changes.add(&both.name, change);
        }
    }

    fn header(&mut self, both: &Both<'a>, status: &str, name: &str, base: &Node<'a>, head: &Node<'a>) {
        let direction = both.received();
        self.prose(&both.name, base, head);
        if let Some(change) = deprecated(base, head) {
            self.changes.add(&both.name, change);
        }
        let (rule, class, now) = match (base.flag("required"), head.flag("required")) {
            (true, false) => {
                (Rule::HeaderOptional, Class::Breaking, "may be missing now: clients that rely on it are hurt")
            }
            _ => (Rule::HeaderRequired, Class::Compatible, "is always there now: clients of the old contract work on"),
        };
        if base.flag("required") != head.flag("required") {
            let (old, new) = (base.raw("required"), head.raw("required"));
            let sentence = format!("header `{name}` {now}.");
            self.changes.add(&both.name, by_rule(rule, class, direction, sentence, (old.as_ref(), new.as_ref())));
        }
        let at = format!("header `{name}` of the {status} answer of {}", both.name);
        match (base.raw("schema"), head.raw("schema")) {
            (Some(base), Some(head)) => self.schemas(&both.name, &Place { direction, at, base, head }),
            _ => self.content(both, direction, base, head, &at),
        }
    }
}

/// The headers of an answer by their names in lower case; the type of the body has its own place.
fn headers<'a>(response: &Node<'a>) -> Vec<(String, Node<'a>)> {
    let headers = response.named("headers").into_iter();
    let headers = headers.map(|(name, header)| (name.to_lowercase(), header.resolved()));
    headers.filter(|(name, _)| name != "content-type").collect()
}
