//! Whether a log is as it was written. Nothing is changed, and no lock is taken: lines that are written meanwhile are whole or come last.

use std::io;
use std::path::Path;

use super::chain::{self, Key};
use super::files::Place;
use super::head::{Head, Pruned};
use super::record::{MarkKind, Record, Stage};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files that were read, oldest first.
    pub files: Vec<String>,
    /// How many lines are as they were written.
    pub good: u64,
    /// The first and the last of those, by number and time.
    pub first: Option<(u64, String)>,
    /// The last line.
    pub last: Option<(u64, String)>,
    /// The newest line that was removed because the log was long enough.
    pub pruned: Option<u64>,
    /// Whether the keyed sums were checked: the key has to be here.
    pub is_keyed: bool,
    /// What is wrong, in the order of the files.
    pub findings: Vec<Finding>,
    /// What a crash left; nothing is wrong with it.
    pub notes: Vec<String>,
}

/// Something that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line in it, from 1; 0 if it concerns the file as a whole.
    pub line: u64,
    /// What it is.
    pub what: Flaw,
    /// In words.
    pub message: String,
}

/// A class of what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A line is not what was written.
    Changed,
    /// Lines are not there.
    Missing,
    /// Lines at the end are not there.
    Truncated,
    /// Something is there that was never written by this log.
    Foreign,
    /// A line is not in its place, or there twice.
    Moved,
    /// The head is not there, or not what was written.
    Head,
    /// The log noticed something when it was continued.
    Marked,
}

impl Flaw {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Truncated => "truncated",
            Self::Foreign => "foreign",
            Self::Moved => "moved",
            Self::Head => "head",
            Self::Marked => "marked",
        }
    }
}

/// Checks a log with its head and its key.
///
/// # Errors
/// A file cannot be read.
pub fn verify(place: &Place) -> io::Result<Report> {
    // The head first: lines that are written while the files are read are newer than it.
    let head = place.read_head()?;
    let key = place.read_key()?;
    let files = place.all()?;
    let mut reader = Reader::new(key.clone());
    for file in &files {
        reader.file(&file.display().to_string(), &fs_err::read(file)?);
    }
    let head = match (&key, head) {
        (Some(key), Some(bytes)) => Head::decode(&bytes, key),
        _ => None,
    };
    reader.file = place.log().display().to_string();
    Ok(reader.finish(&End::of(place, &key, head, !files.is_empty())))
}

/// Checks a file that is no log of this machine's: an export, a copy. Its lines may begin and end anywhere.
///
/// # Errors
/// It cannot be read.
pub fn verify_file(path: &Path, place: &Place) -> io::Result<Report> {
    let bytes = fs_err::read(path)?;
    // A key that fits no line at all is the key of another log.
    let fits = |key: &Key| {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        lines.any(|line| chain::open(line, Some(key)).is_some_and(|line| line.is_authentic))
    };
    let key = place.read_key().ok().flatten().filter(fits);
    let mut reader = Reader::new(key);
    reader.file(&path.display().to_string(), &bytes);
    Ok(reader.finish(&End::Open))
}

/// What is known about the ends of the chain.
enum End {
    /// Nothing: it is a part.
    Open,
    /// Everything.
    Known(Head),
    /// There is no log, and there never was.
    Nothing,
    /// The head is not to be had, for this reason.
    Lost(String, &'static str),
}

impl End {
    fn of(place: &Place, key: &Option<Key>, head: Option<Head>, has_files: bool) -> Self {
        let file = place.head().display().to_string();
        match (key, head) {
            (_, Some(head)) => Self::Known(head),
            (None, None) if !has_files => Self::Nothing,
            (None, None) => {
                Self::Lost(file, "the key is gone, so nothing can be said about the log")
            }
            (Some(_), None) => Self::Lost(
                file,
                "the head is gone or was changed, so lines at the end may be missing",
            ),
        }
    }
}

/// Follows the chain through the files.
struct Reader {
    key: Option<Key>,
    report: Report,
    /// The last line that is as it was written.
    last: Option<(u64, String)>,
    /// The first one.
    start: Option<Start>,
    /// Lines since then that are not.
    bad: u64,
    file: String,
}

/// The first line that is as it was written.
struct Start {
    seq: u64,
    /// The hash of the line that it follows from.
    prev: String,
    file: String,
    /// Lines before it that are not as they were written, and have been reported.
    bad: u64,
}

impl Reader {
    fn new(key: Option<Key>) -> Self {
        let report = Report { is_keyed: key.is_some(), ..Report::default() };
        Self { key, report, last: None, start: None, bad: 0, file: String::new() }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        name.clone_into(&mut self.file);
        self.report.files.push(name.to_owned());
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        let torn = lines.pop().unwrap_or_default();
        for (line, number) in lines.into_iter().zip(1..) {
            self.line(line, number);
        }
        if !torn.is_empty() {
            let text = format!(
                "the last line of `{name}` has no end, as a crash leaves it; the next record removes it"
            );
            self.report.notes.push(text);
        }
    }

    fn line(&mut self, bytes: &[u8], number: u64) {
        let opened = chain::open(bytes, self.key.as_ref());
        match opened.filter(|line| line.is_authentic || self.key.is_none()) {
            Some(line) => self.follow(line, number),
            None => self.bad_line(bytes, number),
        }
    }

    /// A line with a sum that fits, or of which nobody can tell.
    fn follow(&mut self, line: chain::Line, number: u64) {
        let chain::Line { record, hash, .. } = line;
        let seq = record.seq;
        match &self.last {
            None => {
                let (prev, file) = (record.prev.clone(), self.file.clone());
                self.start = Some(Start { seq, prev, file, bad: self.bad });
            }
            Some((last, _)) if seq <= *last => {
                let text = format!("record {seq} stands behind record {last}");
                return self.find(number, Flaw::Moved, text);
            }
            Some((last, before)) if seq == last + 1 => {
                if record.prev != *before {
                    let text = format!("record {seq} does not follow from the line before it");
                    self.find(number, Flaw::Changed, text);
                }
            }
            Some((last, _)) => {
                let gone = seq - last - 1;
                if gone > self.bad {
                    let text = format!("{} before this line", missing(last + 1, seq - 1));
                    self.find(number, Flaw::Missing, text);
                }
            }
        }
        self.mark(&record, number);
        self.report.good += 1;
        let shown = (seq, record.time);
        self.report.first.get_or_insert_with(|| shown.clone());
        self.report.last = Some(shown);
        self.last = Some((seq, hash));
        self.bad = 0;
    }

    fn mark(&mut self, record: &Record, number: u64) {
        let Some(mark) = record.mark.filter(|_| record.event == Stage::Mark) else {
            return;
        };
        let text = format!("record {}: {}", record.seq, mark.found.words());
        match mark.found {
            MarkKind::Torn => self.report.notes.push(text),
            _ => self.find(number, Flaw::Marked, text),
        }
    }

    fn bad_line(&mut self, bytes: &[u8], number: u64) {
        self.bad += 1;
        let expected = self.last.as_ref().map_or(0, |(last, _)| *last).saturating_add(self.bad);
        let record = chain::open(bytes, None).map(|line| line.record);
        match record {
            Some(record) if record.seq == expected => {
                let text = format!("record {expected} was changed");
                self.find(number, Flaw::Changed, text);
            }
            Some(record) => {
                let text = format!("record {} was not written by this log", record.seq);
                self.find(number, Flaw::Foreign, text);
            }
            None => self.find(number, Flaw::Foreign, "this line is no record".to_owned()),
        }
    }

    fn find(&mut self, line: u64, what: Flaw, message: String) {
        self.report.findings.push(Finding { file: self.file.clone(), line, what, message });
    }

    fn finish(mut self, end: &End) -> Report {
        match end {
            End::Open | End::Nothing => {}
            End::Lost(file, why) => {
                self.file.clone_from(file);
                self.find(0, Flaw::Head, (*why).to_owned());
                self.begin(None);
            }
            End::Known(head) => {
                self.report.pruned = head.pruned.as_ref().map(|pruned| pruned.seq);
                self.begin(head.pruned.as_ref());
                self.end(head);
            }
        }
        self.report
    }

    /// The first line follows from nothing, or from the last one that was removed.
    fn begin(&mut self, pruned: Option<&Pruned>) {
        let Some(Start { seq, prev, file, bad }) = self.start.take() else { return };
        let pruned_to = pruned.map_or(0, |pruned| pruned.seq);
        let flaw = if seq > pruned_to + 1 + bad {
            Some((Flaw::Missing, format!("{} before this line", missing(pruned_to + 1, seq - 1))))
        } else if seq == pruned_to + 1 {
            let from = pruned.map_or_else(chain::genesis, |pruned| pruned.hash.clone());
            let text = format!("record {seq} does not follow from what was removed before it");
            (prev != from).then_some((Flaw::Foreign, text))
        } else {
            None
        };
        if let Some((what, message)) = flaw {
            self.report.findings.insert(0, Finding { file, line: 1, what, message });
        }
    }

    /// The last line is that of the head, or a newer one.
    fn end(&mut self, head: &Head) {
        let (last, hash) = self.last.clone().unwrap_or((0, chain::genesis()));
        let gone = head.seq.saturating_sub(last);
        if gone > self.bad {
            let line = 0;
            self.find(line, Flaw::Truncated, format!("{} at the end", missing(last + 1, head.seq)));
        } else if last == head.seq && hash != head.hash {
            self.find(0, Flaw::Changed, format!("the last record, {last}, is another one"));
        }
    }
}

fn missing(from: u64, to: u64) -> String {
    if from == to {
        return format!("record {from} is missing");
    }
    format!("records {from} to {to} are missing")
}

#[cfg(test)]
mod tests;
