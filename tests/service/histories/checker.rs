//! Whether a history is linearizable: whether its operations can be put into one order, each at a
//! moment between its call and its response, in which the object, taken by itself, gives exactly
//! these responses. The search of Wing and Gong, which remembers where it has been (Lowe).

use std::{collections::HashSet, hash::Hash};

/// One call and what became of it, on a clock that all clients share.
#[derive(Clone, Debug)]
pub struct Operation<C> {
    pub call: C,
    pub invoked: u64,
    /// `None`: in doubt. It took effect at some moment after the call, which may be long after,
    /// or never does.
    pub returned: Option<u64>,
}

/// `step`: the state after a call, `None` where its response cannot be given in the state. A call
/// without a response can always be made.
pub fn is_linearizable<C, S: Clone + Eq + Hash>(
    initial: S,
    history: &[Operation<C>],
    step: impl Fn(&S, &C) -> Option<S>,
) -> bool {
    assert!(
        history.len() <= 128,
        "a set of operations is the bits of a number"
    );
    let open = |done: u128| {
        history
            .iter()
            .enumerate()
            .filter(move |(at, _)| done & (1 << at) == 0)
    };
    let mut been = HashSet::new();
    let mut next = vec![(0_u128, initial)];
    while let Some((done, state)) = next.pop() {
        // Whatever was called after this was answered comes after it.
        let Some(horizon) = open(done)
            .filter_map(|(_, operation)| operation.returned)
            .min()
        else {
            return true;
        };
        for (at, operation) in open(done).filter(|(_, operation)| operation.invoked < horizon) {
            let Some(after) = step(&state, &operation.call) else {
                continue;
            };
            // Without an effect it may as well never happen.
            let never = operation.returned.is_none() && after == state;
            let reached = (done | 1 << at, after);
            if !never && been.insert(reached.clone()) {
                next.push(reached);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Operation, is_linearizable};

    /// A number that is written, and read: `Some` in a read is what was answered.
    #[derive(Clone, Copy, Debug)]
    enum Call {
        Write(u8),
        Read(Option<u8>),
    }

    fn step(state: &u8, call: &Call) -> Option<u8> {
        match call {
            Call::Write(value) => Some(*value),
            Call::Read(None) => Some(*state),
            Call::Read(Some(seen)) => (seen == state).then_some(*state),
        }
    }

    fn operation(call: Call, invoked: u64, returned: impl Into<Option<u64>>) -> Operation<Call> {
        Operation {
            call,
            invoked,
            returned: returned.into(),
        }
    }

    fn holds(history: &[Operation<Call>]) -> bool {
        is_linearizable(0, history, step)
    }

    #[test]
    fn a_read_during_a_write_may_see_it_or_not_and_never_both_in_the_wrong_order() {
        use Call::{Read, Write};
        let write = operation(Write(1), 0, 10);
        let read = |seen, from, to| operation(Read(Some(seen)), from, to);
        assert!(holds(&[write.clone(), read(0, 1, 2), read(1, 3, 4)]));
        assert!(
            !holds(&[write.clone(), read(1, 1, 2), read(0, 3, 4)]),
            "it was there, and is not any more"
        );
        assert!(
            holds(&[write.clone(), read(1, 1, 4), read(0, 2, 3)]),
            "both at once may be in either order"
        );
        assert!(
            !holds(&[write, read(0, 11, 12)]),
            "an old value after the write was answered"
        );
    }

    #[test]
    fn an_unknown_outcome_may_come_late_or_never_but_not_early_and_not_twice() {
        use Call::{Read, Write};
        let unknown = operation(Write(1), 5, None);
        let read = |seen, at| operation(Read(Some(seen)), at, at + 1);
        assert!(holds(&[unknown.clone(), read(0, 10), read(0, 20)]), "never");
        assert!(holds(&[unknown.clone(), read(0, 10), read(1, 20)]), "late");
        assert!(
            !holds(&[unknown.clone(), read(1, 0)]),
            "before it was called"
        );
        let back = operation(Write(0), 30, 31);
        assert!(!holds(&[unknown, read(1, 20), back, read(1, 40)]), "twice");
    }

    /// All orders, without any cleverness.
    fn by_trying(history: &[Operation<Call>], done: &mut Vec<usize>, state: u8) -> bool {
        let left = |at: &usize| !done.contains(at);
        let rest: Vec<usize> = (0..history.len()).filter(left).collect();
        if rest.iter().all(|&at| history[at].returned.is_none()) {
            return true;
        }
        rest.iter().any(|&at| {
            let first = rest.iter().all(|&other| {
                history[other]
                    .returned
                    .is_none_or(|r| r > history[at].invoked)
            });
            let Some(after) = step(&state, &history[at].call).filter(|_| first) else {
                return false;
            };
            done.push(at);
            let found = by_trying(history, done, after);
            done.pop();
            found
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_search_finds_what_trying_all_orders_finds(
            calls in prop::collection::vec((0..3_u8, 0..3_u8, 0..20_u64, 1..8_u64), 0..7)
        ) {
            let history: Vec<_> = calls.into_iter().enumerate().map(|(at, (kind, value, from, length))| {
                // No two at the same tick, as on the clock of the clients.
                let (from, to) = (from * 100 + at as u64, (from + length) * 100 + at as u64);
                match kind {
                    0 => operation(Call::Write(value), from, to),
                    1 => operation(Call::Read(Some(value)), from, to),
                    _ => operation(Call::Write(value), from, None),
                }
            }).collect();
            prop_assert_eq!(holds(&history), by_trying(&history, &mut vec![], 0), "{:?}", history);
        }
    }
}
