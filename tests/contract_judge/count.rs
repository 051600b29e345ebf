//! What a run found: how many verdicts of each class, which are wrong, and which breaks nothing was found for.

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

use super::{
    Origin, Pair,
    judge::Witnesses,
    shrink::Missed,
    verdict::{Verdict, WAYS, Way},
};

/// So many wrong verdicts, and so many breaks without a value, are shown.
const SHOWN: usize = 12;
const SAMPLED: usize = 5;

#[derive(Default)]
pub struct Count {
    /// By direction and class.
    classes: BTreeMap<(&'static str, &'static str), usize>,
    /// By direction and what came of it.
    kinds: BTreeMap<(&'static str, &'static str), usize>,
    pub missed: usize,
    unread: usize,
    comparing: Duration,
    slowest: Duration,
    wrong: Vec<(usize, Missed)>,
    bare: Vec<(usize, String)>,
}

impl Count {
    /// Judges a pair in both directions.
    pub fn pair(&mut self, index: usize, pair: &Pair, values: usize) {
        let Some(witnesses) = Witnesses::search(&pair.base, &pair.head, pair.rng.clone(), values) else {
            self.unread += 1;
            return;
        };
        for way in WAYS {
            let start = Instant::now();
            let verdict = Verdict::of(&pair.base, &pair.head, way).expect("documents that can be read");
            self.comparing += start.elapsed();
            self.slowest = self.slowest.max(start.elapsed());
            *self.classes.entry((way.word(), verdict.class.word())).or_default() += 1;
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
            (false, None) => "no break, none was found",
            (false, Some(value)) => {
                self.missed += 1;
                let (base, head) = (pair.base.clone(), pair.head.clone());
                self.wrong.push((index, Missed { base, head, way, value: value.clone() }));
                "WRONG: no break, a value shows it"
            }
            (true, None) if verdict.is_by_rule() => "a break by rule",
            (true, None) => self.bare(index, pair, way, verdict, values),
        }
    }

    /// A break without a value: once more, with more of them.
    fn bare(&mut self, index: usize, pair: &Pair, way: Way, verdict: &Verdict, values: usize) -> &'static str {
        let mut rng = pair.rng.clone();
        let again = Witnesses::search(&pair.base, &pair.head, rng.fork().fork(), values * 4);
        if again.is_some_and(|again| again.of(way).is_some()) {
            return if verdict.is_undecided() { "undecided, a value shows it" } else { "a break, a value shows it" };
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
        self.bare.push((index, format!("  {} {kind}\n    {base}\n    {head}\n{lines}", way.word())));
        kind
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
        self.wrong.extend(other.wrong);
        self.bare.extend(other.bare);
        self.wrong.sort_by_key(|(index, _)| *index);
        self.bare.sort_by_key(|(index, _)| *index);
        self
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        for ((way, class), count) in &self.classes {
            let _ = writeln!(text, "{way:<9} {class:<36} {count:>6}");
        }
        for ((way, kind), count) in &self.kinds {
            let _ = writeln!(text, "{way:<9} {kind:<36} {count:>6}");
        }
        let _ = writeln!(text, "comparing took {:.1?}, the slowest {:.1?}", self.comparing, self.slowest);
        let _ = writeln!(text, "{} pairs that the judge could not read", self.unread);
        for (index, bare) in self.bare.iter().take(SAMPLED) {
            let _ = write!(text, "pair {index}: {bare}");
        }
        text
    }

    /// The wrong verdicts, made small.
    pub fn wrong(&self) -> String {
        let shown = self.wrong.iter().take(SHOWN);
        shown.map(|(index, missed)| described(*index, missed.clone().shrunk())).collect()
    }
}

fn described(index: usize, missed: Missed) -> String {
    let verdict = Verdict::of(&missed.base, &missed.head, missed.way).expect("documents that can be read");
    format!(
        "pair {index}, {} {}:\n    {}\n    {}\n    shown by {}\n{}",
        missed.way.word(),
        verdict.class.word(),
        missed.base,
        missed.head,
        missed.value,
        verdict.lines()
    )
}
