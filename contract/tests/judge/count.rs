//! What a run found: how many verdicts of each class, which are wrong, and which breaks nothing was
//! found for.

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

use openapi_proof::diff::Shows;

use super::{
    Origin, Pair,
    judge::{Witnesses, is_witness, taken},
    shrink::Missed,
    verdict::{Fault, Verdict, WAYS, Way},
};

/// So many wrong verdicts are made small.
const SHRUNK: usize = 100;

#[derive(Default)]
pub struct Count {
    /// By direction and class.
    classes: BTreeMap<(&'static str, &'static str), usize>,
    /// By direction and what came of it.
    kinds: BTreeMap<(&'static str, &'static str), usize>,
    pub missed: usize,
    unread: usize,
    comparing: Duration,
    /// How long it took, and which pair it was.
    slowest: (Duration, usize),
    pub failed: Vec<String>,
    wrong: Vec<(usize, Missed)>,
    bare: Vec<(usize, String)>,
    /// Counterexamples of whole bodies, and those that are none.
    examples: (usize, usize),
    disputed: Vec<(usize, String)>,
}

impl Count {
    /// Judges a pair in both directions.
    pub fn pair(&mut self, index: usize, pair: &Pair, values: usize) {
        let Some(witnesses) = Witnesses::search(&pair.base, &pair.head, pair.rng.clone(), values)
        else {
            self.unread += 1;
            return;
        };
        for way in WAYS {
            let start = Instant::now();
            let verdict = match Verdict::or_fault(&pair.base, &pair.head, way) {
                Ok(verdict) => verdict,
                Err(Fault::Unread) => return self.unread += 1,
                Err(Fault::Failed(why)) => return self.failed.push(format!("pair {index}: {why}")),
            };
            self.comparing += start.elapsed();
            self.slowest = self.slowest.max((start.elapsed(), index));
            *self
                .classes
                .entry((way.word(), verdict.class.word()))
                .or_default() += 1;
            self.examples(index, pair, way, &verdict);
            let kind = self.kind(index, pair, way, &verdict, &witnesses, values);
            *self.kinds.entry((way.word(), kind)).or_default() += 1;
        }
    }

    fn kind(
        &mut self,
        index: usize,
        pair: &Pair,
        way: Way,
        verdict: &Verdict,
        witnesses: &Witnesses,
        values: usize,
    ) -> &'static str {
        match (verdict.breaks(), witnesses.of(way)) {
            (true, Some(_)) if verdict.is_undecided() => "undecided, a value shows it",
            (true, Some(_)) => "a break, a value shows it",
            (_, None) if !witnesses.is_alive(way) => "nothing found that is valid",
            (false, None) => "no break, no value found",
            (false, Some(value)) => {
                self.missed += 1;
                let (base, head) = (pair.base.clone(), pair.head.clone());
                self.wrong.push((
                    index,
                    Missed {
                        base,
                        head,
                        way,
                        value: value.clone(),
                    },
                ));
                "WRONG: no break, a value shows it"
            }
            (true, None) if verdict.is_by_rule() => "a break by rule",
            (true, None) => self.bare(index, pair, way, verdict, values),
        }
    }

    /// A break without a value: once more, with more of them.
    fn bare(
        &mut self,
        index: usize,
        pair: &Pair,
        way: Way,
        verdict: &Verdict,
        values: usize,
    ) -> &'static str {
        let mut rng = pair.rng.clone();
        let again = Witnesses::search(&pair.base, &pair.head, rng.fork().fork(), values * 4);
        if again.is_some_and(|again| again.of(way).is_some()) {
            return if verdict.is_undecided() {
                "undecided, a value shows it"
            } else {
                "a break, a value shows it"
            };
        }
        if verdict
            .examples()
            .any(|example| is_witness(&pair.base, &pair.head, way, &example.value))
        {
            return "a break, its own example shows it";
        }
        if verdict.is_undecided() {
            return "undecided, no value found";
        }
        let kind = match pair.origin {
            Origin::Refactored => "a break, no value found: refactored",
            _ => "a break, no value found",
        };
        let lines = verdict.lines();
        let (base, head) = (&pair.base, &pair.head);
        self.bare.push((
            index,
            format!("  {} {kind}\n    {base}\n    {head}\n{lines}", way.word()),
        ));
        kind
    }

    /// A counterexample was taken by one side and is refused by the other.
    fn examples(&mut self, index: usize, pair: &Pair, way: Way, verdict: &Verdict) {
        for example in verdict.examples() {
            let Some((old, new)) = taken(&pair.base, &pair.head, &example.value) else {
                continue;
            };
            let right = match example.shows {
                Shows::RequestRefused => old && !new,
                Shows::ResponseNew => new && !old,
                Shows::RequestUndeclared | Shows::ResponseGone => old,
            };
            self.examples.0 += 1;
            if !right {
                self.examples.1 += 1;
                let (base, head, value) = (&pair.base, &pair.head, &example.value);
                self.disputed.push((
                    index,
                    format!("  {} {value}\n    {base}\n    {head}\n", way.word()),
                ));
            }
        }
    }

    pub fn and(mut self, other: Self) -> Self {
        for (key, count) in other.classes {
            *self.classes.entry(key).or_default() += count;
        }
        for (key, count) in other.kinds {
            *self.kinds.entry(key).or_default() += count;
        }
        self.missed += other.missed;
        self.unread += other.unread;
        self.comparing += other.comparing;
        self.slowest = self.slowest.max(other.slowest);
        self.failed.extend(other.failed);
        self.wrong.extend(other.wrong);
        self.bare.extend(other.bare);
        self.examples = (
            self.examples.0 + other.examples.0,
            self.examples.1 + other.examples.1,
        );
        self.disputed.extend(other.disputed);
        self.disputed.sort_by_key(|(index, _)| *index);
        self.wrong.sort_by_key(|(index, _)| *index);
        self.bare.sort_by_key(|(index, _)| *index);
        self
    }

    pub fn table(&self, shown: usize) -> String {
        let mut text = String::new();
        for ((way, class), count) in &self.classes {
            let _ = writeln!(text, "{way:<9} {class:<36} {count:>6}");
        }
        for ((way, kind), count) in &self.kinds {
            let _ = writeln!(text, "{way:<9} {kind:<36} {count:>6}");
        }
        let (slowest, index) = self.slowest;
        let _ = writeln!(
            text,
            "comparing took {:.1?}, the slowest pair {index} {slowest:.1?}",
            self.comparing
        );
        let _ = writeln!(text, "{} pairs that the judge could not read", self.unread);
        let (examples, disputed) = self.examples;
        let _ = writeln!(
            text,
            "{examples} counterexamples, {disputed} of them are none"
        );
        for (index, disputed) in self.disputed.iter().take(shown) {
            let _ = write!(text, "pair {index}, no counterexample: {disputed}");
        }
        for (index, bare) in self.bare.iter().take(shown) {
            let _ = write!(text, "pair {index}: {bare}");
        }
        text
    }

    /// The wrong verdicts, made small; of each shape one.
    pub fn wrong(&self, shown: usize) -> String {
        let mut shapes: BTreeMap<String, (usize, usize, Missed)> = BTreeMap::new();
        for (index, missed) in self.wrong.iter().take(SHRUNK) {
            let small = missed.clone().shrunk();
            shapes.entry(small.shape()).or_insert((*index, 0, small)).1 += 1;
        }
        let mut found: Vec<_> = shapes.into_values().collect();
        found.sort_by_key(|(index, ..)| *index);
        found
            .into_iter()
            .take(shown)
            .map(|(index, times, missed)| described(index, times, &missed))
            .collect()
    }
}

fn described(index: usize, times: usize, missed: &Missed) -> String {
    let verdict =
        Verdict::of(&missed.base, &missed.head, missed.way).expect("documents that can be read");
    format!(
        "pair {index} ({times} like it), {} {}:\n    {}\n    {}\n    shown by {}\n{}",
        missed.way.word(),
        verdict.class.word(),
        missed.base,
        missed.head,
        missed.value,
        verdict.lines()
    )
}
