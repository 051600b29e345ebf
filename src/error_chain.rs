//! An error with its chain of sources, in one line: for logs, and for operators at their own
//! machine.

use std::{error::Error, iter};

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    iter::successors(Some(error), |&error| error.source()).map(ToString::to_string)
}

/// The error and each of its sources that adds something.
#[cfg(feature = "server")]
pub fn full(error: &(dyn Error + 'static)) -> String {
    chain(error)
        .reduce(|text, source| {
            if text.contains(&source) {
                text
            } else {
                format!("{text}: {source}")
            }
        })
        .unwrap_or_default()
}

/// The last source: with some libraries, those before it only say again that something failed.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().unwrap_or_default()
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use std::io;

    use super::{full, root_cause};
    use crate::model::Error;

    #[test]
    fn what_a_source_adds_is_said_once() {
        let disk = || Error::StoreUnavailable(io::Error::other("the disk is full").into());
        assert_eq!(full(&disk()), "the store is out of reach: the disk is full");
        assert_eq!(root_cause(&disk()), "the disk is full");
        let again = Error::StoreUnavailable(io::Error::other("the store is out of reach").into());
        assert_eq!(full(&again), "the store is out of reach");
    }
}
