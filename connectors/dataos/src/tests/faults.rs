//! Every step of every write fails in every way, alone and together with a later one: no Depot is lost, no Secret is left without being
//! named, and running the same again completes what the first run could not.

use connhub_sdk::testing::FakeHost;
use connhub_sdk::{Error, Field, IfExists, Patch};

use crate::create::create;
use crate::delete::delete;
use crate::update::update;

use super::model::{FAILURES, Failure, Model, Resources, uses, values};
use super::{draft, password_patch, target, target_with};

/// A write, from what is there to what has to be there.
pub(super) struct Write {
    pub(super) before: Resources,
    pub(super) after: Resources,
    pub(super) run: fn(&FakeHost) -> Result<(), Error>,
}

/// What was created, with changes.
fn stored(change: fn(&mut Resources)) -> Resources {
    let model = Model::default();
    let created = create(&model.reach(&[]).host(), &target(), &draft(), IfExists::Fail);
    created.expect("nothing fails");
    let mut resources = model.resources();
    change(&mut resources);
    resources
}

pub(super) fn set(resources: &mut Resources, key: &str, pointer: &str, value: &str) {
    let resource = resources.get_mut(key).expect("it is stored");
    *resource.pointer_mut(pointer).expect("it is there") = value.into();
}

fn has_new_password(resources: &mut Resources) {
    set(resources, "secret/crm-cred", "/secret/data/password", "canary-new");
}

fn has_new_host(resources: &mut Resources) {
    set(resources, "depot/crm", "/spec/spec/host", "new.example.com");
}

/// Runs a write with these failures, and again without.
fn check(write: &Write, failures: &[(usize, Failure)]) -> usize {
    let model = Model::of(write.before.clone());
    let first = (write.run)(&model.reach(failures));
    let count = model.count();
    let between = model.resources();
    let what = |text: &str| format!("{text}: {failures:?}\n{first:?}\n{between:#?}");
    match &first {
        Ok(()) => assert!(between == write.after, "{}", what("done, and it is not")),
        Err(error) => {
            assert_nothing_is_lost(write, &between, &what);
            assert_leftovers_are_named(write, &between, error, &what);
        }
    }
    let second = (write.run)(&model.reach(&[]));
    let is_there = matches!(second, Err(Error::AlreadyExists(_) | Error::NotFound(_)));
    assert!(second.is_ok() || is_there, "{}\n{second:?}", what("the second run fails"));
    assert!(
        model.resources() == write.after,
        "{}\n{second:?}\n{:#?}",
        what("not completed"),
        model.resources()
    );
    count
}

/// A Depot that was there is there, and so are the Secrets that it uses, whole.
fn assert_nothing_is_lost(write: &Write, between: &Resources, what: &dyn Fn(&str) -> String) {
    for (key, old) in &write.before {
        let Some(wanted) = write.after.get(key) else { continue };
        let Some(now) = between.get(key) else { panic!("{}", what("lost")) };
        let is_whole = values(now) == values(old) || values(now) == values(wanted);
        assert!(is_whole, "{}", what("values are lost"));
    }
    let depots = between.values().flat_map(uses);
    assert!(depots.into_iter().all(|used| between.contains_key(&used)), "{}", what("dangling"));
}

/// A Secret that no Depot uses is spoken of.
fn assert_leftovers_are_named(
    write: &Write,
    between: &Resources,
    error: &Error,
    what: &dyn Fn(&str) -> String,
) {
    let used: Vec<String> = between.values().flat_map(uses).collect();
    for key in between.keys().filter(|key| !key.starts_with("depot/") && !used.contains(key)) {
        let name = key.split_once('/').map_or(key.as_str(), |(_, name)| name);
        let is_old = write.before.contains_key(key) && write.after.contains_key(key);
        assert!(is_old || error.message().contains(name), "{}", what("an orphan nobody speaks of"));
    }
}

/// All single failures, and all pairs.
pub(super) fn check_all(write: &Write) {
    let steps = check(write, &[]);
    assert!(steps > 1);
    // Undoing takes further requests.
    for first in 0..steps {
        for one in FAILURES {
            let count = check(write, &[(first, one)]);
            for second in first + 1..count {
                for other in FAILURES {
                    check(write, &[(first, one), (second, other)]);
                }
            }
        }
    }
}

fn quick() -> connhub_sdk::Target {
    target_with(&[("wait-timeout", "2")])
}

#[test]
fn a_creation_is_completed() {
    let run = |fake: &FakeHost| create(&fake.host(), &quick(), &draft(), IfExists::Fail).map(drop);
    check_all(&Write { before: Resources::new(), after: stored(|_| {}), run });
}

#[test]
fn a_replacement_is_completed() {
    let before = stored(|resources| {
        has_new_host(resources);
        has_new_password(resources);
    });
    let run =
        |fake: &FakeHost| create(&fake.host(), &quick(), &draft(), IfExists::Replace).map(drop);
    check_all(&Write { before, after: stored(|_| {}), run });
}

#[test]
fn an_update_is_completed() {
    let after = stored(|resources| {
        has_new_host(resources);
        has_new_password(resources);
    });
    let run = |fake: &FakeHost| {
        let fields = vec![Field::new("host", "new.example.com")];
        let patch = Patch { fields, ..password_patch("canary-new") };
        update(&fake.host(), &quick(), "crm", &patch, None).map(drop)
    };
    check_all(&Write { before: stored(|_| {}), after, run });
}

#[test]
fn a_rotation_is_completed() {
    let run = |fake: &FakeHost| {
        update(&fake.host(), &quick(), "crm", &password_patch("canary-new"), None).map(drop)
    };
    check_all(&Write { before: stored(|_| {}), after: stored(has_new_password), run });
}

#[test]
fn first_credentials_are_completed() {
    let without = |resources: &mut Resources| {
        resources.remove("secret/crm-cred");
        let depot = resources.get_mut("depot/crm").expect("it is stored");
        depot["spec"].as_object_mut().expect("it is an object").remove("secrets");
    };
    let after = stored(|resources| {
        let secret = resources.get_mut("secret/crm-cred").expect("it is stored");
        secret["secret"]["data"] = serde_json::json!({"password": "canary-new"});
    });
    let run = |fake: &FakeHost| {
        update(&fake.host(), &quick(), "crm", &password_patch("canary-new"), None).map(drop)
    };
    check_all(&Write { before: stored(without), after, run });
}

#[test]
fn a_deletion_is_completed() {
    let run = |fake: &FakeHost| delete(&fake.host(), &quick(), "crm", None).map(drop);
    check_all(&Write { before: stored(|_| {}), after: Resources::new(), run });
}

/// Two Depots with one Secret.
fn shared() -> Resources {
    stored(|resources| {
        let mut other = resources["depot/crm"].clone();
        other["name"] = "other".into();
        resources.insert("depot/other".into(), other);
    })
}

#[test]
fn depots_that_share_a_secret_are_written_again_after_a_rotation() {
    let written_again = |failures: &[(usize, Failure)]| {
        let model = Model::of(shared());
        let fake = model.reach(failures);
        let patch = password_patch("canary-new");
        let written = update(&fake.host(), &target(), "crm", &patch, None).expect("it is rotated");
        let requests = fake.requests();
        let puts = requests.iter().filter(|request| request.method == "PUT");
        let puts: Vec<_> = puts.filter_map(|request| request.path.rsplit('/').next()).collect();
        (puts.join(" "), written.notes)
    };
    let (puts, notes) = written_again(&[]);
    assert_eq!(puts, "crm-cred crm other");
    assert!(
        notes[0].contains("`other` uses the Secret `crm-cred` too, and was written again"),
        "{notes:?}"
    );
    // The seventh request is the read of the other Depot, the sixth the list.
    let (puts, notes) = written_again(&[(6, Failure::Refused(403))]);
    assert_eq!(puts, "crm-cred crm");
    assert!(notes[0].contains("may still have its old values"), "{notes:?}");
    let (_, notes) = written_again(&[(5, Failure::Unheard)]);
    assert!(
        notes[0].contains("whether other Depots use the Secret `crm-cred` is unknown"),
        "{notes:?}"
    );
}
