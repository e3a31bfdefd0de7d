use std::path::PathBuf;

use super::*;
use crate::audit::record::MarkKind;
use crate::audit::{Flaw, Report, verify};

struct Fixture {
    folder: tempfile::TempDir,
    bounds: Bounds,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), bounds: Bounds::default() }
    }

    /// Files of about two records.
    fn small(files: u32) -> Self {
        Self { bounds: Bounds { bytes: 900, files }, ..Self::new() }
    }

    fn place(&self) -> Place {
        Place::in_state(&self.folder.path().join("state"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("state").join(name)
    }

    fn write(&self, count: usize) {
        let mut log = Log::new(self.place(), self.bounds);
        for _ in 0..count {
            log.append(&mut [Record::of("create")], Durability::System).unwrap();
        }
    }

    fn bytes(&self) -> Vec<u8> {
        fs_err::read(self.path("audit.jsonl")).unwrap()
    }

    fn set(&self, bytes: &[u8]) {
        fs_err::write(self.path("audit.jsonl"), bytes).unwrap();
    }

    #[track_caller]
    fn check(&self) -> Report {
        verify(&self.place()).unwrap()
    }

    #[track_caller]
    fn is_good(&self, lines: u64) {
        let report = self.check();
        assert_eq!((&*report.findings, report.good), (&[][..], lines));
    }

    #[track_caller]
    fn finds(&self, expected: &[Flaw]) {
        let found: Vec<Flaw> = self.check().findings.iter().map(|finding| finding.what).collect();
        assert_eq!(found, expected);
    }
}

fn marks(bytes: &[u8]) -> Vec<MarkKind> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records = lines.filter_map(|line| serde_json::from_slice::<Record>(line).ok());
    records.filter_map(|record| record.mark.map(|mark| mark.found)).collect()
}

#[test]
fn a_log_is_one_chain_over_many_openings() {
    let fixture = Fixture::new();
    fixture.is_good(0);
    fixture.write(3);
    fixture.write(2);
    fixture.is_good(5);
    let report = fixture.check();
    assert_eq!(report.first.map(|first| first.0), Some(1));
    assert_eq!(report.last.map(|last| last.0), Some(5));
    for name in ["audit.jsonl", "audit.head", "audit.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs_err::metadata(fixture.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn records_that_are_written_together_are_the_same_chain() {
    for (bytes, files) in [(8 << 20, 8), (900, 100), (2000, 100), (900, 1)] {
        let fixture = Fixture { bounds: Bounds { bytes, files }, ..Fixture::new() };
        fixture.write(1);
        let mut log = Log::new(fixture.place(), fixture.bounds);
        let mut records = vec![Record::of("create"); 20];
        let lines = log.append(&mut records, Durability::Disk).unwrap();
        assert!(log.append(&mut [], Durability::System).unwrap().is_empty());
        let numbers: Vec<u64> = records.iter().map(|record| record.seq).collect();
        assert_eq!(numbers, (2..22).collect::<Vec<u64>>());
        assert!(fixture.bytes().ends_with(format!("{}\n", lines[19]).as_bytes()));
        fixture.write(1);
        let report = fixture.check();
        assert_eq!(report.findings, [], "{bytes} {files}");
        assert_eq!(report.last.unwrap().0, 22);
        let sizes = report.files.iter().map(|file| fs_err::metadata(file).unwrap().len());
        assert!(
            sizes.clone().all(|size| size <= bytes),
            "{bytes}: {:?}",
            sizes.collect::<Vec<_>>()
        );
    }
}

/// As many lines as a crash of one write can leave behind the head are all taken over.
#[test]
fn a_crash_behind_many_lines_loses_none_of_them() {
    let fixture = Fixture::new();
    fixture.write(1);
    let head = fs_err::read(fixture.path("audit.head")).unwrap();
    let mut log = Log::new(fixture.place(), fixture.bounds);
    log.append(&mut vec![Record::of("create"); 300], Durability::System).unwrap();
    let whole = fixture.bytes();
    fixture.set(&whole[..whole.len() - 10]);
    fs_err::write(fixture.path("audit.head"), &head).unwrap();
    fixture.write(1);
    assert_eq!(fixture.check().findings, []);
    assert_eq!(marks(&fixture.bytes()), [MarkKind::Torn]);
    assert_eq!(
        fixture.check().last.unwrap().0,
        302,
        "the torn one is gone, the mark has its number"
    );
}

#[test]
fn files_rotate_the_chain_goes_on_and_what_is_pruned_is_known() {
    let fixture = Fixture::small(3);
    for count in 1..=20 {
        fixture.write(1);
        let report = fixture.check();
        assert_eq!(report.findings, [], "{count}");
        assert!(report.files.len() <= 3, "{:?}", report.files);
        let first = report.first.unwrap().0;
        assert_eq!(first, report.pruned.unwrap_or(0) + 1, "{count}");
        assert_eq!(report.last.unwrap().0, count);
    }
    assert!(fixture.check().pruned.unwrap() > 0);
    let one = Fixture::small(1);
    one.write(9);
    assert_eq!(one.check().findings, []);
    assert_eq!(one.check().files.len(), 1);
}

#[test]
fn a_full_file_that_is_removed_is_missed() {
    let fixture = Fixture::small(8);
    fixture.write(10);
    let files = fixture.check().files;
    assert!(files.len() > 3);
    for file in &files {
        let bytes = fs_err::read(file).unwrap();
        fs_err::remove_file(file).unwrap();
        let found = fixture.check().findings;
        assert!(
            matches!(found[0].what, Flaw::Missing | Flaw::Truncated) && found.len() == 1,
            "{file}: {found:?}"
        );
        fs_err::write(file, bytes).unwrap();
    }
    assert_eq!(fixture.check().findings, []);
}

/// Every place at which a rotation can be interrupted, as the next writer finds it.
#[test]
fn a_rotation_that_was_interrupted_is_ended() {
    let fixture = Fixture::small(8);
    fixture.write(3);
    let current = fixture.path("audit.jsonl");
    for name in ["audit.jsonl.2", "audit.jsonl.1"] {
        let (from, to) = match name {
            "audit.jsonl.2" => (fixture.path("audit.jsonl.1"), fixture.path(name)),
            _ => (current.clone(), fixture.path(name)),
        };
        if from.exists() {
            fs_err::rename(from, to).unwrap();
        }
        assert_eq!(fixture.check().findings, [], "{name}");
    }
    fixture.write(1);
    assert_eq!(fixture.check().findings, []);
    assert_eq!(fixture.check().last.unwrap().0, 4);
}

/// A crash leaves any beginning of what was written behind what the head knows.
#[test]
fn a_crash_in_the_middle_of_a_line_is_healed() {
    let fixture = Fixture::new();
    fixture.write(1);
    let (before, head) = (fixture.bytes(), fs_err::read(fixture.path("audit.head")).unwrap());
    fixture.write(1);
    let after = fixture.bytes();
    for length in (before.len()..=after.len()).step_by(7).chain([after.len() - 1, after.len()]) {
        fixture.set(&after[..length]);
        fs_err::write(fixture.path("audit.head"), &head).unwrap();
        assert_eq!(fixture.check().findings, [], "{length}");
        fixture.write(1);
        let report = fixture.check();
        assert_eq!(report.findings, [], "{length}");
        let torn = length != before.len() && length != after.len();
        assert_eq!(marks(&fixture.bytes()), vec![MarkKind::Torn; usize::from(torn)], "{length}");
        assert_eq!(report.notes.len(), usize::from(torn));
    }
}

#[test]
fn what_a_crash_does_not_explain_is_marked_for_good() {
    let fixture = Fixture::new();
    fixture.write(4);
    let whole = fixture.bytes();
    let head = fs_err::read(fixture.path("audit.head")).unwrap();
    let half = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let check = |change: &dyn Fn(), mark: MarkKind, before: &[Flaw], after: &[Flaw]| {
        fixture.set(&whole);
        fs_err::write(fixture.path("audit.head"), &head).unwrap();
        change();
        fixture.finds(before);
        fixture.write(1);
        assert_eq!(marks(&fixture.bytes()), [mark]);
        fixture.finds(after);
        fixture.write(1);
        fixture.finds(after);
    };
    let appended = [&whole[..], b"{\"v\":1}\n"].concat();
    check(
        &|| fixture.set(&whole[..half]),
        MarkKind::Missing,
        &[Flaw::Truncated],
        &[Flaw::Missing, Flaw::Marked],
    );
    check(
        &|| fixture.set(b""),
        MarkKind::Missing,
        &[Flaw::Truncated],
        &[Flaw::Missing, Flaw::Marked],
    );
    check(
        &|| fixture.set(&appended),
        MarkKind::Foreign,
        &[Flaw::Foreign],
        &[Flaw::Foreign, Flaw::Marked],
    );
    let remove = || fs_err::remove_file(fixture.path("audit.head")).unwrap();
    check(&remove, MarkKind::Head, &[Flaw::Head], &[Flaw::Marked]);
    let spoil = || fs_err::write(fixture.path("audit.head"), b"x").unwrap();
    check(&spoil, MarkKind::Head, &[Flaw::Head], &[Flaw::Marked]);
}

#[test]
fn everything_removed_but_the_key_is_noticed() {
    let fixture = Fixture::new();
    fixture.write(3);
    fs_err::remove_file(fixture.path("audit.head")).unwrap();
    fs_err::remove_file(fixture.path("audit.jsonl")).unwrap();
    fixture.finds(&[Flaw::Head]);
    fixture.write(1);
    fixture.finds(&[Flaw::Marked]);
}

#[test]
fn a_log_whose_key_is_gone_cannot_be_vouched_for() {
    let fixture = Fixture::new();
    fixture.write(2);
    fs_err::remove_file(fixture.path("audit.key")).unwrap();
    fixture.finds(&[Flaw::Head]);
    fixture.write(1);
    let found: Vec<Flaw> = fixture.check().findings.iter().map(|finding| finding.what).collect();
    assert_eq!(found, [Flaw::Changed, Flaw::Changed, Flaw::Marked]);
}

#[test]
fn a_whole_log_of_another_key_is_foreign() {
    let (mine, other) = (Fixture::new(), Fixture::new());
    mine.write(3);
    other.write(3);
    mine.set(&other.bytes());
    let found = mine.check().findings;
    assert!(!found.is_empty() && found.iter().all(|f| f.what == Flaw::Changed), "{found:?}");
    for name in ["audit.jsonl", "audit.head"] {
        fs_err::copy(other.path(name), mine.path(name)).unwrap();
    }
    assert!(!mine.check().findings.is_empty());
}

#[test]
fn a_line_that_cannot_be_written_leaves_the_log_as_it_was() {
    let fixture = Fixture::new();
    fixture.write(2);
    let before = fixture.bytes();
    fs_err::remove_file(fixture.path("audit.jsonl")).unwrap();
    fs_err::create_dir(fixture.path("audit.jsonl")).unwrap();
    let mut log = Log::new(fixture.place(), fixture.bounds);
    log.append(&mut [Record::of("create")], Durability::Disk).unwrap_err();
    fs_err::remove_dir(fixture.path("audit.jsonl")).unwrap();
    fixture.set(&before);
    fixture.write(1);
    fixture.is_good(3);
}

#[test]
fn threads_with_logs_of_their_own_make_one_chain() {
    let fixture = Fixture { bounds: Bounds { bytes: 8 << 10, files: 100 }, ..Fixture::new() };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| fixture.write(25));
        }
    });
    fixture.is_good(200);
    assert!(fixture.check().files.len() > 1);
}
