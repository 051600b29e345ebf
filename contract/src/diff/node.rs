//! A value of a document together with its place, and the way through references. Reads; judges
//! nothing.

use serde_json::{Map, Value};

use crate::document::pointer::{escape, percent_decoded};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    root: &'a Value,
    pub pointer: String,
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self {
            root,
            pointer: String::new(),
            value: root,
        }
    }

    /// What tells this value from every other one of the two documents.
    pub(super) fn id(&self) -> usize {
        std::ptr::from_ref(self.value) as usize
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        Self {
            pointer: format!("{}/{}", self.pointer, escape(key)),
            value,
            ..*self
        }
    }

    /// The value under a key, as it stands there.
    pub(super) fn raw(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.below(key, value))
    }

    /// The value under a key, behind its references.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.raw(key).map(|node| node.resolved())
    }

    pub(super) fn path(&self, keys: &[&str]) -> Option<Self> {
        keys.iter()
            .try_fold(self.clone(), |node, key| node.get(key))
    }

    pub(super) fn str(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(super) fn fields(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    /// The named values of a map, as they stand there.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + '_ {
        self.fields()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), self.below(name, value)))
    }

    /// The named values under a key that holds a map.
    pub(super) fn named(&self, key: &str) -> Vec<(&'a str, Self)> {
        self.raw(key)
            .map(|map| map.entries().collect())
            .unwrap_or_default()
    }

    /// The elements of an array under a key, as they stand there.
    pub(super) fn list(&self, key: &str) -> Vec<Self> {
        self.raw(key)
            .map(|list| list.elements())
            .unwrap_or_default()
    }

    /// The elements of an array, as they stand there.
    pub(super) fn elements(&self) -> Vec<Self> {
        let elements = self.value.as_array().into_iter().flatten();
        elements
            .enumerate()
            .map(|(index, value)| self.below(&index.to_string(), value))
            .collect()
    }

    /// The value at a pointer into the same document.
    pub(super) fn at(&self, pointer: &str) -> Option<Self> {
        self.root.pointer(pointer).map(|value| Self {
            pointer: pointer.to_owned(),
            value,
            ..*self
        })
    }

    /// The value at a pointer out of a URI fragment, which may be percent-encoded.
    pub(super) fn fragment(&self, pointer: &str) -> Option<Self> {
        self.at(pointer)
            .or_else(|| self.at(&percent_decoded(pointer)?))
    }

    /// The target of the reference that this is, one step.
    pub(super) fn target(&self) -> Option<Self> {
        self.fragment(self.str("$ref")?.strip_prefix('#')?)
    }

    /// What the references lead to. Reading a document has refused those that lead nowhere or in a
    /// circle; the count only guards values that were never read.
    pub(super) fn resolved(&self) -> Self {
        let mut node = self.clone();
        for _ in 0..100_000 {
            match node.target() {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }
}
