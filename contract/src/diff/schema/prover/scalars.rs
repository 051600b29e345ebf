//! Keywords about values that have no parts, and counts of parts.

use serde_json::Value;

use super::{
    super::{
        super::{node::Node, rule::Rule},
        accept::Accept,
        bounds::{count, is_multiple, keeps_lower, keeps_upper, least_of, lower, most_of, upper},
        form::Form,
        keywords::keys_of,
        language::{self, Answer},
        sample,
        types::Types,
    },
    all_of,
};

/// Whether what is accepted satisfies a keyword of `wide`, seen from the keywords alone.
pub(super) fn satisfied<'a>(accept: &Accept<'a>, wide: &Node<'a>, rule: Rule) -> bool {
    let types = accept.possible_types();
    let asked = |key: &str| wide.value.get(key);
    let least = |key: &str| {
        let asked = asked(key).and_then(count);
        asked.is_none_or(|asked| asked == 0 || most_of(accept, key).is_some_and(|own| own >= asked))
    };
    let most = |key: &str| {
        let asked = asked(key).and_then(count);
        asked.is_none_or(|asked| least_of(accept, key).is_some_and(|own| own <= asked))
    };
    match rule {
        Rule::Type => types.is_within(asked("type").map_or(Types::ALL, Types::allowed)),
        Rule::Enum => false,
        Rule::Minimum => {
            !types.meets(Types::NUMBER) || lower(wide).iter().all(|end| keeps_lower(accept, end))
        }
        Rule::Maximum => {
            !types.meets(Types::NUMBER) || upper(wide).iter().all(|end| keeps_upper(accept, end))
        }
        Rule::Format => {
            !types.meets(Types::NUMBER)
                || (lower(wide).iter().all(|end| keeps_lower(accept, end))
                    && upper(wide).iter().all(|end| keeps_upper(accept, end)))
        }
        Rule::MultipleOf => {
            !types.meets(Types::NUMBER)
                || asked("multipleOf").is_none_or(|asked| is_multiple(accept, asked))
        }
        Rule::MinLength => {
            !types.meets(Types::STRING)
                || least("minLength")
                || shortest(accept)
                    .is_some_and(|own| asked("minLength").and_then(count).is_some_and(|a| own >= a))
        }
        Rule::MaxLength => {
            !types.meets(Types::STRING)
                || most("maxLength")
                || longest(accept)
                    .is_some_and(|own| asked("maxLength").and_then(count).is_some_and(|a| own <= a))
        }
        Rule::Pattern => {
            !types.meets(Types::STRING)
                || asked("pattern")
                    .and_then(Value::as_str)
                    .is_none_or(|asked| pattern(accept, asked) == Answer::Yes)
        }
        Rule::MinItems => !types.meets(Types::ARRAY) || least("minItems"),
        Rule::MaxItems => !types.meets(Types::ARRAY) || most("maxItems"),
        Rule::MinProperties => {
            let asked = asked("minProperties").and_then(count).unwrap_or(0);
            !types.meets(Types::OBJECT)
                || least("minProperties")
                || accept.required().len() as u64 >= asked
        }
        Rule::MaxProperties => {
            let asked = asked("maxProperties").and_then(count).unwrap_or(u64::MAX);
            let named = || {
                accept
                    .names()
                    .iter()
                    .filter(|name| accept.may_have(name))
                    .count() as u64
            };
            let patterns = accept.values("patternProperties").next().is_some();
            !types.meets(Types::OBJECT)
                || most("maxProperties")
                || (!accept.may_have_others() && !patterns && named() <= asked)
        }
        _ => false,
    }
}

/// Whether the accepted values, written as text, are of the types that are asked for: numbers and
/// truth values are strings too. Nothing more may be said of the strings.
pub(super) fn is_written_as(accept: &Accept<'_>, wide: &Node<'_>) -> bool {
    let written = Types::NUMBER.or(Types::BOOLEAN);
    let (types, allowed) = (
        accept.possible_types(),
        wide.value.get("type").map_or(Types::ALL, Types::allowed),
    );
    let as_text = if allowed.meets(Types::STRING) {
        types.without(written)
    } else {
        types
    };
    as_text.is_within(allowed)
}

/// Whether every accepted text matches a pattern.
pub(in super::super) fn pattern(accept: &Accept<'_>, asked: &str) -> Answer {
    let own: Vec<&str> = accept.values("pattern").filter_map(Value::as_str).collect();
    if own.contains(&asked) {
        return Answer::Yes;
    }
    language::included(
        &own,
        most_of(accept, "minLength"),
        least_of(accept, "maxLength"),
        asked,
    )
}

fn shortest(accept: &Accept<'_>) -> Option<u64> {
    accept
        .values("pattern")
        .filter_map(Value::as_str)
        .map(|pattern| language::lengths(pattern).0)
        .max()
}

fn longest(accept: &Accept<'_>) -> Option<u64> {
    accept
        .values("pattern")
        .filter_map(Value::as_str)
        .filter_map(|pattern| language::lengths(pattern).1)
        .min()
}

/// Whether each of the only values is taken, or none of those that are accepted.
pub(super) fn each_satisfies<'a>(
    accept: &Accept<'a>,
    values: &[Value],
    wide: &Node<'a>,
    rule: Rule,
) -> bool {
    let wide = Form::of_keywords(wide, keys_of(rule), accept.direction, values);
    let Some(wide) = wide.and_then(|wide| sample::validator(&wide, false)) else {
        return false;
    };
    let own = all_of(accept, values);
    values
        .iter()
        .all(|value| wide.is_valid(value) || own.as_ref().is_some_and(|own| !own.is_valid(value)))
}
