//! Compares discriminators by what they mean: which value of the property stands for which schema,
//! whether the mapping says so or the schema's name does.

use std::collections::{BTreeMap, BTreeSet};

use super::{change::Class, node::Node};
use crate::document::{
    node::SCHEMAS,
    pointer::{escape, unescape},
};

/// How much the difference between the discriminators of two schemas asks of clients, if there is
/// one.
pub(super) fn changed(base: &Node<'_>, head: &Node<'_>, request: bool) -> Option<Class> {
    let (old, new) = match (base.raw("discriminator"), head.raw("discriminator")) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => return None,
        // Only a hint: the alternatives themselves have not changed.
        (None, Some(_)) => return Some(Class::Compatible),
        (Some(_), None) => return Some(Class::Breaking),
    };
    if old.str("propertyName") != new.str("propertyName") {
        return Some(Class::Breaking);
    }
    let both = Documents { base, head };
    let (known, now) = (meanings(base, &old), meanings(head, &new));
    let still = |(name, old): &(&String, &DiscriminatorTarget)| {
        now.get(*name).is_some_and(|new| both.correspond(old, new))
    };
    let kept = known.iter().filter(still).count();
    let must = if request { known.len() } else { now.len() };
    match (kept == known.len() && kept == now.len(), kept == must) {
        (true, _) if old.value == new.value => None,
        (true, _) => Some(Class::Docs),
        (_, true) => Some(Class::Compatible),
        _ => Some(Class::Breaking),
    }
}

/// What a value of the property stands for: the pointer of a schema, or words that lead to none.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DiscriminatorTarget {
    Schema(String),
    Unknown(String),
}

struct Documents<'n, 'a> {
    base: &'n Node<'a>,
    head: &'n Node<'a>,
}

impl Documents<'_, '_> {
    /// The same schema, or one that got another name.
    fn correspond(&self, old: &DiscriminatorTarget, new: &DiscriminatorTarget) -> bool {
        match (old, new) {
            (DiscriminatorTarget::Schema(old), DiscriminatorTarget::Schema(new)) => {
                old == new || self.head.at(old).is_none() && self.base.at(new).is_none()
            }
            _ => old == new,
        }
    }
}

/// The values of the property, and what each means.
fn meanings(holder: &Node<'_>, discriminator: &Node<'_>) -> BTreeMap<String, DiscriminatorTarget> {
    let mut meanings: BTreeMap<String, DiscriminatorTarget> = discriminator
        .named("mapping")
        .into_iter()
        .filter_map(|(name, to)| Some((name.to_owned(), target(holder, to.value.as_str()?))))
        .collect();
    let explicit: BTreeSet<String> = meanings
        .values()
        .filter_map(|target| match target {
            DiscriminatorTarget::Schema(pointer) => Some(pointer.clone()),
            DiscriminatorTarget::Unknown(_) => None,
        })
        .collect();
    // A schema that the mapping names goes by that name alone.
    for pointer in alternatives(holder)
        .into_iter()
        .filter(|pointer| !explicit.contains(pointer))
    {
        if let Some(name) = component(&pointer) {
            meanings
                .entry(name)
                .or_insert(DiscriminatorTarget::Schema(pointer));
        }
    }
    meanings
}

/// What a mapping leads to: a component by its name, or anything by a reference.
fn target(holder: &Node<'_>, to: &str) -> DiscriminatorTarget {
    let named = format!("{SCHEMAS}{}", escape(to));
    let pointed = to
        .strip_prefix('#')
        .and_then(|pointer| holder.fragment(pointer))
        .map(|node| node.pointer);
    let found = if holder.at(&named).is_some() {
        Some(named)
    } else {
        pointed
    };
    found.map_or_else(
        || DiscriminatorTarget::Unknown(to.to_owned()),
        DiscriminatorTarget::Schema,
    )
}

/// The name of the component that a pointer leads to.
fn component(pointer: &str) -> Option<String> {
    let name = pointer
        .strip_prefix(SCHEMAS)
        .filter(|name| !name.contains('/'))?;
    Some(unescape(name))
}

/// The pointers of the schemas that a discriminator tells apart: the branches, or all that build
/// upon the schema.
fn alternatives(holder: &Node<'_>) -> Vec<String> {
    let branches: Vec<Node<'_>> = ["oneOf", "anyOf"]
        .iter()
        .flat_map(|key| holder.list(key))
        .collect();
    if branches.is_empty() {
        return children(holder);
    }
    branches
        .iter()
        .filter_map(referred)
        .map(|target| target.pointer)
        .collect()
}

/// What a branch refers to; with further keywords beside the reference too.
fn referred<'a>(branch: &Node<'a>) -> Option<Node<'a>> {
    branch
        .target()
        .or_else(|| match branch.list("allOf").as_slice() {
            [only] => only.target(),
            _ => None,
        })
}

/// The components that have a schema among their `allOf`, directly or behind one another.
fn children(parent: &Node<'_>) -> Vec<String> {
    let components = parent
        .at("")
        .and_then(|root| root.path(&["components", "schemas"]));
    let mut rest: Vec<(String, BTreeSet<String>)> = components
        .iter()
        .flat_map(|components| components.entries())
        .filter(|(_, node)| node.pointer != parent.pointer)
        .map(|(_, node)| {
            let parents = node
                .list("allOf")
                .iter()
                .filter_map(Node::target)
                .map(|target| target.pointer)
                .collect();
            (node.pointer, parents)
        })
        .collect();
    let mut found = vec![parent.pointer.clone()];
    let mut next = 0;
    while let Some(parent) = found.get(next).cloned() {
        next += 1;
        let (children, others) = rest
            .into_iter()
            .partition(|(_, parents)| parents.contains(&parent));
        rest = others;
        found.extend(Vec::into_iter(children).map(|(pointer, _)| pointer));
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::node::Node, changed};

    /// A document with a schema `Pet` and others that it tells apart.
    fn document(pet: Value, names: &[&str]) -> Value {
        let mut document = json!({"components": {"schemas": {"Pet": pet}}});
        for name in names {
            document["components"]["schemas"][name] = json!({"type": "object"});
        }
        document
    }

    /// `Pet` as a choice, with a mapping (`null`: none).
    fn choice(names: &[&str], mapping: Value) -> Value {
        let branches: Vec<Value> = names
            .iter()
            .map(|name| json!({"$ref": format!("#/components/schemas/{name}")}))
            .collect();
        let mut discriminator = json!({"propertyName": "kind"});
        if !mapping.is_null() {
            discriminator["mapping"] = mapping;
        }
        document(
            json!({"oneOf": branches, "discriminator": discriminator}),
            names,
        )
    }

    /// `Pet` as what others extend.
    fn parent(children: &[(&str, &str)]) -> Value {
        let mut document = document(
            json!({"type": "object", "discriminator": {"propertyName": "kind"}}),
            &[],
        );
        for (name, parent) in children {
            document["components"]["schemas"][name] = json!({"allOf": [{"$ref": format!("#/components/schemas/{parent}")}, {"type": "object"}]});
        }
        document
    }

    #[track_caller]
    fn is(base: &Value, head: &Value, request: &str, response: &str) {
        let [base, head] = [base, head].map(|document| {
            Node::root(document)
                .path(&["components", "schemas", "Pet"])
                .expect("Pet")
        });
        let said = [true, false]
            .map(|request| changed(&base, &head, request).map_or("none", |class| class.word()));
        assert_eq!(said, [request, response], "{}\n{}", base.value, head.value);
    }

    const BOTH: [&str; 2] = ["Cat", "Dog"];

    fn reference(name: &str) -> String {
        format!("#/components/schemas/{name}")
    }

    #[test]
    fn a_discriminator_is_a_hint_until_somebody_relies_on_it() {
        let plain = document(json!({"oneOf": []}), &[]);
        let told = choice(&BOTH, Value::Null);
        is(&plain, &plain, "none", "none");
        is(&plain, &told, "compatible", "compatible");
        is(&told, &plain, "breaking", "breaking");
        let mut other = told.clone();
        other["components"]["schemas"]["Pet"]["discriminator"]["propertyName"] = json!("type");
        is(&told, &other, "breaking", "breaking");
    }

    #[test]
    fn a_name_and_a_reference_mean_the_same() {
        let named = choice(&BOTH, json!({"cat": "Cat", "dog": "Dog"}));
        let referred = choice(
            &BOTH,
            json!({"cat": reference("Cat"), "dog": reference("Dog")}),
        );
        is(&named, &referred, "docs", "docs");
        is(&referred, &named, "docs", "docs");
        let swapped = choice(&BOTH, json!({"cat": "Dog", "dog": "Cat"}));
        is(&named, &swapped, "breaking", "breaking");
        let encoded = choice(&["A B"], json!({"ab": "#/components/schemas/A%20B"}));
        is(
            &encoded,
            &choice(&["A B"], json!({"ab": "A B"})),
            "docs",
            "docs",
        );
        let elsewhere = |to: &str| choice(&BOTH, json!({"cat": to}));
        is(
            &elsewhere("cat.json"),
            &elsewhere("other.json"),
            "breaking",
            "breaking",
        );
    }

    #[test]
    fn what_the_mapping_leaves_out_goes_by_its_name() {
        let implicit = choice(&BOTH, Value::Null);
        let spelled = choice(&BOTH, json!({"Cat": "Cat", "Dog": reference("Dog")}));
        is(&implicit, &spelled, "docs", "docs");
        is(&spelled, &implicit, "docs", "docs");
        is(
            &implicit,
            &choice(&BOTH, json!({"Cat": "Cat"})),
            "docs",
            "docs",
        );
        // `Cat` is said no more where the mapping calls it `cat`.
        is(
            &implicit,
            &choice(&BOTH, json!({"cat": "Cat"})),
            "breaking",
            "breaking",
        );
        let more = choice(&BOTH, json!({"Cat": "Cat", "cat": "Cat"}));
        is(&implicit, &more, "compatible", "breaking");
        is(&more, &implicit, "breaking", "compatible");
        is(
            &implicit,
            &choice(&["Cat", "Dog", "Fish"], Value::Null),
            "compatible",
            "breaking",
        );
        is(
            &implicit,
            &choice(&["Cat"], Value::Null),
            "breaking",
            "compatible",
        );
    }

    #[test]
    fn a_reference_with_further_keywords_is_one() {
        let implicit = choice(&BOTH, Value::Null);
        let mut beside = implicit.clone();
        beside["components"]["schemas"]["Pet"]["oneOf"][0] =
            json!({"allOf": [{"$ref": reference("Cat")}], "maxProperties": 9});
        is(&implicit, &beside, "none", "none");
    }

    #[test]
    fn a_component_may_get_another_name_where_no_value_does() {
        let mapped = |name: &str| {
            choice(
                &["Cat", name],
                json!({"cat": "Cat", "dog": reference(name)}),
            )
        };
        is(&mapped("Dog"), &mapped("Hound"), "docs", "docs");
        let implicit = |name: &str| choice(&["Cat", name], Value::Null);
        is(&implicit("Dog"), &implicit("Hound"), "breaking", "breaking");
        // Where the old one is still there, it is another one.
        let mut other = mapped("Hound");
        other["components"]["schemas"]["Dog"] = json!({"type": "object"});
        is(&mapped("Dog"), &other, "breaking", "breaking");
    }

    #[test]
    fn without_branches_it_tells_those_apart_that_build_upon_the_schema() {
        let one = parent(&[("Cat", "Pet")]);
        let two = parent(&[("Cat", "Pet"), ("Dog", "Pet")]);
        let deep = parent(&[("Puppy", "Dog"), ("Cat", "Pet"), ("Dog", "Pet")]);
        is(&two, &two, "none", "none");
        is(&one, &two, "compatible", "breaking");
        is(&two, &one, "breaking", "compatible");
        is(&two, &deep, "compatible", "breaking");
        is(
            &two,
            &parent(&[("Cat", "Pet"), ("Hound", "Pet")]),
            "breaking",
            "breaking",
        );
        is(
            &two,
            &parent(&[("Dog", "Pet"), ("Cat", "Pet"), ("Other", "Nothing")]),
            "none",
            "none",
        );
        let mut circle = one.clone();
        circle["components"]["schemas"]["Pet"]["allOf"] = json!([{"$ref": reference("Cat")}]);
        is(&one, &circle, "none", "none");
        is(&circle, &circle, "none", "none");
    }
}
