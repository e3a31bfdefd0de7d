use super::*;
use crate::audit::{Bounds, Durability, Log};

const LINES: usize = 6;

/// A log of six records in a folder of its own.
struct Fixture {
    _folder: tempfile::TempDir,
    place: Place,
    lines: Vec<String>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::in_state(folder.path());
        let mut log = Log::new(place.clone(), Bounds::default());
        for number in 0..LINES {
            let mut record =
                Record { connection: Some(format!("c{number}")), ..Record::of("create") };
            log.append(std::slice::from_mut(&mut record), Durability::System).unwrap();
        }
        let text = fs_err::read_to_string(place.log()).unwrap();
        let lines = text.lines().map(str::to_owned).collect();
        Self { _folder: folder, place, lines }
    }

    /// What is found if the log holds these lines.
    fn with(&self, lines: &[String]) -> Vec<(Flaw, u64)> {
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        fs_err::write(self.place.log(), text).unwrap();
        let report = verify(&self.place).unwrap();
        report.findings.iter().map(|finding| (finding.what, finding.line)).collect()
    }
}

#[test]
fn what_was_written_is_good() {
    let fixture = Fixture::new();
    assert_eq!(fixture.with(&fixture.lines), []);
}

#[test]
fn every_changed_line_is_found() {
    let fixture = Fixture::new();
    for index in 0..LINES {
        let mut lines = fixture.lines.clone();
        lines[index] = lines[index].replacen("create", "delete", 1);
        assert_eq!(fixture.with(&lines), [(Flaw::Changed, index as u64 + 1)]);
        lines[index] = "hello".to_owned();
        assert_eq!(fixture.with(&lines), [(Flaw::Foreign, index as u64 + 1)]);
    }
}

#[test]
fn every_removed_line_is_found() {
    let fixture = Fixture::new();
    for index in 0..LINES {
        let mut lines = fixture.lines.clone();
        lines.remove(index);
        let expected = match index {
            5 => (Flaw::Truncated, 0),
            _ => (Flaw::Missing, index as u64 + 1),
        };
        assert_eq!(fixture.with(&lines), [expected], "{index}");
    }
}

#[test]
fn every_two_swapped_lines_are_found() {
    let fixture = Fixture::new();
    for one in 0..LINES {
        for other in one + 1..LINES {
            let mut lines = fixture.lines.clone();
            lines.swap(one, other);
            let found = fixture.with(&lines);
            assert!(found.iter().any(|(flaw, _)| *flaw == Flaw::Moved), "{one} {other}: {found:?}");
        }
    }
}

#[test]
fn every_doubled_line_is_found_wherever_it_is_put() {
    let fixture = Fixture::new();
    for source in 0..LINES {
        for place in 0..=LINES {
            let mut lines = fixture.lines.clone();
            lines.insert(place, fixture.lines[source].clone());
            assert!(!fixture.with(&lines).is_empty(), "{source} {place}");
        }
    }
}

#[test]
fn every_cut_is_found() {
    let fixture = Fixture::new();
    for length in 0..LINES {
        assert_eq!(fixture.with(&fixture.lines[..length]), [(Flaw::Truncated, 0)], "{length}");
        if length > 0 {
            assert_eq!(fixture.with(&fixture.lines[length..]), [(Flaw::Missing, 1)], "{length}");
        }
    }
    let text = fixture.lines.join("\n") + "\n";
    for length in 0..text.len() {
        fs_err::write(fixture.place.log(), &text[..length]).unwrap();
        let report = verify(&fixture.place).unwrap();
        assert!(!report.findings.is_empty(), "{length} bytes");
    }
}

#[test]
fn a_line_that_was_put_in_is_found_wherever_it_is() {
    let fixture = Fixture::new();
    let strange = chain::seal(&Record { seq: 3, ..Record::of("create") }, &Key::new(&[9; 32]));
    for place in 0..=LINES {
        let mut lines = fixture.lines.clone();
        lines.insert(place, strange.clone());
        let found = fixture.with(&lines);
        assert!(
            matches!(found[..], [(Flaw::Foreign | Flaw::Changed, at)] if at == place as u64 + 1),
            "{place}: {found:?}"
        );
    }
}

#[test]
fn a_part_of_a_log_can_be_checked_with_and_without_the_key() {
    let fixture = Fixture::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let nowhere = Place::in_state(elsewhere.path());
    let path = elsewhere.path().join("export.jsonl");
    let check = |lines: &[String], place: &Place| {
        fs_err::write(&path, lines.join("\n") + "\n").unwrap();
        let report = verify_file(&path, place).unwrap();
        let found: Vec<Flaw> = report.findings.iter().map(|finding| finding.what).collect();
        (found, report.is_keyed)
    };
    assert_eq!(check(&fixture.lines[2..5], &fixture.place), (vec![], true));
    assert_eq!(check(&fixture.lines[2..5], &nowhere), (vec![], false));
    for place in [&fixture.place, &nowhere] {
        let mut lines = fixture.lines.clone();
        lines[2] = lines[2].replacen("create", "delete", 1);
        assert_eq!(check(&lines, place).0, [Flaw::Changed]);
        lines.remove(2);
        assert_eq!(check(&lines, place).0, [Flaw::Missing]);
        lines.swap(1, 2);
        assert!(!check(&lines, place).0.is_empty());
    }
}
