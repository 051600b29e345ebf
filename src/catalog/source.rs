//! Where a data file is read from: from its start, as often as is needed, and in batches, by a
//! thread that is never more than one batch ahead.

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

use super::{
    Progress, lines,
    mistake::ValuePath,
    rules::Rules,
    stream::{self, FileRecord, List, Outline, Stop},
};

/// The path that means standard input.
pub const STANDARD_STREAM: &str = "-";

/// How many records go to the store at a time. A transaction of so many keeps others from writing
/// for about a tenth of a second; a larger one would not be faster.
pub(super) const BATCH: usize = 5_000;

/// Records, each with its number in its list.
pub(super) type FileBatch = Vec<(usize, FileRecord)>;

trait ReadAgain: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadAgain for T {}

/// A data file.
pub(super) struct Source {
    from: Box<dyn ReadAgain>,
    /// In bytes.
    length: u64,
    read: Arc<AtomicU64>,
}

impl Source {
    /// A file, or standard input for `-`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new(STANDARD_STREAM) {
            return Self::spool(io::stdin().lock());
        }
        let file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_file() {
            Ok(Self::new(file, about.len()))
        } else {
            Self::spool(file)
        }
    }

    /// What cannot be read twice, such as a pipe, goes through a temporary file without a name,
    /// which this user alone can read, and which is gone with the process.
    fn spool(mut from: impl Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let length = io::copy(&mut from, &mut file)?;
        Ok(Self::new(file, length))
    }

    /// The text of a file.
    pub(super) fn text(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Self::new(Cursor::new(bytes), length)
    }

    fn new(from: impl ReadAgain + 'static, length: u64) -> Self {
        Self {
            from: Box::new(from),
            length,
            read: Arc::default(),
        }
    }

    fn read(
        &mut self,
        rules: &Rules,
        selected: &[List],
        batches: &mpsc::Sender<FileBatch>,
    ) -> Result<Outline, Stop> {
        self.from.rewind().map_err(Stop::unreadable)?;
        let mut batch = FileBatch::with_capacity(BATCH);
        let mut take = |at, record| {
            batch.push((at, record));
            if batch.len() < BATCH {
                return Ok(());
            }
            batches
                .blocking_send(std::mem::replace(
                    &mut batch,
                    FileBatch::with_capacity(BATCH),
                ))
                .map_err(|_| Stop::Enough)
        };
        let whole = stream::read(
            Counted(&mut self.from, &self.read),
            rules,
            selected,
            &mut take,
        );
        // Where reading ended early, what came before it is looked at nevertheless.
        batches.blocking_send(batch).map_err(|_| Stop::Enough)?;
        whole
    }

    /// The line of each place; 0 where it is not known.
    pub(super) fn lines(&mut self, paths: &[ValuePath]) -> Vec<u64> {
        match self.from.rewind() {
            Ok(()) => lines::find(&mut self.from, paths),
            Err(_) => vec![0; paths.len()],
        }
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
pub(super) struct SourceReader {
    batches: mpsc::Receiver<FileBatch>,
    thread: JoinHandle<(Source, Result<Outline, Stop>)>,
    read: Arc<AtomicU64>,
    length: u64,
}

impl SourceReader {
    /// Starts to read the selected lists. It is never further ahead than one batch.
    pub(super) fn start(mut source: Source, rules: Arc<Rules>, selected: Vec<List>) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let (read, length) = (Arc::clone(&source.read), source.length);
        read.store(0, Ordering::Relaxed);
        let thread = tokio::task::spawn_blocking(move || {
            let whole = source.read(&rules, &selected, &sender);
            (source, whole)
        });
        Self {
            batches,
            thread,
            read,
            length,
        }
    }

    /// The next batch, until there are no more, or something is wrong with the rest:
    /// [`SourceReader::end`] tells.
    pub(super) async fn next(&mut self) -> Option<FileBatch> {
        self.batches.recv().await
    }

    /// How far it is, as one of so many readings.
    pub(super) fn progress(&self, loading: bool, turn: usize, turns: usize) -> Progress {
        let before = self.length * turn as u64;
        Progress {
            loading,
            done: before + self.read.load(Ordering::Relaxed),
            all: self.length * turns as u64,
        }
    }

    /// The file, to be read again, and what there is besides records.
    pub(super) async fn end(self) -> io::Result<(Source, Result<Outline, Stop>)> {
        drop(self.batches);
        self.thread.await.map_err(io::Error::other)
    }
}
