//! The proof that every value that is accepted on one side satisfies a schema of the other side.
//! Keyword by keyword; where a keyword alone does not say, the alternatives of the accepted values
//! are gone through one by one. A proof takes a number of steps that is bounded, so that it ends in
//! the same way on every machine. No proof is no verdict.

use std::{
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use serde_json::Value;

use super::{
    super::{change::Direction, node::Node, rule::Rule},
    accept::{Accept, Choice},
    conjunction::expanded,
    form::SchemaForm,
    keywords::{GROUPS, is_annotation, keys_of},
    objects::hidden,
    same::Same,
    sample,
    types::Types,
};

mod arrays;
mod choices;
mod disjoint;
mod objects;
mod scalars;

pub(super) use scalars::pattern;

/// How many steps one question may take, and all of them.
const QUESTION: usize = 60_000;
const ALL: usize = 3_000_000;
/// How many choices are opened one within the other for one keyword.
const CHOICES: usize = 4;

/// Proves, and remembers what was proven.
#[derive(Default)]
pub(super) struct Prover {
    pub same: Same,
    known: HashMap<Goal, Known>,
    keys: HashMap<QuestionKey, usize>,
    tags: HashMap<usize, Rc<choices::Tags>>,
    /// Goals that were proven since some goal was begun, which are doubtful if that one fails.
    proven: Vec<Goal>,
    /// How many properties and elements deep the proof is.
    depth: usize,
    opened: usize,
    /// Whether it is asked whether a schema that refuses the values accepts them.
    excluding: bool,
    /// What the schemas that have to accept the value say together.
    context: Context,
    left: usize,
    used: usize,
    exhausted: bool,
    unasked: usize,
}

/// What all schemas of one place say together, which no single one of them says.
#[derive(Clone, Default)]
struct Context {
    /// Names that this direction does not carry: nothing asks for them.
    hidden: BTreeSet<String>,
    /// Whether more is said of strings than that they are strings.
    restricts_text: bool,
}

/// A keyword of a schema that accepted values have to satisfy.
type Goal = (usize, usize, Rule);

#[derive(Clone, Copy)]
enum Known {
    Proven,
    /// Not proven with this many choices opened; fewer may be opened then.
    Open(usize),
    /// Begun at this depth.
    Begun(usize),
}

/// What tells accepted values from others.
#[derive(PartialEq, Eq, Hash)]
struct QuestionKey {
    parts: Vec<usize>,
    beside: Vec<usize>,
    maybe: Vec<usize>,
    refused_by: Vec<usize>,
    chosen: Vec<Choice>,
    has: Vec<String>,
    lacks: Vec<String>,
    types: Types,
    flags: [bool; 4],
}

impl Prover {
    /// How many questions were too large to be asked to the end.
    pub(super) fn unasked(&self) -> usize {
        self.unasked
    }

    /// Whether all accepted values satisfy one keyword of a schema, which is one of those that
    /// apply to `supertype`.
    pub(super) fn satisfies<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Accept<'a>,
        node: &Node<'a>,
        rule: Rule,
    ) -> bool {
        self.question(|prover| {
            prover.within(&supertype.parts, supertype.direction, |prover| {
                prover.goal(accept, node, rule)
            })
        })
    }

    /// A question about schemas that apply together.
    fn within<T>(
        &mut self,
        parts: &[Node<'_>],
        direction: Direction,
        ask: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.context.clone();
        for part in parts {
            let names = part
                .named("properties")
                .into_iter()
                .filter(|(_, property)| hidden(property, direction));
            self.context
                .hidden
                .extend(names.map(|(name, _)| name.to_owned()));
            let plain = |key: &String| {
                matches!(key.as_str(), "type" | "items" | "properties") || is_annotation(key)
            };
            self.context.restricts_text |= !part
                .fields()
                .into_iter()
                .flatten()
                .all(|(key, _)| plain(key));
        }
        let answer = ask(self);
        self.context = outer;
        answer
    }

    /// A question, with as many steps as one may take.
    pub(super) fn question(&mut self, ask: impl FnOnce(&mut Self) -> bool) -> bool {
        self.left = QUESTION.min(ALL.saturating_sub(self.used));
        let start = self.left;
        self.exhausted = false;
        let answer = ask(self);
        self.used += start - self.left;
        self.unasked += usize::from(self.exhausted && !answer);
        answer
    }

    /// One step; false where there is none left.
    fn step(&mut self) -> bool {
        self.exhausted |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.exhausted
    }

    fn covers<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let supertype = supertype.resolved();
        if let Some(all) = supertype.value.as_bool() {
            return all || self.impossible(accept);
        }
        let same = accept
            .parts
            .iter()
            .chain(&accept.beside)
            .any(|part| self.same.schemas(part, &supertype));
        if same {
            return true;
        }
        let parts = expanded([&supertype]);
        self.within(&parts, accept.direction, |prover| {
            parts.iter().all(|part| prover.satisfied(accept, part))
        })
    }

    /// Whether all keywords of one schema are satisfied, without what is in its `allOf`.
    fn satisfied<'a>(&mut self, accept: &Accept<'a>, part: &Node<'a>) -> bool {
        if part.value.is_boolean() {
            return part.value == &Value::Bool(true) || self.impossible(accept);
        }
        if accept.all().any(|own| own.id() == part.id()) {
            return true;
        }
        let spoken = GROUPS
            .iter()
            .filter(|group| group.keys.iter().any(|key| part.value.get(key).is_some()));
        let rules: Vec<Rule> = spoken.map(|group| group.rule).collect();
        rules.into_iter().all(|rule| self.goal(accept, part, rule))
            && (part.value.get("properties").is_none()
                || self.goal(accept, part, Rule::PropertyAdded))
    }

    /// Whether one keyword is satisfied. `Rule::PropertyAdded` stands for `properties`.
    fn goal<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        if !self.step() {
            return false;
        }
        // What these say depends on the schemas that apply with them.
        if rule == Rule::Required || (rule == Rule::Type && accept.text) {
            return self.proven(accept, supertype, rule);
        }
        let goal = (self.key(accept), supertype.id(), rule);
        match self.known.get(&goal) {
            Some(Known::Proven) => return true,
            Some(Known::Open(opened)) if *opened <= self.opened => return false,
            // What comes back to itself further down holds, for values end somewhere.
            Some(Known::Begun(depth)) => return self.depth > *depth,
            _ => {}
        }
        let begun = self.proven.len();
        self.known.insert(goal, Known::Begun(self.depth));
        let proven = self.proven(accept, supertype, rule);
        if proven {
            self.known.insert(goal, Known::Proven);
            self.proven.push(goal);
        } else {
            for doubtful in self.proven.split_off(begun) {
                self.known.remove(&doubtful);
            }
            if self.exhausted {
                self.known.remove(&goal);
            } else {
                self.known.insert(goal, Known::Open(self.opened));
            }
        }
        proven
    }

    fn proven<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        // What holds for all holds in each case; of many branches against many, only that is quick.
        let in_cases = matches!(rule, Rule::AnyOf | Rule::OneOf)
            && self.opened < CHOICES
            && accept.has_lists();
        self.by_values(accept, supertype, rule)
            || if in_cases {
                self.says_so_itself(accept, supertype, rule)
            } else {
                self.direct(accept, supertype, rule)
            }
            || self.impossible(accept)
            || self.by_types(accept, supertype, rule)
            || self.by_choices(accept, supertype, rule)
    }

    fn direct<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        if self.says_so_itself(accept, supertype, rule) {
            return true;
        }
        match rule {
            Rule::Items | Rule::Contains | Rule::UniqueItems => {
                self.arrays(accept, supertype, rule)
            }
            Rule::PropertyAdded
            | Rule::Required
            | Rule::Dependent
            | Rule::PropertyNames
            | Rule::PatternProperties
            | Rule::AdditionalProperties
            | Rule::Unevaluated => self.objects(accept, supertype, rule),
            Rule::AnyOf | Rule::OneOf | Rule::Not | Rule::Conditional => {
                self.composed(accept, supertype, rule)
            }
            Rule::Type if accept.text && !self.context.restricts_text => {
                scalars::is_written_as(accept, supertype)
            }
            _ => scalars::satisfied(accept, supertype, rule),
        }
    }

    /// Whether an accepted schema has the same keyword.
    fn says_so_itself<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        rule: Rule,
    ) -> bool {
        // What these mean depends on what is beside them.
        if matches!(
            rule,
            Rule::AdditionalProperties
                | Rule::PatternProperties
                | Rule::Unevaluated
                | Rule::Format
                | Rule::Required
        ) {
            return false;
        }
        let keys = if rule == Rule::PropertyAdded {
            &["properties"]
        } else {
            keys_of(rule)
        };
        // Formats of integers are bounds.
        let width: &[&str] = if matches!(rule, Rule::Minimum | Rule::Maximum) {
            &["format", "type"]
        } else {
            &[]
        };
        let own: Vec<_> = accept.all().cloned().collect();
        own.iter().any(|part| {
            keys.iter()
                .chain(width)
                .all(|key| self.same.keyword(part, supertype, key))
        })
    }

    pub(super) fn key(&mut self, accept: &Accept<'_>) -> usize {
        let ids = |nodes: &[Node<'_>]| {
            let mut ids: Vec<usize> = nodes.iter().map(Node::id).collect();
            ids.sort_unstable();
            ids
        };
        let key = QuestionKey {
            parts: ids(&accept.parts),
            beside: ids(&accept.beside),
            maybe: ids(&accept.maybe),
            refused_by: ids(&accept.refused_by),
            chosen: accept.chosen.iter().cloned().collect(),
            has: accept.has.iter().cloned().collect(),
            lacks: accept.lacks.iter().cloned().collect(),
            types: accept.types,
            flags: [
                accept.closed,
                accept.closed_below,
                accept.text,
                accept.direction == Direction::Request,
            ],
        };
        let next = self.keys.len();
        *self.keys.entry(key).or_insert(next)
    }

    /// A question about a part of the value.
    fn deeper(&mut self, ask: impl FnOnce(&mut Self) -> bool) -> bool {
        self.depth += 1;
        let (opened, context) = (
            std::mem::take(&mut self.opened),
            std::mem::take(&mut self.context),
        );
        let answer = ask(self);
        (self.opened, self.context) = (opened, context);
        self.depth -= 1;
        answer
    }

    /// Each type by itself: `string` or null by one alternative each.
    fn by_types<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        let types: Vec<Types> = accept.possible_types().each().collect();
        let matters = matches!(
            rule,
            Rule::AnyOf | Rule::OneOf | Rule::Not | Rule::Conditional
        );
        matters
            && types.len() > 1
            && types
                .into_iter()
                .all(|kind| self.goal(&accept.of_types(kind), supertype, rule))
    }

    /// Each case of some choice by itself.
    fn by_choices<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        if self.opened >= CHOICES {
            return false;
        }
        self.opened += 1;
        let proven = accept.choices().iter().any(|(choice, node)| {
            let cases = accept.cases(choice, node);
            cases.iter().all(|case| self.goal(case, supertype, rule))
        });
        self.opened -= 1;
        proven
    }

    /// All values one by one, where they are few.
    fn by_values<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>, rule: Rule) -> bool {
        const FEW: usize = 10_000;
        let Some(values) = accept.finite().filter(|values| values.len() <= FEW) else {
            return false;
        };
        self.left = self.left.saturating_sub(values.len());
        scalars::each_satisfies(accept, &values, supertype, rule)
    }
}

/// A validator of all that accepted values satisfy, as they are written; without what is too much
/// to ask about.
fn all_of(accept: &Accept<'_>, values: &[Value]) -> Option<Validator> {
    let own: Vec<Value> = accept
        .all()
        .filter_map(|part| SchemaForm::of_value(part, accept.direction, values))
        .collect();
    let definitions_apart = own.iter().map(|schema| sample::validator(schema, false));
    // Each has its own definitions.
    definitions_apart.collect::<Option<Vec<_>>>().map(Validator)
}

/// Schemas that are asked together.
struct Validator(Vec<jsonschema::Validator>);

impl Validator {
    fn is_valid(&self, value: &Value) -> bool {
        self.0.iter().all(|part| part.is_valid(value))
    }
}

fn names(value: &Value) -> BTreeSet<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
