//! Puts a verdict into words and shows a break by a value. A request breaks when the new schema
//! refuses what the old one took, a response when the new one allows what the old one refused.

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class, Counterexample, Direction, Shows},
        node::Node,
        rule::Rule,
        words,
    },
    Schemas,
    accept::Accept,
    keywords::keys_of,
    language::Inclusion,
    pair::SchemaPair,
    prover::pattern,
    sample::{self, Against, ValueStep},
};

/// How many breaks are looked for a value of, and how many of those for a whole value around it. So
/// that a comparison ends, and everywhere with the same report.
const EXAMPLES: usize = 2_000;
const WHOLES: usize = 300;

/// What was found out about a difference.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// The other side accepts every accepted value.
    Yes,
    /// And the other way round.
    Same,
    /// Not every one: this one is not.
    No(Value),
    /// Not every one; to write one down would take too long.
    Refuted,
    /// Neither was found out.
    Undecided,
}

impl From<&Verdict> for Class {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Same => Self::Docs,
            Verdict::Yes => Self::Compatible,
            Verdict::No(_) | Verdict::Refuted | Verdict::Undecided => Self::Breaking,
        }
    }
}

impl Schemas {
    /// The verdict on what was not proven: a value shows that it does not hold, or it is undecided.
    pub(super) fn refuted<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Node<'a>,
        rule: Rule,
    ) -> Verdict {
        let mut hints = accept.finite().unwrap_or_default();
        if rule == Rule::Pattern
            && let Some(asked) = supertype.str("pattern")
            && let Inclusion::No(text) = pattern(accept, asked)
        {
            hints.push(text.into());
        }
        match self.separated(accept, &Against::Keywords(supertype, keys_of(rule)), hints) {
            Verdict::Undecided if accept.is_bounded_only(rule) => Verdict::Refuted,
            verdict => verdict,
        }
    }

    pub(super) fn separated<'a>(
        &mut self,
        accept: &Accept<'a>,
        supertype: &Against<'_, 'a>,
        hints: Vec<Value>,
    ) -> Verdict {
        self.examples += 1;
        let found = if self.examples > EXAMPLES {
            None
        } else {
            sample::separating(accept, supertype, hints)
        };
        found.map_or(Verdict::Undecided, Verdict::No)
    }

    /// A change from a verdict.
    pub(super) fn judged<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        rule: Rule,
        what: &str,
        verdict: Verdict,
    ) -> Change {
        let class = Class::from(&verdict);
        let mut change = blank(rule, class, pair.direction());
        change.undecided = verdict == Verdict::Undecided;
        change.sentence = words::sentence(what, class, pair.direction(), change.undecided);
        let shows = if pair.is_request() {
            Shows::RequestRefused
        } else {
            Shows::ResponseNew
        };
        if let Verdict::No(value) = verdict {
            change.counterexample = Some(self.shown(pair, shows, value));
        }
        change
    }

    /// A value that shows a break, in the whole that it is a part of, where such a whole can be
    /// made.
    pub(super) fn shown<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        shows: Shows,
        part: Value,
    ) -> Counterexample {
        let place = pair.place;
        let whole = self.whole(pair, shows, &part);
        let found = whole.is_some() || pair.steps.is_empty();
        let value = whole.unwrap_or(part);
        let head = || Accept::of([&place.head], place.direction, false);
        let undeclared =
            found && shows == Shows::RequestRefused && sample::accepts(&head(), &value);
        let shows = if undeclared {
            Shows::RequestUndeclared
        } else {
            shows
        };
        let at = if found {
            place.at.clone()
        } else {
            format!("{}, at `{}`", place.at, path(&pair.steps))
        };
        Counterexample { shows, at, value }
    }

    fn whole<'a>(
        &mut self,
        pair: &SchemaPair<'_, 'a>,
        shows: Shows,
        part: &Value,
    ) -> Option<Value> {
        self.wholes += 1;
        if self.wholes > WHOLES {
            return None;
        }
        let (place, direction) = (pair.place, pair.direction());
        let (old, new) = (
            Accept::of([&place.base], direction, true),
            Accept::of([&place.head], direction, true),
        );
        match shows {
            Shows::ResponseNew => {
                sample::around(&new, &Against::Schemas(&old.parts), &pair.steps, part)
            }
            Shows::RequestRefused | Shows::RequestUndeclared => {
                sample::around(&old, &Against::Schemas(&new.parts), &pair.steps, part)
                    .or_else(|| sample::around(&old, &Against::Closed(&new), &pair.steps, part))
            }
            Shows::ResponseGone => sample::around(&old, &Against::Closed(&new), &pair.steps, part),
        }
    }
}

/// A change with nothing said yet.
pub(super) fn blank(rule: Rule, class: Class, direction: Direction) -> Change {
    Change {
        class,
        direction,
        rule,
        pointer: String::new(),
        in_base: false,
        sentence: String::new(),
        base: None,
        head: None,
        operations: Vec::new(),
        counterexample: None,
        undecided: false,
        accepted: None,
    }
}

/// Names the place and shows both sides.
pub(super) fn place<'a>(change: &mut Change, base: Option<&Node<'a>>, head: Option<&Node<'a>>) {
    change.in_base = head.is_none();
    change.pointer = head
        .or(base)
        .map(|node| node.pointer.clone())
        .unwrap_or_default();
    change.base = base.map(|node| node.value.clone());
    change.head = head.map(|node| node.value.clone());
}

/// Whether a proof about the values speaks for or against a change.
pub(super) fn is_proven(rule: Rule) -> bool {
    !matches!(
        rule,
        Rule::Content
            | Rule::Default
            | Rule::Discriminator
            | Rule::Deprecated
            | Rule::Format
            | Rule::PropertyRemoved
    )
}

/// A break that the schemas as a whole prove to be none.
pub(super) fn acquit(change: &mut Change, class: Class) {
    change.class = class;
    change.counterexample = None;
    change.undecided = false;
    let what = change
        .sentence
        .split(": ")
        .next()
        .unwrap_or_default()
        .to_owned();
    let what = format!("{what}, made up for by other parts of the same schema");
    change.sentence = words::sentence(&what, class, change.direction, false);
}

/// The way to a part, as a pointer into the value.
fn path(steps: &[ValueStep]) -> String {
    let part = |step: &ValueStep| match step {
        ValueStep::Property(name) => format!("/{name}"),
        ValueStep::Element => "/0".to_owned(),
        ValueStep::Other => "/*".to_owned(),
    };
    steps.iter().map(part).collect()
}
