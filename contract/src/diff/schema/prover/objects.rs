//! Keywords about the properties of objects.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        super::{node::Node, rule::Rule},
        accept::{Accept, AcceptedPart, OTHER},
        conjunction::expanded,
        form::SchemaForm,
        language,
        objects::{has_name, hidden, schema_of, undeclared},
        patterns, sample,
        types::Types,
    },
    Prover, names,
};

impl Prover {
    pub(super) fn objects<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        rule: Rule,
    ) -> bool {
        if rule != Rule::Unevaluated && !accept.possible_types().meets(Types::OBJECT) {
            return true;
        }
        match rule {
            Rule::PropertyAdded => supertype
                .named("properties")
                .iter()
                .all(|(name, schema)| self.property(accept, supertype, name, schema)),
            Rule::Required => {
                let own = accept.required();
                let asked = supertype
                    .value
                    .get("required")
                    .map(names)
                    .unwrap_or_default();
                asked
                    .iter()
                    .all(|name| own.contains(*name) || self.context.hidden.contains(*name))
            }
            Rule::Dependent => self.dependent(accept, supertype),
            Rule::PropertyNames => self.property_names(accept, supertype),
            Rule::PatternProperties => self.pattern_properties(accept, supertype, &BTreeSet::new()),
            Rule::AdditionalProperties => self.additional(accept, supertype, &BTreeSet::new()),
            _ => self.unevaluated(accept, supertype, &BTreeSet::new()),
        }
    }

    /// Whether a property satisfies a schema wherever it is there.
    pub(in super::super) fn property<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        name: &str,
        schema: &Node<'a>,
    ) -> bool {
        if has_name(supertype, name).is_some_and(|property| hidden(&property, accept.direction)) {
            return true;
        }
        let part = accept.property(name);
        self.part(part, schema)
    }

    /// The same, by the cases of some choice where that is necessary.
    pub(in super::super) fn property_in_cases<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        name: &str,
        schema: &Node<'a>,
    ) -> bool {
        !accept.possible_types().meets(Types::OBJECT)
            || self.property(accept, supertype, name, schema)
            || self.impossible(&accept.having(name))
            || accept.choices().iter().any(|(choice, node)| {
                let cases = accept.cases(choice, node);
                cases.iter().all(|case| {
                    self.property(case, supertype, name, schema)
                        || self.impossible(&case.having(name))
                })
            })
    }

    /// Whether what is said of undeclared properties accepts one of this name. Where nothing is
    /// said, anything is accepted.
    pub(in super::super) fn accepts_undeclared<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        name: &str,
    ) -> bool {
        let taken = undeclared(supertype, name).iter().all(|schema| {
            let part = accept.property(name);
            self.part(part, schema)
        });
        let named = supertype.raw("propertyNames").is_none_or(|names| {
            let value = [Value::from(name)];
            let schema = SchemaForm::of_value(&names, accept.direction, &value);
            schema
                .and_then(|schema| sample::validator(&schema, false))
                .is_some_and(|names| names.is_valid(&value[0]))
        });
        let rest = supertype.raw("unevaluatedProperties").is_none_or(|rest| {
            expanded([supertype])
                .iter()
                .any(|part| !schema_of(part, name).is_empty())
                || {
                    let part = accept.property(name);
                    self.part(part, &rest)
                }
        });
        taken && named && rest
    }

    fn part<'a>(&mut self, part: AcceptedPart<'a>, schema: &Node<'a>) -> bool {
        match part {
            AcceptedPart::Never => true,
            AcceptedPart::Some(part) => self.deeper(|prover| prover.covers(&part, schema)),
        }
    }

    fn dependent<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let own = accept.required();
        let asked = |(name, others): &(&str, Node<'_>)| {
            let same = |list: &Value| {
                list.get(*name)
                    .is_some_and(|own| names(others.value).is_subset(&names(own)))
            };
            !accept.may_have(name)
                || names(others.value).iter().all(|other| own.contains(*other))
                || accept.values("dependentRequired").any(same)
        };
        supertype.named("dependentRequired").iter().all(asked)
            && supertype
                .named("dependentSchemas")
                .iter()
                .all(|(name, schema)| {
                    !accept.may_have(name) || {
                        let there = accept.having(name);
                        self.covers(&there, schema)
                    }
                })
    }

    fn property_names<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let Some(asked) = supertype.raw("propertyNames") else {
            return true;
        };
        // Where an open alternative has patterns, there may be others.
        if !accept.may_have_others() && accept.values("patternProperties").next().is_none() {
            let names: Vec<Value> = accept
                .mentioned()
                .iter()
                .map(|name| Value::from(name.as_str()))
                .collect();
            let schema = SchemaForm::of_value(&asked, accept.direction, &names);
            let Some(validator) = schema.and_then(|schema| sample::validator(&schema, false))
            else {
                return false;
            };
            return names.iter().all(|name| {
                validator.is_valid(name) || !accept.may_have(name.as_str().unwrap_or(""))
            });
        }
        let own: Vec<Node<'_>> = accept
            .all()
            .filter_map(|part| part.raw("propertyNames"))
            .collect();
        let own = Accept::of(&own, accept.direction, false).of_types(Types::STRING);
        self.covers(&own, &asked)
    }

    /// What is said of names that match a pattern. `but` leaves names out that are judged by
    /// themselves.
    pub(in super::super) fn pattern_properties<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        but: &BTreeSet<String>,
    ) -> bool {
        supertype.named("patternProperties").iter().all(|(pattern, schema)| {
            let named: Vec<String> = accept.mentioned().difference(but).cloned().collect();
            named
                .iter()
                .filter(|name| patterns::matches(pattern, name) != Some(false))
                .all(|name| self.part(accept.property(name), schema))
                && self.matched(accept, |own| own == *pattern || !language::disjoint(own, pattern), schema)
                // Unless an accepted pattern matches them all.
                && (accept.all().flat_map(|part| part.named("patternProperties")).any(|(own, _)| {
                    own == *pattern || language::included(&[*pattern], None, None, own) == language::Inclusion::Yes
                }) || self.part(accept.others(), schema))
        })
    }

    /// Whether the properties that the accepted patterns match satisfy a schema.
    fn matched<'a>(
        &mut self,
        accept: &Accept<'a>,
        concerns: impl Fn(&str) -> bool,
        schema: &Node<'a>,
    ) -> bool {
        let own: Vec<(&str, Node<'_>)> = accept
            .all()
            .flat_map(|part| part.named("patternProperties"))
            .collect();
        let asked: Vec<_> = own.iter().filter(|(own, _)| concerns(own)).collect();
        asked.into_iter().all(|(own, _)| {
            let together: Vec<Node<'_>> = accept
                .all()
                .flat_map(|part| part.named("patternProperties"))
                .filter(|(other, _)| other == own)
                .map(|(_, schema)| schema)
                .collect();
            if together
                .iter()
                .any(|schema| schema.value == &Value::Bool(false))
            {
                return true;
            }
            let mut part = Accept::of(&together, accept.direction, accept.closed_below);
            part.maybe = accept
                .open()
                .iter()
                .flat_map(|node| node.named("patternProperties"))
                .map(|(_, s)| s)
                .collect();
            part.text = accept.text;
            self.part(AcceptedPart::Some(part), schema)
        })
    }

    /// What is said of names that are neither declared beside it nor match a pattern there.
    pub(in super::super) fn additional<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        but: &BTreeSet<String>,
    ) -> bool {
        let Some(schema) = supertype.raw("additionalProperties") else {
            return true;
        };
        let patterns = supertype.named("patternProperties");
        let named: Vec<String> = accept.mentioned().difference(but).cloned().collect();
        let other = |name: &str| {
            has_name(supertype, name).is_none()
                && !patterns
                    .iter()
                    .any(|(pattern, _)| patterns::matches(pattern, name) == Some(true))
        };
        let taken = |own: &str| {
            patterns.iter().any(|(pattern, _)| {
                *pattern == own
                    || language::included(&[own], None, None, pattern) == language::Inclusion::Yes
            })
        };
        named
            .iter()
            .filter(|name| other(name))
            .all(|name| self.part(accept.property(name), &schema))
            && self.matched(accept, |own| !taken(own), &schema)
            && self.part(accept.others(), &schema)
    }

    /// What is said of names that no part of the schema speaks of.
    pub(in super::super) fn unevaluated<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        but: &BTreeSet<String>,
    ) -> bool {
        if supertype.value.get("unevaluatedItems").is_some()
            && accept.possible_types().meets(Types::ARRAY)
        {
            let own: Vec<Node<'_>> = accept.all().cloned().collect();
            if !own.iter().any(|part| self.same.schemas(part, supertype)) {
                return false;
            }
        }
        let Some(schema) = supertype.raw("unevaluatedProperties") else {
            return true;
        };
        if !accept.possible_types().meets(Types::OBJECT) {
            return true;
        }
        let parts = expanded([supertype]);
        let known = |name: &str| parts.iter().any(|part| !schema_of(part, name).is_empty());
        let names: Vec<String> = accept.mentioned().difference(but).cloned().collect();
        names
            .iter()
            .filter(|name| !known(name))
            .all(|name| self.part(accept.property(name), &schema))
            && self.matched(accept, |_| true, &schema)
            && (known(OTHER) || self.part(accept.others(), &schema))
    }
}
