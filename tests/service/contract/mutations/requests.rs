//! Mutations of what is sent, apart from schemas: parameters and bodies.

use serde_json::{Value, json};

use super::{BREAKING, COMPATIBLE, DOCS, Made, put, take};

pub fn all(made: &mut Made<'_>) {
    for (at, operation) in made.operations() {
        added(made, &at);
        for index in 0..operation["parameters"].as_array().map_or(0, Vec::len) {
            let at = format!("{at}/parameters/{index}");
            let reference = made.at(&at)["$ref"]
                .as_str()
                .map(|target| target.trim_start_matches('#').to_owned());
            let parameter = made.at(reference.as_deref().unwrap_or(&at));
            if reference.is_none() && !made.is_new("parameter", &parameter) {
                continue;
            }
            if parameter["in"] != "path" {
                removed(made, &at);
            }
            if reference.is_none() {
                changed(made, &at, &parameter);
            }
        }
        body(made, &at, &operation);
    }
    for name in super::names(&made.document["components"], "parameters") {
        let at = format!("/components/parameters/{name}");
        let parameter = made.at(&at);
        changed(made, &at, &parameter);
    }
}

fn added(made: &mut Made<'_>, operation: &str) {
    let at = format!("{operation}/parameters");
    for place in ["query", "header", "cookie"] {
        let new = |required: bool| json!({"name": "added", "in": place, "required": required, "schema": {"type": "string"}});
        let push = |list: &mut Value, new: Value| list.as_array_mut().expect("a list").push(new);
        made.edit("required parameter added", BREAKING, &at, |list| {
            push(list, new(true))
        });
        made.edit("optional parameter added", COMPATIBLE, &at, |list| {
            push(list, new(false))
        });
    }
}

fn removed(made: &mut Made<'_>, at: &str) {
    let (list, index) = at.rsplit_once('/').expect("an index");
    let index: usize = index.parse().expect("a number");
    made.edit("parameter removed", BREAKING, list, |list| {
        list.as_array_mut().expect("a list").remove(index);
    });
}

fn changed(made: &mut Made<'_>, at: &str, parameter: &Value) {
    made.edit("parameter deprecated", COMPATIBLE, at, |parameter| {
        put(parameter, "deprecated", json!(true))
    });
    if parameter["in"] == "path" {
        made.edit("parameter written otherwise", BREAKING, at, |parameter| {
            put(parameter, "style", json!("label"))
        });
        return;
    }
    made.edit("parameter made required", BREAKING, at, |parameter| {
        put(parameter, "required", json!(true))
    });
    made.edit("parameter called otherwise", BREAKING, at, |parameter| {
        put(parameter, "name", json!("renamed"))
    });
    let elsewhere = if parameter["in"] == "query" {
        "header"
    } else {
        "query"
    };
    made.edit("parameter moved", BREAKING, at, |parameter| {
        put(parameter, "in", json!(elsewhere))
    });
    if parameter["in"] == "query" {
        made.edit("parameter may be empty", COMPATIBLE, at, |parameter| {
            put(parameter, "allowEmptyValue", json!(true))
        });
        made.edit("parameter in another style", BREAKING, at, |parameter| {
            put(parameter, "style", json!("deepObject"))
        });
        made.edit("parameter in its default style", DOCS, at, |parameter| {
            put(parameter, "style", json!("form"))
        });
    }
}

fn body(made: &mut Made<'_>, operation: &str, value: &Value) {
    if value.get("requestBody").is_none() {
        return;
    }
    let at = format!("{operation}/requestBody");
    made.edit("body removed", BREAKING, operation, |operation| {
        take(operation, "requestBody")
    });
    made.edit("body made optional", COMPATIBLE, &at, |body| {
        put(body, "required", json!(false))
    });
    made.edit(
        "media type added",
        COMPATIBLE,
        &format!("{at}/content"),
        |content| {
            put(
                content,
                "application/xml",
                json!({"schema": {"type": "object"}}),
            );
        },
    );
    for (name, media) in value["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        made.edit(
            "media type changed",
            BREAKING,
            &format!("{at}/content"),
            |content| {
                take(content, name);
                put(content, "application/xml", media.clone());
            },
        );
        made.edit(
            "media type as a range",
            COMPATIBLE,
            &format!("{at}/content"),
            |content| {
                take(content, name);
                put(content, "application/*", media.clone());
            },
        );
    }
}
