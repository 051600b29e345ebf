//! Where a data file is read from: from its start, as often as is wanted, and in batches, by a thread of its own, while
//! whoever takes the batches does so at leisure.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{sync::mpsc, task::JoinHandle};

use super::stream::{self, List, Record, Rules, Stop};

/// How many records go to the store at a time. A transaction of so many keeps others from writing for about a tenth of a
/// second; a larger one would not be faster.
pub(super) const BATCH: usize = 5_000;

/// Records, each with its number in its list.
pub(super) type Batch = Vec<(usize, Record)>;

trait ReadAgain: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadAgain for T {}

/// A data file.
pub(super) struct Source {
    from: Box<dyn ReadAgain>,
    /// In bytes.
    pub length: u64,
    read: Arc<AtomicU64>,
}

impl Source {
    /// A file; what cannot be read twice, such as a pipe, is read into memory.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_file() {
            return Ok(Self::new(file, about.len()));
        }
        let mut bytes = vec![];
        file.read_to_end(&mut bytes)?;
        Ok(Self::text(bytes))
    }

    /// The text of a file.
    pub(super) fn text(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Self::new(Cursor::new(bytes), length)
    }

    fn new(from: impl ReadAgain + 'static, length: u64) -> Self {
        Self { from: Box::new(from), length, read: Arc::default() }
    }

    fn read(&mut self, rules: &Rules, wanted: &[List], batches: &mpsc::Sender<Batch>) -> Result<Vec<List>, Stop> {
        self.from.rewind().map_err(|error| Stop::Syntax(error.to_string()))?;
        let mut batch = Batch::with_capacity(BATCH);
        let mut take = |at, record| {
            batch.push((at, record));
            if batch.len() < BATCH {
                return Ok(());
            }
            batches.blocking_send(std::mem::replace(&mut batch, Batch::with_capacity(BATCH))).map_err(|_| Stop::Enough)
        };
        let seen = stream::read(Counted(&mut self.from, &self.read), rules, wanted, &mut take)?;
        batches.blocking_send(batch).map_err(|_| Stop::Enough)?;
        Ok(seen)
    }
}

struct Counted<'s, R>(R, &'s AtomicU64);

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A reading that is under way.
pub(super) struct Reading {
    batches: mpsc::Receiver<Batch>,
    thread: JoinHandle<(Source, Result<Vec<List>, Stop>)>,
    read: Arc<AtomicU64>,
}

impl Reading {
    /// Starts to read the wanted lists. It is never further ahead than one batch.
    pub(super) fn start(mut source: Source, rules: Arc<Rules>, wanted: Vec<List>) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let read = Arc::clone(&source.read);
        read.store(0, Ordering::Relaxed);
        let thread = tokio::task::spawn_blocking(move || {
            let seen = source.read(&rules, &wanted, &sender);
            (source, seen)
        });
        Self { batches, thread, read }
    }

    /// The next batch, until there are no more, or something is wrong with the rest: [`Reading::end`] tells.
    pub(super) async fn next(&mut self) -> Option<Batch> {
        self.batches.recv().await
    }

    /// How many bytes were read so far.
    pub(super) fn done(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The file, to be read again, and its lists in its order.
    pub(super) async fn end(self) -> Result<(Source, Vec<List>), Stop> {
        drop(self.batches);
        let (source, seen) = self.thread.await.map_err(|error| Stop::Syntax(error.to_string()))?;
        Ok((source, seen?))
    }
}
