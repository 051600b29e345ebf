//! What could not be decided is counted in every format.

use openapi_proof::diff::{
    Report,
    render::{Format, render},
};
use serde_json::{Value, json};

use super::{operation, says};

/// A report on two breaks, of which some are said to be undecided.
fn undecided(count: usize) -> Report {
    let sends =
        |name: &str, kind: &str| json!({"name": name, "in": "query", "schema": {"type": kind}});
    let taking = |kind: &str| {
        operation(json!({
            "parameters": [sends("a", kind), sends("b", kind)], "responses": {"204": {"description": "ok"}}
        }))
    };
    let mut report = says(
        &taking("boolean"),
        &taking("integer"),
        &["breaking type", "breaking type"],
    );
    assert_eq!(report.undecided, 0, "both are proven");
    report
        .changes
        .iter_mut()
        .take(count)
        .for_each(|change| change.undecided = true);
    report.undecided = count;
    report
}

#[test]
fn what_is_undecided_is_counted_in_every_format() {
    let formats = [
        Format::Text { colour: false },
        Format::Markdown,
        Format::Github,
        Format::Html,
    ];
    for (count, expected) in [
        (1, "1 change could not be decided and counts as breaking"),
        (2, "2 changes could not be decided and count as breaking"),
    ] {
        for format in formats {
            let said = render(&undecided(count), format, "");
            assert_eq!(said.matches(expected).count(), 1, "{said}");
        }
    }
    for format in formats {
        let said = render(&undecided(0), format, "");
        assert!(!said.contains("could not be decided"), "{said}");
    }
}

#[test]
fn the_count_stands_at_the_top_of_the_json() {
    for count in [0, 1, 2] {
        let text = render(&undecided(count), Format::Json, "");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["undecided"], count);
        assert!(
            text.find("\"undecided\"") < text.find("\"changes\""),
            "{text}"
        );
    }
    let schema = Report::json_schema();
    assert!(
        schema["required"]
            .as_array()
            .is_some_and(|names| names.contains(&json!("undecided"))),
        "{schema}"
    );
    assert_eq!(schema["properties"]["undecided"]["type"], "integer");
}
