//! How the value of a parameter or a header is written: its style, or a media type. What the value
//! may be is compared in `schema`.

use serde_json::Value;

use super::{
    Comparison,
    change::{Change, Class, Direction},
    collect::by_rule,
    node::Node,
    operations::BothOperations,
    rule::Rule,
    schema::{SchemaPlace, words_changed},
};
use crate::document::is_prose;

/// What is written, in words and by its rule.
pub(super) struct Written<'w> {
    /// "parameter `a`", "header `b`".
    pub name: &'w str,
    /// The same, and of what operation.
    pub at: String,
    pub rule: Rule,
    pub direction: Direction,
}

impl<'a> Comparison<'a> {
    /// What both sides say of a value and how it is written.
    pub(super) fn written(
        &mut self,
        both: &BothOperations<'a>,
        written: Written<'_>,
        base: &Node<'a>,
        head: &Node<'a>,
    ) {
        if let Some(change) = style(&written, base, head) {
            self.changes.add(&both.name, change);
        }
        let Written {
            at,
            rule,
            direction,
            ..
        } = written;
        let described = |node: &Node<'a>| node.raw("schema").or_else(|| node.raw("content"));
        match (base.raw("schema"), head.raw("schema")) {
            (Some(base), Some(head)) => self.schemas(
                &both.name,
                &SchemaPlace {
                    direction,
                    text: rule == Rule::ParameterWriting,
                    at,
                    base,
                    head,
                },
            ),
            (old, new) => match (described(base), described(head)) {
                (Some(_), Some(_)) if old.is_none() && new.is_none() => {
                    self.content(both, direction, base, head, &at);
                }
                (Some(old), Some(new)) => {
                    let who = as_before(direction, Class::Breaking);
                    let sentence = format!("{at} is described in another way: {who}.");
                    let sides = (Some(&old), Some(&new));
                    self.changes.add(
                        &both.name,
                        by_rule(rule, Class::Breaking, direction, sentence, sides),
                    );
                }
                (None, None) => {}
                // Whatever is written is text.
                (Some(text), None) | (None, Some(text)) if any_text(&text) => {
                    if let Some(change) = words_changed(base, head, "schema") {
                        self.changes.add(&both.name, change);
                    }
                }
                (old, new) => {
                    self.schema_there_or_not(both, direction, (old.as_ref(), new.as_ref()), &at)
                }
            },
        }
    }
}

fn style(written: &Written<'_>, base: &Node<'_>, head: &Node<'_>) -> Option<Change> {
    let shown = explode_shows(base, head);
    let (old, new) = (Style::of(base, shown), Style::of(head, shown));
    if old == new {
        return None;
    }
    let (from, to) = if written.direction == Direction::Request {
        (&old, &new)
    } else {
        (&new, &old)
    };
    let class = if to.covers(from) {
        Class::Compatible
    } else {
        Class::Breaking
    };
    let key = ["style", "explode", "allowReserved", "allowEmptyValue"]
        .into_iter()
        .find(|key| base.value.get(key) != head.value.get(key))?;
    let who = as_before(written.direction, class);
    let sentence = format!(
        "`{key}` of {} changed how its value is written: {who}.",
        written.name
    );
    let (old, new) = (base.raw(key), head.raw(key));
    Some(by_rule(
        written.rule,
        class,
        written.direction,
        sentence,
        (old.as_ref(), new.as_ref()),
    ))
}

fn as_before(direction: Direction, class: Class) -> &'static str {
    match (direction, class) {
        (Direction::Request, Class::Breaking) => "clients that write it as before are misread",
        (Direction::Request, _) => "clients that write it as before are read as before",
        (_, Class::Breaking) => "clients that read it as before misread it",
        _ => "clients that read it as before read it right",
    }
}

#[derive(Clone, PartialEq)]
struct Style {
    name: String,
    explode: bool,
    reserved: bool,
    empty: bool,
}

impl Style {
    /// With what holds where nothing is said.
    fn of(parameter: &Node<'_>, explode_shows: bool) -> Self {
        let query = parameter.str("in") == Some("query");
        let usual = if query || parameter.str("in") == Some("cookie") {
            "form"
        } else {
            "simple"
        };
        let name = parameter.str("style").unwrap_or(usual).to_owned();
        let explode = parameter
            .value
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(name == "form");
        Self {
            explode: explode && explode_shows && name != "deepObject",
            reserved: query && parameter.flag("allowReserved"),
            empty: query && parameter.flag("allowEmptyValue"),
            name,
        }
    }

    /// More characters or empty values may be written as they are; nothing else may differ.
    fn covers(&self, other: &Self) -> bool {
        let more = Self {
            reserved: self.reserved,
            empty: self.empty,
            ..other.clone()
        };
        more == *self && self.reserved >= other.reserved && self.empty >= other.empty
    }
}

/// Whether `explode` shows: it does not in single values, nor in lists that have
/// commas either way.
fn explode_shows(base: &Node<'_>, head: &Node<'_>) -> bool {
    let simple = |node: &Node<'_>| Style::of(node, true).name == "simple";
    let hidden = |node: &Node<'_>| {
        let types = node.get("schema").and_then(|schema| types(&schema));
        types.is_some_and(|types| scalar(&types) || simple(node) && !types.contains(&"object"))
    };
    !(hidden(base) && hidden(head))
}

/// The types that a schema names, if it says so at once.
pub(super) fn types<'a>(schema: &Node<'a>) -> Option<Vec<&'a str>> {
    match schema.value.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whether all of these are single values.
pub(super) fn scalar(types: &[&str]) -> bool {
    types
        .iter()
        .all(|name| !matches!(*name, "object" | "array"))
}

/// Whether a schema takes any text.
pub(super) fn any_text(schema: &Node<'_>) -> bool {
    let schema = schema.resolved();
    let open =
        |(key, value): (&String, &Value)| is_prose(key) || key == "type" && value == "string";
    schema.value == &Value::Bool(true)
        || schema
            .fields()
            .is_some_and(|fields| fields.iter().all(open))
}
