//! Reading one connection and opening its secrets.

use connhub_sdk::testing::value_of;
use connhub_sdk::{Connection, Connector, Error, Missing, SecretField};
use serde_json::{Value, json};

use crate::DataOs;

use super::{
    CRM_ENTRY, CRM_SECRETS, DEPOT, OLDER_DEPOTS, SECRET, depot, entry, fake, material, missing,
    no_path, ok, refusal, secret_resource, target,
};

fn get_with(depot: Value, secret: connhub_sdk::testing::Reply) -> Connection {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot));
    fake.expect("GET", SECRET, secret);
    let connection = DataOs::get(&fake.host(), &target(), "crm").expect("it is read");
    fake.assert_done();
    connection
}

#[test]
fn a_connection_is_its_depot_and_the_keys_of_its_secret() {
    let connection = get_with(depot(), ok(secret_resource()));
    assert_eq!(connection.description.as_deref(), Some("the CRM"));
    assert_eq!(connection.created_at.as_deref(), Some("2026-11-20T21:36:01Z"));
    assert_eq!(connection.secret_names, ["username", "password"]);
    assert_eq!(connection.revision.as_deref(), Some("1.1"));
    assert!(connection.warnings.is_empty(), "{:?}", connection.warnings);
}

#[test]
fn what_is_unusual_is_a_warning() {
    let check = |connection: Connection, words: &str| {
        let warnings = &connection.warnings;
        assert!(warnings.iter().any(|warning| warning.contains(words)), "{warnings:?}");
    };
    check(get_with(depot(), refusal(403, "no")), "you may not see its Secret `crm-cred`");
    check(get_with(depot(), missing()), "`crm-cred` does not exist");
    let mut incomplete = depot();
    incomplete["spec"]["spec"].as_object_mut().expect("it is an object").remove("database");
    check(get_with(incomplete, ok(secret_resource())), "`database` is not set");
    let mut foreign = depot();
    foreign["spec"]["secrets"][1]["id"] = json!("other:x");
    check(get_with(foreign, ok(secret_resource())), "`other:x` belongs to another tenant");
}

#[test]
fn keys_that_the_server_hides_are_not_guessed() {
    let mut secret = secret_resource();
    secret["secret"] = json!({"type": "key-value"});
    let connection = get_with(depot(), ok(secret));
    assert!(connection.secret_names.is_empty());
    assert!(connection.warnings.is_empty(), "{:?}", connection.warnings);
}

#[test]
fn other_forms_of_manifests_are_read() {
    let mut body_keys = depot();
    let depot_body = body_keys["spec"].take();
    body_keys.as_object_mut().expect("it is an object").remove("spec");
    body_keys["depot"] = depot_body;
    let mut secret = secret_resource();
    let secret_body = secret["secret"].take();
    secret.as_object_mut().expect("it is an object").remove("secret");
    secret["spec"] = secret_body;
    let connection = get_with(body_keys, ok(secret));
    assert_eq!(connection.field("host"), Some("db.example.com"));
    assert_eq!(connection.secret_names, ["username", "password"]);
    assert!(connection.warnings.is_empty(), "{:?}", connection.warnings);

    let mut first_generation = depot();
    first_generation["spec"] = json!({
        "type": "POSTGRESQL", "external": true, "secrets": [{"name": "crm-cred", "allkeys": true}],
        "postgresql": {"host": "h"},
    });
    let connection = get_with(first_generation, ok(secret_resource()));
    assert_eq!(connection.type_, "postgresql");
    assert_eq!(connection.field("host"), Some("h"));
    assert!(connection.warnings.iter().any(|warning| warning.contains("an older DataOS")));
}

#[test]
fn what_the_resource_manager_does_not_know_is_read_from_the_depot_service() {
    let fake = fake();
    fake.expect("GET", DEPOT, no_path());
    fake.expect("GET", CRM_ENTRY, no_path());
    fake.expect("GET", &format!("{OLDER_DEPOTS}/crm"), ok(entry("crm")));
    fake.expect("GET", SECRET, no_path());
    let connection = DataOs::get(&fake.host(), &target(), "crm").expect("it is read");
    fake.assert_done();
    assert_eq!(connection.field("host"), Some("db.example.com"));
    assert_eq!(connection.updated_at.as_deref(), Some("2026-11-20T21:37:00Z"));
    assert_eq!(connection.revision, None);
}

#[test]
fn absent_connections_are_not_found() {
    let fake = fake();
    fake.expect("GET", DEPOT, missing());
    fake.expect("GET", CRM_ENTRY, missing());
    let error = DataOs::get(&fake.host(), &target(), "crm").expect_err("it is absent");
    fake.assert_done();
    assert_eq!(error, Error::NotFound(Missing::Connection("crm".into())));
}

fn open(fields: &[&str], secrets: Value) -> Result<Vec<SecretField>, Error> {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", CRM_SECRETS, ok(secrets));
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    let opened = DataOs::open(&fake.host(), &target(), "crm", &fields);
    fake.assert_done();
    assert_eq!(fake.requests()[1].query("purpose"), Some("rw"));
    opened
}

#[test]
fn secrets_are_opened_as_handles_under_canonical_names() {
    let opened = open(&[], material()).expect("it is opened");
    let named: Vec<_> =
        opened.iter().map(|field| (field.name.as_str(), value_of(&field.value))).collect();
    assert_eq!(named, [("username", &b"loader"[..]), ("password", &b"old"[..])]);
    let one = open(&["password"], material()).expect("it is opened");
    assert_eq!(one.len(), 1);
    assert_eq!(value_of(&one[0].value), b"old");
}

#[test]
fn a_field_that_is_not_there_is_named() {
    let error = open(&["token"], material()).expect_err("it is not there");
    let Error::Invalid(problems) = error else { panic!("{error:?}") };
    assert_eq!(problems[0].field, "token");
    assert!(problems[0].message.contains("`username`, `password`"), "{problems:?}");
}

#[test]
fn an_answer_that_is_no_material_is_refused() {
    let error = open(&[], json!(["x"])).expect_err("it makes no sense");
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[test]
fn values_under_two_keys_are_given_once() {
    let fake = fake();
    let mut s3 = depot();
    s3["spec"]["type"] = json!("s3");
    s3["spec"]["spec"] = json!({"bucket": "b"});
    fake.expect("GET", DEPOT, ok(s3));
    let entry = |key: &str| json!({"key": key, "base64Value": "b2xk"});
    let keys = ["awsaccesskeyid", "accesskeyid", "secretkey", "awssecretaccesskey"];
    fake.expect("GET", CRM_SECRETS, ok(json!({"id": "x", "data": keys.map(entry)})));
    let opened = DataOs::open(&fake.host(), &target(), "crm", &[]).expect("it is opened");
    let names: Vec<_> = opened.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["access_key_id", "secret_access_key"]);
}

#[test]
fn the_older_depot_service_is_asked_for_its_own_purposes() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    fake.expect("GET", CRM_SECRETS, no_path());
    fake.expect("GET", &format!("{OLDER_DEPOTS}/crm/secrets"), ok(material()));
    let opened = DataOs::open(&fake.host(), &target(), "crm", &[]).expect("it is opened");
    assert_eq!(opened.len(), 2);
    assert_eq!(fake.requests()[2].query("acl"), Some("rw"));
}

#[test]
fn a_right_that_is_missing_is_named() {
    let fake = fake();
    fake.expect("GET", DEPOT, ok(depot()));
    let text = "forbidden: user does not have Can Use Secret on 'secret:v2alpha:crm-cred'";
    fake.expect("GET", CRM_SECRETS, refusal(403, text));
    let error = DataOs::open(&fake.host(), &target(), "crm", &[]).expect_err("it is forbidden");
    assert!(matches!(&error, Error::Forbidden(message) if message.contains(text)), "{error:?}");
}
