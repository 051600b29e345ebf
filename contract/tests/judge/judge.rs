//! Looks for a witness: a value that the one schema takes, made of its declared properties, and the
//! other refuses.

use fastrand::Rng;
use serde_json::Value;

use super::{
    closed::made_of_declared,
    pools::Pools,
    validator::Validator,
    values::Values,
    verdict::{WAYS, Way},
};

/// A witness for each way, where there is one.
#[derive(Default)]
pub struct Witnesses {
    found: [Option<Value>; 2],
    /// Whether a value was found that the schema takes, made of what it declares: the old schema,
    /// and the new one.
    alive: [bool; 2],
}

impl Witnesses {
    pub fn of(&self, way: Way) -> Option<&Value> {
        self.found[way as usize].as_ref()
    }

    /// Whether the schema whose values count in this way has any that was found.
    pub fn is_alive(&self, way: Way) -> bool {
        self.alive[way as usize]
    }

    /// Tries `count` values on a pair. None where the judge cannot read one of the two.
    pub fn search(base: &Value, head: &Value, mut rng: Rng, count: usize) -> Option<Self> {
        let (old, new) = (Validator::new(base)?, Validator::new(head)?);
        let pools = Pools::of([base, head]);
        let mut witnesses = Self::default();
        let mut valid: Vec<Value> = Vec::new();
        for index in 0..count {
            let value = match (rng.choice(&valid), index % 5) {
                (Some(value), 3 | 4) => {
                    let other = rng.choice(&valid).unwrap_or(value);
                    pools.changed(&mut rng, value, other)
                }
                _ => {
                    let root = if index % 2 == 0 {
                        old.schema()
                    } else {
                        new.schema()
                    };
                    Values {
                        rng: rng.fork(),
                        root,
                        pools: &pools,
                    }
                    .value()
                }
            };
            let taken = (old.takes(&value), new.takes(&value));
            if taken.0 != taken.1 {
                witnesses.note(&old, &new, &value);
            }
            for (alive, (taken, schema)) in witnesses
                .alive
                .iter_mut()
                .zip([(taken.0, &old), (taken.1, &new)])
            {
                *alive = *alive || (taken && made_of_declared(schema, &value));
            }
            if witnesses.found.iter().all(Option::is_some) {
                break;
            }
            if (taken.0 || taken.1) && valid.len() < 40 {
                valid.push(value);
            }
        }
        Some(witnesses)
    }

    fn note(&mut self, old: &Validator, new: &Validator, value: &Value) {
        for way in WAYS {
            let (from, to) = way.sides(old, new);
            let found = &mut self.found[way as usize];
            if found.is_none() && shows(from, to, value) {
                *found = Some(value.clone());
            }
        }
    }
}

fn shows(from: &Validator, to: &Validator, value: &Value) -> bool {
    from.takes(value) && !to.takes(value) && made_of_declared(from, value)
}

/// Whether the old and the new schema take a value.
pub fn taken(base: &Value, head: &Value, value: &Value) -> Option<(bool, bool)> {
    Some((
        Validator::new(base)?.takes(value),
        Validator::new(head)?.takes(value),
    ))
}

/// Whether a value is a witness for a pair.
pub fn is_witness(base: &Value, head: &Value, way: Way, value: &Value) -> bool {
    let (from, to) = way.sides(base, head);
    match (Validator::new(from), Validator::new(to)) {
        (Some(from), Some(to)) => shows(&from, &to, value),
        _ => false,
    }
}
