//! The thread that writes the lines of a queue to their target, and waits for it where it must: for
//! room in a pipe or on a disk, or for a file that was moved away.

use std::{
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    thread,
    time::Duration,
};

use super::{
    sink::LineSink,
    writer::{LineQueue, ReopenReply, WriterState},
};

/// What a buffer may keep of its memory between two batches.
const KEPT_BYTES: usize = 64 * 1024;
/// How long to wait after a target took nothing.
const RETRY: Duration = Duration::from_secs(1);
/// The same, where it only had no room at that moment.
const RETRY_FULL: Duration = Duration::from_millis(10);

/// What the thread works with.
pub(super) struct WriterThread {
    shared: Arc<WriterState>,
    sink: LineSink,
}

impl WriterThread {
    pub(super) fn new(shared: Arc<WriterState>, sink: LineSink) -> Self {
        Self { shared, sink }
    }

    pub(super) fn run(mut self) {
        let mut batch = vec![];
        let mut reported = 0;
        while let Some((slots, reopen)) = self.next(&mut batch) {
            if !self.write(&batch) {
                break;
            }
            batch.clear();
            batch.shrink_to(KEPT_BYTES);
            self.written(slots);
            reopen.map(|reply| self.reopen(reply));
            self.log_dropped(&mut reported);
        }
    }

    /// Waits for lines; `None` at the end. How many of them had a slot, and whose request to
    /// open the target again comes after them.
    fn next(&self, batch: &mut Vec<u8>) -> Option<(usize, Option<ReopenReply>)> {
        let mut queue = self.shared.lock();
        while queue.lines.is_empty() && queue.reopen.is_none() {
            if queue.ending {
                return None;
            }
            queue.idle = true;
            self.shared.settled.notify_all();
            queue = self
                .shared
                .more
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.idle = false;
        std::mem::swap(&mut queue.lines, batch);
        Some((std::mem::take(&mut queue.slots), queue.reopen.take()))
    }

    /// Writes whole lines in one call where there is room for them: other processes may add to the
    /// same file. Goes on until all are written; false where that is not to be waited for any
    /// longer.
    fn write(&mut self, batch: &[u8]) -> bool {
        let (mut done, mut failed) = (0, false);
        while done < batch.len() {
            match self.sink.write(&batch[done..]) {
                Ok(taken) => done += taken,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    thread::sleep(RETRY_FULL)
                }
                Err(error) => {
                    self.log_failed(&error, std::mem::replace(&mut failed, true));
                    match self.pause() {
                        Pause::Ending => return false,
                        // A line that was begun elsewhere is written again as a whole.
                        Pause::Reopened => done = whole_lines(&batch[..done]),
                        Pause::Over => {}
                    }
                }
            }
        }
        if failed {
            tracing::info!(target = self.sink.name(), "lines are written again");
        }
        true
    }

    /// Once in a row of failures.
    fn log_failed(&self, error: &io::Error, logged: bool) {
        if !logged {
            tracing::error!(%error, target = self.sink.name(), "lines cannot be written, and wait");
        }
    }

    /// Waits a while, unless the target is to be opened again, or everything is to end.
    fn pause(&mut self) -> Pause {
        let queue = self.shared.lock();
        let nothing = |queue: &mut LineQueue| queue.reopen.is_none() && !queue.ending;
        let waited = self.shared.more.wait_timeout_while(queue, RETRY, nothing);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        let (reply, ending) = (queue.reopen.take(), queue.ending);
        drop(queue);
        match reply.map(|reply| self.reopen(reply)) {
            Some(true) => Pause::Reopened,
            Some(false) => Pause::Over,
            None if ending => Pause::Ending,
            None => Pause::Over,
        }
    }

    /// Opens the target again; whether it could be.
    fn reopen(&mut self, reply: ReopenReply) -> bool {
        let reopened = self.sink.reopen();
        let opened = reopened.is_ok();
        // The sender may have given up: it has said so itself.
        let _ = reply.send(reopened);
        opened
    }

    fn written(&self, slots: usize) {
        let mut queue = self.shared.lock();
        queue.unwritten = queue.unwritten.saturating_sub(slots);
        drop(queue);
        self.shared.slots.add_permits(slots);
    }

    /// Now that a batch got through, there is room to say what did not.
    fn log_dropped(&self, reported: &mut u64) {
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        let lines = dropped - std::mem::replace(reported, dropped);
        if lines > 0 {
            tracing::warn!(
                lines,
                "lines of the log were dropped: stderr was not read fast enough"
            );
        }
    }
}

/// Why a pause ended.
enum Pause {
    /// It lasted long enough.
    Over,
    /// The target was opened again.
    Reopened,
    /// Everything is to end.
    Ending,
}

/// Where the last whole line of these bytes ends.
fn whole_lines(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

/// However the thread ends, its waiters wake up.
impl Drop for WriterThread {
    fn drop(&mut self) {
        self.shared.slots.close();
        self.shared.lock().ended = true;
        self.shared.settled.notify_all();
    }
}
