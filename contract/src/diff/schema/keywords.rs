//! The keywords of JSON Schema in the groups that are judged together, and those that constrain no
//! value.

use super::super::rule::Rule;
use crate::document::PROSE;

/// One group: a value has to satisfy each of them by itself.
pub(super) struct KeywordGroup {
    pub rule: Rule,
    pub keys: &'static [&'static str],
    /// Whether it says something of properties or elements that are not declared one by one.
    pub rest: bool,
}

const fn group(rule: Rule, keys: &'static [&'static str]) -> KeywordGroup {
    KeywordGroup {
        rule,
        keys,
        rest: false,
    }
}

const fn rest(rule: Rule, keys: &'static [&'static str]) -> KeywordGroup {
    KeywordGroup {
        rule,
        keys,
        rest: true,
    }
}

/// All but `properties` and `allOf`, which are walked into.
pub(super) const GROUPS: &[KeywordGroup] = &[
    group(Rule::Type, &["type"]),
    group(Rule::Enum, &["enum", "const"]),
    group(Rule::Format, &["format"]),
    group(Rule::Minimum, &["minimum", "exclusiveMinimum"]),
    group(Rule::Maximum, &["maximum", "exclusiveMaximum"]),
    group(Rule::MultipleOf, &["multipleOf"]),
    group(Rule::MinLength, &["minLength"]),
    group(Rule::MaxLength, &["maxLength"]),
    group(Rule::Pattern, &["pattern"]),
    group(Rule::MinItems, &["minItems"]),
    group(Rule::MaxItems, &["maxItems"]),
    group(Rule::UniqueItems, &["uniqueItems"]),
    group(Rule::Items, &["prefixItems", "items"]),
    group(Rule::MinProperties, &["minProperties"]),
    group(Rule::MaxProperties, &["maxProperties"]),
    group(Rule::Required, &["required"]),
    group(Rule::Contains, &["contains", "minContains", "maxContains"]),
    group(Rule::Not, &["not"]),
    group(Rule::Conditional, &["if", "then", "else"]),
    group(Rule::Dependent, &["dependentRequired", "dependentSchemas"]),
    rest(Rule::PropertyNames, &["propertyNames"]),
    rest(Rule::PatternProperties, &["patternProperties"]),
    rest(Rule::AdditionalProperties, &["additionalProperties"]),
    rest(
        Rule::Unevaluated,
        &["unevaluatedProperties", "unevaluatedItems"],
    ),
    group(Rule::AnyOf, &["anyOf"]),
    group(Rule::OneOf, &["oneOf"]),
];

/// The keywords that a value has to be put to for a rule. None are all of them.
pub(super) fn keys_of(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::PropertyAdded | Rule::AdditionalProperties | Rule::PatternProperties => {
            &["properties", "additionalProperties", "patternProperties"]
        }
        // A width of integers is written as bounds.
        Rule::Format => &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        Rule::Unevaluated | Rule::Schema => &[],
        _ => GROUPS
            .iter()
            .find(|group| group.rule == rule)
            .map_or(&[], |group| group.keys),
    }
}

/// Whether a keyword constrains no value, so that two schemas that differ in it alone say the same.
pub(super) fn is_annotation(key: &str) -> bool {
    const WITHOUT: &[&str] = &[
        "$ref",
        "$defs",
        "definitions",
        "$schema",
        "$id",
        "discriminator",
        "default",
        "deprecated",
        "nullable",
    ];
    WITHOUT.contains(&key) || PROSE.contains(&key) || !is_known(key)
}

/// Whether a keyword is looked at; any other is an unknown annotation.
pub(super) fn is_known(key: &str) -> bool {
    KNOWN.contains(&key) || GROUPS.iter().any(|group| group.keys.contains(&key))
}

/// Keywords that are looked at, here or elsewhere, and are in no group.
const KNOWN: &[&str] = &[
    "$ref",
    "$defs",
    "definitions",
    "$schema",
    "$id",
    "properties",
    "allOf",
    "discriminator",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];
