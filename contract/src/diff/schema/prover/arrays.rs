//! Keywords about the elements of arrays.

use serde_json::Value;

use super::{
    super::{
        super::{node::Node, rule::Rule},
        accept::{Accept, AcceptedPart},
        bounds::{count, least_of, most_of},
        types::Types,
    },
    Prover,
};

impl Prover {
    pub(super) fn arrays<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        rule: Rule,
    ) -> bool {
        if !accept.possible_types().meets(Types::ARRAY) {
            return true;
        }
        let longest = least_of(accept, "maxItems");
        match rule {
            Rule::UniqueItems => {
                supertype.value.get("uniqueItems") != Some(&Value::Bool(true))
                    || accept
                        .values("uniqueItems")
                        .any(|unique| unique == &Value::Bool(true))
                    || longest.is_some_and(|longest| longest <= 1)
            }
            Rule::Contains => self.contains(accept, supertype),
            _ => self.elements(accept, supertype),
        }
    }

    fn elements<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let first = supertype.list("prefixItems");
        let all = accept.prefix().max(first.len());
        let rest = supertype.raw("items");
        let longest = least_of(accept, "maxItems").unwrap_or(u64::MAX);
        let each = (0..all).map(Some).chain([None]);
        for index in each
            .filter(|index| index.unwrap_or(all) < usize::try_from(longest).unwrap_or(usize::MAX))
        {
            let asked = index.and_then(|index| first.get(index)).or(rest.as_ref());
            let (Some(asked), AcceptedPart::Some(part)) = (asked, accept.element(index)) else {
                // No element is there, and none after it.
                if asked.is_some() {
                    break;
                }
                continue;
            };
            if !self.deeper(|prover| prover.covers(&part, asked)) {
                return false;
            }
        }
        true
    }

    fn contains<'a>(&mut self, accept: &Accept<'a>, supertype: &Node<'a>) -> bool {
        let Some(asked) = supertype.raw("contains") else {
            return true;
        };
        let number = |node: &Node<'_>, key: &str| node.value.get(key).and_then(count);
        let least = number(supertype, "minContains").unwrap_or(1);
        let most = number(supertype, "maxContains");
        let own: Vec<Node<'_>> = accept
            .all()
            .filter(|part| part.value.get("contains").is_some())
            .cloned()
            .collect();
        let enough = least == 0 || self.contain_enough(accept, &own, &asked, least);
        let few = most.is_none_or(|most| {
            least_of(accept, "maxItems").is_some_and(|longest| longest <= most)
                || own.iter().any(|part| {
                    number(part, "maxContains").is_some_and(|own| own <= most)
                        && part.raw("contains").is_some_and(|own| {
                            let matching = Accept::of([&asked], accept.direction, false);
                            self.deeper(|prover| prover.covers(&matching, &own))
                        })
                })
        });
        enough && few
    }

    fn contain_enough<'a>(
        &mut self,
        accept: &Accept<'a>,
        own: &[Node<'a>],
        asked: &Node<'a>,
        least: u64,
    ) -> bool {
        let stated = own.iter().any(|part| {
            part.value.get("minContains").and_then(count).unwrap_or(1) >= least
                && part.raw("contains").is_some_and(|contained| {
                    let contained = Accept::of([&contained], accept.direction, false);
                    self.deeper(|prover| prover.covers(&contained, asked))
                })
        });
        // Or each element is one.
        stated
            || (most_of(accept, "minItems").is_some_and(|shortest| shortest >= least)
                && (0..accept.prefix()).map(Some).chain([None]).all(|index| {
                    match accept.element(index) {
                        AcceptedPart::Never => true,
                        AcceptedPart::Some(part) => {
                            self.deeper(|prover| prover.covers(&part, asked))
                        }
                    }
                }))
    }
}
