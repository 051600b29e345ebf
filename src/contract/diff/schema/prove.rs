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

use super::sample;

/// How long one question may take.
const QUESTION: Duration = Duration::from_millis(1500);

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
    deadline: Instant,
    asked: RefCell<HashMap<String, Covers>>,
    late: RefCell<bool>,
}

impl Prover {
    pub(super) fn new(deadline: Instant) -> Self {
        Self { deadline, asked: RefCell::default(), late: RefCell::default() }
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
        let left = self.deadline.saturating_duration_since(Instant::now()).min(QUESTION);
        if left.is_zero() {
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
