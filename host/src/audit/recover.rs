//! What to make of a log that is not as the head says: a crash, or somebody else's hand. What cannot be explained by a crash is marked
//! and stays as it is, as evidence; the chain goes on all the same.

use std::io;
use std::os::unix::fs::FileExt as _;

use fs_err::File;

use super::chain::{self, Key};
use super::files::{Place, private};
use super::head::Head;
use super::record::{Mark, MarkKind};

/// More bytes behind the end than crashes of many processes leave.
const MAX_EXTRA: u64 = 4 << 20;

/// Where the chain goes on, and what is to be written down about it.
pub struct Settled {
    /// The end of the chain. Its size is that of the file.
    pub head: Head,
    /// What was found.
    pub marks: Vec<Mark>,
}

/// Compares the log with the head, and takes away a line that was cut off.
pub fn settle(place: &Place, key: &Key, head: Option<Head>, log: &File) -> io::Result<Settled> {
    let size = log.metadata()?.len();
    match head {
        Some(head) if head.size == size => Ok(Settled { head, marks: Vec::new() }),
        Some(head) if head.size < size => behind(key, head, log, size),
        Some(head) => shorter(place, key, head, log, size),
        None => rebuild(place, key, log, size),
    }
}

/// There is more than the head knows.
fn behind(key: &Key, mut head: Head, log: &File, size: u64) -> io::Result<Settled> {
    let extra = size - head.size;
    if extra > MAX_EXTRA {
        head.size = size;
        let mark = Mark { found: MarkKind::Foreign, bytes: extra };
        return Ok(Settled { head, marks: vec![mark] });
    }
    let mut bytes = vec![0; extra as usize];
    log.file().read_exact_at(&mut bytes, head.size)?;
    let (mut marks, torn) = adopt(key, &mut head, &bytes);
    if torn > 0 {
        log.set_len(size - torn)?;
        marks.push(Mark { found: MarkKind::Torn, bytes: torn });
    }
    Ok(Settled { head, marks })
}

/// Follows the chain through bytes that stand behind its end. Returns what is foreign, and how many bytes at the end are a line without
/// an end. The head's size counts all but those.
fn adopt(key: &Key, head: &mut Head, bytes: &[u8]) -> (Vec<Mark>, u64) {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let torn = (bytes.len() - whole) as u64;
    let mut rest = &bytes[..whole];
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let Some(line) = chain::open(&rest[..end], Some(key)).filter(|line| {
            line.is_authentic && line.record.seq == head.seq + 1 && line.record.prev == head.hash
        }) else {
            let mark = Mark { found: MarkKind::Foreign, bytes: rest.len() as u64 };
            head.size += rest.len() as u64;
            return (vec![mark], torn);
        };
        head.advance(line.hash, end + 1);
        rest = &rest[end + 1..];
    }
    (Vec::new(), torn)
}

/// There is less than the head knows: a rotation was interrupted, or lines were taken away.
fn shorter(place: &Place, key: &Key, head: Head, log: &File, size: u64) -> io::Result<Settled> {
    // A single file that is full is removed, and the head says so first.
    let was_removed = head.pruned.as_ref().is_some_and(|pruned| pruned.seq == head.seq);
    if was_removed || was_rotated(place, &head)? {
        return behind_nothing(key, Head { size: 0, ..head }, log, size);
    }
    let missing = Mark { found: MarkKind::Missing, bytes: head.size - size };
    let size = cut_torn(log, size)?;
    Ok(Settled { head: Head { size, ..head }, marks: vec![missing] })
}

fn behind_nothing(key: &Key, head: Head, log: &File, size: u64) -> io::Result<Settled> {
    if size == 0 {
        return Ok(Settled { head, marks: Vec::new() });
    }
    behind(key, head, log, size)
}

/// Whether the newest full file is the one that the head still takes for the current one.
fn was_rotated(place: &Place, head: &Head) -> io::Result<bool> {
    let path = place.rotated(1);
    let file = match private(fs_err::OpenOptions::new().read(true), &path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() != head.size {
        return Ok(false);
    }
    let last = last_line(&file, head.size)?;
    Ok(last.is_some_and(|line| chain::hash(&line) == head.hash))
}

/// The head is gone or not ours: the chain goes on behind the last line that is.
fn rebuild(place: &Place, key: &Key, log: &File, size: u64) -> io::Result<Settled> {
    let size = cut_torn(log, size)?;
    let mut head = Head::new();
    let full = place.rotated(1);
    let before = match size {
        0 => private(fs_err::OpenOptions::new().read(true), &full).ok(),
        _ => None,
    };
    let last = match &before {
        Some(file) => last_line(file, file.metadata()?.len())?,
        None => last_line(log, size)?,
    };
    let line = last.and_then(|line| chain::open(&line, Some(key))).filter(|line| line.is_authentic);
    if let Some(line) = line {
        head.seq = line.record.seq;
        head.hash = line.hash;
    }
    head.size = size;
    Ok(Settled { head, marks: vec![Mark { found: MarkKind::Head, bytes: size }] })
}

/// Takes away what stands behind the last line end.
pub fn cut_torn(log: &File, size: u64) -> io::Result<u64> {
    let tail = tail(log, size)?;
    let torn = tail.iter().rev().position(|byte| *byte == b'\n').unwrap_or(tail.len());
    if torn == 0 {
        return Ok(size);
    }
    log.set_len(size - torn as u64)?;
    Ok(size - torn as u64)
}

/// The last line that has an end.
fn last_line(file: &File, size: u64) -> io::Result<Option<Vec<u8>>> {
    let tail = tail(file, size)?;
    let Some(whole) = tail.strip_suffix(b"\n") else { return Ok(None) };
    let start = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    Ok(Some(whole[start..].to_vec()))
}

/// The end of a file, longer than the longest line.
fn tail(file: &File, size: u64) -> io::Result<Vec<u8>> {
    let length = size.min(MAX_EXTRA);
    let mut bytes = vec![0; length as usize];
    file.file().read_exact_at(&mut bytes, size - length)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::record::Record;

    fn lines(key: &Key, count: u64) -> Vec<u8> {
        let mut head = Head::new();
        let mut bytes = Vec::new();
        for _ in 0..count {
            let record =
                Record { seq: head.seq + 1, prev: head.hash.clone(), ..Record::of("create") };
            let line = chain::seal(&record, key);
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            head.advance(chain::hash(line.as_bytes()), line.len() + 1);
        }
        bytes
    }

    #[test]
    fn lines_behind_the_end_are_taken_over_and_a_torn_one_is_not() {
        let key = Key::new(&[3; chain::KEY_LEN]);
        let bytes = lines(&key, 3);
        let ends: Vec<usize> =
            bytes.iter().enumerate().filter(|b| *b.1 == b'\n').map(|b| b.0 + 1).collect();
        for length in 0..=bytes.len() {
            let mut head = Head::new();
            let (marks, torn) = adopt(&key, &mut head, &bytes[..length]);
            let whole = ends.iter().filter(|end| **end <= length).count();
            assert_eq!(marks, [], "{length}");
            assert_eq!(head.seq, whole as u64, "{length}");
            assert_eq!(head.size + torn, length as u64, "{length}");
        }
    }

    #[test]
    fn lines_of_somebody_else_are_marked_and_kept() {
        let key = Key::new(&[3; chain::KEY_LEN]);
        for foreign in [lines(&Key::new(&[4; chain::KEY_LEN]), 1), b"hello\n".to_vec()] {
            let mut bytes = lines(&key, 2);
            bytes.extend_from_slice(&foreign);
            bytes.extend_from_slice(b"torn");
            let mut head = Head::new();
            let (marks, torn) = adopt(&key, &mut head, &bytes);
            let mark = Mark { found: MarkKind::Foreign, bytes: foreign.len() as u64 };
            assert_eq!((marks, torn, head.seq), (vec![mark], 4, 2));
            assert_eq!(head.size as usize, bytes.len() - 4);
        }
    }
}
