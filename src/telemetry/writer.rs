//! A bounded queue of lines before a thread that writes them, so that no request waits for a disk
//! or for the reader of stderr. Lines of the log are dropped where the queue is full, and counted;
//! a line of the audit has a slot, which is reserved before there is a line. What lines say, and
//! how they are written, is not known here.

use std::{
    io,
    ops::RangeInclusive,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{sink::LineSink, thread::WriterThread};

/// How many bytes may wait where lines of the log are added.
const LOG_BYTES: usize = 1024 * 1024;
/// How many lines of the audit may be reserved or wait, at least and at most. A line has some 4 KB
/// at most.
const SLOTS: RangeInclusive<usize> = 4_096..=16_384;
/// The name of the threads that write.
const THREAD: &str = "lines";

/// One for each connection that there can be: a request holds its slot while its body comes, and
/// must not take those of others.
fn slots() -> usize {
    let files = getrlimit(Resource::Nofile)
        .current
        .and_then(|files| usize::try_from(files).ok());
    files
        .unwrap_or(usize::MAX)
        .clamp(*SLOTS.start(), *SLOTS.end())
}

/// A queue of lines, and the thread that writes them. Dropping it ends the thread once everything
/// is written.
pub(crate) struct LineWriter(Arc<WriterState>);

pub(super) struct WriterState {
    queue: Mutex<LineQueue>,
    /// Wakes the thread.
    pub(super) more: Condvar,
    /// Wakes those that wait until everything is written.
    pub(super) settled: Condvar,
    pub(super) slots: Arc<Semaphore>,
    pub(super) dropped: AtomicU64,
}

/// The outcome of opening a target again.
pub(super) type ReopenReply = oneshot::Sender<io::Result<()>>;

#[derive(Default)]
pub(super) struct LineQueue {
    /// Whole lines, in the order in which they came.
    pub(super) lines: Vec<u8>,
    /// How many of them had a slot.
    pub(super) slots: usize,
    /// How many lines with a slot are not written yet.
    pub(super) unwritten: usize,
    /// A request to open the target again.
    pub(super) reopen: Option<ReopenReply>,
    /// Whether the thread waits for something to do.
    pub(super) idle: bool,
    /// Whether the thread is to end when there is nothing left.
    pub(super) ending: bool,
    pub(super) ended: bool,
}

/// A slot in the queue. Dropped without a line it is free for another.
pub(crate) struct Slot {
    shared: Arc<WriterState>,
    permit: OwnedSemaphorePermit,
}

impl LineWriter {
    /// To stderr.
    ///
    /// # Errors
    /// There is no descriptor or no thread to be had.
    pub(crate) fn stderr() -> io::Result<Self> {
        Self::start(LineSink::stderr()?)
    }

    /// To the end of a file.
    ///
    /// # Errors
    /// The file cannot be written to, or there is no thread to be had.
    pub(crate) fn file(path: &Path) -> io::Result<Self> {
        Self::start(LineSink::file(path)?)
    }

    pub(super) fn start(sink: LineSink) -> io::Result<Self> {
        let shared = Arc::new(WriterState {
            queue: Mutex::default(),
            more: Condvar::new(),
            settled: Condvar::new(),
            slots: Arc::new(Semaphore::new(slots())),
            dropped: AtomicU64::new(0),
        });
        let thread = WriterThread::new(Arc::clone(&shared), sink);
        thread::Builder::new()
            .name(THREAD.into())
            .spawn(move || thread.run())?;
        Ok(Self(shared))
    }

    /// Adds a line of the log, or counts it where there is no room.
    pub(super) fn offer(&self, line: &[u8]) {
        let mut queue = self.0.lock();
        // What such a thread has to say itself is little: that others' lines were dropped, or
        // cannot be written.
        if queue.lines.len() + line.len() > LOG_BYTES && thread::current().name() != Some(THREAD) {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.lines.extend_from_slice(line);
        self.0.wake(queue);
    }

    /// A slot for a line, within the deadline.
    pub(crate) async fn reserve(&self, deadline: Duration) -> Option<Slot> {
        let slots = Arc::clone(&self.0.slots);
        let permit = match Arc::clone(&slots).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(deadline, slots.acquire_owned())
                .await
                .ok()?
                .ok()?,
        };
        Some(Slot {
            shared: Arc::clone(&self.0),
            permit,
        })
    }

    /// Opens the file again, which may have been moved away; lines go on to where they went if that
    /// fails.
    ///
    /// # Errors
    /// It cannot be opened, or was not within the deadline.
    pub(crate) async fn reopen(&self, deadline: Duration) -> io::Result<()> {
        let replied = self.ask_reopen();
        match tokio::time::timeout(deadline, replied).await {
            Ok(Ok(reopened)) => reopened,
            Ok(Err(_)) => Err(io::Error::other(
                "another request to open it came after this one",
            )),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "what was written before is still waited for",
            )),
        }
    }

    fn ask_reopen(&self) -> oneshot::Receiver<io::Result<()>> {
        let (reply, replied) = oneshot::channel();
        let mut queue = self.0.lock();
        queue.reopen = Some(reply);
        self.0.wake(queue);
        // It may wait before it tries again to write what it could not.
        self.0.more.notify_one();
        replied
    }

    /// How many lines of the log were dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, until an instant; how many lines with a slot are not
    /// written by then.
    pub(crate) fn flush(&self, until: Instant) -> usize {
        let left = until.saturating_duration_since(Instant::now());
        let unsettled =
            |queue: &mut LineQueue| !(queue.ended || queue.idle && queue.lines.is_empty());
        let waited = self
            .0
            .settled
            .wait_timeout_while(self.0.lock(), left, unsettled);
        waited.unwrap_or_else(PoisonError::into_inner).0.unwritten
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.0.lock().ending = true;
        self.0.more.notify_all();
    }
}

impl Slot {
    /// Puts a line into the slot.
    pub(crate) fn fill(self, line: &[u8]) {
        let Self { shared, permit } = self;
        let mut queue = shared.lock();
        queue.lines.extend_from_slice(line);
        queue.slots += 1;
        queue.unwritten += 1;
        shared.wake(queue);
        // It comes back once the line is written.
        permit.forget();
    }
}

impl WriterState {
    /// A thread that panicked leaves whole lines behind.
    pub(super) fn lock(&self) -> MutexGuard<'_, LineQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waking costs a system call, which a thread at work does not need.
    fn wake(&self, mut queue: MutexGuard<'_, LineQueue>) {
        let idle = std::mem::take(&mut queue.idle);
        drop(queue);
        if idle {
            self.more.notify_one();
        }
    }
}
