//! Finds components that are made of themselves: followed by a generator they never end, and would
//! exhaust the stack. A schema that holds itself in a property or an element is fine, and not
//! meant.

use std::collections::BTreeSet;

use openapi_proof::document::MAX_DEPTH;
use serde_json::Value;

use crate::{Error, place::Place};

const CIRCLE: &str = "made of itself: its references lead in a circle";
const CHAIN: &str = "reached by too long a chain of references";

/// Refuses a lowered document in which references lead in a circle.
pub(super) fn refuse(document: &Value) -> Result<(), Error> {
    let sections = document.get("components").and_then(Value::as_object);
    let mut search = CycleSearch {
        document,
        open: Vec::new(),
        done: BTreeSet::new(),
    };
    for (section, components) in sections.into_iter().flatten() {
        for (name, component) in components.as_object().into_iter().flatten() {
            search.visit(section, name, component)?;
        }
    }
    Ok(())
}

/// A depth-first search over references.
struct CycleSearch<'d> {
    document: &'d Value,
    /// The references that led here.
    open: Vec<String>,
    /// Components that are known to end.
    done: BTreeSet<String>,
}

impl<'d> CycleSearch<'d> {
    fn visit(&mut self, section: &str, name: &str, component: &'d Value) -> Result<(), Error> {
        let pointer = format!("#/components/{section}/{name}");
        if self.done.contains(&pointer) {
            return Ok(());
        }
        let circle = self.open.contains(&pointer);
        if circle || self.open.len() >= MAX_DEPTH {
            let (root, fault) = (Place::Root, if circle { CIRCLE } else { CHAIN });
            return Err(root.key("components").key(section).key(name).error(fault));
        }
        self.open.push(pointer);
        self.follow(component)?;
        self.done.extend(self.open.pop());
        Ok(())
    }

    /// Follows the references that an object is made of, not those of its parts.
    fn follow(&mut self, object: &'d Value) -> Result<(), Error> {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            let target = reference
                .strip_prefix("#/components/")
                .and_then(|rest| rest.split_once('/'));
            let Some((section, name)) = target else {
                return Ok(());
            };
            let found = self
                .document
                .get("components")
                .and_then(|all| all.get(section)?.get(name));
            return found.map_or(Ok(()), |component| self.visit(section, name, component));
        }
        let same = |keyword: &str| {
            object
                .get(keyword)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let parts: Vec<_> = ["allOf", "anyOf", "oneOf"]
            .into_iter()
            .flat_map(same)
            .chain(object.get("not"))
            .collect();
        parts.into_iter().try_for_each(|part| self.follow(part))
    }
}
