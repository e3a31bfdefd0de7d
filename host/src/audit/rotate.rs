//! A file that is full makes room for a new one.

use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;

use fs_err::{File, OpenOptions};

use super::chain::{self, Key};
use super::files::{Place, private};
use super::head::{Head, Pruned};

/// The first line of a file is read up to here; none is longer.
const MAX_LINE: u64 = 64 << 10;

/// Moves the full file away. `files` is how many there may be, the current one included. What is removed is written into the head first,
/// so that a crash in between leaves more than the head promises, and never less.
pub fn rotate(
    place: &Place,
    key: &Key,
    head: &mut Head,
    head_file: &File,
    files: u32,
) -> io::Result<()> {
    let numbers = place.numbers()?;
    let most = files.saturating_sub(1);
    // With the current file there is one more; those that keep no place go.
    let gone: Vec<u32> = numbers.iter().copied().skip(most.saturating_sub(1) as usize).collect();
    let kept: Vec<u32> = numbers.iter().copied().filter(|n| !gone.contains(n)).collect();
    let oldest = kept.last().map_or_else(|| place.log().to_owned(), |n| place.rotated(*n));
    if most == 0 {
        head.pruned = Some(Pruned { seq: head.seq, hash: head.hash.clone() });
    } else if !gone.is_empty()
        && let Some(pruned) = before(&oldest, key)?
    {
        head.pruned = Some(pruned);
    }
    write_head(key, head, head_file)?;
    for number in gone {
        fs_err::remove_file(place.rotated(number))?;
    }
    if most == 0 {
        fs_err::remove_file(place.log())?;
    } else {
        make_room(place, &kept)?;
        fs_err::rename(place.log(), place.rotated(1))?;
    }
    head.size = 0;
    Ok(())
}

/// Writes the head in place: it is shorter than a sector, and nothing has to be allocated.
pub fn write_head(key: &Key, head: &Head, file: &File) -> io::Result<()> {
    file.file().write_all_at(&head.encode(key), 0)
}

/// Moves files up to the first number that is free.
fn make_room(place: &Place, kept: &[u32]) -> io::Result<()> {
    let run = kept.iter().zip(1..).take_while(|(number, place)| **number == *place).count();
    for number in (1..=run as u32).rev() {
        fs_err::rename(place.rotated(number), place.rotated(number + 1))?;
    }
    Ok(())
}

/// What the first line of a file follows from, if the line can be trusted.
fn before(path: &std::path::Path, key: &Key) -> io::Result<Option<Pruned>> {
    let file = private(OpenOptions::new().read(true), path)?;
    let mut bytes = Vec::new();
    file.take(MAX_LINE).read_to_end(&mut bytes)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let line = chain::open(&bytes[..end], Some(key)).filter(|line| line.is_authentic);
    Ok(line.map(|line| Pruned { seq: line.record.seq.saturating_sub(1), hash: line.record.prev }))
}
