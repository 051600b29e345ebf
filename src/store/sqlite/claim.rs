//! Whether a piece of work that waits is begun by the writing thread, or withdrawn by its caller.
//! Exactly one of them happens, so that a caller whose deadline has passed knows whether anything
//! was done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The writing thread's side.
pub(super) struct WriterClaim {
    decided: Arc<AtomicBool>,
    taken: bool,
}

/// The caller's side. Dropping it withdraws the work, where it was not begun.
pub(super) struct CallerClaim(Arc<AtomicBool>);

/// Both sides of one piece of work.
pub(super) fn claim() -> (WriterClaim, CallerClaim) {
    let decided = Arc::new(AtomicBool::new(false));
    (
        WriterClaim {
            decided: Arc::clone(&decided),
            taken: false,
        },
        CallerClaim(decided),
    )
}

impl WriterClaim {
    /// Begins the work, or begins it once more; not where it was withdrawn.
    pub(super) fn take(&mut self) -> bool {
        self.taken = self.taken || !self.decided.swap(true, Ordering::AcqRel);
        self.taken
    }
}

impl CallerClaim {
    /// Whether the work will not be done, for certain.
    pub(super) fn withdraw(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

impl Drop for CallerClaim {
    fn drop(&mut self) {
        self.withdraw();
    }
}

#[cfg(test)]
mod tests {
    use super::claim;

    #[test]
    fn work_is_begun_or_withdrawn_and_never_both() {
        let (mut work, caller) = claim();
        assert!(
            work.take() && work.take(),
            "a second transaction may run it again"
        );
        assert!(!caller.withdraw(), "it was begun");
        let (mut work, caller) = claim();
        assert!(caller.withdraw() && !work.take());
        let (mut work, caller) = claim();
        drop(caller);
        assert!(!work.take(), "the caller left");
    }
}
