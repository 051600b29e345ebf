//! What a document says of its operations, as a flat list: place to fact. Defaults are written out,
//! so that saying them or not is the same. Keys that are not known here are facts as they stand:
//! nothing is passed over but prose.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::prose;
use crate::{cursor::Cursor, document::METHODS};

/// Facts by place, which reads from the whole to the part.
pub(super) type Facts = BTreeMap<String, Said>;

/// Stands between the parts of a place.
pub(super) const STEP: &str = " › ";

/// A fact, and where it is said.
pub(super) struct Said {
    pub pointer: String,
    pub fact: Fact,
}

/// What is said.
pub(super) enum Fact {
    /// A plain value; null where it says no more than that a thing is there.
    Plain(Value),
    /// A schema, complete in itself.
    Schema(Value),
}

impl Said {
    pub(super) fn shown(&self) -> String {
        match &self.fact {
            Fact::Plain(Value::Null) => "has it".to_owned(),
            Fact::Plain(value) | Fact::Schema(value) => value.to_string(),
        }
    }
}

/// What a document says.
pub(super) fn of(document: &Value) -> Facts {
    let mut facts = Facts::new();
    let root = Cursor::root(document);
    rest(
        &mut facts,
        "document",
        &root,
        &["openapi", "paths", "components", "security", "servers"],
    );
    servers(&mut facts, &root);
    for (path, item) in root.key("paths").iter().flat_map(Cursor::entries) {
        rest(
            &mut facts,
            path,
            &item,
            &[&METHODS[..], &["parameters"]].concat(),
        );
        for method in METHODS {
            if let Some(operation) = item.key(method) {
                let place = format!("{} {path}", method.to_uppercase());
                self::operation(&mut facts, &place, &operation, &item, &root);
            }
        }
    }
    facts
}

fn operation(facts: &mut Facts, place: &str, at: &Cursor, item: &Cursor, root: &Cursor) {
    there(facts, place, at);
    plain(facts, place, at, "operationId", json!(""));
    plain(facts, place, at, "deprecated", json!(false));
    rest(
        facts,
        place,
        at,
        &[
            "operationId",
            "deprecated",
            "security",
            "parameters",
            "requestBody",
            "responses",
        ],
    );
    security(facts, place, at, root);
    // A parameter of the operation takes the place of one of the path.
    let shared = item
        .key("parameters")
        .into_iter()
        .chain(at.key("parameters"));
    for parameter in shared.flat_map(|list| list.items().collect::<Vec<_>>()) {
        self::parameter(facts, place, &parameter);
    }
    if let Some(body) = at.key("requestBody") {
        let place = format!("{place}{STEP}request body");
        there(facts, &place, &body);
        plain(facts, &place, &body, "required", json!(false));
        rest(facts, &place, &body, &["required", "content"]);
        content(facts, &place, &body);
    }
    for (status, answer) in at.key("responses").iter().flat_map(Cursor::entries) {
        let place = format!("{place}{STEP}answer {status}");
        there(facts, &place, &answer);
        rest(facts, &place, &answer, &["headers", "content"]);
        content(facts, &place, &answer);
        for (name, header) in answer.key("headers").iter().flat_map(Cursor::entries) {
            carried(
                facts,
                &format!("{place}{STEP}header {}", name.to_lowercase()),
                &header,
                "simple",
            );
        }
    }
}

fn parameter(facts: &mut Facts, place: &str, at: &Cursor) {
    let kind = at.text("in").unwrap_or_default();
    let name = at.text("name").unwrap_or_default();
    // Headers have no case.
    let name = if kind == "header" {
        name.to_lowercase()
    } else {
        name.to_owned()
    };
    let style = if matches!(kind, "query" | "cookie") {
        "form"
    } else {
        "simple"
    };
    carried(
        facts,
        &format!("{place}{STEP}{kind} parameter {name}"),
        at,
        style,
    );
}

/// A parameter or a header.
fn carried(facts: &mut Facts, place: &str, at: &Cursor, style: &str) {
    there(facts, place, at);
    for key in ["required", "deprecated", "allowEmptyValue", "allowReserved"] {
        plain(facts, place, at, key, json!(false));
    }
    plain(facts, place, at, "style", json!(style));
    plain(
        facts,
        place,
        at,
        "explode",
        json!(at.text("style").unwrap_or(style) == "form"),
    );
    let known = [
        "required",
        "deprecated",
        "allowEmptyValue",
        "allowReserved",
        "style",
        "explode",
        "schema",
        "content",
    ];
    rest(facts, place, at, &[&known[..], &["name", "in"]].concat());
    schema(facts, place, at);
    content(facts, place, at);
}

fn content(facts: &mut Facts, place: &str, at: &Cursor) {
    for (media_type, content) in at.key("content").iter().flat_map(Cursor::entries) {
        let place = format!("{place}{STEP}{media_type}");
        there(facts, &place, &content);
        rest(facts, &place, &content, &["schema"]);
        schema(facts, &place, &content);
    }
}

fn schema(facts: &mut Facts, place: &str, at: &Cursor) {
    let Some(schema) = at.under("schema") else {
        return;
    };
    // Beside a reference may stand prose, which is no reason to take the two for one schema of its
    // own.
    let only_refers = schema
        .value
        .as_object()
        .is_some_and(|map| map.keys().all(|key| key == "$ref" || prose::is_prose(key)));
    let schema = if only_refers {
        schema.followed()
    } else {
        schema
    };
    let fact = Fact::Schema(prose::without_in_schema(schema.schema()));
    facts.insert(
        format!("{place}{STEP}schema"),
        Said {
            pointer: schema.pointer,
            fact,
        },
    );
}

/// Which credentials open it: alternatives, each of schemes that are all needed.
fn security(facts: &mut Facts, place: &str, at: &Cursor, root: &Cursor) {
    let Some(said) = at.key("security").or_else(|| root.key("security")) else {
        return;
    };
    let scheme = |name: &str, scopes: &Value| {
        let scheme = root
            .key("components")
            .and_then(|c| c.key("securitySchemes"))
            .and_then(|all| all.key(name));
        let defined = scheme.map_or(Value::Null, |scheme| prose::without(scheme.value));
        json!([defined, scopes])
    };
    let mut alternatives: Vec<String> = said
        .items()
        .map(|needed| {
            let all = needed.value.as_object().into_iter().flatten();
            let mut all: Vec<String> = all
                .map(|(name, scopes)| scheme(name, scopes).to_string())
                .collect();
            all.sort();
            all.join(" and ")
        })
        .collect();
    alternatives.sort();
    let fact = Fact::Plain(alternatives.join(" or ").into());
    facts.insert(
        format!("{place}{STEP}security"),
        Said {
            pointer: said.pointer,
            fact,
        },
    );
}

/// Where it is served; without a word, where the document is.
fn servers(facts: &mut Facts, root: &Cursor) {
    let servers = root.key("servers");
    let urls: Vec<&str> = servers
        .iter()
        .flat_map(Cursor::items)
        .filter_map(|server| server.text("url"))
        .collect();
    let fact = Fact::Plain(if urls.is_empty() {
        json!(["/"])
    } else {
        json!(urls)
    });
    facts.insert(
        format!("document{STEP}servers"),
        Said {
            pointer: "/servers".to_owned(),
            fact,
        },
    );
}

fn there(facts: &mut Facts, place: &str, at: &Cursor) {
    facts.insert(
        place.to_owned(),
        Said {
            pointer: at.pointer.clone(),
            fact: Fact::Plain(Value::Null),
        },
    );
}

fn plain(facts: &mut Facts, place: &str, at: &Cursor, key: &str, default: Value) {
    let said = at.value.get(key).cloned().unwrap_or(default);
    let pointer = format!("{}/{key}", at.pointer);
    facts.insert(
        format!("{place}{STEP}{key}"),
        Said {
            pointer,
            fact: Fact::Plain(said),
        },
    );
}

/// The keys that nothing is known of.
fn rest(facts: &mut Facts, place: &str, at: &Cursor, known: &[&str]) {
    let unknown = |key: &&String| !known.contains(&key.as_str()) && !prose::is_prose(key);
    for key in at
        .value
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter(unknown)
    {
        plain(facts, place, at, key, Value::Null);
    }
}
