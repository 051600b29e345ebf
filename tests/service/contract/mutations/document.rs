//! Mutations of the document as a whole: servers, security, schemes, paths.

use serde_json::{Value, json};

use super::{BREAKING, COMPATIBLE, DOCS, Made, names, put, take};

pub fn all(made: &mut Made<'_>) {
    servers(made);
    security(made);
    schemes(made);
    paths(made);
    unused(made);
}

fn servers(made: &mut Made<'_>) {
    made.edit("server added", COMPATIBLE, "/servers", |servers| {
        servers
            .as_array_mut()
            .expect("a list")
            .push(json!({"url": "https://backup.example.com"}));
    });
    for index in 0..made.document["servers"].as_array().map_or(0, Vec::len) {
        let at = format!("/servers/{index}");
        made.edit("server changed", BREAKING, &at, |server| {
            put(server, "url", json!("/other"))
        });
        made.edit("server with a variable", BREAKING, &at, |server| {
            put(server, "url", json!("/{region}"));
            put(server, "variables", json!({"region": {"default": "a"}}));
        });
    }
}

fn security(made: &mut Made<'_>) {
    made.edit("security removed", BREAKING, "", |document| {
        take(document, "security")
    });
    made.edit(
        "security made optional",
        BREAKING,
        "/security",
        |security| {
            security.as_array_mut().expect("a list").push(json!({}));
        },
    );
    made.edit("security with a scope", BREAKING, "/security/0", |one| {
        for (_, scopes) in one.as_object_mut().expect("an object") {
            *scopes = json!(["admin"]);
        }
    });
    made.edit("security with a second scheme", BREAKING, "", |document| {
        put(
            &mut document["components"]["securitySchemes"],
            "second",
            json!({"type": "http", "scheme": "bearer"}),
        );
        put(&mut document["security"][0], "second", json!([]));
    });
    made.edit("security alternative added", COMPATIBLE, "", |document| {
        put(
            &mut document["components"]["securitySchemes"],
            "second",
            json!({"type": "http", "scheme": "bearer"}),
        );
        document["security"]
            .as_array_mut()
            .expect("a list")
            .push(json!({"second": []}));
    });
}

fn schemes(made: &mut Made<'_>) {
    for name in names(&made.document["components"], "securitySchemes") {
        let at = format!("/components/securitySchemes/{name}");
        made.edit("security scheme changed", BREAKING, &at, |scheme| {
            put(scheme, "name", json!("X-Other-Token"))
        });
        made.edit("security scheme changed", BREAKING, &at, |scheme| {
            put(scheme, "in", json!("query"))
        });
        made.edit("security scheme changed", BREAKING, &at, |scheme| {
            *scheme = json!({"type": "http", "scheme": "bearer"});
        });
        made.edit("security scheme renamed", DOCS, "", |document| {
            let text = document
                .to_string()
                .replace(&format!("\"{name}\":"), "\"renamed\":");
            *document = serde_json::from_str(&text).expect("still JSON");
        });
    }
}

fn paths(made: &mut Made<'_>) {
    for path in names(made.document, "paths") {
        made.edit("path removed", BREAKING, "/paths", |paths| {
            take(paths, &path)
        });
        made.edit("path moved", BREAKING, "/paths", |paths| {
            rename(paths, &path, &path.replace("/v3/", "/v4/"))
        });
        let parameters: Vec<&str> = path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
            .collect();
        for name in parameters {
            made.edit("path parameter renamed", COMPATIBLE, "", |document| {
                let text = document.to_string().replace(
                    &format!("\"{name}\",\"in\":\"path\""),
                    "\"renamed\",\"in\":\"path\"",
                );
                let text = text.replace(&format!("{{{name}}}"), "{renamed}");
                *document = serde_json::from_str(&text).expect("still JSON");
            });
        }
    }
    made.edit("path added", COMPATIBLE, "/paths", |paths| {
        put(
            paths,
            "/v3/other",
            json!({"get": {"operationId": "other", "responses": {"204": {"description": "None."}}}}),
        );
    });
}

fn unused(made: &mut Made<'_>) {
    made.edit(
        "unused component added",
        COMPATIBLE,
        "/components/schemas",
        |schemas| {
            put(schemas, "Unused", json!({"type": "string"}));
        },
    );
}

pub fn rename(map: &mut Value, from: &str, to: &str) {
    let value = map
        .as_object_mut()
        .expect("an object")
        .shift_remove(from)
        .expect("it is there");
    put(map, to, value);
}
