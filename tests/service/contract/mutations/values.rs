//! Mutations of schemas of single values and lists: types, bounds, patterns, formats, members,
//! defaults.

use serde_json::{Value, json};

use super::{BREAKING, COMPATIBLE, DOCS, Directions, Made, places, put, take};

pub fn all(made: &mut Made<'_>) {
    for (at, directions) in places(made.document) {
        let schema = made.at(&at);
        let is_named = at.matches('/').count() == 3 && at.starts_with("/components/");
        if !made.is_new("values", &schema) && !is_named {
            continue;
        }
        types(made, &at, &schema, directions);
        members(made, &at, &schema, directions);
        alternatives(made, &at, &schema, directions);
        defaults(made, &at, &schema, directions);
        match schema["type"].as_str() {
            Some("string") if schema.get("enum").is_none() => {
                strings(made, &at, &schema, directions)
            }
            Some("integer") => integers(made, &at, &schema, directions),
            Some("array") => arrays(made, &at, &schema, directions),
            _ => {}
        }
    }
}

fn types(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    match &schema["type"] {
        Value::String(name) if name != "null" => {
            let other = if name == "boolean" {
                "integer"
            } else {
                "boolean"
            };
            made.edit_values("type changed", BREAKING, at, |schema| {
                put(schema, "type", json!(other))
            });
            // An enumeration decides without its type.
            if schema.get("enum").is_none() {
                made.edit_values("null allowed", directions.with_null(), at, |schema| {
                    put(schema, "type", json!([name, "null"]))
                });
                made.edit_values("type removed", directions.widened(), at, |schema| {
                    take(schema, "type")
                });
            }
        }
        Value::String(_) => {
            made.edit_values("type widened", directions.widened(), at, |schema| {
                put(schema, "type", json!(["null", "string"]))
            });
        }
        Value::Array(names) => {
            let kept = names
                .iter()
                .find(|name| *name != "null")
                .cloned()
                .expect("another type");
            made.edit_values("null forbidden", directions.narrowed(), at, |schema| {
                put(schema, "type", kept)
            });
        }
        _ => {}
    }
}

fn members(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let Some(members) = schema.get("enum").and_then(Value::as_array) else {
        return;
    };
    made.edit_values(
        "member added",
        directions.widened(),
        &format!("{at}/enum"),
        |list| {
            list.as_array_mut().expect("a list").push(json!("added"));
        },
    );
    for index in 0..members.len() {
        made.edit_values(
            "member removed",
            directions.narrowed(),
            &format!("{at}/enum"),
            |list| {
                list.as_array_mut().expect("a list").remove(index);
            },
        );
    }
    made.edit_values("enumeration removed", directions.widened(), at, |schema| {
        take(schema, "enum")
    });
    made.edit(
        "members in another order",
        DOCS,
        &format!("{at}/enum"),
        |list| {
            list.as_array_mut().expect("a list").reverse();
        },
    );
}

fn alternatives(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let Some(branches) = schema.get("anyOf").and_then(Value::as_array) else {
        return;
    };
    made.edit_values(
        "alternative added",
        directions.widened(),
        &format!("{at}/anyOf"),
        |list| {
            list.as_array_mut()
                .expect("a list")
                .push(json!({"type": "boolean"}));
        },
    );
    for index in 0..branches.len() {
        made.edit_values(
            "alternative removed",
            directions.narrowed(),
            &format!("{at}/anyOf"),
            |list| {
                list.as_array_mut().expect("a list").remove(index);
            },
        );
    }
}

fn defaults(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    if schema.get("default").is_some() {
        let other = if schema["type"] == "integer" {
            json!(7)
        } else {
            json!("id:asc")
        };
        made.edit("default changed", BREAKING, at, |schema| {
            put(schema, "default", other)
        });
        made.edit("default removed", BREAKING, at, |schema| {
            take(schema, "default")
        });
    } else if schema["type"].is_string() && schema["type"] != "object" {
        let class = if directions.request { COMPATIBLE } else { DOCS };
        made.edit("default added", class, at, |schema| {
            put(schema, "default", json!("x"))
        });
    }
}

fn strings(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let narrowed = directions.narrowed();
    made.edit_values("maxLength added or lowered", narrowed, at, |schema| {
        put(schema, "maxLength", json!(3))
    });
    if let Some(most) = schema["maxLength"].as_u64() {
        made.edit_values("maxLength raised", directions.widened(), at, |schema| {
            put(schema, "maxLength", json!(most + 1))
        });
        made.edit_values("maxLength removed", directions.widened(), at, |schema| {
            take(schema, "maxLength")
        });
    }
    if schema.get("pattern").is_some() {
        made.edit_values("pattern removed", directions.widened(), at, |schema| {
            take(schema, "pattern")
        });
        made.edit_values("pattern changed", BREAKING, at, |schema| {
            put(schema, "pattern", json!("^zz [0-9]{3}$"))
        });
    } else {
        made.edit_values("pattern added", narrowed, at, |schema| {
            put(schema, "pattern", json!("^zz [0-9]{3}$"))
        });
        made.edit_values("minLength added", narrowed, at, |schema| {
            put(schema, "minLength", json!(2))
        });
        made.edit_values("enumeration added", narrowed, at, |schema| {
            put(schema, "enum", json!(["a", "b"]))
        });
    }
    if schema.get("format").is_some() {
        made.edit("format removed", directions.widened(), at, |schema| {
            take(schema, "format")
        });
        made.edit("format changed", BREAKING, at, |schema| {
            put(schema, "format", json!("date"))
        });
    } else {
        made.edit("format added", narrowed, at, |schema| {
            put(schema, "format", json!("date-time"))
        });
    }
}

fn integers(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let (narrowed, widened) = (directions.narrowed(), directions.widened());
    let least = schema["minimum"].as_i64().expect("all of ours have one");
    made.edit_values("minimum raised", narrowed, at, |schema| {
        put(schema, "minimum", json!(least + 1))
    });
    made.edit_values("minimum lowered", widened, at, |schema| {
        put(schema, "minimum", json!(least - 1))
    });
    made.edit_values("minimum removed", widened, at, |schema| {
        take(schema, "minimum")
    });
    made.edit_values("exclusive minimum", narrowed, at, |schema| {
        put(schema, "exclusiveMinimum", json!(least))
    });
    made.edit("minimum written otherwise", DOCS, at, |schema| {
        take(schema, "minimum");
        put(schema, "exclusiveMinimum", json!(least - 1));
    });
    made.edit_values("maximum added or lowered", narrowed, at, |schema| {
        put(schema, "maximum", json!(900))
    });
    made.edit_values("multipleOf added", narrowed, at, |schema| {
        put(schema, "multipleOf", json!(7))
    });
    match schema["maximum"].as_i64() {
        Some(most) if most < i64::MAX => {
            made.edit_values("maximum raised", widened, at, |schema| {
                put(schema, "maximum", json!(most + 1))
            });
            made.edit_values("maximum removed", widened, at, |schema| {
                take(schema, "maximum")
            });
            made.edit("width that the bounds exceed", DOCS, at, |schema| {
                take(schema, "format")
            });
        }
        Some(_) => made.edit("width that the bounds say too", DOCS, at, |schema| {
            take(schema, "format")
        }),
        None => {
            made.edit_values("format removed", widened, at, |schema| {
                take(schema, "format")
            });
            made.edit_values("format narrowed", narrowed, at, |schema| {
                put(schema, "format", json!("int32"))
            });
        }
    }
}

fn arrays(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let (narrowed, widened) = (directions.narrowed(), directions.widened());
    made.edit_values("minItems added or raised", narrowed, at, |schema| {
        put(schema, "minItems", json!(2))
    });
    made.edit_values("maxItems added or lowered", narrowed, at, |schema| {
        put(schema, "maxItems", json!(5))
    });
    if schema.get("minItems").is_some() {
        made.edit_values("minItems removed", widened, at, |schema| {
            take(schema, "minItems")
        });
    }
    if let Some(most) = schema["maxItems"].as_u64() {
        made.edit_values("maxItems raised", widened, at, |schema| {
            put(schema, "maxItems", json!(most + 1))
        });
        made.edit_values("maxItems removed", widened, at, |schema| {
            take(schema, "maxItems")
        });
    }
    if schema.get("uniqueItems").is_some() {
        made.edit_values("uniqueItems removed", widened, at, |schema| {
            take(schema, "uniqueItems")
        });
    } else {
        made.edit_values("uniqueItems added", narrowed, at, |schema| {
            put(schema, "uniqueItems", json!(true))
        });
    }
    made.edit_values("items removed", widened, at, |schema| take(schema, "items"));
    made.edit_values("items replaced", BREAKING, at, |schema| {
        put(schema, "items", json!({"type": "boolean"}))
    });
}
