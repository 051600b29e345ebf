//! Mutations of what is answered, apart from schemas: statuses, media types, headers, links.

use serde_json::{Value, json};

use super::{BREAKING, COMPATIBLE, Made, key, names, put, take};

pub fn all(made: &mut Made<'_>) {
    for (at, operation) in made.operations() {
        let responses = format!("{at}/responses");
        for status in names(&operation, "responses") {
            let class = if status.starts_with('2') {
                BREAKING
            } else {
                COMPATIBLE
            };
            made.edit("status removed", class, &responses, |responses| {
                take(responses, &status)
            });
            if made
                .at(&format!("{responses}/{status}"))
                .get("$ref")
                .is_none()
            {
                answer(made, &format!("{responses}/{status}"));
            }
        }
        for (status, class) in [
            ("202", BREAKING),
            ("307", BREAKING),
            ("409", COMPATIBLE),
            ("5XX", COMPATIBLE),
            ("default", COMPATIBLE),
        ] {
            made.edit("status added", class, &responses, |responses| {
                put(responses, status, json!({"description": "Something else."}));
            });
        }
    }
    for name in names(&made.document["components"], "responses") {
        answer(made, &format!("/components/responses/{name}"));
    }
    for name in names(&made.document["components"], "headers") {
        let at = format!("/components/headers/{name}");
        made.edit("header made optional", BREAKING, &at, |header| {
            take(header, "required")
        });
        made.edit("header deprecated", COMPATIBLE, &at, |header| {
            put(header, "deprecated", json!(true))
        });
    }
}

fn answer(made: &mut Made<'_>, at: &str) {
    let value = made.at(at);
    let header = |required: bool| json!({"required": required, "schema": {"type": "string"}});
    for required in [true, false] {
        made.edit(
            "header added",
            COMPATIBLE,
            &format!("{at}/headers"),
            |headers| put(headers, "X-Added", header(required)),
        );
    }
    for name in names(&value, "headers") {
        made.edit(
            "header removed",
            BREAKING,
            &format!("{at}/headers"),
            |headers| take(headers, &name),
        );
    }
    for name in names(&value, "links") {
        made.edit(
            "link removed",
            COMPATIBLE,
            &format!("{at}/links"),
            |links| take(links, &name),
        );
    }
    content(made, at, &value);
}

fn content(made: &mut Made<'_>, at: &str, value: &Value) {
    let json = json!({"schema": {"type": "string"}});
    if value.get("content").is_none() {
        made.edit("body of an answer added", COMPATIBLE, at, |answer| {
            put(answer, "content", json!({"application/json": json}))
        });
        return;
    }
    made.edit("body of an answer removed", BREAKING, at, |answer| {
        take(answer, "content")
    });
    made.edit(
        "media type of an answer added",
        COMPATIBLE,
        &format!("{at}/content"),
        |content| put(content, "text/plain", json),
    );
    for (name, media) in value["content"].as_object().into_iter().flatten() {
        made.edit(
            "media type of an answer changed",
            BREAKING,
            &format!("{at}/content"),
            |content| {
                take(content, name);
                put(content, "application/xml", media.clone());
            },
        );
        made.edit(
            "schema of an answer removed",
            BREAKING,
            &format!("{at}/content/{}", key(name)),
            |media| take(media, "schema"),
        );
    }
}
