//! How requests and responses are written: media types, parameters, headers, encodings, statuses.

use serde_json::{Value, json};

use super::{operation, says};

fn responding(responses: Value) -> Value {
    operation(json!({"responses": responses}))
}

fn content(content: Value) -> Value {
    responding(json!({"200": {"description": "ok", "content": content}}))
}

fn sending(content: Value) -> Value {
    operation(
        json!({"requestBody": {"content": content}, "responses": {"204": {"description": "ok"}}}),
    )
}

fn text(rest: Value) -> Value {
    let mut schema = json!({"type": "string"});
    for (key, value) in rest.as_object().expect("an object") {
        schema[key] = value.clone();
    }
    json!({"schema": schema})
}

#[test]
fn media_types_are_the_same_however_they_are_written() {
    let media = |name: &str| json!({name: text(json!({}))});
    for (old, new) in [
        ("application/json", "application/json; charset=utf-8"),
        ("application/json", "Application/JSON;charset=UTF-8"),
        ("application/json", "application/json ; Charset=\"utf-8\""),
        (
            "application/problem+json",
            "application/problem+json;charset=utf-8",
        ),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/x; b=2; a=1", "text/x;A=1;B=\"2\""),
    ] {
        for (old, new) in [(old, new), (new, old)] {
            says(&content(media(old)), &content(media(new)), &["docs prose"]);
            says(&sending(media(old)), &sending(media(new)), &["docs prose"]);
        }
    }
    for (old, new) in [
        ("application/json", "application/json; charset=latin1"),
        ("application/json", "application/json; version=2"),
        ("application/json; profile=A", "application/json; profile=a"),
        ("image/png", "image/png; charset=utf-8"),
    ] {
        let expected = ["breaking media-type-removed", "compatible media-type-added"];
        says(&content(media(old)), &content(media(new)), &expected);
        says(&sending(media(old)), &sending(media(new)), &expected);
    }
}

#[test]
fn a_media_type_out_of_a_range_is_held_against_the_range() {
    let range = json!({"application/*": text(json!({}))});
    let mut both = range.clone();
    both["application/json"] = text(json!({}));
    says(
        &sending(range.clone()),
        &sending(both.clone()),
        &["docs prose"],
    );
    both["application/json"] = text(json!({"maxLength": 5}));
    says(
        &sending(range.clone()),
        &sending(both.clone()),
        &["breaking max-length"],
    );
    says(&content(range), &content(both), &["compatible max-length"]);
}

#[test]
fn how_a_header_is_written_counts() {
    let header = |header: Value| {
        let headers = json!({"X-List": header});
        responding(json!({"204": {"description": "ok", "headers": headers}}))
    };
    let of = |rest: Value, kind: Value| {
        let mut header = json!({"schema": kind});
        for (key, value) in rest.as_object().expect("an object") {
            header[key] = value.clone();
        }
        header
    };
    let object = |rest: Value| header(of(rest, json!({"type": "object"})));
    let list = |rest: Value| {
        header(of(
            rest,
            json!({"type": "array", "items": {"type": "string"}}),
        ))
    };
    says(
        &object(json!({})),
        &object(json!({"explode": true})),
        &["breaking header-writing"],
    );
    says(
        &object(json!({"explode": true})),
        &object(json!({})),
        &["breaking header-writing"],
    );
    says(
        &object(json!({})),
        &object(json!({"style": "label"})),
        &["breaking header-writing"],
    );
    says(
        &object(json!({})),
        &object(json!({"style": "simple", "explode": false})),
        &["docs prose"],
    );
    // With commas between the elements either way.
    says(
        &list(json!({})),
        &list(json!({"explode": true})),
        &["docs prose"],
    );
    let json = header(json!({"content": {"application/json": {"schema": {"type": "object"}}}}));
    says(&object(json!({})), &json, &["breaking header-writing"]);
    says(&json, &object(json!({})), &["breaking header-writing"]);
    says(
        &header(json!({})),
        &object(json!({})),
        &["compatible schema"],
    );
    says(&object(json!({})), &header(json!({})), &["breaking schema"]);
}

fn taking(parameters: Value) -> Value {
    operation(json!({"parameters": parameters, "responses": {"204": {"description": "ok"}}}))
}

fn query(rest: Value) -> Value {
    let mut parameter = json!({"name": "q", "in": "query"});
    for (key, value) in rest.as_object().expect("an object") {
        parameter[key] = value.clone();
    }
    taking(json!([parameter]))
}

#[test]
fn how_a_parameter_is_written_counts_where_it_shows() {
    let (one, list) = (
        json!({"type": "string"}),
        json!({"type": "array", "items": {"type": "string"}}),
    );
    let exploding =
        |schema: &Value, explode: bool| query(json!({"schema": schema, "explode": explode}));
    says(
        &exploding(&one, true),
        &exploding(&one, false),
        &["docs prose"],
    );
    says(
        &exploding(&list, true),
        &exploding(&list, false),
        &["breaking parameter-writing"],
    );
    let deep = |rest: Value| {
        let mut parameter = json!({"style": "deepObject", "schema": {"type": "object"}});
        for (key, value) in rest.as_object().expect("an object") {
            parameter[key] = value.clone();
        }
        query(parameter)
    };
    says(
        &deep(json!({})),
        &deep(json!({"explode": true})),
        &["docs prose"],
    );
    says(
        &query(json!({"schema": {}})),
        &query(json!({"schema": {}, "allowReserved": true})),
        &["compatible parameter-writing"],
    );
    let content = query(json!({"content": {"application/json": {"schema": one.clone()}}}));
    says(
        &query(json!({"schema": one})),
        &content,
        &["breaking parameter-writing"],
    );
    let number = json!({"type": "integer"});
    says(
        &query(json!({})),
        &query(json!({"schema": number})),
        &["breaking schema"],
    );
    says(
        &query(json!({"schema": number})),
        &query(json!({})),
        &["compatible schema"],
    );
    says(
        &query(json!({})),
        &query(json!({"schema": one})),
        &["docs prose"],
    );
}

#[test]
fn a_path_parameter_is_there_whatever_is_said_of_it() {
    let path = |rest: Value| {
        let mut parameter = json!({"name": "id", "in": "path", "schema": {"type": "string"}});
        for (key, value) in rest.as_object().expect("an object") {
            parameter[key] = value.clone();
        }
        taking(json!([parameter]))
    };
    let required = path(json!({"required": true}));
    says(&path(json!({})), &required, &["docs prose"]);
    says(&required, &path(json!({})), &["docs prose"]);
    says(
        &taking(json!([])),
        &required,
        &["compatible parameter-added"],
    );
    says(
        &required,
        &taking(json!([])),
        &["compatible parameter-removed"],
    );
    let number = path(json!({"required": true, "schema": {"type": "integer"}}));
    says(&taking(json!([])), &number, &["breaking parameter-added"]);
    // What is not in the path cannot be sent.
    says(
        &taking(json!([])),
        &path(json!({"name": "other"})),
        &["docs prose"],
    );
}

#[test]
fn an_encoding_counts_where_the_part_was_there_before() {
    let form = |properties: Value, encoding: Value| {
        sending(json!({"multipart/form-data": {
            "schema": {"type": "object", "properties": properties}, "encoding": encoding
        }}))
    };
    let (one, two) = (
        json!({"a": {"type": "string"}}),
        json!({"a": {"type": "string"}, "b": {"type": "string"}}),
    );
    let png = |kinds: &str| json!({"a": {"contentType": kinds}});
    says(
        &form(one.clone(), json!({})),
        &form(two, json!({"b": {"contentType": "image/png"}})),
        &["compatible property-added"],
    );
    let with = |encoding: Value| form(one.clone(), encoding);
    says(
        &with(png("image/png")),
        &with(png("image/gif")),
        &["breaking encoding"],
    );
    says(
        &with(png("image/png")),
        &with(png("image/png, image/gif")),
        &["compatible encoding"],
    );
    says(
        &with(png("image/png, image/gif")),
        &with(png("image/gif")),
        &["breaking encoding"],
    );
    says(
        &with(json!({})),
        &with(json!({"a": {"style": "form", "explode": true}})),
        &["docs prose"],
    );
    says(&with(json!({})), &with(png("text/plain")), &["docs prose"]);
    says(
        &with(json!({})),
        &with(json!({"a": {"style": "pipeDelimited"}})),
        &["breaking encoding"],
    );
    let headed = |description: &str| {
        with(
            json!({"a": {"headers": {"X-A": {"description": description, "schema": {"type": "string"}}}}}),
        )
    };
    says(&headed("One."), &headed("Other."), &["docs prose"]);
    let json = |encoding: Value| {
        sending(json!({"application/json": {"schema": {}, "encoding": encoding}}))
    };
    says(
        &json(json!({})),
        &json(json!({"a": {"contentType": "image/png"}})),
        &["docs prose"],
    );
}

#[test]
fn a_range_of_statuses_may_become_its_statuses() {
    let body = |schema: &str| json!({"description": "d", "content": {"application/json": {"schema": {"type": schema}}}});
    says(
        &responding(json!({"2XX": body("string")})),
        &responding(json!({"200": body("string")})),
        &["compatible status-removed"],
    );
    says(
        &responding(json!({"200": body("string")})),
        &responding(json!({"2XX": body("string")})),
        &["breaking status-added"],
    );
    says(
        &responding(json!({"200": body("string"), "4XX": body("string")})),
        &responding(json!({"200": body("string"), "4XX": body("string"), "404": body("integer")})),
        &["breaking type"],
    );
    says(
        &responding(json!({"default": body("string")})),
        &responding(json!({"200": body("string"), "default": body("string")})),
        &["docs prose"],
    );
    says(
        &responding(json!({"200": body("string"), "4xx": body("string")})),
        &responding(json!({"200": body("string"), "4XX": body("string")})),
        &["docs prose"],
    );
}
