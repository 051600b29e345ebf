//! What is wrong with a data file: where, in which line, and why, in words for people. Nothing here
//! finds a mistake, and no value of a secret is ever in one.

use std::fmt;

/// How many mistakes are shown; the others are counted.
const MAX_SHOWN: usize = 20;
/// How much of a value is quoted, in characters.
const QUOTED: usize = 64;

/// A step from a value to one within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathStep {
    Key(String),
    Item(usize),
}

/// Where something is in a file: `backups[3].status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ValuePath(pub Vec<PathStep>);

impl ValuePath {
    pub(super) fn key(mut self, key: &str) -> Self {
        self.0.push(PathStep::Key(key.to_owned()));
        self
    }

    pub(super) fn item(mut self, at: usize) -> Self {
        self.0.push(PathStep::Item(at));
        self
    }

    /// Whether the value there is not to be shown to anybody.
    pub(super) fn is_secret(&self) -> bool {
        let secret = |step: &PathStep| matches!(step, PathStep::Key(key) if ["password", "tokens", "secret"].contains(&&**key));
        self.0.iter().any(secret)
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Key(key) if at == 0 => f.write_str(&plain(key))?,
                PathStep::Key(key) => write!(f, ".{}", plain(key))?,
                PathStep::Item(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// A text of the file that is shown: it moves no cursor, begins no line, and is not longer than
/// people read.
fn plain(text: &str) -> String {
    let cut = if text.chars().nth(QUOTED).is_some() {
        "…"
    } else {
        ""
    };
    text.chars()
        .take(QUOTED)
        .flat_map(char::escape_debug)
        .chain(cut.chars())
        .collect()
}

/// A text of the file in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text))
}

/// The known word that was probably meant, as the end of a sentence; empty where none is near.
pub(super) fn did_you_mean<'w>(text: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let near = known
        .into_iter()
        .map(|word| (strsim::jaro_winkler(text, word), word))
        .filter(|(near, _)| *near > 0.8);
    let nearest = near.max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.map_or_else(String::new, |(_, word)| {
        format!("; did you mean {}?", plain(word))
    })
}

/// What is wrong at a place.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub place: ValuePath,
    pub reason: String,
}

impl Wrong {
    pub(super) fn at(place: ValuePath, reason: impl ToString) -> Self {
        Self {
            place,
            reason: reason.to_string(),
        }
    }
}

/// What the parser cannot read, and the line, from 1; 0 where it is not known.
#[derive(Debug)]
pub(super) struct Syntax {
    pub line: u64,
    pub reason: String,
}

/// The mistakes of a file, as far as they are shown.
#[derive(Debug, Default)]
pub(super) struct MistakeList {
    pub shown: Vec<Wrong>,
    pub syntax: Option<Syntax>,
    count: usize,
}

impl MistakeList {
    /// One more; what it says is only asked for where it is shown.
    pub(super) fn add(&mut self, wrong: impl FnOnce() -> Wrong) {
        self.count += 1;
        if self.shown.len() < MAX_SHOWN {
            self.shown.push(wrong());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0 && self.syntax.is_none()
    }

    /// For people, with the lines of those that are shown.
    pub(super) fn in_lines(self, file: &str, lines: &[u64]) -> Mistakes {
        let mut shown: Vec<_> = self
            .shown
            .iter()
            .zip(lines)
            .map(|(wrong, line)| (*line, sentence(file, *line, wrong)))
            .collect();
        shown.sort_by_key(|(line, _)| *line);
        let syntax = self
            .syntax
            .iter()
            .map(|syntax| (syntax.line, told_syntax(file, syntax)));
        let lines = shown
            .into_iter()
            .chain(syntax)
            .map(|(_, text)| text)
            .collect();
        Mistakes {
            file: file.to_owned(),
            count: self.count + usize::from(self.syntax.is_some()),
            lines,
        }
    }
}

fn origin(file: &str, line: u64) -> String {
    if line == 0 {
        file.to_owned()
    } else {
        format!("{file}:{line}")
    }
}

pub(super) fn sentence(file: &str, line: u64, Wrong { place, reason }: &Wrong) -> String {
    let place = if place.0.is_empty() {
        String::new()
    } else {
        format!("{place}: ")
    };
    format!("{}: {place}{reason}", origin(file, line))
}

fn told_syntax(file: &str, syntax: &Syntax) -> String {
    format!("{}: {}", origin(file, syntax.line), syntax.reason)
}

/// What is wrong with a data file.
#[derive(Debug)]
pub struct Mistakes {
    file: String,
    count: usize,
    lines: Vec<String>,
}

impl Mistakes {
    /// How many there are, with those that are not shown.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first of them, with file, line and place.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} has {} mistake{plural}:", self.file, self.count)?;
        self.lines
            .iter()
            .try_for_each(|line| write!(f, "\n{line}"))?;
        match self.count - self.lines.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
