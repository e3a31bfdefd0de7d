//! What has come of a download that was cut, kept for the next attempt.
//!
//! One file per download, named by the SHA-256 of what is fetched: a line of JSON (what the server calls this version of the file, its size), then
//! frames of bytes, each with its length and SHA-256. A frame that a power failure or a kill left half written ends the file. A file is held
//! by one process at a time; another one that wants it goes without. Nothing that is kept is believed: digests and signatures are checked over the
//! whole. Whatever fails here costs time, and is no error.

use std::fs::TryLockError;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use fs_err::{File, OpenOptions};
use ring::digest::{SHA256, digest};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::MAX_COMPONENT;
use super::session::sha256;

/// The bytes of a frame. What has come since the last whole one is lost by a kill.
const FRAME: usize = 256 << 10;
/// Length and SHA-256 before the bytes of a frame.
const FRAME_HEAD: usize = 4 + 32;
/// The longest first line, in bytes.
const MAX_LINE: usize = 4 << 10;
/// The largest file, in bytes: all of a component but its last byte, in whole frames and one short one for each attempt.
const MAX_FILE: u64 = (MAX_COMPONENT + (1 << 20)) as u64;
/// The most files that are kept besides the one in use.
const MAX_KEPT: usize = 3;
/// What is older is not asked for any more.
const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const ENDING: &str = "part";

/// Where partial downloads are kept.
#[derive(Clone, Debug, Default)]
pub struct Partials {
    /// The folder, which is made when it is needed; none to keep nothing.
    pub folder: Option<PathBuf>,
}

/// A download as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Partial {
    /// The bytes, from the first on.
    pub(super) bytes: Vec<u8>,
    /// What the server calls this version of the file: a strong entity tag.
    pub(super) tag: Option<String>,
    /// The size of the whole in bytes, if the server said it.
    pub(super) total: Option<u64>,
    /// How many bytes are in the file.
    written: usize,
    /// The file, held by this process.
    file: Option<File>,
    /// Where the file is or is to be; none if nothing is kept.
    path: Option<PathBuf>,
}

/// The first line of a file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    version: u32,
    tag: Option<String>,
    total: Option<u64>,
}

impl Partials {
    /// What is there of a download. `what` is a digest or an address, and is not kept itself.
    pub(super) fn open(&self, what: &str) -> Partial {
        let Some(folder) = &self.folder else { return Partial::default() };
        let name = sha256(what.as_bytes()).trim_start_matches("sha256:").to_owned();
        let path = folder.join(name).with_extension(ENDING);
        match Held::there(&path) {
            Held::Nothing => Partial { path: Some(path), ..Partial::default() },
            Held::ByAnother => Partial::default(),
            Held::Here(file) => Partial::read(file, path),
        }
    }
}

/// Who has a file.
enum Held {
    Nothing,
    ByAnother,
    Here(File),
}

impl Held {
    /// Takes a file that is there. One that others could have written, or that is too old, is removed.
    fn there(path: &Path) -> Self {
        let Ok(file) = open(path, OpenOptions::new().read(true).write(true)) else {
            return Self::Nothing;
        };
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Self::ByAnother,
            Err(TryLockError::Error(_)) => return Self::Nothing,
        }
        match file.metadata() {
            Ok(found) if found.nlink() == 0 => Self::Nothing,
            Ok(found) if is_ours(&found) && !is_old(&found) => Self::Here(file),
            _ => {
                remove(path);
                Self::Nothing
            }
        }
    }
}

impl Partial {
    fn read(mut file: File, path: PathBuf) -> Self {
        let mut content = Vec::new();
        let is_read = (&mut file).take(MAX_FILE).read_to_end(&mut content).is_ok();
        let (mut found, end) = is_read.then(|| parse(&content)).flatten().unwrap_or_default();
        found.written = found.bytes.len();
        (found.file, found.path) = (Some(file), Some(path));
        // Without a first line nothing is there; it is written when something is to be kept.
        if found.cut_file(end).is_none() {
            found.stop_keeping();
        }
        found
    }

    /// Begins anew: the server's file is another one than that of which something was kept.
    pub(super) fn restart(&mut self, tag: Option<String>, total: Option<u64>) {
        self.bytes.clear();
        self.written = 0;
        (self.tag, self.total) = (tag, total);
        if self.cut_file(0).is_none() {
            self.stop_keeping();
        }
    }

    /// Adds bytes; whole frames of them are kept at once.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() - self.written >= FRAME {
            self.keep();
        }
    }

    /// Keeps everything that has come.
    pub(super) fn keep(&mut self) {
        if self.path.is_some() && self.written < self.bytes.len() && self.write().is_none() {
            self.stop_keeping();
        }
    }

    /// Removes what was kept, and returns the bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.stop_keeping();
        self.bytes
    }

    /// Removes what was kept, and keeps no more.
    pub(super) fn stop_keeping(&mut self) {
        let path = self.path.take();
        // Only the file that this process holds is its own to remove.
        if let (Some(_), Some(path)) = (self.file.take(), path) {
            remove(&path);
        }
    }

    /// Writes a frame of what is not in the file yet.
    fn write(&mut self) -> Option<()> {
        if self.file.is_none() {
            self.file = Some(create(self.path.as_ref()?)?);
        }
        let file = self.file.as_mut()?;
        let mut text = Vec::new();
        if self.written == 0 {
            let line = Line { version: 1, tag: self.tag.clone(), total: self.total };
            serde_json::to_writer(&mut text, &line).ok()?;
            text.push(b'\n');
        }
        let bytes = &self.bytes[self.written..];
        text.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_be_bytes());
        text.extend_from_slice(digest(&SHA256, bytes).as_ref());
        text.extend_from_slice(bytes);
        file.write_all(&text).ok()?;
        self.written = self.bytes.len();
        Some(())
    }

    /// Ends the file at a place, which is where the next frame goes.
    fn cut_file(&mut self, end: u64) -> Option<()> {
        let Some(file) = &mut self.file else { return Some(()) };
        file.set_len(end).ok()?;
        file.seek(SeekFrom::Start(end)).ok()?;
        Some(())
    }
}

/// What a file holds, and where the last frame that counts ends.
fn parse(content: &[u8]) -> Option<(Partial, u64)> {
    let line = content.iter().take(MAX_LINE).position(|byte| *byte == b'\n')?;
    let Line { version, tag, total } = serde_json::from_slice(&content[..line]).ok()?;
    let mut found = Partial { tag, total, ..Partial::default() };
    let mut end = line + 1;
    while let Some(bytes) = frame(&content[end..]) {
        // Of a whole the last frame is asked for again: only the server can say whether it is still the same file.
        let length = (found.bytes.len() + bytes.len()) as u64;
        if total.is_some_and(|total| length >= total) {
            break;
        }
        found.bytes.extend_from_slice(bytes);
        end += FRAME_HEAD + bytes.len();
    }
    (version == 1 && !found.bytes.is_empty()).then_some((found, end as u64))
}

/// The bytes of the frame at the beginning, if it is whole.
fn frame(content: &[u8]) -> Option<&[u8]> {
    let (length, rest) = content.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<32>()?;
    let bytes = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    (!bytes.is_empty() && digest(&SHA256, bytes).as_ref() == sum).then_some(bytes)
}

/// An empty file for this process alone; none if another process was faster.
fn create(path: &Path) -> Option<File> {
    let folder = path.parent()?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
    prune(folder);
    let file = open(path, OpenOptions::new().write(true).create(true).mode(0o600)).ok()?;
    file.file().try_lock().ok()?;
    let found = file.metadata().ok()?;
    if found.nlink() == 0 || !is_ours(&found) {
        return None;
    }
    file.set_len(0).ok()?;
    Some(file)
}

/// Makes room for one more file: those that are too old go, and the oldest of those that are too many.
fn prune(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    let paths = entries.flatten().map(|entry| entry.path());
    let paths = paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
    let time = |path: &Path| fs_err::symlink_metadata(path).and_then(|found| found.modified()).ok();
    let mut there: Vec<(SystemTime, PathBuf)> =
        paths.filter_map(|path| Some((time(&path)?, path))).collect();
    there.sort_by(|one, other| other.cmp(one));
    for (index, (_, path)) in there.iter().enumerate() {
        if let Held::Here(_held) = Held::there(path)
            && index >= MAX_KEPT
        {
            remove(path);
        }
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> std::io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.custom_flags(flags.bits().cast_signed()).open(path)
}

fn is_ours(found: &std::fs::Metadata) -> bool {
    let is_private = found.mode() & 0o077 == 0 && found.nlink() == 1;
    found.is_file() && is_private && found.uid() == rustix::process::geteuid().as_raw()
}

fn is_old(found: &std::fs::Metadata) -> bool {
    found.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age > MAX_AGE))
}

fn remove(path: &Path) {
    // What cannot be removed is looked at again the next time.
    let _ = fs_err::remove_file(path);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const TAG: &str = "\"1\"";

    fn place() -> (tempfile::TempDir, Partials) {
        let folder = tempfile::tempdir().unwrap();
        let partials = Partials { folder: Some(folder.path().join("cache/downloads")) };
        (folder, partials)
    }

    fn keep(partials: &Partials, what: &str, bytes: &[u8], total: u64) {
        let mut partial = partials.open(what);
        partial.restart(Some(TAG.to_owned()), Some(total));
        partial.push(bytes);
        partial.keep();
    }

    fn files(partials: &Partials) -> Vec<PathBuf> {
        let entries = fs_err::read_dir(partials.folder.as_ref().unwrap());
        entries.map_or(Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect())
    }

    #[test]
    fn what_has_come_is_there_again_and_for_the_owner_alone() {
        let (_folder, partials) = place();
        keep(&partials, "a", b"hello", 9);
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&files(&partials)[0]), 0o600);
        assert_eq!(mode(partials.folder.as_ref().unwrap()), 0o700);
        let mut again = partials.open("a");
        assert_eq!((&*again.bytes, again.tag.as_deref()), (&b"hello"[..], Some(TAG)));
        assert_eq!(again.total, Some(9));
        again.push(b" wo");
        again.keep();
        drop(again);
        let again = partials.open("a");
        assert_eq!(again.bytes, b"hello wo");
        assert_eq!(partials.open("b").bytes, b"");
        assert_eq!(again.finish(), b"hello wo");
        assert!(files(&partials).is_empty());
    }

    #[test]
    fn large_frames_are_kept_without_being_asked() {
        let (_folder, partials) = place();
        let mut partial = partials.open("a");
        partial.restart(None, None);
        partial.push(&[7; 10]);
        assert!(files(&partials).is_empty(), "a small component leaves no trace");
        partial.push(&vec![8; FRAME]);
        partial.push(&[9; 10]);
        drop(partial);
        assert_eq!(partials.open("a").bytes.len(), FRAME + 10);
    }

    #[test]
    fn a_damaged_frame_ends_what_is_there() {
        let (_folder, partials) = place();
        for (at, expected) in [(1, "hello"), (30, "hello"), (200, "")] {
            keep(&partials, "a", b"hello", 99);
            let mut partial = partials.open("a");
            partial.push(b"second");
            partial.keep();
            drop(partial);
            let path = files(&partials).remove(0);
            let mut content = fs_err::read(&path).unwrap();
            let place = content.len().saturating_sub(at);
            content[place] ^= 1;
            fs_err::write(&path, &content).unwrap();
            let mut partial = partials.open("a");
            assert_eq!(partial.bytes, expected.as_bytes(), "{at}");
            // What is added goes where the damage was.
            partial.push(b"+");
            partial.keep();
            drop(partial);
            assert_eq!(partials.open("a").bytes, format!("{expected}+").into_bytes());
            // Torn at any place, it is read as far as it is whole.
            for length in 0..fs_err::metadata(&path).unwrap().len() {
                let whole = fs_err::read(&path).unwrap();
                fs_err::write(&path, &whole[..usize::try_from(length).unwrap()]).unwrap();
                let left = partials.open("a").bytes;
                assert!(format!("{expected}+").as_bytes().starts_with(&left));
                fs_err::write(&path, &whole).unwrap();
            }
            partials.open("a").finish();
        }
    }

    #[test]
    fn the_last_frame_of_a_whole_is_asked_for_again() {
        let (_folder, partials) = place();
        keep(&partials, "a", b"hello", 8);
        let mut partial = partials.open("a");
        partial.push(b"abc");
        partial.keep();
        drop(partial);
        assert_eq!(partials.open("a").bytes, b"hello");
    }

    #[test]
    fn one_process_holds_a_file_and_another_goes_without() {
        let (_folder, partials) = place();
        keep(&partials, "a", b"hello", 9);
        let first = partials.open("a");
        let mut second = partials.open("a");
        assert_eq!(second.bytes, b"");
        second.restart(None, None);
        second.push(b"other");
        second.keep();
        assert_eq!(second.finish(), b"other");
        assert_eq!(files(&partials).len(), 1, "what another one holds is not removed");
        drop(first);
        // Both began when nothing was there: one keeps.
        let (mut first, mut second) = (partials.open("b"), partials.open("b"));
        for (partial, bytes) in [(&mut first, b"first"), (&mut second, b"other")] {
            partial.restart(None, None);
            partial.push(bytes);
            partial.keep();
        }
        assert_eq!(second.finish(), b"other");
        drop(first);
        assert_eq!(partials.open("b").bytes, b"first");
    }

    #[test]
    fn what_others_could_have_written_does_not_count() {
        let (folder, partials) = place();
        keep(&partials, "a", b"hello", 9);
        let path = files(&partials).remove(0);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
        assert_eq!(partials.open("a").bytes, b"");
        keep(&partials, "a", b"hello", 9);
        let elsewhere = folder.path().join("elsewhere");
        fs_err::rename(&path, &elsewhere).unwrap();
        fs_err::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        let before = fs_err::read(&elsewhere).unwrap();
        let mut partial = partials.open("a");
        assert_eq!(partial.bytes, b"");
        partial.restart(None, None);
        partial.push(b"more");
        partial.keep();
        assert_eq!(fs_err::read(&elsewhere).unwrap(), before, "a link is not followed");
    }

    #[test]
    fn files_are_few_and_young() {
        let (_folder, partials) = place();
        for number in 0..10 {
            keep(&partials, &number.to_string(), b"hello", 9);
        }
        assert_eq!(files(&partials).len(), MAX_KEPT + 1);
        let old = SystemTime::now() - MAX_AGE - Duration::from_secs(60);
        for path in files(&partials) {
            OpenOptions::new().write(true).open(path).unwrap().file().set_modified(old).unwrap();
        }
        assert_eq!(partials.open("9").bytes, b"");
        keep(&partials, "new", b"hello", 9);
        assert_eq!(files(&partials).len(), 1);
    }
}
