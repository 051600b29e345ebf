//! Drift: whether the contract, the document that the handlers say of themselves, and the client's
//! types agree. Schemas are compared as sets of values, everything else by what it says. Prose has
//! one home, the contract, and is not compared; what is not understood counts as a difference.

mod facts;
mod marks;
mod prose;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::facts::{Fact, Said};
pub use self::report::{Difference, Report, Side};
use crate::sets::{Set, Verdict};

/// Holds a document that handlers say of themselves against a contract.
pub fn compare(code: &Value, contract: &Value) -> Report {
    let (code, contract) = (facts::of(code), facts::of(contract));
    let mut comparison = Comparison::default();
    let mut absent: Option<String> = None;
    for place in code.keys().chain(contract.keys()).collect::<BTreeSet<_>>() {
        // Of what one side does not have at all, the parts are not told one by one.
        if absent
            .as_ref()
            .is_some_and(|absent| place.starts_with(absent))
        {
            continue;
        }
        match (code.get(place), contract.get(place)) {
            (Some(code), Some(contract)) => comparison.both(place, code, contract),
            (said, unsaid) => {
                absent = Some(format!("{place}{}", facts::STEP));
                comparison.one(place, said, unsaid);
            }
        }
    }
    Report {
        compared: code.len().max(contract.len()),
        differences: comparison.differences,
    }
}

#[derive(Default)]
struct Comparison<'f> {
    differences: Vec<Difference>,
    /// Pairs of schemas that were compared, and the difference found.
    schemas: BTreeMap<(&'f str, &'f str), Option<usize>>,
}

impl<'f> Comparison<'f> {
    fn one(&mut self, place: &str, code: Option<&Said>, contract: Option<&Said>) {
        let shown =
            |said: Option<&Said>| said.map_or("does not have it".to_owned(), |said| said.shown());
        let pointer = contract
            .or(code)
            .map(|said| said.pointer.clone())
            .unwrap_or_default();
        self.differences.push(Difference::plain(
            place,
            pointer,
            shown(code),
            shown(contract),
        ));
    }

    fn both(&mut self, place: &str, code: &'f Said, contract: &'f Said) {
        match (&code.fact, &contract.fact) {
            (Fact::Plain(a), Fact::Plain(b)) if a == b => {}
            (Fact::Schema(a), Fact::Schema(b)) => {
                let pair = (code.pointer.as_str(), contract.pointer.as_str());
                if let Some(found) = self.schemas.get(&pair) {
                    // The same schemas stand in many places: one difference, which names them all.
                    let again = found.and_then(|at| self.differences.get_mut(at));
                    again
                        .into_iter()
                        .for_each(|difference| difference.places.push(place.to_owned()));
                    return;
                }
                let found = schemas(place, (a, &code.pointer), (b, &contract.pointer));
                self.schemas
                    .insert(pair, found.as_ref().map(|_| self.differences.len()));
                self.differences.extend(found);
            }
            _ => self.one(place, Some(code), Some(contract)),
        }
    }
}

/// A schema, and where it stands.
type Placed<'s> = (&'s Value, &'s str);

fn schemas(place: &str, code: Placed, contract: Placed) -> Option<Difference> {
    if code.0 == contract.0 {
        return None;
    }
    let (a, b) = (Set::of(code.0.clone()), Set::of(contract.0.clone()));
    let mut undecided = None;
    for (taker, verdict) in [(Side::Code, b.covers(&a)), (Side::Contract, a.covers(&b))] {
        match verdict {
            Verdict::Covers => {}
            Verdict::Lacks(value) => {
                return Some(counterexample(
                    place,
                    taker,
                    value,
                    (&a, code),
                    (&b, contract),
                ));
            }
            Verdict::Unknown(why) => {
                undecided = Some(format!(
                    "not proven to be the same values, {why}: {}",
                    code.0
                ))
            }
        }
    }
    let sets = undecided
        .map(|code| Difference::plain(place, contract.1.to_owned(), code, contract.0.to_string()));
    sets.or_else(|| marks::difference(place, code, contract))
}

/// A value that `taker` takes and the other side refuses, and by which rule.
fn counterexample(
    place: &str,
    taker: Side,
    value: Value,
    code: (&Set, Placed),
    contract: (&Set, Placed),
) -> Difference {
    let (refusing, (schema, at)) = if taker == Side::Code { contract } else { code };
    let rule = refusing.broken_rule(&value).unwrap_or_default();
    let limit = schema
        .pointer(&rule)
        .map(|limit| format!(" {}", report::cut(&limit.to_string())));
    let by = match rule.strip_prefix("/$defs/") {
        Some(named) => format!("/components/schemas/{named}"),
        None => format!("{at}{rule}"),
    };
    let refuses = format!("refuses it by {by}{}", limit.unwrap_or_default());
    let contract_at = contract.1.1;
    let (says, answers) = ("takes the value below".to_owned(), refuses);
    let (code, contract) = if taker == Side::Code {
        (says, answers)
    } else {
        (answers, says)
    };
    let pointer = if taker == Side::Code {
        by
    } else {
        contract_at.to_owned()
    };
    Difference {
        counterexample: Some((taker, value)),
        ..Difference::plain(place, pointer, code, contract)
    }
}
