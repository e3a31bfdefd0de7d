//! Deleting: the Depot first, then its Secret, and what a second run completes.

use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Connector, Error, Level, Removed, Target};
use serde_json::json;

use crate::DataOs;

use super::{
    DEPOT, SECRET, blocked, calls, depot, dry_run, fake, missing, ok, refusal, secret_resource,
    target, timed_out,
};

fn delete(fake: &FakeHost, target: &Target, expected: Option<&str>) -> Result<Vec<Removed>, Error> {
    let result = DataOs::delete(&fake.host(), target, "crm", expected);
    fake.assert_done();
    result
}

fn removed(result: Result<Vec<Removed>, Error>) -> Vec<String> {
    let all = result.expect("it is deleted");
    assert!(all.iter().all(|one| one.scope.as_deref() == Some("engineering")));
    all.iter().map(|one| format!("{} {}", one.kind, one.name)).collect()
}

fn found() -> FakeHost {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake
}

#[test]
fn depot_and_secret_are_deleted_in_this_order() {
    let fake = found();
    fake.expect("DELETE", DEPOT, ok(json!({})));
    fake.expect("DELETE", SECRET, Reply::text(204, ""));
    assert_eq!(removed(delete(&fake, &target(), Some("1.1"))), ["depot crm", "secret crm-cred"]);
}

#[test]
fn a_dry_run_deletes_nothing() {
    let fake = found();
    assert_eq!(removed(delete(&fake, &dry_run(), None)), ["depot crm", "secret crm-cred"]);
    assert_eq!(calls(&fake), ["GET …/depot/crm", "GET …/secret/crm-cred"]);
}

#[test]
fn another_revision_is_a_conflict() {
    let fake = found();
    let error = delete(&fake, &target(), Some("1.2")).expect_err("it was changed");
    assert!(matches!(&error, Error::Conflict(text) if text.contains("revision 1.1")), "{error:?}");
}

#[test]
fn a_depot_that_is_needed_stays() {
    let fake = found();
    let text = "cannot delete resource, it is a dependency of 'workflow:v1:nightly:public'";
    fake.expect("DELETE", DEPOT, refusal(400, text));
    let error = delete(&fake, &target(), None).expect_err("it is needed");
    assert_eq!(error, Error::InUse(vec!["workflow:v1:nightly:public".into()]));
}

#[test]
fn a_secret_that_another_depot_needs_stays() {
    let fake = found();
    fake.expect("DELETE", DEPOT, ok(json!({})));
    let text = "cannot delete resource, it is a dependency of 'depot:v2alpha:crm2'";
    fake.expect("DELETE", SECRET, refusal(400, text));
    assert_eq!(removed(delete(&fake, &target(), None)), ["depot crm"]);
    let logs = fake.logs();
    assert!(logs.iter().any(|(level, text)| *level == Level::Warn && text.contains("crm2")));
}

#[test]
fn a_secret_that_was_not_made_for_the_connection_stays() {
    let fake = fake();
    let mut shared = depot();
    for reference in shared["spec"]["secrets"].as_array_mut().expect("it is a list") {
        reference["id"] = json!("engineering:shared");
    }
    let mut secret = secret_resource();
    secret["tags"] = json!([]);
    fake.expect("GET", DEPOT, ok(shared));
    fake.expect("GET", &SECRET.replace("crm-cred", "shared"), ok(secret));
    fake.expect("DELETE", DEPOT, ok(json!({})));
    assert_eq!(removed(delete(&fake, &target(), None)), ["depot crm"]);
    assert!(fake.logs()[0].1.contains("`shared` was left"), "{:?}", fake.logs());
}

#[test]
fn half_a_deletion_says_how_to_complete_it() {
    let fake = found();
    fake.expect("DELETE", DEPOT, ok(json!({})));
    fake.expect("DELETE", SECRET, refusal(403, "no"));
    let error = delete(&fake, &target(), None).expect_err("the secret stays");
    let text = error.message();
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
    assert!(text.contains("Depot `crm` was deleted") && text.contains("again"), "{text}");
}

#[test]
fn a_second_run_deletes_the_secret_that_the_first_left() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("DELETE", SECRET, ok(json!({})));
    assert_eq!(removed(delete(&fake, &target(), None)), ["secret crm-cred"]);
}

#[test]
fn what_is_absent_is_not_found() {
    let check = |secret: Reply| {
        let fake = fake();
        fake.expect("GET", DEPOT, missing());
        fake.expect("GET", SECRET, secret);
        let error = delete(&fake, &target(), None).expect_err("it is absent");
        assert_eq!(error, Error::no_connection("crm"));
    };
    check(missing());
    check(refusal(403, "no"));
    let mut other = secret_resource();
    other["tags"] = json!(["mine"]);
    check(ok(other));
}

#[test]
fn lost_answers_are_looked_after() {
    let fake = found();
    fake.expect("DELETE", DEPOT, timed_out());
    fake.expect("GET", DEPOT, missing());
    fake.expect("DELETE", SECRET, timed_out());
    fake.expect("GET", SECRET, missing());
    assert_eq!(removed(delete(&fake, &target(), None)), ["depot crm", "secret crm-cred"]);

    let fake = found();
    fake.expect("DELETE", DEPOT, timed_out());
    fake.expect("GET", DEPOT, ok(depot()));
    let error = delete(&fake, &target(), None).expect_err("it is still there");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[test]
fn the_secret_is_tried_again_while_its_own_depot_is_going() {
    let fake = found();
    fake.expect("DELETE", DEPOT, ok(json!({})));
    fake.expect("DELETE", SECRET, blocked());
    fake.expect("DELETE", SECRET, blocked());
    fake.expect("DELETE", SECRET, ok(json!({})));
    assert_eq!(removed(delete(&fake, &target(), None)).len(), 2);
    assert_eq!(fake.slept().as_secs(), 2);
}
