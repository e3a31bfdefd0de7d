//! The first generation: every step of every write of a pair of instance-secrets and its Depot fails in every way, alone and together with a
//! later one.

use connhub_sdk::testing::{FakeHost, secret};
use connhub_sdk::{Error, Field, IfExists, Patch, SecretField, Target};
use serde_json::{Value, json};

use crate::client::Client;
use crate::create::create;
use crate::delete::delete;
use crate::loaded::Loaded;
use crate::settings::Settings;
use crate::update::update;

use super::faults::{Write, check_all, set};
use super::model::{FAILURES, Failure, Model, Resources};
use super::{draft, target_with};

const HALVES: [&str; 2] = ["instance-secret/crm-r", "instance-secret/crm-rw"];

fn first() -> Target {
    target_with(&[("generation", "v1"), ("transport", "http"), ("wait-timeout", "2")])
}

/// What was created, with changes.
fn stored(change: impl FnOnce(&mut Resources)) -> Resources {
    let model = Model::default();
    let created = create(&model.reach(&[]).host(), &first(), &draft(), IfExists::Fail);
    created.expect("nothing fails");
    let mut resources = model.resources();
    change(&mut resources);
    resources
}

fn has_new_password(resources: &mut Resources) {
    for half in HALVES {
        set(resources, half, "/instance-secret/data/password", "canary-new");
    }
}

fn has_new_host(resources: &mut Resources) {
    set(resources, "depot/crm", "/depot/postgresql/host", "new.example.com");
}

/// All values, since those that stay are not handed out in this generation.
fn new_values() -> Patch {
    let password = SecretField { name: "password".into(), value: secret("canary-new") };
    let fields = vec![Field::new("username", "loader")];
    Patch { fields, secrets: vec![password], ..Patch::default() }
}

#[test]
fn a_pair_and_its_depot_are_written() {
    let resources = stored(|_| {});
    let keys: Vec<&str> = resources.keys().map(String::as_str).collect();
    assert_eq!(keys, ["depot/crm", HALVES[0], HALVES[1]]);
    let uses = json!([{"name": "crm-r", "allkeys": true}, {"name": "crm-rw", "allkeys": true}]);
    assert_eq!(resources["depot/crm"]["depot"]["secrets"], uses);
}

#[test]
fn a_creation_is_completed() {
    let run = |fake: &FakeHost| create(&fake.host(), &first(), &draft(), IfExists::Fail).map(drop);
    check_all(&Write { before: Resources::new(), after: stored(|_| {}), run });
}

#[test]
fn a_replacement_is_completed() {
    let before = stored(|resources| {
        has_new_host(resources);
        has_new_password(resources);
    });
    let run =
        |fake: &FakeHost| create(&fake.host(), &first(), &draft(), IfExists::Replace).map(drop);
    check_all(&Write { before, after: stored(|_| {}), run });
}

#[test]
fn an_update_is_completed() {
    let after = stored(|resources| {
        has_new_host(resources);
        has_new_password(resources);
    });
    let run = |fake: &FakeHost| {
        let mut patch = new_values();
        patch.fields.push(Field::new("host", "new.example.com"));
        update(&fake.host(), &first(), "crm", &patch, None).map(drop)
    };
    check_all(&Write { before: stored(|_| {}), after, run });
}

#[test]
fn a_rotation_is_completed() {
    let run =
        |fake: &FakeHost| update(&fake.host(), &first(), "crm", &new_values(), None).map(drop);
    check_all(&Write { before: stored(|_| {}), after: stored(has_new_password), run });
}

#[test]
fn first_credentials_are_completed() {
    let without = |resources: &mut Resources| {
        for half in HALVES {
            resources.remove(half);
        }
        let depot = resources.get_mut("depot/crm").expect("it is stored");
        depot["depot"].as_object_mut().expect("it is an object").remove("secrets");
    };
    let after = stored(has_new_password);
    let run =
        |fake: &FakeHost| update(&fake.host(), &first(), "crm", &new_values(), None).map(drop);
    check_all(&Write { before: stored(without), after, run });
}

#[test]
fn a_deletion_is_completed() {
    let run = |fake: &FakeHost| delete(&fake.host(), &first(), "crm", None).map(drop);
    check_all(&Write { before: stored(|_| {}), after: Resources::new(), run });
}

/// A rotation where one half was lost makes the pair whole.
#[test]
fn half_a_pair_is_made_whole_by_a_rotation() {
    for half in HALVES {
        let run =
            |fake: &FakeHost| update(&fake.host(), &first(), "crm", &new_values(), None).map(drop);
        let before = stored(|resources| drop(resources.remove(half)));
        let model = Model::of(before);
        run(&model.reach(&[])).expect("nothing fails");
        assert!(model.resources() == stored(has_new_password), "{half}");
    }
}

fn of_somebody_else(name: &str) -> Value {
    json!({
        "name": name, "version": "v1", "type": "instance-secret", "owner": "bob",
        "instance-secret": {"type": "key-value-properties", "acl": "rw", "data": {"password": "theirs"}},
    })
}

/// Whichever half of the name is somebody else's, it stays, whatever fails, and whether or not an earlier run has left the other.
#[test]
fn half_a_pair_of_somebody_else_is_never_touched() {
    for [theirs, ours] in [HALVES, [HALVES[1], HALVES[0]]] {
        let left = stored(|_| {})[ours].clone();
        for left in [None, Some(left)] {
            let mut before =
                Resources::from([(theirs.to_owned(), of_somebody_else(name_of(theirs)))]);
            before.extend(left.map(|left| (ours.to_owned(), left)));
            let steps = leaves(&before, [theirs, ours], &[]);
            for step in 0..steps {
                for failure in FAILURES {
                    leaves(&before, [theirs, ours], &[(step, failure)]);
                }
            }
            let model = Model::of(before.clone());
            let deleted = delete(&model.reach(&[]).host(), &first(), "crm", None);
            assert_eq!(model.resources().get(theirs), before.get(theirs), "{deleted:?}");
        }
    }
}

/// Runs a creation that cannot succeed: nothing of somebody else changes, and what is new is named. Returns the number of requests.
fn leaves(before: &Resources, [theirs, ours]: [&str; 2], failures: &[(usize, Failure)]) -> usize {
    let model = Model::of(before.clone());
    let written = create(&model.reach(failures).host(), &first(), &draft(), IfExists::Fail);
    let after = model.resources();
    assert_eq!(after.get(theirs), before.get(theirs), "{failures:?}\n{written:?}");
    let error = written.expect_err("the name is taken");
    let is_new = after.contains_key(ours) && !before.contains_key(ours);
    assert!(!is_new || error.message().contains(name_of(ours)), "{failures:?} {error:?}");
    model.count()
}

fn name_of(key: &str) -> &str {
    key.trim_start_matches("instance-secret/")
}

/// What is done about a Depot that somebody wrote by hand keeps how it names its Secrets.
#[test]
fn uses_that_somebody_wrote_by_hand_stay() {
    let by_hand = [
        json!([{"name": "crm-r", "keys": ["crm-r"]}, {"name": "crm-rw", "keys": ["crm-rw"]}]),
        json!([{"name": "crm-r", "allkeys": true}]),
        json!([{"name": "crm-rw", "allkeys": true}, {"name": "crm-r", "allkeys": true}]),
    ];
    for uses in by_hand {
        let model = Model::of(stored(|resources| {
            let depot = resources.get_mut("depot/crm").expect("it is stored");
            depot["depot"]["secrets"] = uses.clone();
        }));
        let patch =
            Patch { fields: vec![Field::new("host", "new.example.com")], ..Patch::default() };
        update(&model.reach(&[]).host(), &first(), "crm", &patch, None).expect("it is changed");
        let depot = &model.resources()["depot/crm"]["depot"];
        assert_eq!(
            (&depot["secrets"], &depot["postgresql"]["host"]),
            (&uses, &json!("new.example.com"))
        );
    }
}

/// Those who read a Secret were written for its form.
#[test]
fn the_form_of_a_secret_stays() {
    let has_form = |resources: &mut Resources| {
        for half in HALVES {
            set(resources, half, "/instance-secret/type", "key-value");
        }
    };
    let model = Model::of(stored(has_form));
    update(&model.reach(&[]).host(), &first(), "crm", &new_values(), None).expect("it is changed");
    let after = stored(|resources| {
        has_new_password(resources);
        has_form(resources);
    });
    assert!(model.resources() == after, "{:#?}", model.resources());
}

/// What no pair says is not guessed.
#[test]
fn a_depot_with_secrets_that_are_no_pairs_is_read_and_not_changed() {
    let before = stored(|resources| {
        resources.insert("instance-secret/crmkeys".into(), of_somebody_else("crmkeys"));
        let depot = resources.get_mut("depot/crm").expect("it is stored");
        depot["depot"]["secrets"] =
            json!([{"name": "crmkeys", "allkeys": true}, {"name": "crm-r", "allkeys": true}]);
    });
    let model = Model::of(before.clone());
    let updated = update(&model.reach(&[]).host(), &first(), "crm", &new_values(), None);
    assert!(matches!(updated, Err(Error::Unsupported(_))), "{updated:?}");
    assert!(model.resources() == before);
    let settings = Settings::of(&first()).expect("they are valid");
    let fake = model.reach(&[]);
    let host = fake.host();
    let client = Client::new(&host, &settings);
    let shown = Loaded::read(&client, "crm").expect("it is read").connection(&settings);
    assert!(shown.fields.iter().any(|field| field.name == "host"), "{shown:?}");
    assert!(!shown.warnings.iter().any(|warning| warning.contains("does not exist")), "{shown:?}");
}

#[test]
fn values_are_not_handed_out_and_the_error_says_why() {
    let model = Model::of(stored(|_| {}));
    let opened = crate::open::open(&model.reach(&[]).host(), &first(), "crm", &[]);
    let Err(Error::Unsupported(text)) = opened else { panic!("{opened:?}") };
    assert!(text.contains("`crm`") && text.contains("in one text"), "{text}");
}
