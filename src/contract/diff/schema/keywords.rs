//! The keywords of JSON Schema in the groups that are judged together, and those that are prose.

use super::super::rule::Rule;

/// How a group is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By its values alone.
    Plain,
    /// Holds schemas, which may differ behind references.
    Schemas,
    /// Speaks of undeclared properties, so that nothing may be closed while it is judged.
    Undeclared,
}

/// One group.
pub(super) struct Group {
    pub rule: Rule,
    pub kind: Kind,
    pub keys: &'static [&'static str],
}

const fn plain(rule: Rule, keys: &'static [&'static str]) -> Group {
    Group { rule, kind: Kind::Plain, keys }
}

/// All but those that are walked into (`properties`, `items`, …) and `format`.
pub(super) const GROUPS: &[Group] = &[
    plain(Rule::Type, &["type"]),
    plain(Rule::Enum, &["enum", "const"]),
    plain(Rule::Minimum, &["minimum", "exclusiveMinimum"]),
    plain(Rule::Maximum, &["maximum", "exclusiveMaximum"]),
    plain(Rule::MultipleOf, &["multipleOf"]),
    plain(Rule::MinLength, &["minLength"]),
    plain(Rule::MaxLength, &["maxLength"]),
    plain(Rule::Pattern, &["pattern"]),
    plain(Rule::MinItems, &["minItems"]),
    plain(Rule::MaxItems, &["maxItems"]),
    plain(Rule::UniqueItems, &["uniqueItems"]),
    plain(Rule::MinProperties, &["minProperties"]),
    plain(Rule::MaxProperties, &["maxProperties"]),
    plain(Rule::Required, &["required"]),
    Group { rule: Rule::Contains, kind: Kind::Schemas, keys: &["contains", "minContains", "maxContains"] },
    Group { rule: Rule::Not, kind: Kind::Schemas, keys: &["not"] },
    Group { rule: Rule::Conditional, kind: Kind::Schemas, keys: &["if", "then", "else"] },
    Group { rule: Rule::Dependent, kind: Kind::Schemas, keys: &["dependentRequired", "dependentSchemas"] },
    Group { rule: Rule::PropertyNames, kind: Kind::Undeclared, keys: &["propertyNames"] },
    Group { rule: Rule::PatternProperties, kind: Kind::Undeclared, keys: &["patternProperties"] },
    Group { rule: Rule::Unevaluated, kind: Kind::Undeclared, keys: &["unevaluatedProperties", "unevaluatedItems"] },
];

/// Keywords that change nothing on the wire.
pub(super) const PROSE: &[&str] =
    &["title", "description", "summary", "example", "examples", "externalDocs", "xml", "$comment", "tags"];

/// Keywords that are looked at, here or elsewhere; any other is an annotation that nobody defined.
pub(super) const KNOWN: &[&str] = &[
    "$ref",
    "$defs",
    "definitions",
    "$schema",
    "$id",
    "properties",
    "items",
    "prefixItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "format",
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
