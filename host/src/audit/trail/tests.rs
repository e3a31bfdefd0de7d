use std::os::unix::net::UnixDatagram;

use super::*;
use crate::audit::record::Result as Outcome;
use crate::audit::{Filter, select};
use crate::model::Kind;

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Warner for Heard {
    fn warn(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    heard: Arc<Heard>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), heard: Arc::default() }
    }

    fn trail(&self, change: impl FnOnce(&mut Config)) -> Trail {
        let mut config = Config {
            enabled: true,
            required: false,
            place: Place::in_state(&self.folder.path().join("state")),
            bounds: Bounds::default(),
            durability: Durability::System,
            syslog: None,
        };
        change(&mut config);
        Trail::new(config, Some("create".to_owned()), Arc::clone(&self.heard) as Arc<dyn Warner>)
    }

    /// Makes the log impossible to write.
    fn block(&self) {
        fs_err::create_dir_all(self.folder.path().join("state/audit.jsonl")).unwrap();
    }

    fn records(&self) -> Vec<Record> {
        let place = Place::in_state(&self.folder.path().join("state"));
        select(&place, &Filter::default(), None).unwrap().records
    }

    fn warnings(&self) -> Vec<String> {
        self.heard.0.lock().unwrap().clone()
    }
}

fn run(trail: &Trail) -> Result<(), Error> {
    let mut record = Record::of("create");
    let scrubber = Scrubber::default();
    let entry = trail.begin(&record, &scrubber)?;
    record.end(None, "created");
    trail.end(entry, record, &scrubber);
    Ok(())
}

#[test]
fn an_operation_is_one_line_unless_the_audit_is_required() {
    let fixture = Fixture::new();
    run(&fixture.trail(|_| {})).unwrap();
    let records = fixture.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].result(), Some(Outcome::Done));
    assert_eq!(records[0].command.as_deref(), Some("create"));
    assert!(records[0].duration_ms.is_some());
    run(&fixture.trail(|config| config.required = true)).unwrap();
    let records = fixture.records();
    let stages: Vec<Stage> = records.iter().map(|record| record.event).collect();
    assert_eq!(stages, [Stage::Outcome, Stage::Attempt, Stage::Outcome]);
    assert_eq!(records[2].attempt, Some(records[1].seq));
    assert_eq!(records[1].outcome, None);
}

#[test]
fn a_log_that_cannot_be_written_is_one_warning_unless_it_is_required() {
    let fixture = Fixture::new();
    fixture.block();
    let trail = fixture.trail(|_| {});
    run(&trail).unwrap();
    run(&trail).unwrap();
    let warnings = fixture.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("audit.jsonl"), "{warnings:?}");
    let error = run(&fixture.trail(|config| config.required = true)).unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.message.contains("nothing was done"), "{}", error.message);
}

#[test]
fn records_of_a_group_wait_until_it_ends() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|_| {});
    trail.hold();
    trail.hold();
    run(&trail).unwrap();
    run(&trail).unwrap();
    assert_eq!(fixture.records(), []);
    trail.release();
    assert_eq!(fixture.records().len(), 2);
    trail.release();
    run(&trail).unwrap();
    assert_eq!(fixture.records().len(), 3);
}

#[test]
fn what_fails_in_a_group_does_not_wait_and_keeps_its_place() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|_| {});
    trail.hold();
    run(&trail).unwrap();
    let mut denied = Record::of("open");
    denied.end(Some(&Error::refused("no")), "");
    trail.end(Entry::now(), denied, &Scrubber::default());
    let operations = || {
        let names = fixture.records().into_iter().map(|record| record.operation.unwrap());
        names.collect::<Vec<String>>()
    };
    assert_eq!(operations(), ["create", "open"]);
    run(&trail).unwrap();
    assert_eq!(operations(), ["create", "open"]);
    trail.release();
    assert_eq!(operations(), ["create", "open", "create"]);
}

#[test]
fn a_long_group_does_not_keep_all_of_its_records() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|_| {});
    trail.hold();
    (0..MAX_HELD + 1).for_each(|_| run(&trail).unwrap());
    assert_eq!(fixture.records().len(), MAX_HELD);
    trail.release();
    assert_eq!(fixture.records().len(), MAX_HELD + 1);
}

#[test]
fn nothing_of_a_required_audit_waits() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|config| config.required = true);
    trail.hold();
    run(&trail).unwrap();
    assert_eq!(fixture.records().len(), 2);
}

#[test]
fn a_group_whose_records_cannot_be_written_is_a_warning() {
    let fixture = Fixture::new();
    fixture.block();
    let trail = fixture.trail(|_| {});
    trail.hold();
    run(&trail).unwrap();
    assert!(fixture.warnings().is_empty());
    trail.release();
    assert_eq!(fixture.warnings().len(), 1);
}

#[test]
fn nothing_is_made_before_there_is_something_to_write() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|_| {});
    trail.begin(&Record::of("open"), &Scrubber::default()).unwrap();
    assert!(!fixture.folder.path().join("state").exists());
    run(&fixture.trail(|config| config.enabled = false)).unwrap();
    assert!(!fixture.folder.path().join("state").exists());
}

#[test]
fn records_go_to_the_systems_log_even_if_the_disk_takes_none() {
    let fixture = Fixture::new();
    let socket = fixture.folder.path().join("log");
    let listener = UnixDatagram::bind(&socket).unwrap();
    let mut bytes = vec![0; 4096];
    let mut received = || {
        let length = listener.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    run(&fixture.trail(|config| config.syslog = Some(socket.clone()))).unwrap();
    let message = received();
    let line = fs_err::read_to_string(fixture.folder.path().join("state/audit.jsonl")).unwrap();
    assert!(message.ends_with(&format!(": {}", line.trim_end())), "{message}");
    fs_err::remove_file(fixture.folder.path().join("state/audit.jsonl")).unwrap();
    fixture.block();
    run(&fixture.trail(|config| config.syslog = Some(socket.clone()))).unwrap();
    assert!(received().contains("\"operation\":\"create\""));
    assert_eq!(fixture.warnings().len(), 1);
}

#[test]
fn a_required_audit_needs_the_systems_log_too_if_that_is_asked_for() {
    let fixture = Fixture::new();
    let trail = fixture.trail(|config| {
        config.required = true;
        config.syslog = Some("/no/such/socket".into());
    });
    assert_eq!(run(&trail).unwrap_err().kind, Kind::Refused);
}
