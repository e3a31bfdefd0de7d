//! Secrets of their own for some of the purposes of a Depot.

use connhub_sdk::testing::FakeHost;
use connhub_sdk::{Connector, Error, IfExists, Outcome, Target};
use serde_json::{Value, json};

use crate::DataOs;
use crate::create::create;
use crate::open::open;
use crate::update::update;

use super::{
    CRM_SECRETS, DEPOT, DEPOTS, RESOURCES, SECRET, depot, draft, fake, material, ok,
    password_patch, secret_resource, target, target_with,
};

const QUERY_SECRET: &str = "/poros/api/v1/workspaces/engineering/resources/secret/crm-query";

/// A backend for the credentials of queries.
fn query() -> Target {
    target_with(&[("purposes", "query"), ("secret-name", "{name}-query")])
}

/// `rw` and `scan` with the Secret of the connection, `query` with one of its own.
fn split() -> Value {
    let mut split = depot();
    split["spec"]["secrets"][2]["id"] = json!("engineering:crm-query");
    split
}

fn query_secret() -> Value {
    let mut secret = secret_resource();
    secret["name"] = json!("crm-query");
    secret
}

fn reads_split(fake: &FakeHost) {
    fake.expect("GET", DEPOT, ok(split()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", QUERY_SECRET, ok(query_secret()));
}

#[test]
fn a_shared_secret_is_left_to_the_other_purposes() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("POST", RESOURCES, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    reads_split(&fake);
    let patch = password_patch("canary-query");
    let written = update(&fake.host(), &query(), "crm", &patch, None).expect("it is split");
    fake.assert_done();
    assert_eq!(written.outcome, Outcome::Updated);
    let requests = fake.requests();
    assert_eq!(requests[2].query("purpose"), Some("query"));
    let secret = requests[3].body_json();
    assert_eq!(secret["name"], "crm-query");
    assert_eq!(secret["tags"], json!(["connhub-connection:crm"]));
    assert_eq!(secret["secret"]["data"], json!({"username": "loader", "password": "canary-query"}));
    let old = "engineering:crm-cred";
    let uses = json!([
        {"id": old, "purpose": "rw"}, {"id": old, "purpose": "scan"},
        {"id": "engineering:crm-query", "purpose": "query"},
    ]);
    assert_eq!(requests[4].body_json()["spec"]["secrets"], uses);
}

#[test]
fn a_secret_that_serves_others_needs_another_name() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    let target = target_with(&[("purposes", "query")]);
    let error = update(&fake.host(), &target, "crm", &password_patch("canary"), None);
    let text = error.expect_err("the names are the same").message();
    assert!(text.contains("serves other purposes too") && text.contains("secret-name"), "{text}");
}

#[test]
fn a_split_secret_is_changed_and_read_alone() {
    let fake = fake();
    reads_split(&fake);
    fake.expect("GET", CRM_SECRETS, ok(material()));
    fake.expect("PUT", QUERY_SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    reads_split(&fake);
    update(&fake.host(), &query(), "crm", &password_patch("canary"), None).expect("it is changed");
    fake.assert_done();

    let opened = super::fake();
    opened.expect("GET", DEPOT, ok(split()));
    opened.expect("GET", CRM_SECRETS, ok(material()));
    open(&opened.host(), &query(), "crm", &[]).expect("it is opened");
    assert_eq!(opened.requests()[1].query("purpose"), Some("query"));

    let none = super::fake();
    none.expect("GET", DEPOT, ok(split()));
    let target = target_with(&[("purposes", "r")]);
    let text = open(&none.host(), &target, "crm", &[]).expect_err("there is none").message();
    assert!(
        text.contains("has no Secret for `r`")
            && text.contains("`engineering:crm-query` for query"),
        "{text}"
    );
}

#[test]
fn without_the_setting_it_is_said_that_there_are_several() {
    let fake = fake();
    reads_split(&fake);
    let patch = password_patch("canary");
    let error = update(&fake.host(), &target(), "crm", &patch, None).expect_err("which one?");
    let Error::Unsupported(text) = &error else { panic!("{error:?}") };
    assert!(text.contains("`engineering:crm-cred` for rw, scan"), "{text}");
    assert!(text.contains("purposes = \"query\""), "{text}");

    let read = super::fake();
    reads_split(&read);
    let shown = DataOs::get(&read.host(), &target(), "crm").expect("it is read");
    assert!(shown.warnings[0].contains("different Secrets for different purposes"), "{shown:?}");
}

#[test]
fn replacing_leaves_the_other_purposes_alone() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(split()));
    fake.expect("GET", SECRET, ok(secret_resource()));
    fake.expect("GET", QUERY_SECRET, ok(query_secret()));
    fake.expect("GET", QUERY_SECRET, ok(query_secret()));
    fake.expect("PUT", QUERY_SECRET, ok(json!({})));
    fake.expect("PUT", DEPOT, ok(json!({})));
    fake.expect("GET", DEPOTS, ok(json!([])));
    reads_split(&fake);
    let replaced = create(&fake.host(), &query(), &draft(), IfExists::Replace);
    assert_eq!(replaced.expect("it is replaced").outcome, Outcome::Replaced);
    fake.assert_done();
    let requests = fake.requests();
    assert_eq!(requests[5].body_json()["spec"]["secrets"], split()["spec"]["secrets"]);
    assert!(requests.iter().all(|request| request.method != "DELETE"));
}
