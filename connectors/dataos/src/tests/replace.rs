//! `create` with `replace`: a new connection in the place of an old one.

use connhub_sdk::testing::FakeHost;
use connhub_sdk::{Error, Field, IfExists, Outcome, Written};
use serde_json::{Value, json};

use crate::create::create;

use super::{
    CANARY, DEPOT, DEPOTS, RESOURCES, SECRET, depot, depot_manifest, draft, fake, missing, ok,
    refusal, run_create, secret_resource, target,
};

/// The depot as it is before: another place and another owner's keys.
fn old_depot() -> Value {
    let mut old = depot();
    old["spec"]["type"] = json!("mysql");
    old["spec"]["spec"] = json!({"host": "old", "port": 3306});
    old["spec"]["external"] = json!(true);
    old["tags"] = json!(["old"]);
    old
}

fn read_back(fake: &FakeHost) {
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
}

fn replaced(result: Result<Written, Error>) -> Written {
    let written = result.expect("it is replaced");
    assert_eq!(written.outcome, Outcome::Replaced);
    written
}

#[test]
fn depot_and_secret_are_replaced_as_a_whole() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(old_depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("PUT", SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    read_back(&fake);
    replaced(run_create(&fake, IfExists::Replace));
    let requests = fake.requests();
    let mut expected = depot_manifest();
    expected["owner"] = json!("adalovelace");
    expected["spec"]["external"] = json!(true);
    assert_eq!(requests[3].body_json(), expected);
    let data = json!({"username": "loader", "password": CANARY});
    assert_eq!(requests[4].body_json()["secret"]["data"], data);
}

#[test]
fn the_old_depot_is_put_back_if_the_secret_is_refused() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(old_depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("PUT", SECRET, refusal(400, "no"));
    fake.expect("PUT", DEPOT, ok(json!({})));
    run_create(&fake, IfExists::Replace).expect_err("it is refused");
    assert_eq!(fake.requests()[5].body_json()["spec"]["spec"]["host"], "old");
}

#[test]
fn a_secret_of_others_is_left_and_the_connection_gets_its_own() {
    let fake = fake();
    let mut old = old_depot();
    old["spec"]["secrets"] = json!([{"id": "engineering:shared", "purpose": "rw"}]);
    let mut shared = secret_resource();
    shared["tags"] = json!([]);
    fake.expect("GET", DEPOT, ok(old));
    fake.expect("GET", &SECRET.replace("crm-cred", "shared"), ok(shared));
    fake.expect("GET", SECRET, missing());
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    read_back(&fake);
    let written = replaced(run_create(&fake, IfExists::Replace));
    assert_eq!(fake.requests()[4].body_json()["spec"]["secrets"], super::references());
    assert!(written.notes[0].contains("`shared` that it used before was left"));
}

#[test]
fn a_secret_with_the_wanted_name_that_is_not_ours_is_refused() {
    let fake = fake();
    let mut old = old_depot();
    old["spec"].as_object_mut().expect("it is an object").remove("secrets");
    let mut other = secret_resource();
    other["tags"] = json!([]);
    fake.expect("GET", DEPOT, ok(old));
    fake.expect("GET", SECRET, ok(other));
    let error = run_create(&fake, IfExists::Replace).expect_err("it is somebody else's");
    assert!(matches!(error, Error::AlreadyExists(_)), "{error:?}");
}

#[test]
fn a_secret_that_is_not_needed_any_more_goes() {
    let fake = fake();
    let mut draft = draft();
    draft.secrets.clear();
    draft.fields.retain(|field| field.name != "username" && field.name != "auth_method");
    draft.fields.push(Field::new("auth_method", "none"));
    let mut new = depot();
    new["spec"].as_object_mut().expect("it is an object").remove("secrets");
    fake.expect("GET", DEPOT, ok(old_depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("DELETE", SECRET, ok(json!({})));
    fake.expect("GET", DEPOT, ok(new));
    let written = replaced(create(&fake.host(), &target(), &draft, IfExists::Replace));
    fake.assert_done();
    assert_eq!(fake.requests()[2].body_json()["spec"].get("secrets"), None);
    assert!(written.connection.secret_names.is_empty());
}
