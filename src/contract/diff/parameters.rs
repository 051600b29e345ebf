//! Compares parameters: those of the operation and those that it inherits from its path. Path parameters are known by
//! their position, headers in whatever case.

use super::{
    Comparison,
    change::{Change, Class, Direction},
    collect::by_rule,
    node::Node,
    operations::{Both, Operation},
    rule::Rule,
    schema::{Place, deprecated},
};

/// What tells a parameter from the others of its operation.
type Key<'a> = (&'a str, String);

impl<'a> Comparison<'a> {
    pub(super) fn parameters(&mut self, both: &Both<'a>) {
        let (base, head) = (parameters(&both.base), parameters(&both.head));
        for (key, old) in &base {
            match head.iter().find(|(other, _)| other == key) {
                Some((_, new)) => self.parameter(both, old, new),
                None => self.changes.add(&both.name, removed(both.sent(), old)),
            }
        }
        for (_, new) in head.iter().filter(|(key, _)| !base.iter().any(|(other, _)| other == key)) {
            self.changes.add(&both.name, added(both.sent(), new));
        }
    }

    fn parameter(&mut self, both: &Both<'a>, base: &Node<'a>, head: &Node<'a>) {
        let direction = both.sent();
        self.prose(&both.name, base, head);
        let found = [
            deprecated(base, head),
            renamed(base, head),
            required(direction, base, head),
            writing(direction, base, head),
        ];
        for change in found.into_iter().flatten() {
            self.changes.add(&both.name, change);
        }
        let at =
            format!("{} parameter `{}` of {}", base.str("in").unwrap_or(""), base.str("name").unwrap_or(""), both.name);
        match (base.raw("schema"), head.raw("schema")) {
            (Some(base), Some(head)) => self.schemas(&both.name, &Place { direction, at, base, head }),
            (None, None) => self.content(both, direction, base, head, &at),
            (old, new) => {
                let sentence =
                    format!("{at} is described in another way: clients that write it as before may be refused.");
                let sides = (old.as_ref().or(Some(base)), new.as_ref().or(Some(head)));
                self.changes
                    .add(&both.name, by_rule(Rule::ParameterWriting, Class::Breaking, direction, sentence, sides));
            }
        }
    }

    /// The schemas of one place.
    pub(super) fn schemas(&mut self, operation: &str, place: &Place<'_>) {
        for change in self.schemas.compare(place) {
            self.changes.add_shared(operation, &change);
        }
    }
}

/// The parameters of an operation; its own come before those of its path.
fn parameters<'a>(operation: &Operation<'a>) -> Vec<(Key<'a>, Node<'a>)> {
    let mut found: Vec<(Key<'a>, Node<'a>)> = Vec::new();
    for parameter in operation.node.list("parameters").into_iter().chain(operation.item.list("parameters")) {
        let parameter = parameter.resolved();
        let (Some(place), Some(name)) = (parameter.str("in"), parameter.str("name")) else { continue };
        let name = match place {
            "path" => position(operation.path, name),
            "header" => name.to_lowercase(),
            _ => name.to_owned(),
        };
        // These are described by media types and security, and ignored as parameters.
        let elsewhere = place == "header" && ["accept", "content-type", "authorization"].contains(&name.as_str());
        if !elsewhere && !found.iter().any(|(key, _)| *key == (place, name.clone())) {
            found.push(((place, name), parameter));
        }
    }
    found
}

/// Which of the path's parameters it is.
fn position(path: &str, name: &str) -> String {
    let names = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
    names.map(|(name, _)| name).position(|other| other == name).map_or(name.to_owned(), |index| index.to_string())
}

fn removed(direction: Direction, old: &Node<'_>) -> Change {
    let sentence = format!("parameter `{}` was removed: clients that send it are ignored or refused.", name(old));
    by_rule(Rule::ParameterRemoved, Class::Breaking, direction, sentence, (Some(old), None))
}

fn added(direction: Direction, new: &Node<'_>) -> Change {
    let (class, who) = if new.flag("required") {
        (Class::Breaking, "clients that do not know of it are refused")
    } else {
        (Class::Compatible, "clients that do not know of it work on")
    };
    let kind = if new.flag("required") { "required" } else { "optional" };
    let sentence = format!("{kind} parameter `{}` was added: {who}.", name(new));
    by_rule(Rule::ParameterAdded, class, direction, sentence, (None, Some(new)))
}

fn renamed(base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    let (old, new) = (base.raw("name")?, head.raw("name")?);
    let renamed = base.str("in") == Some("path") && old.value != new.value;
    let sentence = format!("path parameter `{}` is called `{}` now: the path itself stays.", name(base), name(head));
    let sides = (Some(&old), Some(&new));
    renamed.then(|| by_rule(Rule::PathParameterRenamed, Class::Compatible, Direction::Both, sentence, sides))
}

fn required(direction: Direction, base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    let (old, new) = (base.raw("required"), head.raw("required"));
    let (rule, class, sentence) = match (base.flag("required"), head.flag("required")) {
        (false, true) => {
            let sentence =
                format!("parameter `{}` is required now: clients that leave it out are refused.", name(head));
            (Rule::ParameterRequired, Class::Breaking, sentence)
        }
        (true, false) => {
            let sentence = format!("parameter `{}` is optional now: clients that send it work on.", name(head));
            (Rule::ParameterOptional, Class::Compatible, sentence)
        }
        _ => return None,
    };
    Some(by_rule(rule, class, direction, sentence, (old.as_ref(), new.as_ref())))
}

/// How the value is written into the request.
fn writing(direction: Direction, base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    let (old, new) = (Writing::of(base), Writing::of(head));
    if old == new {
        return None;
    }
    // More characters or empty values may be written as they are; nothing else may change.
    let more = Writing { reserved: new.reserved, empty: new.empty, ..old.clone() } == new;
    let class = if more && new.reserved >= old.reserved && new.empty >= old.empty {
        Class::Compatible
    } else {
        Class::Breaking
    };
    let who = match class {
        Class::Breaking => "clients that write it as before are misread",
        _ => "clients that write it as before are read as before",
    };
    let key = ["style", "explode", "allowReserved", "allowEmptyValue"]
        .into_iter()
        .find(|key| base.value.get(key) != head.value.get(key))?;
    let sentence = format!("`{key}` of parameter `{}` changed how its value is written: {who}.", name(head));
    let (old, new) = (base.raw(key), head.raw(key));
    Some(by_rule(Rule::ParameterWriting, class, direction, sentence, (old.as_ref(), new.as_ref())))
}

#[derive(Clone, PartialEq)]
struct Writing {
    style: String,
    explode: bool,
    reserved: bool,
    empty: bool,
}

impl Writing {
    /// With what holds where nothing is said.
    fn of(parameter: &Node<'_>) -> Self {
        let usual = if matches!(parameter.str("in"), Some("query" | "cookie")) { "form" } else { "simple" };
        let style = parameter.str("style").unwrap_or(usual).to_owned();
        let explode = if parameter.raw("explode").is_some() { parameter.flag("explode") } else { style == "form" };
        Self { style, explode, reserved: parameter.flag("allowReserved"), empty: parameter.flag("allowEmptyValue") }
    }
}

fn name<'a>(parameter: &Node<'a>) -> &'a str {
    parameter.str("name").unwrap_or("")
}
