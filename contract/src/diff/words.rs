//! The sentences of a report about schemas: what changed, and who is hurt. Only words; what is true
//! is decided elsewhere.

use serde_json::Value;

use super::{
    change::{Class, Direction},
    rule::Rule,
};

/// What a sentence about a keyword is made of.
pub(super) struct Keyword<'a> {
    pub rule: Rule,
    pub name: &'a str,
    pub base: Option<&'a Value>,
    pub head: Option<&'a Value>,
}

impl Keyword<'_> {
    /// What changed, without who is hurt.
    pub(super) fn what(&self) -> String {
        let Self {
            rule,
            name,
            base,
            head,
        } = self;
        match (rule, base, head) {
            (Rule::Nullable, _, head) => {
                let now = names_null(*head);
                (if now {
                    "null is allowed now"
                } else {
                    "null is no longer allowed"
                })
                .to_owned()
            }
            (Rule::Required, base, head) if base == head => {
                "a required property is carried now, or no longer".to_owned()
            }
            (Rule::Enum | Rule::Required, base, head) if lists(*base) && lists(*head) => {
                members(name, *base, *head)
            }
            (_, Some(base), Some(head)) => {
                format!("`{name}` went from {} to {}", short(base), short(head))
            }
            (_, None, Some(head)) => format!("`{name}` {} was added", short(head)),
            (_, Some(base), None) => format!("`{name}` {} was removed", short(base)),
            (_, None, None) => format!("`{name}` changed behind a reference"),
        }
    }
}

/// One sentence: what changed, and what that means for clients.
pub(super) fn sentence(what: &str, class: Class, direction: Direction, undecided: bool) -> String {
    let who = match (class, direction) {
        (Class::Docs | Class::None, _) => "nothing changes on the wire",
        (Class::Compatible, Direction::Request) => "every request that was accepted still is",
        (Class::Compatible, Direction::Response) => {
            "clients meet no answer that was not possible before"
        }
        (Class::Compatible, Direction::Both) => "clients of the old contract work on",
        (Class::Breaking, _) if undecided => {
            "no proof was found that old clients work on, \
             so it could not be decided and counts as breaking"
        }
        (Class::Breaking, Direction::Request) => {
            "clients that send what was valid before are refused"
        }
        (Class::Breaking, Direction::Response) => {
            "clients meet answers that the old contract ruled out"
        }
        (Class::Breaking, Direction::Both) => "clients of the old contract are hurt",
    };
    format!("{what}: {who}.")
}

fn members(name: &str, base: Option<&Value>, head: Option<&Value>) -> String {
    let (base, head) = (list(base), list(head));
    let list = |words: &str, from: &[Value], of: &[Value]| {
        let only: Vec<String> = from
            .iter()
            .filter(|each| !of.contains(each))
            .map(short)
            .collect();
        if only.is_empty() {
            None
        } else {
            Some(format!("{words} {}", only.join(", ")))
        }
    };
    let parts = [list("gained", head, base), list("lost", base, head)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        format!("`{name}` is in another order")
    } else {
        format!("`{name}` {}", parts.join(" and "))
    }
}

fn lists(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_array)
}

fn list(value: Option<&Value>) -> &[Value] {
    value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn names_null(types: Option<&Value>) -> bool {
    types.is_none_or(|types| {
        types == "null"
            || types
                .as_array()
                .is_some_and(|list| list.iter().any(|each| each == "null"))
    })
}

/// A value in a few words.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        format!("`{text}`")
    } else {
        format!("`{}…`", text.chars().take(57).collect::<String>())
    }
}
