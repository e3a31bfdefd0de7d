//! Appending to the log.

use std::io::{self, Write as _};
use std::path::Path;

use fs_err::File;
use jiff::Timestamp;

use super::chain::{self, Key};
use super::files::{self, Locked, Place, head_bytes, is_still};
use super::head::Head;
use super::record::{Mark, MarkKind, Record, Stage, VERSION};
use super::recover::{Settled, cut_torn, settle};
use super::rotate::{rotate, write_head};

/// How large the log may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one file.
    pub bytes: u64,
    /// Files, the current one included.
    pub files: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 8 << 20, files: 8 }
    }
}

/// When a line counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When the system has it.
    System,
    /// When the disk has it.
    Disk,
}

/// The most bytes that are written at once, but for a longer line: a crash leaves no more behind the head than is read again.
const MAX_CHUNK: usize = 1 << 20;

/// The log of one place. Files stay open between lines.
pub struct Log {
    place: Place,
    bounds: Bounds,
    open: Option<Open>,
}

struct Open {
    head: File,
    key: Option<Key>,
    log: Option<File>,
}

impl Log {
    /// Nothing is opened or made yet.
    pub fn new(place: Place, bounds: Bounds) -> Self {
        Self { place, bounds, open: None }
    }

    /// Gives records their numbers and their time, appends them, and returns the lines. Many records cost little more than one.
    ///
    /// # Errors
    /// They could not be written. A file that was full before may have the first of them; otherwise the log is as it was.
    pub fn append(
        &mut self,
        records: &mut [Record],
        durability: Durability,
    ) -> io::Result<Vec<String>> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let mut open = match self.open.take() {
            Some(open) if is_still(&open.head, self.place.head())? => open,
            _ => self.open()?,
        };
        let lines = self.append_locked(&mut open, records, durability)?;
        if durability == Durability::Disk
            && let Some(log) = &open.log
        {
            log.sync_data()?;
            if records.iter().any(|record| record.seq == 1) {
                sync_folder(self.place.log())?;
            }
        }
        self.open = Some(open);
        Ok(lines)
    }

    fn open(&self) -> io::Result<Open> {
        Ok(Open { head: self.place.open_head()?, key: None, log: None })
    }

    fn append_locked(
        &self,
        open: &mut Open,
        records: &mut [Record],
        durability: Durability,
    ) -> io::Result<Vec<String>> {
        let Open { head: head_file, key, log } = open;
        let _lock = Locked::acquire(head_file)?;
        let log_file = self.current(log)?;
        let (key, Settled { mut head, mut marks }) = self.settled(key, head_file, log_file)?;
        let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let mut chunk = Chunk::behind(&head);
        let mut lines = Vec::with_capacity(records.len());
        for record in records {
            record.time.clone_from(&time);
            let next = chunk.next(&key, &std::mem::take(&mut marks), record);
            let size = head.size + chunk.bytes.len() as u64;
            let is_full = size > 0 && size + next.bytes.len() as u64 > self.bounds.bytes;
            if is_full || chunk.bytes.len() + next.bytes.len() > MAX_CHUNK {
                chunk.write(&key, &mut head, head_file, self.current(log)?)?;
            }
            if is_full {
                if durability == Durability::Disk {
                    self.current(log)?.sync_data()?;
                }
                rotate(&self.place, &key, &mut head, head_file, self.bounds.files)?;
                *log = None;
            }
            lines.push(chunk.add(next));
        }
        chunk.write(&key, &mut head, head_file, self.current(log)?)?;
        Ok(lines)
    }

    /// The file that has the log's path now: another process may have rotated it.
    fn current<'a>(&self, log: &'a mut Option<File>) -> io::Result<&'a mut File> {
        let file = match log.take() {
            Some(file) if is_still(&file, self.place.log())? => file,
            _ => self.place.open_log()?,
        };
        Ok(log.insert(file))
    }

    /// The key and the end of the chain. Both are made if there is no key yet.
    fn settled(
        &self,
        known: &mut Option<Key>,
        head_file: &File,
        log: &File,
    ) -> io::Result<(Key, Settled)> {
        let stored = match known.take() {
            Some(key) => Some(key),
            None => self.place.read_key()?,
        };
        let Some(key) = stored else {
            return self.begin(head_file, log);
        };
        *known = Some(key.clone());
        let head = Head::decode(&head_bytes(head_file)?, &key);
        let settled = settle(&self.place, &key, head, log)?;
        Ok((key, settled))
    }

    /// A chain begins. The head is there before the key, so that a key without a head means that somebody took it away.
    fn begin(&self, head_file: &File, log: &File) -> io::Result<(Key, Settled)> {
        let bytes = files::random_key()?;
        let key = Key::new(&*bytes);
        let size = log.metadata()?.len();
        let mut marks = Vec::new();
        if size > 0 || !self.place.numbers()?.is_empty() {
            marks.push(Mark { found: MarkKind::Foreign, bytes: size });
        }
        let head = Head { size: cut_torn(log, size)?, ..Head::new() };
        write_head(&key, &head, head_file)?;
        self.place.keep_key(&bytes)?;
        Ok((key, Settled { head, marks }))
    }
}

/// Lines that are written at once, and the end of the chain with them.
struct Chunk {
    bytes: Vec<u8>,
    seq: u64,
    hash: String,
}

/// The lines that come next: those of marks, and the one of a record.
struct Next {
    bytes: Vec<u8>,
    record: String,
    seq: u64,
    hash: String,
}

impl Chunk {
    fn behind(head: &Head) -> Self {
        Self { bytes: Vec::new(), seq: head.seq, hash: head.hash.clone() }
    }

    /// What follows from the last line.
    fn next(&self, key: &Key, marks: &[Mark], record: &mut Record) -> Next {
        let mut bytes = Vec::new();
        let (mut seq, mut hash) = (self.seq, self.hash.clone());
        let mut add = |record: &mut Record| {
            seq += 1;
            record.v = VERSION;
            record.seq = seq;
            record.prev = std::mem::take(&mut hash);
            let line = chain::seal(record, key);
            hash = chain::hash(line.as_bytes());
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            line
        };
        for mark in marks {
            add(&mut marking(*mark, record));
        }
        let record = add(record);
        Next { bytes, record, seq, hash }
    }

    /// Takes what comes next. Returns the line of the record.
    fn add(&mut self, next: Next) -> String {
        self.bytes.extend_from_slice(&next.bytes);
        self.seq = next.seq;
        self.hash = next.hash;
        next.record
    }

    /// Appends the lines, and says so in the head.
    fn write(
        &mut self,
        key: &Key,
        head: &mut Head,
        head_file: &File,
        log: &mut File,
    ) -> io::Result<()> {
        write_whole(log, head.size, &self.bytes)?;
        head.seq = self.seq;
        head.hash.clone_from(&self.hash);
        head.size += self.bytes.len() as u64;
        self.bytes.clear();
        write_head(key, head, head_file)
    }
}

fn marking(mark: Mark, record: &Record) -> Record {
    Record {
        time: record.time.clone(),
        event: Stage::Mark,
        user: record.user.clone(),
        host: record.host.clone(),
        pid: record.pid,
        mark: Some(mark),
        ..Record::default()
    }
}

/// Writes everything or nothing.
fn write_whole(file: &mut File, size: u64, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes).inspect_err(|_| {
        // A part of a line that stays would be taken for that of a crash, and be removed by the next writer.
        let _ = file.set_len(size);
    })
}

/// Makes sure that a new file is found again.
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs_err::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests;
