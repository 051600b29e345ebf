//! Lowers references: a 3.0 reference has nothing beside it, leads to a component, and none leads
//! to a path item. References between schemas, which may have siblings, are put together in
//! [`super::schema`].

use serde_json::{Map, Value, json};

use super::Lowering;
use crate::{Error, grammar::ObjectKind, place::Place};

impl Lowering<'_> {
    /// 3.0 has no path items among its components: they are put where they are used.
    pub(super) fn path_item(
        &mut self,
        place: &Place<'_>,
        fields: &Map<String, Value>,
    ) -> Result<Value, Error> {
        if fields.len() > 1 {
            return Err(
                place.error("what stands beside the `$ref` of a path item has no defined meaning")
            );
        }
        let at = place.key("$ref");
        let (name, target) = self.target("pathItems", &at, &fields["$ref"])?;
        if target.get("$ref").is_some() {
            return Err(at.error("refers to a path item that is itself a `$ref`"));
        }
        if self.open.contains(&name) {
            return Err(at.error("a path item that holds itself has no end"));
        }
        let (target, root) = (target.clone(), Place::Root);
        self.open.push(name.clone());
        let item = self.object(
            ObjectKind::PathItem,
            &root.key("components").key("pathItems").key(&name),
            &target,
        );
        self.open.pop();
        item
    }

    /// A reference to a component, without the `summary` and `description` that 3.1 allows beside
    /// it.
    pub(super) fn reference(
        &mut self,
        section: &'static str,
        place: &Place<'_>,
        fields: &Map<String, Value>,
        reference: &Value,
    ) -> Result<Value, Error> {
        self.target(section, &place.key("$ref"), reference)?;
        for key in fields.keys().filter(|key| *key != "$ref") {
            self.note(
                &place.key(key),
                key,
                "3.0 has nothing beside a `$ref`; what it refers to is described itself",
            );
        }
        Ok(json!({ "$ref": reference }))
    }

    /// What a reference leads to: a component of the right kind in the same document, or an error.
    pub(super) fn target(
        &self,
        section: &str,
        place: &Place<'_>,
        reference: &Value,
    ) -> Result<(String, &Value), Error> {
        let Some(text) = reference.as_str() else {
            return Err(place.error("a `$ref` is a string"));
        };
        if !text.starts_with('#') {
            return Err(place.error(format!("`{text}` leads out of the document")));
        }
        let name = text
            .strip_prefix("#/components/")
            .and_then(|rest| rest.strip_prefix(section)?.strip_prefix('/'));
        let target = name.and_then(|name| {
            Some((
                name,
                self.document.get("components")?.get(section)?.get(name)?,
            ))
        });
        match target {
            Some((name, target)) => Ok((name.to_owned(), target)),
            None => Err(place.error(format!(
                "`{text}` is not the name of anything in #/components/{section}"
            ))),
        }
    }
}
