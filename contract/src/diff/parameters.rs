//! Compares parameters: those of the operation and those that it inherits from its path. Path
//! parameters are known by their position, headers in whatever case.

use super::{
    Comparison,
    change::{Change, Class, Direction},
    collect::by_rule,
    node::Node,
    operations::{BothOperations, OperationNode},
    rule::Rule,
    schema::{SchemaPlace, deprecated},
    writing::{Written, any_text},
};

/// What tells a parameter from the others of its operation.
type ParameterKey<'a> = (&'a str, String);

impl<'a> Comparison<'a> {
    pub(super) fn parameters(&mut self, both: &BothOperations<'a>) {
        let (base, head) = (parameters(&both.base), parameters(&both.head));
        for (key, old) in &base {
            match head.iter().find(|(other, _)| other == key) {
                Some((_, new)) => self.parameter(both, old, new),
                None => self.changes.add(&both.name, removed(both.sent(), old)),
            }
        }
        for (_, new) in head
            .iter()
            .filter(|(key, _)| !base.iter().any(|(other, _)| other == key))
        {
            self.changes.add(&both.name, added(both.sent(), new));
        }
    }

    fn parameter(&mut self, both: &BothOperations<'a>, base: &Node<'a>, head: &Node<'a>) {
        let direction = both.sent();
        self.prose(&both.name, base, head);
        let found = [
            deprecated(base, head),
            renamed(base, head),
            required(direction, base, head),
        ];
        for change in found.into_iter().flatten() {
            self.changes.add(&both.name, change);
        }
        let at = format!(
            "{} parameter `{}` of {}",
            base.str("in").unwrap_or(""),
            name(base),
            both.name
        );
        let name = &format!("parameter `{}`", name(head));
        self.written(
            both,
            Written {
                name,
                at,
                rule: Rule::ParameterWriting,
                direction,
            },
            base,
            head,
        );
    }

    /// The schemas of one place.
    pub(super) fn schemas(&mut self, operation: &str, place: &SchemaPlace<'_>) {
        for change in self.schemas.compare(place) {
            self.changes.add_shared(operation, &change);
        }
    }
}

/// The parameters of an operation; its own come before those of its path.
fn parameters<'a>(operation: &OperationNode<'a>) -> Vec<(ParameterKey<'a>, Node<'a>)> {
    let mut found: Vec<(ParameterKey<'a>, Node<'a>)> = Vec::new();
    for parameter in operation
        .node
        .list("parameters")
        .into_iter()
        .chain(operation.item.list("parameters"))
    {
        let parameter = parameter.resolved();
        let (Some(place), Some(name)) = (parameter.str("in"), parameter.str("name")) else {
            continue;
        };
        let name = match place {
            "path" => position(operation.path, name),
            "header" => Some(name.to_lowercase()),
            _ => Some(name.to_owned()),
        };
        // What is not in the path cannot be sent.
        let Some(name) = name else { continue };
        // These are described by media types and security, and ignored as parameters.
        let elsewhere = place == "header"
            && ["accept", "content-type", "authorization"].contains(&name.as_str());
        if !elsewhere && !found.iter().any(|(key, _)| *key == (place, name.clone())) {
            found.push(((place, name), parameter));
        }
    }
    found
}

/// Which of the path's parameters it is.
fn position(path: &str, name: &str) -> Option<String> {
    let names = path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'));
    names
        .map(|(name, _)| name)
        .position(|other| other == name)
        .map(|index| index.to_string())
}

fn removed(direction: Direction, old: &Node<'_>) -> Change {
    let (class, who) = match (in_path(old), direction) {
        (true, _) => (
            Class::Compatible,
            "it is still in the path, where it may be anything now",
        ),
        (false, Direction::Request) => (
            Class::Breaking,
            "clients that send it are ignored or refused",
        ),
        _ => (Class::Breaking, "clients that read it find nothing"),
    };
    let sentence = format!("parameter `{}` was removed: {who}.", name(old));
    by_rule(
        Rule::ParameterRemoved,
        class,
        direction,
        sentence,
        (Some(old), None),
    )
}

fn added(direction: Direction, new: &Node<'_>) -> Change {
    let anything =
        || new.raw("content").is_none() && new.raw("schema").is_none_or(|schema| any_text(&schema));
    let (class, who) = match (is_required(new), direction) {
        _ if in_path(new) && anything() => (
            Class::Compatible,
            "it was in the path before, and may still be anything",
        ),
        _ if in_path(new) => (
            Class::Breaking,
            "it was in the path before, and clients that send something else are refused",
        ),
        (true, Direction::Request) => (
            Class::Breaking,
            "clients that do not know of it are refused",
        ),
        (false, Direction::Request) => {
            (Class::Compatible, "clients that do not know of it work on")
        }
        _ => (Class::Compatible, "clients ignore what they do not know"),
    };
    let kind = if is_required(new) {
        "required"
    } else {
        "optional"
    };
    let sentence = format!("{kind} parameter `{}` was added: {who}.", name(new));
    by_rule(
        Rule::ParameterAdded,
        class,
        direction,
        sentence,
        (None, Some(new)),
    )
}

fn in_path(parameter: &Node<'_>) -> bool {
    parameter.str("in") == Some("path")
}

/// What is in a path is always there, whatever is said of it.
fn is_required(parameter: &Node<'_>) -> bool {
    in_path(parameter) || parameter.flag("required")
}

fn renamed(base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    let (old, new) = (base.raw("name")?, head.raw("name")?);
    let renamed = base.str("in") == Some("path") && old.value != new.value;
    let sentence = format!(
        "path parameter `{}` is called `{}` now: the path itself stays.",
        name(base),
        name(head)
    );
    let sides = (Some(&old), Some(&new));
    renamed.then(|| {
        by_rule(
            Rule::PathParameterRenamed,
            Class::Compatible,
            Direction::Both,
            sentence,
            sides,
        )
    })
}

fn required(direction: Direction, base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    if is_required(base) == is_required(head) {
        return None;
    }
    let (rule, class, now) = match (is_required(head), direction) {
        (true, Direction::Request) => (
            Rule::ParameterRequired,
            Class::Breaking,
            "is required now: clients that leave it out are refused",
        ),
        (true, _) => (
            Rule::ParameterRequired,
            Class::Compatible,
            "is always sent now: clients of the old contract work on",
        ),
        (false, Direction::Request) => (
            Rule::ParameterOptional,
            Class::Compatible,
            "is optional now: clients that send it work on",
        ),
        (false, _) => (
            Rule::ParameterOptional,
            Class::Breaking,
            "may be missing now: clients that rely on it are hurt",
        ),
    };
    let (old, new) = (base.raw("required"), head.raw("required"));
    let sentence = format!("parameter `{}` {now}.", name(head));
    Some(by_rule(
        rule,
        class,
        direction,
        sentence,
        (old.as_ref(), new.as_ref()),
    ))
}

fn name<'a>(parameter: &Node<'a>) -> &'a str {
    parameter.str("name").unwrap_or("")
}
