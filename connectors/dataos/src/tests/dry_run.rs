//! Dry runs check and write nothing.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Error, Field, IfExists, Outcome, Patch, Written};
use serde_json::json;

use crate::create::create;
use crate::update::update;

use super::{
    CRM_SECRETS, DEPOT, SECRET, VALIDATE, calls, depot, draft, dry_run, fake, material, missing,
    no_path, ok, password_patch, refusal, secret_resource,
};

fn run(fake: &FakeHost, if_exists: IfExists) -> Result<Written, Error> {
    let result = create(&fake.host(), &dry_run(), &draft(), if_exists);
    fake.assert_done();
    let writes = calls(fake);
    let harmless = |call: &String| call.starts_with("GET ") || call.ends_with("/validate");
    assert!(writes.iter().all(harmless), "{writes:?}");
    result
}

#[test]
fn both_manifests_are_checked() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", VALIDATE, ok(json!({})));
    let text = "could not get the secret map for the secret: 'engineering:crm-cred' err: 404 <nil>";
    fake.expect("POST", VALIDATE, refusal(400, text));
    let written = run(&fake, IfExists::Fail).expect("it is valid");
    assert_eq!(written.outcome, Outcome::Created);
    assert_eq!(written.connection.field("host"), Some("db.example.com"));
    assert_eq!(written.connection.secret_names, ["username", "password"]);
    assert_eq!(written.notes, ["DataOS cannot check the Depot before its Secret exists"]);
}

#[test]
fn a_server_that_checks_nothing_is_told_once() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("POST", VALIDATE, no_path());
    fake.expect("POST", VALIDATE, no_path());
    let written = run(&fake, IfExists::Fail).expect("nothing speaks against it");
    assert_eq!(written.notes, ["this DataOS checks no manifests without storing them"]);
}

#[test]
fn what_would_fail_fails() {
    let check = |reply: Reply, is_kind: fn(&Error) -> bool| {
        let fake = fake();
        fake.expect("GET", DEPOT, missing());
        fake.expect("POST", VALIDATE, reply);
        let error = run(&fake, IfExists::Fail).expect_err("it is refused");
        assert!(is_kind(&error), "{error:?}");
    };
    check(refusal(400, "invalid secret"), |error| matches!(error, Error::Invalid(_)));
    let role = "forbidden: user does not have required role data-dev";
    check(refusal(403, role), |error| matches!(error, Error::Forbidden(_)));
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    let error = run(&fake, IfExists::Fail).expect_err("the name is taken");
    assert!(matches!(error, Error::AlreadyExists(_)), "{error:?}");
}

#[test]
fn keep_and_replace_say_what_they_would_do() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let kept = run(&fake, IfExists::Keep).expect("it is there");
    assert_eq!(kept.outcome, Outcome::Kept);
    let fake = super::fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("POST", VALIDATE, ok(json!({})));
    fake.expect("POST", VALIDATE, ok(json!({})));
    let replaced = run(&fake, IfExists::Replace).expect("it is valid");
    assert_eq!(replaced.outcome, Outcome::Replaced);
}

#[test]
fn updates_are_checked_too() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("POST", VALIDATE, ok(json!({})));
    fake.expect("POST", VALIDATE, ok(json!({})));
    let patch = Patch { fields: vec![Field::new("host", "new")], ..password_patch("canary") };
    let written = update(&fake.host(), &dry_run(), "crm", &patch, None).expect("it is valid");
    fake.assert_done();
    assert_eq!(written.outcome, Outcome::Updated);
    assert_eq!(written.connection.field("host"), Some("new"));
    assert_eq!(written.connection.secret_names, ["username", "password"]);
}
