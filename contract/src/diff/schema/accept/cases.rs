//! The alternatives that schemas leave open, and what is known in each case.

use serde_json::Value;

use super::{super::super::node::Node, Accept, Choice};

impl<'a> Accept<'a> {
    /// The alternatives that are still open.
    pub(in super::super) fn choices(&self) -> Vec<(Choice, Node<'a>)> {
        let mut open = Vec::new();
        for node in self.all() {
            for (key, choice) in [
                ("oneOf", Choice::OneOf(node.id())),
                ("anyOf", Choice::AnyOf(node.id())),
            ] {
                if node
                    .value
                    .get(key)
                    .and_then(Value::as_array)
                    .is_some_and(|list| !list.is_empty())
                {
                    open.push((choice, node.clone()));
                }
            }
            if node.value.get("if").is_some() {
                open.push((Choice::If(node.id()), node.clone()));
            }
            for (name, _) in node.named("dependentSchemas") {
                open.push((Choice::Dependent(node.id(), name.to_owned()), node.clone()));
            }
        }
        open.retain(|(choice, _)| !self.chosen.contains(choice));
        open
    }

    /// Whether lists of branches are among them.
    pub(in super::super) fn has_lists(&self) -> bool {
        self.choices()
            .iter()
            .any(|(choice, _)| matches!(choice, Choice::AnyOf(_) | Choice::OneOf(_)))
    }

    /// With what a chosen branch of a schema says, as that schema counts: as part of what is
    /// written, or not.
    fn taking(&self, node: &Node<'a>, branch: &Node<'a>) -> Self {
        if self.is_part(node) {
            self.with(branch)
        } else {
            self.beside(branch)
        }
    }

    fn is_part(&self, node: &Node<'a>) -> bool {
        self.parts.iter().any(|part| part.id() == node.id())
    }

    fn decided(&self, choice: &Choice) -> Self {
        let mut decided = self.renewed();
        decided.chosen.insert(choice.clone());
        decided
    }

    /// The case in which it satisfies one branch of a list.
    pub(in super::super) fn case(
        &self,
        choice: &Choice,
        node: &Node<'a>,
        index: usize,
    ) -> Option<Self> {
        let is_one_of = matches!(choice, Choice::OneOf(_));
        let branches = node.list(if is_one_of { "oneOf" } else { "anyOf" });
        let mut case = self.decided(choice).taking(node, branches.get(index)?);
        let others = branches
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, other)| other.resolved());
        // Several branches of `anyOf` may accept it.
        if is_one_of {
            case.refused_by.extend(others)
        } else if self.is_part(node) {
            case.maybe.extend(others)
        }
        Some(case)
    }

    /// The cases of a choice; together they are all that this is.
    pub(in super::super) fn cases(&self, choice: &Choice, node: &Node<'a>) -> Vec<Self> {
        let mut decided = self.decided(choice);
        match choice {
            Choice::AnyOf(_) | Choice::OneOf(_) => (0..)
                .map_while(|index| self.case(choice, node, index))
                .collect(),
            Choice::If(_) => {
                let Some(condition) = node.raw("if") else {
                    return vec![decided];
                };
                let met = decided.taking(node, &condition);
                let met = node
                    .raw("then")
                    .map_or(met.clone(), |then| met.taking(node, &then));
                let unmet = decided.refused_by(&condition);
                vec![
                    met,
                    node.raw("else")
                        .map_or(unmet.clone(), |otherwise| unmet.taking(node, &otherwise)),
                ]
            }
            Choice::Dependent(_, name) => {
                let there = decided.having(name);
                let schema = node
                    .raw("dependentSchemas")
                    .and_then(|schemas| schemas.raw(name));
                let there = schema.map_or(there.clone(), |schema| there.taking(node, &schema));
                decided.lacks.insert(name.clone());
                vec![there, decided]
            }
        }
    }
}
