//! Keywords about values that have no parts, and counts of parts.

use serde_json::Value;

use super::{
    super::{
        super::{node::Node, rule::Rule},
        accept::Accept,
        bounds::{count, is_multiple, keeps_lower, keeps_upper, least_of, lower, most_of, upper},
        form::SchemaForm,
        keywords::keys_of,
        language::{self, Inclusion},
        sample,
        types::Types,
    },
    all_of,
};

/// Whether what is accepted satisfies a keyword of `supertype`, seen from the keywords alone.
pub(super) fn satisfied<'a>(accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
    let types = accept.possible_types();
    let asked = |key: &str| supertype.value.get(key);
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
            !types.meets(Types::NUMBER)
                || lower(supertype).iter().all(|end| keeps_lower(accept, end))
        }
        Rule::Maximum => {
            !types.meets(Types::NUMBER)
                || upper(supertype).iter().all(|end| keeps_upper(accept, end))
        }
        Rule::Format => {
            !types.meets(Types::NUMBER)
                || (lower(supertype).iter().all(|end| keeps_lower(accept, end))
                    && upper(supertype).iter().all(|end| keeps_upper(accept, end)))
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
                    .is_none_or(|asked| pattern(accept, asked) == Inclusion::Yes)
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
pub(super) fn is_written_as(accept: &Accept<'_>, supertype: &Node<'_>) -> bool {
    let written = Types::NUMBER.or(Types::BOOLEAN);
    let (types, allowed) = (
        accept.possible_types(),
        supertype
            .value
            .get("type")
            .map_or(Types::ALL, Types::allowed),
    );
    let as_text = if allowed.meets(Types::STRING) {
        types.without(written)
    } else {
        types
    };
    as_text.is_within(allowed)
}

/// Whether every accepted text matches a pattern.
pub(in super::super) fn pattern(accept: &Accept<'_>, asked: &str) -> Inclusion {
    let own: Vec<&str> = accept.values("pattern").filter_map(Value::as_str).collect();
    if own.contains(&asked) {
        return Inclusion::Yes;
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

/// Whether each of the only values is accepted, or none of those that are accepted.
pub(super) fn each_satisfies<'a>(
    accept: &Accept<'a>,
    values: &[Value],
    supertype: &Node<'a>,
    rule: Rule,
) -> bool {
    let supertype = SchemaForm::of_keywords(supertype, keys_of(rule), accept.direction, values);
    let Some(supertype) = supertype.and_then(|supertype| sample::validator(&supertype, false))
    else {
        return false;
    };
    let own = all_of(accept, values);
    values.iter().all(|value| {
        supertype.is_valid(value) || own.as_ref().is_some_and(|own| !own.is_valid(value))
    })
}
