//! Whether two documents say the same: the comparison finds nothing between them, in either
//! direction, that counts. What people read, where else to go, and how a thing is written do not
//! count; what is not understood does.

use std::fmt;

use serde_json::Value;

use crate::{
    diff::{Change, Class, CompareError, Report, Rule, Settings, Shows, compare},
    document::{Document, PROSE, pointer::unescape},
};

/// The differences between two documents.
#[derive(Clone, Debug)]
pub struct Differences {
    /// What does not agree.
    pub differences: Vec<Difference>,
    /// What was not compared, or not to the end, and why.
    pub left_open: Vec<String>,
}

/// One thing on which two documents do not agree.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The operations that it touches; empty where it touches all or none.
    pub operations: Vec<String>,
    /// What kind of difference it is.
    pub rule: Rule,
    /// The JSON pointer of it: in the second document, or in the first where only that has it.
    pub pointer: String,
    /// What the first document says there.
    pub first: Option<Value>,
    /// What the second document says there.
    pub second: Option<Value>,
    /// A value that one side accepts and the other refuses.
    pub example: Option<Example>,
}

/// A value that one document accepts and the other refuses; both were asked.
#[derive(Clone, Debug)]
pub struct Example {
    /// Who accepts it.
    pub accepted_by: Side,
    /// Where the value stands: a body, a parameter, or a part of one.
    pub at: String,
    /// The value.
    pub value: Value,
}

/// One of the two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    First,
    /// The second.
    Second,
}

/// Compares two documents in both directions.
///
/// # Errors
/// [`CompareError`], never because of what the documents say.
pub fn differences(first: &Document, second: &Document) -> Result<Differences, CompareError> {
    let forward = one_way(first, second)?;
    let backward = one_way(second, first)?;
    let mut found: Vec<Difference> = Vec::new();
    for difference in counting(&forward, Side::First) {
        add(&mut found, difference, |one, other| {
            one.pointer == other.pointer
        });
    }
    for difference in counting(&backward, Side::Second) {
        add(&mut found, difference, Difference::is);
    }
    Ok(Differences {
        differences: found,
        left_open: [forward.left_open, backward.left_open].concat(),
    })
}

/// Whether two documents say the same: [`Differences::agree`], for those who need not know which
/// they are, and sooner.
///
/// # Errors
/// [`CompareError`], never because of what the documents say.
pub fn agree(first: &Document, second: &Document) -> Result<bool, CompareError> {
    let none = |report: Report| report.left_open.is_empty() && !report.changes.iter().any(counts);
    Ok(none(one_way(first, second)?) && none(one_way(second, first)?))
}

fn one_way(base: &Document, head: &Document) -> Result<Report, CompareError> {
    let settings = Settings {
        no_version_check: true,
        ..Settings::default()
    };
    compare(base, head, &settings)
}

fn add(
    found: &mut Vec<Difference>,
    difference: Difference,
    same: impl Fn(&Difference, &Difference) -> bool,
) {
    match found.iter_mut().find(|known| same(known, &difference)) {
        Some(known) => known.unite(difference),
        None => found.push(difference),
    }
}

/// The changes of a report that count; `base` is the side that was compared as the old one.
fn counting(report: &Report, base: Side) -> impl Iterator<Item = Difference> {
    let changes = report.changes.iter().filter(|change| counts(change));
    changes.map(move |change| Difference::of(change, base))
}

fn counts(change: &Change) -> bool {
    match change.rule {
        Rule::Extension | Rule::Info | Rule::Link | Rule::Unused => false,
        // An unknown keyword is filed as prose.
        Rule::Prose => change
            .pointer
            .rsplit_once('/')
            .is_some_and(|(_, key)| !PROSE.contains(&unescape(key).as_str())),
        // Generated clients differ by these.
        Rule::Default | Rule::Format => true,
        _ => change.class > Class::Docs,
    }
}

impl Difference {
    fn of(change: &Change, base: Side) -> Self {
        let (first, second) = match base {
            Side::First => (&change.base, &change.head),
            Side::Second => (&change.head, &change.base),
        };
        let example = change.counterexample.as_ref();
        Self {
            operations: change.operations.clone(),
            rule: change.rule,
            pointer: change.pointer.clone(),
            first: first.clone(),
            second: second.clone(),
            example: example.map(|it| Example {
                accepted_by: accepting(it.shows, base),
                at: it.at.clone(),
                value: it.value.clone(),
            }),
        }
    }

    /// Whether the other one is the same, found in the other direction, where its pointer may be
    /// one of the other document.
    fn is(&self, other: &Self) -> bool {
        self.pointer == other.pointer
            || (&self.first, &self.second) == (&other.first, &other.second)
                && self.rule == other.rule
                && self.operations == other.operations
    }

    fn unite(&mut self, other: Self) {
        self.example = self.example.take().or(other.example);
        for operation in other.operations {
            if !self.operations.contains(&operation) {
                self.operations.push(operation);
            }
        }
    }

    /// For people; `names` are the names of the documents.
    pub fn text(&self, names: [&str; 2]) -> String {
        let operations = match self.operations.as_slice() {
            [] => String::new(),
            [one] => format!(" in {one}"),
            [one, more @ ..] => format!(" in {one} (and {} other operations)", more.len()),
        };
        let width = names.map(str::len).into_iter().max().unwrap_or_default();
        let width = width.max("pointer".len()) + 1;
        let line = |name: &str, text: &str| format!("\n  {:<width$} {text}", format!("{name}:"));
        let mut text = format!("{}{operations}", self.rule) + &line("pointer", &self.pointer);
        for (name, said) in names.into_iter().zip([&self.first, &self.second]) {
            text += &line(name, &shown(said.as_ref()));
        }
        if let Some(Example { at, value, .. }) = &self.example {
            text += &line("value", &format!("{value} ({at})"));
        }
        text
    }
}

/// The side that accepts a counterexample.
fn accepting(shows: Shows, base: Side) -> Side {
    match (shows, base) {
        (Shows::ResponseNew, Side::First) => Side::Second,
        (Shows::ResponseNew, Side::Second) => Side::First,
        (_, base) => base,
    }
}

/// The beginning of what is too long to be read.
fn shown(said: Option<&Value>) -> String {
    const MOST: usize = 400;
    let Some(said) = said else {
        return "does not have it".to_owned();
    };
    let text = said.to_string();
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

impl Differences {
    /// Whether the documents say the same, and that was found out to the end.
    pub fn agree(&self) -> bool {
        self.differences.is_empty() && self.left_open.is_empty()
    }

    /// For people; `names` are the names of the documents.
    pub fn text(&self, names: [&str; 2]) -> String {
        let each = self.differences.iter().map(|it| it.text(names) + "\n\n");
        let open = self.left_open.iter().map(|open| format!("{open}\n\n"));
        let text: String = each.chain(open).collect();
        text + &match self.differences.len() {
            1 => "1 difference.".to_owned(),
            many => format!("{many} differences."),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(["first", "second"]))
    }
}
