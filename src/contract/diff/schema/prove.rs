//! The proof: whether one schema takes every value that another takes, and which value it does not take. Within a limit
//! of time; what takes longer is undecided. All use of the library's set algebra is here.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use jsonschema::{
    Draft,
    canonical::{self, CanonicalSchema, Containment},
};
use serde_json::Value;

use super::{form::Form, sample};

/// How long one question may take, all proofs together, and all whole values that are made around examples.
const QUESTION: Duration = Duration::from_secs(4);
const PROOFS: Duration = Duration::from_secs(5);
const WHOLES: Duration = Duration::from_secs(2);

/// The algebra recurses into schemas; this is room for the deepest that are read.
const STACK: usize = 64 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Covers {
    /// Every value that `accepts` takes is taken.
    Yes,
    /// Both take exactly the same values.
    Same,
    /// Not every one: this one is not, where one could be found.
    No(Option<Value>),
    /// Nobody knows.
    Unknown,
}

/// Asks, and remembers what was asked.
pub(super) struct Prover {
    start: Instant,
    asked: RefCell<HashMap<String, Covers>>,
    late: RefCell<bool>,
}

impl Prover {
    pub(super) fn new(start: Instant) -> Self {
        Self { start, asked: RefCell::default(), late: RefCell::default() }
    }

    /// Whether there is no time left for proofs.
    pub(super) fn is_late(&self) -> bool {
        let late = self.start.elapsed() >= PROOFS;
        *self.late.borrow_mut() |= late;
        late
    }

    /// Whether there is time to make whole values around examples.
    pub(super) fn has_time_for_wholes(&self) -> bool {
        self.start.elapsed() < WHOLES
    }

    /// Whether something was left undecided for want of time.
    pub(super) fn ran_out_of_time(&self) -> bool {
        *self.late.borrow()
    }

    /// Whether `wide` takes every value that `accepts` takes. The two stand alone, with their definitions.
    pub(super) fn covers(&self, wide: &Value, accepts: &Value) -> Covers {
        if wide == accepts {
            return Covers::Same;
        }
        let question = format!("{wide}\n{accepts}");
        if let Some(answer) = self.asked.borrow().get(&question) {
            return answer.clone();
        }
        let answer = self.ask(wide.clone(), accepts.clone());
        self.asked.borrow_mut().insert(question, answer.clone());
        answer
    }

    /// In a thread of its own: the algebra offers no way to interrupt it.
    fn ask(&self, wide: Value, accepts: Value) -> Covers {
        let left = PROOFS.saturating_sub(self.start.elapsed()).min(QUESTION);
        if left.is_zero() || !Form::is_small(&wide) || !Form::is_small(&accepts) {
            *self.late.borrow_mut() = true;
            return Covers::Unknown;
        }
        let (answers, answer) = mpsc::channel();
        let spawned = thread::Builder::new().name("proof".to_owned()).stack_size(STACK).spawn(move || {
            // Nobody listens any more when the time is over.
            let _ = answers.send(decide(&wide, &accepts));
        });
        match (spawned, answer.recv_timeout(left)) {
            (Ok(_), Ok(answer)) => answer,
            (_, Err(mpsc::RecvTimeoutError::Timeout)) => {
                *self.late.borrow_mut() = true;
                Covers::Unknown
            }
            _ => Covers::Unknown,
        }
    }
}

fn decide(wide: &Value, accepts: &Value) -> Covers {
    let (Some(covering), Some(covered)) = (canonical(wide), canonical(accepts)) else {
        return refute(wide, accepts, None);
    };
    match covering.covers(&covered) {
        Ok(Containment::Yes) if covered.covers(&covering).is_ok_and(|other| other == Containment::Yes) => Covers::Same,
        Ok(Containment::Yes) => Covers::Yes,
        Ok(Containment::No) => match refute(wide, accepts, covered.subtract(&covering).ok()) {
            Covers::Unknown => Covers::No(None),
            found => found,
        },
        Ok(Containment::Unknown) | Err(_) => refute(wide, accepts, covered.subtract(&covering).ok()),
    }
}

/// Looks for a value that the one takes and the other does not; without one, nobody knows.
fn refute(wide: &Value, accepts: &Value, difference: Option<CanonicalSchema>) -> Covers {
    let difference = difference.map(|difference| difference.to_json_schema());
    match sample::separating(accepts, wide, difference.as_ref()) {
        Some(value) => Covers::No(Some(value)),
        None => Covers::Unknown,
    }
}

fn canonical(schema: &Value) -> Option<CanonicalSchema> {
    let options = canonical::options().offline().with_draft(Draft::Draft202012).should_validate_formats(false);
    options.canonicalize(schema).ok()
}
