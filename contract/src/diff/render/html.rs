//! The report as one page that needs nothing else: the changes side by side, with a filter by
//! class.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    super::change::{Change, Class, Report},
    verdict,
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn page(report: &Report) -> String {
    let changes: String = report.changes.iter().map(article).collect();
    let version = report.version.as_ref().map_or(String::new(), |version| {
        let class = if version.ok { "ok" } else { "bad" };
        format!(
            "<p class=\"version {class}\">{}</p>",
            escaped(&version.sentence)
        )
    });
    let remark = |(kind, remark): (&str, Cow<'_, str>)| {
        format!("<p class=\"version bad\">{kind}: {}</p>", escaped(&remark))
    };
    let remarks: String = report.remarks().map(remark).collect();
    let filters: String = [Class::Breaking, Class::Compatible, Class::Docs]
        .iter()
        .map(|class| filter(report, *class))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Contract: {title}</title><style>\n{STYLE}</style></head>\n<body><header><h1>Contract: {title}</h1>\
         <p class=\"from\"><code>{base}</code> → <code>{head}</code></p>{version}{remarks}\
         <fieldset><legend>Show</legend>{filters}<input type=\"search\" placeholder=\"pointer, rule or operation\" \
         aria-label=\"Search\"></fieldset></header>\n<main>{changes}<p class=\"nothing\" hidden>No change to show.</p></main>\
         <script>\n{SCRIPT}</script></body></html>\n",
        title = escaped(&verdict(report)),
        base = escaped(&report.base),
        head = escaped(&report.head),
    )
}

fn filter(report: &Report, class: Class) -> String {
    let word = class.word();
    format!(
        "<label class=\"{word}\"><input type=\"checkbox\" value=\"{word}\" checked> {word} \
         <b>{}</b></label>",
        report.count(class)
    )
}

fn article(change: &Change) -> String {
    let accepted = change.accepted.as_ref().map_or(String::new(), |accepted| {
        format!(
            "<p class=\"accepted\">Accepted until {}: {}</p>",
            escaped(&accepted.expires),
            escaped(&accepted.reason)
        )
    });
    let operations: String = change
        .operations
        .iter()
        .map(|name| format!("<span>{}</span>", escaped(name)))
        .collect();
    format!(
        "<article class=\"{class}\"><h2><b>{class}</b> {rule} <small>{direction}</small></h2>\
         <p class=\"at\"><code>{place}</code></p><p>{sentence}</p>{accepted}{example}\
         <div class=\"sides\"><pre class=\"old\" aria-label=\"old\">{base}</pre><pre class=\"new\" aria-label=\"new\">{head}</pre></div>\
         <p class=\"operations\">{operations}</p></article>\n",
        class = change.class.word(),
        rule = change.rule,
        direction = change.direction.word(),
        place = escaped(&change.place()),
        sentence = prose(&change.sentence),
        example = example(change),
        base = side(change.base.as_ref()),
        head = side(change.head.as_ref()),
    )
}

fn example(change: &Change) -> String {
    match &change.counterexample {
        Some(example) => format!(
            "<figure><figcaption>{} ({})</figcaption><pre>{}</pre></figure>",
            escaped(example.shows.words()),
            prose(&example.at),
            side(Some(&example.value))
        ),
        None if change.undecided => "<p class=\"accepted\">No example found.</p>".to_owned(),
        None => String::new(),
    }
}

fn side(value: Option<&Value>) -> String {
    value.map_or_else(
        || "<i>nothing</i>".to_owned(),
        |value| escaped(&serde_json::to_string_pretty(value).unwrap_or_default()),
    )
}

/// A sentence, with what is between backticks as code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                format!("<code>{}</code>", escaped(part))
            } else {
                escaped(part)
            }
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
