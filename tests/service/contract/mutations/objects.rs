//! Mutations of schemas of objects: properties more and less, required or not, and what is said of
//! undeclared ones.

use serde_json::{Value, json};

use super::{BREAKING, COMPATIBLE, DOCS, Directions, Made, key, names, places, put, take};

pub fn all(made: &mut Made<'_>) {
    for (at, directions) in places(made.document) {
        let schema = made.at(&at);
        if schema.get("properties").is_none() {
            continue;
        }
        added(made, &at, directions);
        for name in names(&schema, "properties") {
            if made.is_new("property", &json!([at, shape(&schema, &name)])) {
                property(made, &at, &schema, &name, directions);
            }
        }
        undeclared(made, &at, directions);
        counts(made, &at, &schema, directions);
    }
}

/// What a property looks like, whatever it is called.
fn shape(schema: &Value, name: &str) -> Value {
    let mut property = schema["properties"][name].clone();
    for words in ["description", "examples"] {
        if property.get(words).is_some() {
            take(&mut property, words);
        }
    }
    json!([property, is_required(schema, name)])
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|list| list.contains(&json!(name)))
}

fn added(made: &mut Made<'_>, at: &str, directions: Directions) {
    let class = if directions.request {
        BREAKING
    } else {
        COMPATIBLE
    };
    made.edit(
        "optional property added",
        COMPATIBLE,
        &format!("{at}/properties"),
        |properties| {
            put(properties, "added", json!({"type": "string"}));
        },
    );
    made.edit_values("required property added", class, at, |schema| {
        put(
            &mut schema["properties"],
            "added",
            json!({"type": "string"}),
        );
        required(schema).push(json!("added"));
    });
}

/// The names of a schema's required properties, a list in any case.
fn required(schema: &mut Value) -> &mut Vec<Value> {
    if schema.get("required").is_none() {
        put(schema, "required", json!([]));
    }
    schema["required"].as_array_mut().expect("a list")
}

fn property(made: &mut Made<'_>, at: &str, schema: &Value, name: &str, directions: Directions) {
    let without = |schema: &mut Value| {
        if schema.get("required").is_some() {
            required(schema).retain(|each| each != name);
        }
    };
    made.edit_values("property removed", BREAKING, at, |schema| {
        take(&mut schema["properties"], name);
        without(schema);
    });
    made.edit_values("property called otherwise", BREAKING, at, |schema| {
        super::document::rename(&mut schema["properties"], name, "renamed");
        without(schema);
    });
    if is_required(schema, name) {
        made.edit_values("property made optional", directions.widened(), at, without);
    } else {
        made.edit_values(
            "property made required",
            directions.narrowed(),
            at,
            |schema| {
                required(schema).push(json!(name));
            },
        );
    }
    let place = format!("{at}/properties/{}", key(name));
    if made.at(&place).get("$ref").is_none() {
        made.edit("property deprecated", COMPATIBLE, &place, |property| {
            put(property, "deprecated", json!(true))
        });
        let class = |hit: bool| if hit { BREAKING } else { DOCS };
        made.edit(
            "property made readOnly",
            class(directions.request),
            &place,
            |property| put(property, "readOnly", json!(true)),
        );
        made.edit(
            "property made writeOnly",
            class(directions.answer),
            &place,
            |property| put(property, "writeOnly", json!(true)),
        );
    } else {
        inlined(made, &place);
    }
    let is_boolean = made.at(&place).to_string().contains("\"boolean\"");
    let other = if is_boolean { "integer" } else { "boolean" };
    made.edit_values("property of another type", BREAKING, &place, |property| {
        *property = json!({"type": other})
    });
}

/// The same schema, written out where it was referred to.
fn inlined(made: &mut Made<'_>, place: &str) {
    let target = made.at(place)["$ref"]
        .as_str()
        .map(|target| made.at(target.trim_start_matches('#')))
        .expect("a target");
    made.edit("reference written out", DOCS, place, |property| {
        *property = target
    });
}

fn undeclared(made: &mut Made<'_>, at: &str, directions: Directions) {
    let narrowed = directions.narrowed();
    made.edit_values("undeclared properties refused", narrowed, at, |schema| {
        put(schema, "additionalProperties", json!(false))
    });
    made.edit_values("undeclared properties restricted", narrowed, at, |schema| {
        put(schema, "additionalProperties", json!({"type": "string"}));
    });
    made.edit("undeclared properties named", DOCS, at, |schema| {
        put(schema, "additionalProperties", json!(true))
    });
    made.edit_values("names of properties restricted", narrowed, at, |schema| {
        put(schema, "propertyNames", json!({"maxLength": 40}));
    });
}

fn counts(made: &mut Made<'_>, at: &str, schema: &Value, directions: Directions) {
    let (all, required) = (
        names(schema, "properties").len(),
        schema["required"].as_array().map_or(0, Vec::len),
    );
    if all > required {
        made.edit_values("minProperties added", directions.narrowed(), at, |schema| {
            put(schema, "minProperties", json!(all))
        });
        made.edit_values("maxProperties added", directions.narrowed(), at, |schema| {
            put(schema, "maxProperties", json!(required))
        });
    }
}
