//! The two sides of a place: what is written there, and all that applies to the value.

use super::{
    super::{change::Direction, node::Node},
    SchemaPlace,
    accept::{Accept, AcceptedPart},
    conjunction::expanded,
    objects::{has_name, hidden},
    sample::ValueStep,
    types::Types,
};

/// One side.
#[derive(Clone)]
pub(super) struct SchemaSide<'a> {
    /// What is compared here.
    pub own: Vec<Node<'a>>,
    /// What applies to the value: what is compared, and what is around it.
    pub all: Accept<'a>,
}

/// Both sides of one place within a [`SchemaPlace`].
pub(super) struct SchemaPair<'p, 'a> {
    pub place: &'p SchemaPlace<'a>,
    pub base: SchemaSide<'a>,
    pub head: SchemaSide<'a>,
    /// The way from the whole value to the part that the pair speaks of.
    pub steps: Vec<ValueStep>,
}

/// What tells a pair from others: the schemas that are compared, what is known of their values, and
/// the direction.
pub(super) type PairKey = (Vec<usize>, usize, Vec<usize>, usize, Direction);

impl<'a> SchemaSide<'a> {
    fn of(node: &Node<'a>, direction: Direction, text: bool) -> Self {
        let mut all = Accept::of([node], direction, true);
        all.text = text;
        Self {
            own: all.parts.clone(),
            all,
        }
    }

    /// The schemas of a property that are compared here.
    pub(super) fn declarations(&self, name: &str) -> Vec<Node<'a>> {
        self.own
            .iter()
            .filter_map(|node| has_name(node, name))
            .collect()
    }

    /// Whether a property is declared here, so that values may have it.
    pub(super) fn declares(&self, name: &str) -> bool {
        let declared = self.declarations(name);
        !declared.is_empty()
            && !declared
                .iter()
                .any(|property| hidden(property, self.all.direction))
            && matches!(self.all.property(name), AcceptedPart::Some(_))
    }

    /// The same for a part of the value; none where there never is such a part.
    fn part(own: &[Node<'a>], all: AcceptedPart<'a>) -> Option<Self> {
        match all {
            AcceptedPart::Some(all) => Some(Self {
                own: expanded(own),
                all,
            }),
            AcceptedPart::Never => None,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<Self> {
        Self::part(&self.declarations(name), self.all.property(name))
    }

    /// What all elements satisfy.
    pub(super) fn element(&self) -> Option<Self> {
        let own: Vec<Node<'a>> = self
            .own
            .iter()
            .filter_map(|node| node.raw("items"))
            .collect();
        Self::part(&own, self.all.element(None))
    }

    /// What all undeclared properties satisfy.
    pub(super) fn others(&self) -> Option<Self> {
        let own: Vec<Node<'a>> = self
            .own
            .iter()
            .filter_map(|node| node.raw("additionalProperties"))
            .collect();
        Self::part(&own, self.all.others())
    }

    /// One case of a choice, in which only what the branch says is compared.
    pub(super) fn case(&self, branch: &Node<'a>, case: Accept<'a>) -> Self {
        let known: Vec<usize> = self.own.iter().map(Node::id).collect();
        let own = expanded([branch])
            .into_iter()
            .filter(|node| !known.contains(&node.id()))
            .collect();
        Self { own, all: case }
    }

    /// The same, of some types only.
    pub(super) fn of_types(&self, types: Types) -> Self {
        Self {
            own: self.own.clone(),
            all: self.all.of_types(types),
        }
    }

    pub(super) fn ids(&self) -> Vec<usize> {
        self.own.iter().map(Node::id).collect()
    }
}

impl<'p, 'a> SchemaPair<'p, 'a> {
    pub(super) fn of(place: &'p SchemaPlace<'a>) -> Self {
        let side = |node| SchemaSide::of(node, place.direction, place.text);
        Self {
            place,
            base: side(&place.base),
            head: side(&place.head),
            steps: Vec::new(),
        }
    }

    pub(super) fn below(
        &self,
        base: SchemaSide<'a>,
        head: SchemaSide<'a>,
        step: ValueStep,
    ) -> Self {
        let steps = self.steps.iter().cloned().chain([step]).collect();
        Self {
            place: self.place,
            base,
            head,
            steps,
        }
    }

    /// Another pair about the same value.
    pub(super) fn beside(&self, base: SchemaSide<'a>, head: SchemaSide<'a>) -> Self {
        Self {
            place: self.place,
            base,
            head,
            steps: self.steps.clone(),
        }
    }

    pub(super) fn direction(&self) -> Direction {
        self.place.direction
    }

    pub(super) fn is_request(&self) -> bool {
        self.place.direction == Direction::Request
    }

    /// The side whose values have to be accepted, and the side that has to accept them.
    pub(super) fn sides(&self) -> (&SchemaSide<'a>, &SchemaSide<'a>) {
        if self.is_request() {
            (&self.base, &self.head)
        } else {
            (&self.head, &self.base)
        }
    }
}
