//! Judges one difference: puts the one keyword of the other document into a schema, and asks whether that takes what it
//! must. A request breaks when the new schema refuses what the old one took, an answer when the new one allows what the
//! old one refused.

use serde_json::Value;

use super::{
    super::{
        change::{Change, Class, Counterexample, Direction, Shows},
        node::Node,
        rule::Rule,
        words::{self, Keyword},
    },
    Pair, Schemas,
    form::{Form, Mode},
    keywords::{Group, Kind},
    prove::Covers,
    sample::{self, Step},
    sides::whole,
};

impl Schemas {
    /// A difference in the keywords of a group.
    pub(super) fn keyword(&mut self, pair: &Pair<'_, '_>, group: &Group) -> Change {
        let answer = self.swapped(pair, group);
        let key = changed_key(pair, group.keys);
        let (base, head) = pair.get(key);
        let rule = if group.rule == Rule::Type && only_null_differs(base, head) { Rule::Nullable } else { group.rule };
        let what = Keyword { rule, name: key, base, head }.what();
        let open = group.kind == Kind::Undeclared;
        let mut change = self.judged(pair, rule, &what, answer, open);
        place_at(&mut change, pair, key);
        change
    }

    /// A difference that is judged by the two schemas as they are.
    pub(super) fn whole(&mut self, pair: &Pair<'_, '_>, rule: Rule) -> Change {
        let sides = whole(pair);
        let answer = self.prover.covers(&sides.wide, &sides.accepts);
        let what = "the schema changed as a whole";
        let mut change = self.judged(pair, rule, what, answer, false);
        place(&mut change, Some(&pair.base), Some(&pair.head));
        change
    }

    /// The class that the schemas as a whole prove, if they prove one.
    pub(super) fn proven_whole(&mut self, pair: &Pair<'_, '_>) -> Option<Class> {
        if self.prover.is_late() {
            return None;
        }
        let sides = whole(pair);
        match self.prover.covers(&sides.wide, &sides.accepts) {
            Covers::Same => Some(Class::Docs),
            Covers::Yes => Some(Class::Compatible),
            Covers::No(_) | Covers::Unknown => None,
        }
    }

    /// Whether one schema takes all that the other takes, and nothing else counts.
    pub(super) fn takes_all(&mut self, wide: &Node<'_>, accepts: &Node<'_>, direction: Direction) -> bool {
        let (wide, accepts) = (Form::of(wide, Mode::Closed, direction), Form::of(accepts, Mode::Closed, direction));
        matches!(self.prover.covers(&wide, &accepts), Covers::Yes | Covers::Same)
    }

    /// A change from an answer of the prover.
    pub(super) fn judged(&self, pair: &Pair<'_, '_>, rule: Rule, what: &str, answer: Covers, open: bool) -> Change {
        let (class, undecided, value) = match answer {
            Covers::Same => (Class::Docs, false, None),
            Covers::Yes => (Class::Compatible, false, None),
            Covers::No(value) => (Class::Breaking, false, value),
            Covers::Unknown => (Class::Breaking, true, None),
        };
        let mut change = blank(rule, class, pair.direction());
        change.undecided = undecided;
        change.sentence = words::sentence(what, class, pair.direction(), undecided);
        let shows = if pair.is_request() { Shows::RequestRefused } else { Shows::AnswerNew };
        change.counterexample = value.map(|value| self.shown(pair, shows, value, open));
        change
    }

    /// A value that shows a break, in the whole that it is a part of, where such a whole can be made.
    pub(super) fn shown(&self, pair: &Pair<'_, '_>, shows: Shows, part: Value, open: bool) -> Counterexample {
        let place = pair.place;
        let of = |node: &Node<'_>, mode| Form::of(node, if open { Mode::Open } else { mode }, place.direction);
        let sides = || match shows {
            Shows::RequestRefused | Shows::RequestUndeclared | Shows::AnswerGone => {
                (of(&place.base, Mode::Closed), of(&place.head, Mode::Closed))
            }
            Shows::AnswerNew => (of(&place.head, Mode::Closed), of(&place.base, Mode::Open)),
        };
        let sides = if self.prover.has_time_for_wholes() { Some(sides()) } else { None };
        let sides = sides.filter(|(accepts, wide)| Form::is_small(accepts) && Form::is_small(wide));
        let whole = sides.and_then(|(accepts, wide)| sample::around(&accepts, &wide, &pair.steps, &part));
        let found = whole.is_some();
        let value = whole.unwrap_or(part);
        let taken = found && shows == Shows::RequestRefused && sample::takes(&of(&place.head, Mode::Open), &value);
        let shows = if taken { Shows::RequestUndeclared } else { shows };
        let at = if found { place.at.clone() } else { format!("{}, at `{}`", place.at, path(&pair.steps)) };
        Counterexample { shows, at, value }
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
pub(super) fn place(change: &mut Change, base: Option<&Node<'_>>, head: Option<&Node<'_>>) {
    change.in_base = head.is_none();
    change.pointer = head.or(base).map(|node| node.pointer.clone()).unwrap_or_default();
    change.base = base.map(|node| node.value.clone());
    change.head = head.map(|node| node.value.clone());
}

pub(super) fn place_at(change: &mut Change, pair: &Pair<'_, '_>, key: &str) {
    place(change, pair.base.raw(key).as_ref(), pair.head.raw(key).as_ref());
}

/// A break that the schemas as a whole prove to be none.
pub(super) fn acquit(change: &mut Change, class: Class) {
    change.class = class;
    change.counterexample = None;
    change.undecided = false;
    let what = change.sentence.split(": ").next().unwrap_or_default().to_owned();
    let what = format!("{what}, made up for by other changes of the same schema");
    change.sentence = words::sentence(&what, class, change.direction, false);
}

/// The key to point at: one that the new document has, if there is one.
fn changed_key<'k>(pair: &Pair<'_, '_>, keys: &[&'k str]) -> &'k str {
    let differs = |key: &&&str| pair.base.value.get(**key) != pair.head.value.get(**key);
    let changed: Vec<&&str> = keys.iter().filter(differs).collect();
    let shown = changed.iter().find(|key| pair.head.value.get(***key).is_some());
    let present = keys.iter().find(|key| pair.head.value.get(**key).is_some());
    shown.or(changed.first()).copied().or(present).map_or("", |key| *key)
}

fn only_null_differs(base: Option<&Value>, head: Option<&Value>) -> bool {
    let names = |types: Option<&Value>| -> Option<Vec<Value>> {
        Some(match types? {
            Value::Array(names) => names.iter().filter(|name| *name != "null").cloned().collect(),
            name => vec![name.clone()],
        })
    };
    base != head && names(base).is_some_and(|base| names(head).is_some_and(|head| base == head))
}

/// The way to a part, as a pointer into the value.
fn path(steps: &[Step]) -> String {
    let part = |step: &Step| match step {
        Step::Property(name) => format!("/{name}"),
        Step::Element => "/0".to_owned(),
        Step::Other => "/*".to_owned(),
    };
    steps.iter().map(part).collect()
}
