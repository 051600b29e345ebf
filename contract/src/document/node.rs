//! A value of a document together with its place, and the way through references. Reads; judges
//! nothing.

use serde_json::{Map, Value};

use super::pointer::{escape, percent_decoded};

/// Where named schemas are.
pub(crate) const SCHEMAS: &str = "/components/schemas/";

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    root: &'a Value,
    pub pointer: String,
    pub value: &'a Value,
}

impl<'a> Node<'a> {
    pub(crate) fn root(root: &'a Value) -> Self {
        Self {
            root,
            pointer: String::new(),
            value: root,
        }
    }

    /// What tells this value from every other one of the two documents.
    pub(crate) fn id(&self) -> usize {
        std::ptr::from_ref(self.value) as usize
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        Self {
            pointer: format!("{}/{}", self.pointer, escape(key)),
            value,
            ..*self
        }
    }

    /// The value under a key, as it is written there.
    pub(crate) fn raw(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.below(key, value))
    }

    /// The value under a key, behind its references.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        self.raw(key).map(|node| node.resolved())
    }

    pub(crate) fn path(&self, keys: &[&str]) -> Option<Self> {
        keys.iter()
            .try_fold(self.clone(), |node, key| node.get(key))
    }

    pub(crate) fn str(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.value
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn fields(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    /// The named values of a map, as they are written there.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + '_ {
        self.fields()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), self.below(name, value)))
    }

    /// The named values under a key that holds a map.
    pub(crate) fn named(&self, key: &str) -> Vec<(&'a str, Self)> {
        self.raw(key)
            .map(|map| map.entries().collect())
            .unwrap_or_default()
    }

    /// The elements of an array under a key, as they are written there.
    pub(crate) fn list(&self, key: &str) -> Vec<Self> {
        self.raw(key)
            .map(|list| list.elements())
            .unwrap_or_default()
    }

    /// The elements of an array, as they are written there.
    pub(crate) fn elements(&self) -> Vec<Self> {
        let elements = self.value.as_array().into_iter().flatten();
        elements
            .enumerate()
            .map(|(index, value)| self.below(&index.to_string(), value))
            .collect()
    }

    /// The value at a pointer into the same document.
    pub(crate) fn at(&self, pointer: &str) -> Option<Self> {
        self.root.pointer(pointer).map(|value| Self {
            pointer: pointer.to_owned(),
            value,
            ..*self
        })
    }

    /// The value at a pointer out of a URI fragment, which may be percent-encoded.
    pub(crate) fn fragment(&self, pointer: &str) -> Option<Self> {
        self.at(pointer)
            .or_else(|| self.at(&percent_decoded(pointer)?))
    }

    /// The target of the reference that this is, one step.
    pub(crate) fn target(&self) -> Option<Self> {
        self.fragment(self.str("$ref")?.strip_prefix('#')?)
    }

    /// What the references lead to. Reading a document has refused those that lead nowhere or in a
    /// circle; the count only guards values that were never read.
    pub(crate) fn resolved(&self) -> Self {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Node;

    #[test]
    fn references_are_followed_and_the_pointer_says_where_they_led() {
        let document =
            json!({"a": {"$ref": "#/b~1c"}, "b/c": {"d": [1]}, "lost": {"$ref": "#/none"}});
        let root = Node::root(&document);
        let found = root.path(&["a", "d"]).expect("it is there");
        assert_eq!(found.pointer, "/b~1c/d");
        assert_eq!(found.elements()[0].pointer, "/b~1c/d/0");
        assert_eq!(root.get("lost").expect("a reference").pointer, "/lost");
    }
}
