//! Reads the texts of the configuration.

use std::io::{self, ErrorKind, Read};
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt as _;
use fs_err::{File, OpenOptions};
use rustix::fs::OFlags;

/// The most that a file of the configuration may hold, in bytes. One with a hundred backends has some 50 KiB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads a file that is looked for. A pipe in its place would be waited for without an end.
///
/// # Errors
/// It is not there, no file, too large, or not UTF-8.
pub(super) fn read_file(path: &Path) -> io::Result<String> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(wrong(path, "is not a file"));
    }
    read(path, file, metadata.len())
}

/// Reads what a user named, which may be a pipe.
///
/// # Errors
/// It is not there, too large, or not UTF-8.
pub(super) fn read_named(path: &Path) -> io::Result<String> {
    read(path, File::open(path)?, 0)
}

/// Reads a file that has about this many bytes.
fn read(path: &Path, file: File, size: u64) -> io::Result<String> {
    // One byte more than there are: the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_BYTES)).unwrap_or(0) + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(wrong(path, &format!("has more than {} MiB", MAX_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        wrong(path, &format!("is not UTF-8 at line {line}"))
    })
}

fn wrong(path: &Path, what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("`{}` {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_nothing_else_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let check = |expected: &str| {
            let found = read_file(&path).map_err(|error| error.to_string());
            assert!(found.as_ref().unwrap_or_else(|error| error).contains(expected), "{found:?}");
        };
        assert_eq!(read_file(&path).unwrap_err().kind(), ErrorKind::NotFound);
        fs_err::write(&path, "a = 1\n").unwrap();
        check("a = 1");
        fs_err::write(&path, vec![b'#'; (MAX_BYTES + 1) as usize]).unwrap();
        check("has more than 4 MiB");
        assert!(read_named(&path).is_err());
        fs_err::write(&path, b"\xff").unwrap();
        check("a.toml` is not UTF-8 at line 1");
        fs_err::remove_file(&path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        check("is not a file");
    }
}
