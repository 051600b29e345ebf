//! What a comparison found, in words.

use std::fmt;

use serde_json::Value;

/// The outcome of a comparison.
#[derive(Clone, Debug)]
pub struct Report {
    /// What does not agree.
    pub differences: Vec<Difference>,
    /// How many facts were compared.
    pub compared: usize,
}

impl Report {
    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }

    /// With differences that were found elsewhere.
    #[must_use]
    pub fn and(mut self, more: Vec<Difference>) -> Self {
        self.differences.extend(more);
        self
    }
}

/// One thing on which two sides do not agree.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which parts of which operations.
    pub places: Vec<String>,
    /// The JSON pointer of it: in the contract, or in the code's document where the contract does
    /// not have it.
    pub pointer: String,
    /// What the code says.
    pub code: String,
    /// What the contract says.
    pub contract: String,
    /// A value that one side takes and the other refuses.
    pub counterexample: Option<(Side, Value)>,
}

/// Who takes a counterexample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The code does; the contract refuses it.
    Code,
    /// The contract does; the code refuses it.
    Contract,
}

impl Difference {
    /// A difference without a counterexample.
    pub fn plain(place: &str, pointer: String, code: String, contract: String) -> Self {
        Self {
            places: vec![place.to_owned()],
            pointer,
            code,
            contract,
            counterexample: None,
        }
    }
}

/// The beginning of what is too long to be read.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 400;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.differences
            .iter()
            .try_for_each(|difference| writeln!(f, "{difference}\n"))?;
        match self.differences.len() {
            0 => write!(
                f,
                "The code, the client and the contract agree: {} facts compared.",
                self.compared
            ),
            1 => f.write_str("1 difference."),
            many => write!(f, "{many} differences."),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.places.first().map(String::as_str).unwrap_or_default();
        write!(f, "{first}")?;
        if self.places.len() > 1 {
            write!(f, " (and {} other places)", self.places.len() - 1)?;
        }
        write!(f, "\n  pointer:  {}", self.pointer)?;
        write!(
            f,
            "\n  code:     {}\n  contract: {}",
            cut(&self.code),
            cut(&self.contract)
        )?;
        match &self.counterexample {
            Some((_, value)) => write!(f, "\n  value:    {value}"),
            None => Ok(()),
        }
    }
}
