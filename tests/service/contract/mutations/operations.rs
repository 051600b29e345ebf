//! Mutations of operations: there or not, their names, what they say of security and servers.

use serde_json::json;

use super::{BREAKING, COMPATIBLE, DOCS, Made, put, take};

pub fn all(made: &mut Made<'_>) {
    for (at, operation) in made.operations() {
        let (item, method) = at.rsplit_once('/').expect("a method");
        made.edit("operation removed", BREAKING, item, |item| {
            take(item, method)
        });
        made.edit(
            "operation moved to another method",
            BREAKING,
            item,
            |item| {
                super::document::rename(item, method, "patch");
            },
        );
        made.edit("operationId changed", BREAKING, &at, |operation| {
            put(operation, "operationId", json!("renamed"))
        });
        made.edit("operationId removed", BREAKING, &at, |operation| {
            take(operation, "operationId")
        });
        made.edit("operation deprecated", COMPATIBLE, &at, |operation| {
            put(operation, "deprecated", json!(true))
        });
        made.edit("operation without security", BREAKING, &at, |operation| {
            put(operation, "security", json!([]))
        });
        made.edit("operation with a scope", BREAKING, &at, |operation| {
            put(operation, "security", json!([{"token": ["admin"]}]));
        });
        let same = made.at("/security");
        made.edit("operation with the same security", DOCS, &at, |operation| {
            put(operation, "security", same)
        });
        made.edit("operation on another server", BREAKING, &at, |operation| {
            put(
                operation,
                "servers",
                json!([{"url": "https://other.example.com"}]),
            );
        });
        if operation.get("requestBody").is_none() {
            let body = |required: bool| json!({"required": required, "content": {"application/json": {"schema": {"type": "object"}}}});
            made.edit("required body added", BREAKING, &at, |operation| {
                put(operation, "requestBody", body(true))
            });
            made.edit("optional body added", COMPATIBLE, &at, |operation| {
                put(operation, "requestBody", body(false))
            });
        }
    }
    let paths: Vec<String> = made.document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(path, _)| path.clone())
        .collect();
    for path in paths {
        made.edit(
            "operation added",
            COMPATIBLE,
            &format!("/paths/{}", super::key(&path)),
            |item| {
                put(
                    item,
                    "patch",
                    json!({"operationId": "added", "responses": {"204": {"description": "None."}}}),
                );
            },
        );
    }
}
