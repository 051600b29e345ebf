//! What the comparison says of a pair of schemas in one direction. Each pair is a pair of documents
//! with one operation.

use openapi_proof::{
    diff::{Change, Class, Counterexample, Rule, Settings, compare},
    document::of_value,
};
use serde_json::{Map, Value, json};

/// Who sends the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Request,
    Response,
}

pub const WAYS: [Way; 2] = [Way::Request, Way::Response];

/// Why there is no verdict.
pub enum Fault {
    /// A document cannot be read: references in a circle.
    Unread,
    /// The comparison did not end well.
    Failed(String),
}

/// The verdict on a pair.
pub struct Verdict {
    pub class: Class,
    pub changes: Vec<Change>,
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    /// The schema whose values must be taken, and the one that must take them.
    pub fn sides<T>(self, base: T, head: T) -> (T, T) {
        match self {
            Self::Request => (base, head),
            Self::Response => (head, base),
        }
    }
}

impl Verdict {
    /// The verdict, where there is one.
    pub fn of(base: &Value, head: &Value, way: Way) -> Option<Self> {
        Self::or_fault(base, head, way).ok()
    }

    /// The verdict, or why there is none: the documents cannot be read, or not be compared.
    pub fn or_fault(base: &Value, head: &Value, way: Way) -> Result<Self, Fault> {
        let read = |name: &str, schema: &Value| {
            of_value(name, document(schema, way), String::new()).map_err(|_| Fault::Unread)
        };
        let settings = Settings {
            no_version_check: true,
            ..Settings::default()
        };
        let report = compare(&read("base", base)?, &read("head", head)?, &settings);
        let report = report
            .map_err(|fault| Fault::Failed(format!("{fault}, {}:\n{base}\n{head}", way.word())))?;
        // Whether a component is used is no matter of values.
        let changes: Vec<Change> = report
            .changes
            .into_iter()
            .filter(|change| change.rule != Rule::Unused)
            .collect();
        let class = changes
            .iter()
            .map(|change| change.class)
            .max()
            .unwrap_or(Class::None);
        Ok(Self { class, changes })
    }

    pub fn breaks(&self) -> bool {
        self.class == Class::Breaking
    }

    /// Nothing but breaks for want of a proof.
    pub fn is_undecided(&self) -> bool {
        self.breaks() && self.breaking().all(|change| change.undecided)
    }

    /// A break that no value needs to show, or that is about undeclared properties.
    pub fn is_by_rule(&self) -> bool {
        let by_rule = [
            Rule::PropertyRemoved,
            Rule::Default,
            Rule::Format,
            Rule::Discriminator,
        ];
        let open = [
            Rule::AdditionalProperties,
            Rule::PatternProperties,
            Rule::PropertyNames,
            Rule::Unevaluated,
        ];
        self.breaking()
            .any(|change| by_rule.contains(&change.rule) || open.contains(&change.rule))
    }

    /// The counterexamples that are whole bodies.
    pub fn examples(&self) -> impl Iterator<Item = &Counterexample> {
        let examples = self
            .changes
            .iter()
            .filter_map(|change| change.counterexample.as_ref());
        examples.filter(|example| !example.at.contains(", at `"))
    }

    fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(|change| change.class == Class::Breaking)
    }

    /// The changes, one a line.
    pub fn lines(&self) -> String {
        let line = |change: &Change| {
            let example = change
                .counterexample
                .as_ref()
                .map(|example| format!(" | {}", example.value));
            let undecided = if change.undecided { " (undecided)" } else { "" };
            format!(
                "    {}{undecided} {} {}: {}{}\n",
                change.class.word(),
                change.rule,
                change.place(),
                change.sentence,
                example.unwrap_or_default()
            )
        };
        self.changes.iter().map(line).collect()
    }
}

/// A document with the schema as the body of one request or one response.
fn document(schema: &Value, way: Way) -> Value {
    let mut schema = renamed(schema);
    let fields = schema.as_object_mut();
    let definitions = fields
        .and_then(|fields| fields.shift_remove("$defs"))
        .unwrap_or_else(|| json!({}));
    let content = json!({ "application/json": { "schema": schema } });
    let operation = match way {
        Way::Request => json!({
            "requestBody": { "required": true, "content": content },
            "responses": { "204": { "description": "done" } }
        }),
        Way::Response => {
            json!({ "responses": { "200": { "description": "done", "content": content } } })
        }
    };
    json!({
        "openapi": "3.1.0",
        "info": { "title": "judged", "version": "1.0.0" },
        "paths": { "/judged": { "post": operation } },
        "components": { "schemas": definitions }
    })
}

/// Its references lead to components.
fn renamed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let each = |(key, value): (&String, &Value)| match value.as_str() {
                Some(target) if key == "$ref" => (
                    key.clone(),
                    json!(target.replace("#/$defs/", "#/components/schemas/")),
                ),
                _ => (key.clone(), renamed(value)),
            };
            Value::Object(fields.iter().map(each).collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(renamed).collect(),
        other => other.clone(),
    }
}
