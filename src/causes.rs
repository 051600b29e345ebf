//! What errors say of their causes, in one line: for logs, and for operators at their own machine.

use std::{error::Error, iter};

fn of<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    iter::successors(Some(error), |&error| error.source()).map(ToString::to_string)
}

/// The error and each of its causes that says something new.
#[cfg(feature = "server")]
pub fn all(error: &(dyn Error + 'static)) -> String {
    of(error)
        .reduce(|said, cause| {
            if said.contains(&cause) {
                said
            } else {
                format!("{said}: {cause}")
            }
        })
        .unwrap_or_default()
}

/// The last cause: with some libraries, those before it only say again that something failed.
pub fn last(error: &(dyn Error + 'static)) -> String {
    of(error).last().unwrap_or_default()
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use std::io;

    use super::{all, last};
    use crate::model::Error;

    #[test]
    fn what_a_cause_adds_is_said_once() {
        let full = || Error::StoreUnavailable(io::Error::other("the disk is full").into());
        assert_eq!(all(&full()), "the store is out of reach: the disk is full");
        assert_eq!(last(&full()), "the disk is full");
        let again = Error::StoreUnavailable(io::Error::other("the store is out of reach").into());
        assert_eq!(all(&again), "the store is out of reach");
    }
}
