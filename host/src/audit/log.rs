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

    /// Gives a record its number and its time, appends it, and returns the line.
    ///
    /// # Errors
    /// It could not be written; the log is as it was.
    pub fn append(&mut self, record: &mut Record, durability: Durability) -> io::Result<String> {
        let mut open = match self.open.take() {
            Some(open) if is_still(&open.head, self.place.head())? => open,
            _ => self.open()?,
        };
        let line = self.append_locked(&mut open, record)?;
        if durability == Durability::Disk
            && let Some(log) = &open.log
        {
            log.sync_data()?;
            if record.seq == 1 {
                sync_folder(self.place.log())?;
            }
        }
        self.open = Some(open);
        Ok(line)
    }

    fn open(&self) -> io::Result<Open> {
        Ok(Open { head: self.place.open_head()?, key: None, log: None })
    }

    fn append_locked(&self, open: &mut Open, record: &mut Record) -> io::Result<String> {
        let Open { head: head_file, key, log } = open;
        let _lock = Locked::acquire(head_file)?;
        let log_file = self.current(log)?;
        let (key, Settled { mut head, marks }) = self.settled(key, head_file, log_file)?;
        record.time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let (mut bytes, mut line) = lines(&key, &head, &marks, record);
        if head.size > 0 && head.size + bytes.len() as u64 > self.bounds.bytes {
            write_head(&key, &head, head_file)?;
            rotate(&self.place, &key, &mut head, head_file, self.bounds.files)?;
            *log = None;
            (bytes, line) = lines(&key, &head, &marks, record);
        }
        let log_file = self.current(log)?;
        write_whole(log_file, head.size, &bytes)?;
        head.seq = record.seq;
        head.hash = chain::hash(line.as_bytes());
        head.size += bytes.len() as u64;
        write_head(&key, &head, head_file)?;
        Ok(line)
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

/// The lines of the marks and of the record, as bytes and the last one as text.
fn lines(key: &Key, head: &Head, marks: &[Mark], record: &mut Record) -> (Vec<u8>, String) {
    let mut bytes = Vec::new();
    let (mut seq, mut prev) = (head.seq, head.hash.clone());
    let mut add = |record: &mut Record| {
        seq += 1;
        record.v = VERSION;
        record.seq = seq;
        record.prev = std::mem::take(&mut prev);
        let line = chain::seal(record, key);
        prev = chain::hash(line.as_bytes());
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        line
    };
    for mark in marks {
        add(&mut marking(*mark, record));
    }
    let line = add(record);
    (bytes, line)
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
