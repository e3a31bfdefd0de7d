//! A kill between any two files of a change.

use super::*;
use crate::fetch::Fetched;
use crate::model::Kind;
use crate::plugins::check_file;
use crate::runtime::ComponentFile;
use crate::settings::{Environment, Start};

struct Stage {
    folder: tempfile::TempDir,
    home: Home,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home =
            Home { plugins: folder.path().join("plugins.toml"), data: folder.path().join("data") };
        Self { folder, home }
    }

    fn settings(&self) -> Settings {
        let environment =
            Environment::from([("CONNHUB_HOME", self.folder.path().to_str().unwrap())]);
        Settings::load(environment, Start::default()).unwrap()
    }

    /// The changes of an addition, or of an update if the connector is there.
    fn changes(&self, candidate: &Candidate) -> Vec<Change> {
        let settings = self.settings();
        let more = candidate.inspected.needs.clone();
        match settings.connectors.get("x") {
            Some(there) => updated(&self.home, there, candidate, &more, &settings).unwrap(),
            None => {
                let addition = Addition {
                    name: "x",
                    candidate,
                    places: BTreeMap::new(),
                    signed_by: Vec::new(),
                    new_signers: Vec::new(),
                };
                added(&self.home, &addition, &settings).unwrap()
            }
        }
    }

    /// The digest of the connector, if there is one; it must be one that would be started.
    fn started(&self) -> Option<String> {
        let settings = self.settings();
        let connector = settings.connectors.get("x")?;
        let file = ComponentFile::read(&connector.component).unwrap();
        check_file(connector, &file).unwrap();
        Some(file.sha256)
    }

    fn lock(&self) -> String {
        fs_err::read_to_string(self.home.plugins.with_file_name("plugins.lock")).unwrap_or_default()
    }

    fn components(&self) -> usize {
        fs_err::read_dir(self.home.data.join("connectors")).unwrap().count()
    }
}

fn candidate(version: &str) -> Candidate {
    let component = wat::parse_str(format!(
        r#"(component
            (@custom "connhub:needs" "contract = \"1.0.0\"\nversion = \"{version}\"\n")
            (instance $b)
            (export "connhub:connector/backend@1.0.0" (instance $b)))"#
    ));
    let fetched = Fetched { component: component.unwrap(), ..Fetched::default() };
    Candidate::of(Source::File("x.wasm".into()), fetched, None).unwrap()
}

/// Does a change once for each place at which it can be killed, checks what is left, and does it again to its end.
fn killed_everywhere(prepare: impl Fn(&Stage), new: &Candidate, may_be: &[Option<&str>]) {
    let (steps, is_locked) = {
        let stage = Stage::new();
        prepare(&stage);
        (stage.changes(new).len(), stage.started().is_none() || !stage.lock().is_empty())
    };
    for done in 0..=steps {
        let stage = Stage::new();
        prepare(&stage);
        let mut changes = stage.changes(new);
        // Changes are made one by one in their order, so that a kill leaves the first ones.
        changes.truncate(done);
        files::apply(changes).unwrap();
        let left = stage.started();
        assert!(may_be.contains(&left.as_deref()), "{done} of {steps}: {left:?}");
        files::apply(stage.changes(new)).unwrap();
        assert_eq!(stage.started().as_deref(), Some(&*new.file.sha256), "{done} of {steps}");
        assert!(!stage.lock().contains("previous"), "{}", stage.lock());
        // What nobody wrote down is not known to be ours.
        assert!(stage.components() == 1 || !is_locked, "{done} of {steps}");
    }
}

#[test]
fn an_addition_that_was_killed_leaves_no_connector_or_one_that_starts() {
    let new = candidate("1.0.0");
    killed_everywhere(|_| {}, &new, &[None, Some(&new.file.sha256)]);
}

#[test]
fn an_update_that_was_killed_leaves_the_old_connector_or_the_new_one() {
    let (old, new) = (candidate("1.0.0"), candidate("1.1.0"));
    let may_be = [Some(&*old.file.sha256), Some(&*new.file.sha256)];
    let add = |stage: &Stage| files::apply(stage.changes(&old)).unwrap();
    killed_everywhere(add, &new, &may_be);
    // One that was not locked.
    let unlocked = |stage: &Stage| {
        add(stage);
        fs_err::remove_file(stage.home.plugins.with_file_name("plugins.lock")).unwrap();
    };
    killed_everywhere(unlocked, &new, &may_be);
}

#[test]
fn after_a_kill_another_version_can_be_next() {
    let (old, lost, new) = (candidate("1.0.0"), candidate("1.1.0"), candidate("1.2.0"));
    let may_be = [&old, &new].map(|candidate| Some(&*candidate.file.sha256));
    let killed = |stage: &Stage| {
        files::apply(stage.changes(&old)).unwrap();
        let mut changes = stage.changes(&lost);
        // Component and lock were written, `plugins.toml` was not.
        changes.truncate(2);
        files::apply(changes).unwrap();
        assert!(stage.lock().contains("previous"));
    };
    killed_everywhere(killed, &new, &may_be);
}

#[test]
fn what_only_lacks_its_end_is_settled() {
    let (old, new) = (candidate("1.0.0"), candidate("1.1.0"));
    let stage = Stage::new();
    files::apply(stage.changes(&old)).unwrap();
    let mut changes = stage.changes(&new);
    changes.truncate(3);
    files::apply(changes).unwrap();
    let settings = stage.settings();
    assert!(settings.connectors["x"].locked.as_ref().unwrap().previous.is_some());
    settle(&stage.home, "x").unwrap();
    assert_eq!(stage.started().as_deref(), Some(&*new.file.sha256));
    assert!(!stage.lock().contains("previous"));
    assert_eq!(stage.components(), 1);
}

#[test]
fn the_lock_between_two_versions_still_refuses_a_third() {
    let (old, new) = (candidate("1.0.0"), candidate("1.1.0"));
    let stage = Stage::new();
    files::apply(stage.changes(&old)).unwrap();
    let mut changes = stage.changes(&new);
    changes.truncate(2);
    files::apply(changes).unwrap();
    for other in [candidate("6.6.6"), new] {
        fs_err::write(old.place(&stage.home.data, "x"), other.file.bytes()).unwrap();
        let settings = stage.settings();
        let connector = &settings.connectors["x"];
        let file = ComponentFile::read(&connector.component).unwrap();
        assert_eq!(check_file(connector, &file).unwrap_err().kind, Kind::Refused);
    }
}
