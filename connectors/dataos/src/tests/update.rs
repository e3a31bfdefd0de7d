//! Updates: what is sent, which values of the Secret are carried over, and what is put back.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{
    Error, Field, Label, Outcome, Patch, SecretField, TestResult, TextChange, Written,
};
use serde_json::{Value, json};

use crate::update::update;

use super::{
    CRM_SECRETS, DEPOT, DEPOTS, RESOURCES, SECRET, calls, depot, depot_in_error, depot_manifest,
    fake, material, missing, ok, password_patch, refusal, run_update, secret_resource, shown,
    target, target_with, timed_out,
};

fn found() -> FakeHost {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake
}

/// The reads after a change.
fn read_back(fake: &FakeHost) {
    fake.expect("GET", DEPOT, ok(shown(depot_manifest(), 2, "active")));
    fake.expect("GET", SECRET, ok(secret_resource()));
}

fn host_patch(host: &str) -> Patch {
    Patch { fields: vec![Field::new("host", host)], ..Patch::default() }
}

/// The depot's manifest, as the resource manager shows it without what is its own.
fn stored_manifest() -> Value {
    let mut manifest = depot_manifest();
    manifest["owner"] = json!("adalovelace");
    manifest
}

fn updated(result: Result<Written, Error>) -> Written {
    let written = result.expect("it is updated");
    assert_eq!(written.outcome, Outcome::Updated);
    written
}

#[test]
fn visible_fields_change_the_depot_alone_and_keep_what_is_foreign() {
    let fake = fake();
    let mut foreign = depot();
    foreign["custom"] = json!({"a": 1});
    foreign["spec"]["external"] = json!(true);
    fake.expect("GET", DEPOT, ok(foreign));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("PUT", DEPOT, ok(json!({})));
    read_back(&fake);
    let patch = Patch {
        fields: vec![Field::new("host", "new"), Field::new("params", "a=1")],
        remove: vec!["database".into(), "nothing".into()],
        description: TextChange::Set("new text".into()),
        labels: vec![Label::new("team", "ops"), Label::new("new", "")],
        remove_labels: vec!["gold".into()],
        ..Patch::default()
    };
    updated(run_update(&fake, &patch));
    let mut expected = stored_manifest();
    expected["custom"] = json!({"a": 1});
    expected["spec"]["external"] = json!(true);
    expected["description"] = json!("new text");
    expected["spec"]["description"] = json!("new text");
    expected["tags"] = json!(["team=ops", "new"]);
    expected["spec"]["spec"] =
        json!({"host": "new", "port": 5432, "params": {"sslmode": "require", "a": 1}});
    assert_eq!(fake.requests()[2].body_json(), expected);
}

#[test]
fn nothing_is_written_if_nothing_changes() {
    let fake = found();
    let patch = Patch { description: TextChange::Keep, ..host_patch("db.example.com") };
    let written = run_update(&fake, &patch).expect("it is read");
    assert_eq!(written.outcome, Outcome::Unchanged);
    assert_eq!(written.connection.revision.as_deref(), Some("1.1"));
}

#[test]
fn other_values_of_the_secret_are_carried_over_as_handles() {
    let fake = found();
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    read_back(&fake);
    let written = updated(run_update(&fake, &password_patch("canary-new")));
    let requests = fake.requests();
    let sent = requests[3].body_json();
    let data = json!({"username": "loader", "password": "canary-new"});
    assert_eq!(sent["secret"], json!({"type": "key-value", "data": data}));
    assert_eq!(sent["tags"], json!(["connhub-connection:crm"]));
    assert_eq!(sent["owner"], "adalovelace");
    assert_eq!(sent.get("uid"), None);
    // The Depot is written again as it is, so that it takes up the new values.
    assert_eq!(requests[4].body_json(), stored_manifest());
    assert!(written.notes.is_empty(), "{:?}", written.notes);
}

#[test]
fn new_values_go_under_the_keys_that_are_there() {
    let fake = fake();
    let mut store = depot();
    store["spec"]["type"] = json!("s3");
    store["spec"]["spec"] = json!({"bucket": "b"});
    let mut secret = secret_resource();
    secret["secret"]["data"] = [
        ("aws_access_key", super::SANITIZED),
        ("aws_secret_key", super::SANITIZED),
        ("mine", super::SANITIZED),
    ]
    .into_iter()
    .collect();
    let material = json!({"data": [
        {"key": "aws_access_key", "base64Value": "QUs="},
        {"key": "aws_secret_key", "base64Value": "b2xk"},
        {"key": "mine", "base64Value": "bWluZQ=="},
    ]});
    fake.expect("GET", DEPOT, ok(store.clone()));
    fake.expect("GET", SECRET, ok(secret.clone()));
    fake.expect("GET", CRM_SECRETS, ok(material));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(store));
    fake.expect("GET", SECRET, ok(secret));
    let key = SecretField {
        name: "secret_access_key".into(),
        value: connhub_sdk::testing::secret("canary-new"),
    };
    let written = updated(run_update(&fake, &Patch { secrets: vec![key], ..Patch::default() }));
    let data = json!({"aws_access_key": "AK", "mine": "mine", "aws_secret_key": "canary-new"});
    assert_eq!(fake.requests()[3].body_json()["secret"]["data"], data);
    assert_eq!(written.connection.secret_names, ["access_key_id", "secret_access_key", "mine"]);
}

#[test]
fn values_are_not_read_if_all_are_given() {
    let fake = found();
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    read_back(&fake);
    let patch =
        Patch { fields: vec![Field::new("username", "u2")], ..password_patch("canary-new") };
    updated(run_update(&fake, &patch));
    let data = &fake.requests()[2].body_json()["secret"]["data"];
    assert_eq!(data, &json!({"username": "u2", "password": "canary-new"}));
}

#[test]
fn values_that_dataos_does_not_hand_out_have_to_be_given_again() {
    let fake = found();
    fake.expect("GET", CRM_SECRETS, refusal(403, "no"));
    let error = run_update(&fake, &password_patch("canary-new")).expect_err("one is missing");
    let Error::Invalid(problems) = error else { panic!("{error:?}") };
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].field, "username");
    assert!(problems[0].message.contains("give it again"), "{problems:?}");
}

#[test]
fn a_field_of_the_secret_is_removed() {
    let fake = found();
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    read_back(&fake);
    updated(run_update(&fake, &Patch { remove: vec!["username".into()], ..Patch::default() }));
    assert_eq!(fake.requests()[3].body_json()["secret"]["data"], json!({"password": "old"}));

    let fake = found();
    let remove = vec!["username".into(), "password".into()];
    let error = run_update(&fake, &Patch { remove, ..Patch::default() }).expect_err("none is left");
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
}

#[test]
fn the_depot_is_put_back_if_the_secret_is_refused() {
    let fake = found();
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("PUT", SECRET, refusal(403, "no"));
    fake.expect("PUT", DEPOT, ok(json!({})));
    let patch = Patch { fields: vec![Field::new("host", "new")], ..password_patch("canary") };
    let error = run_update(&fake, &patch).expect_err("it is refused");
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
    let requests = fake.requests();
    assert_eq!(requests[3].body_json()["spec"]["spec"]["host"], "new");
    assert_eq!(requests[5].body_json(), stored_manifest());
}

#[test]
fn what_cannot_be_put_back_is_told() {
    let fake = found();
    fake.expect("PUT", DEPOT, timed_out());
    fake.expect("PUT", DEPOT, refusal(503, "busy"));
    let error = run_update(&fake, &host_patch("new")).expect_err("it fails");
    assert!(error.message().contains("putting the old Depot `crm` back failed too"), "{error:?}");

    let fake = found();
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", SECRET, timed_out());
    fake.expect("PUT", SECRET, timed_out());
    let error = run_update(&fake, &password_patch("canary")).expect_err("it fails");
    assert!(error.message().contains("`crm-cred` has its new values is unknown"), "{error:?}");
}

#[test]
fn a_depot_that_is_not_written_again_is_a_note() {
    let fake = found();
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, refusal(503, "busy"));
    fake.expect("GET", DEPOTS, ok(json!([])));
    read_back(&fake);
    let written = updated(run_update(&fake, &password_patch("canary")));
    assert!(written.notes[0].contains("may still use the old values"), "{:?}", written.notes);
}

#[test]
fn a_depot_in_error_after_a_change_is_a_note() {
    let fake = found();
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOT, ok(depot_in_error()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let written = updated(run_update(&fake, &host_patch("new")));
    assert!(written.notes[0].contains("in error now: it failed after it was built: no such host"));
    assert_eq!(written.connection.status.as_deref(), Some("error"));
}

#[test]
fn what_cannot_be_read_back_is_shown_as_it_was_sent() {
    let fake = found();
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOT, refusal(503, "busy"));
    let written = updated(run_update(&fake, &host_patch("new")));
    assert_eq!(written.connection.field("host"), Some("new"));
    assert!(written.notes[0].contains("could not be read back"), "{:?}", written.notes);
}

#[test]
fn a_connection_without_a_secret_gets_one() {
    let check = |depot_refused: bool| {
        let fake = fake();
        let mut open = depot();
        open["spec"].as_object_mut().expect("it is an object").remove("secrets");
        fake.expect("GET", DEPOT, ok(open));
        fake.expect("POST", RESOURCES, ok(json!({})));
        if depot_refused {
            fake.expect("PUT", DEPOT, refusal(400, "no"));
            fake.expect("DELETE", SECRET, ok(json!({})));
            run_update(&fake, &password_patch("canary")).expect_err("it is refused");
            return;
        }
        fake.expect("PUT", DEPOT, ok(json!({})));
        read_back(&fake);
        updated(run_update(&fake, &password_patch("canary")));
        let sent = fake.requests()[2].body_json();
        assert_eq!(sent["spec"]["secrets"], super::references());
    };
    check(false);
    check(true);
}

#[test]
fn after_a_lost_answer_only_a_secret_of_the_connection_is_taken_back() {
    for is_own in [true, false] {
        let fake = fake();
        let mut secret = secret_resource();
        fake.expect("GET", DEPOT, ok(depot()));
        fake.expect("GET", SECRET, missing());
        fake.expect("POST", RESOURCES, timed_out());
        if !is_own {
            secret["tags"] = json!([]);
        }
        fake.expect("GET", SECRET, ok(secret));
        if is_own {
            fake.expect("DELETE", SECRET, ok(json!({})));
        }
        let error = run_update(&fake, &password_patch("canary")).expect_err("it fails");
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        fake.assert_done();
    }
}

#[test]
fn a_secret_that_is_gone_is_made_again() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, missing());
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    read_back(&fake);
    updated(run_update(&fake, &password_patch("canary-new")));
    assert_eq!(fake.requests()[2].body_json()["secret"]["data"]["password"], "canary-new");
}

#[test]
fn a_shared_secret_is_changed_with_a_note() {
    let fake = fake();
    let shared_path = SECRET.replace("crm-cred", "shared");
    let mut shared = depot();
    for reference in shared["spec"]["secrets"].as_array_mut().expect("it is a list") {
        reference["id"] = json!("engineering:shared");
    }
    let mut secret = secret_resource();
    secret["name"] = json!("shared");
    secret["tags"] = json!([]);
    fake.expect("GET", DEPOT, ok(shared.clone()));
    fake.expect("GET", &shared_path, ok(secret.clone()));
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", &shared_path, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(shared));
    fake.expect("GET", &shared_path, ok(secret));
    let written = updated(run_update(&fake, &password_patch("canary")));
    assert!(written.notes[0].contains("others that use it"), "{:?}", written.notes);
}

#[test]
fn what_cannot_be_changed_says_why() {
    let check = |change: fn(&mut Value), secret: Option<Reply>, patch: &Patch, words: &str| {
        let fake = fake();
        let mut depot = depot();
        change(&mut depot);
        fake.expect("GET", DEPOT, ok(depot));
        if let Some(secret) = secret {
            fake.expect("GET", SECRET, secret);
        }
        let error = update(&fake.host(), &target(), "crm", patch, None).expect_err("it cannot be");
        assert!(error.message().contains(words), "{error:?}");
        assert!(calls(&fake).iter().all(|call| call.starts_with("GET ")));
    };
    let first_generation: fn(&mut Value) = |depot| {
        depot["spec"] = json!({"type": "postgresql", "postgresql": {"host": "h"}});
    };
    check(first_generation, None, &host_patch("new"), "form of an older DataOS");
    let foreign: fn(&mut Value) = |depot| {
        depot["spec"]["secrets"] = json!([{"id": "other:x", "purpose": "rw"}]);
    };
    check(foreign, None, &password_patch("canary"), "Secret of another tenant");
    check(|_| {}, Some(refusal(403, "no")), &password_patch("canary"), "you may not see");
    let mut with_files = secret_resource();
    with_files["secret"]["files"] = json!({"ca_file": super::SANITIZED});
    check(|_| {}, Some(ok(with_files)), &password_patch("canary"), "has files");
    let empty = Patch {
        remove: ["host", "port", "database", "ssl_mode"].map(str::to_owned).into(),
        ..Patch::default()
    };
    check(|_| {}, Some(ok(secret_resource())), &empty, "where the data is");
}

#[test]
fn only_the_expected_revision_is_changed() {
    let check = |expected: &str, depot: Value, is_kind: fn(&Error) -> bool| {
        let fake = fake();
        fake.expect("GET", DEPOT, ok(depot));
        fake.expect("GET", SECRET, ok(secret_resource()));
        let patch = host_patch("new");
        let error = update(&fake.host(), &target(), "crm", &patch, Some(expected));
        assert!(is_kind(&error.expect_err("it is another revision")));
    };
    check("1.0", depot(), |error| matches!(error, Error::Conflict(_)));
    let mut uncounted = depot();
    uncounted.as_object_mut().expect("it is an object").remove("generation");
    check("1.1", uncounted, |error| matches!(error, Error::Unsupported(_)));
}

#[test]
fn display_names_are_told_and_files_follow_the_setting() {
    let fake = found();
    let patch = Patch { display_name: TextChange::Set("x".into()), ..Patch::default() };
    let written = run_update(&fake, &patch).expect("it is read");
    assert_eq!(written.outcome, Outcome::Unchanged);
    assert!(written.notes[0].contains("no display names"));

    let fake = fake_with_files();
    let ca = SecretField { name: "password".into(), value: connhub_sdk::testing::secret("new") };
    let patch = Patch { secrets: vec![ca], ..Patch::default() };
    let target = target_with(&[("secret-files", "files")]);
    updated(update(&fake.host(), &target, "crm", &patch, None));
    let body = &fake.requests()[3].body_json()["secret"];
    assert_eq!(body["files"], json!({"ca_file": "old"}));
    assert_eq!(body["data"], json!({"username": "loader", "password": "new"}));
}

fn fake_with_files() -> FakeHost {
    let fake = fake();
    let mut secret = secret_resource();
    secret["secret"]["files"] = json!({"ca_file": super::SANITIZED});
    let mut values = material();
    let file = json!({"key": "ca_file", "base64Value": "b2xk"});
    values["data"].as_array_mut().expect("it is a list").push(file);
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret.clone()));
    fake.expect("GET", CRM_SECRETS, ok(values));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret));
    fake
}

#[test]
fn results_of_tests_have_no_place() {
    let fake = fake();
    let result =
        TestResult { works: true, at: "2026-11-20T21:37:00Z".into(), message: String::new() };
    let error = run_update(&fake, &Patch { tested: Some(result), ..Patch::default() });
    assert!(matches!(error, Err(Error::Unsupported(text)) if text.contains("no results of tests")));
}
