use connhub_sdk::testing::{Reply, value_of};
use connhub_sdk::{Connector, Error, Field, Label, Target};
use serde_json::json;

use super::*;
use crate::Rhoai;

#[test]
fn a_connection_is_read_under_canonical_names_without_its_secrets() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(
        (&*read.name, read.scope.as_deref(), &*read.type_),
        ("aws-connection-one", Some("demo"), "s3")
    );
    let expected = [
        Field::new("endpoint", "https://s3.example.com"),
        Field::new("bucket", "b"),
        Field::new("region", "us-east-1"),
        Field::new("access_key_id", "AKIA"),
    ];
    assert_eq!(read.fields, expected);
    assert_eq!(read.secret_names, ["secret_access_key"]);
    assert_eq!(read.display_name.as_deref(), Some("My storage"));
    assert_eq!(read.created_at.as_deref(), Some("2026-11-20T21:36:01Z"));
    assert_eq!(read.labels[0], Label::new("opendatahub.io/dashboard", "true"));
    assert!(!format!("{read:?}").contains("s3cr3t"));
}

#[test]
fn what_is_incomplete_is_said() {
    let warnings = |edit: fn(&mut serde_json::Value)| {
        let fake = fake();
        let mut object = complete();
        edit(&mut object);
        fake.expect("GET", ONE, Reply::json(200, object));
        let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
        read.warnings.join("\n")
    };
    assert_eq!(warnings(|_| {}), "");
    let no_ref = warnings(|object| {
        object["metadata"]["annotations"] = json!({"opendatahub.io/connection-type": "s3"});
    });
    assert!(no_ref.contains("connection-type-ref") && no_ref.contains("connection-type-protocol"));
    let no_bucket = warnings(|object| object["data"] = json!({"AWS_S3_ENDPOINT": ""}));
    assert!(no_bucket.contains("`bucket`") && no_bucket.contains("model serving cannot use it"));
    let unmanaged = warnings(|object| {
        object["metadata"]["labels"] = json!({"opendatahub.io/dashboard": "true"});
    });
    assert!(unmanaged.contains("opendatahub.io/managed"));
    assert!(warnings(|object| object["immutable"] = json!(true)).contains("immutable"));
    let binary = warnings(|object| object["data"]["AWS_S3_BUCKET"] = json!("/w=="));
    assert!(binary.contains("`bucket` is not text"));
}

#[test]
fn a_type_of_the_cluster_is_carried_through() {
    let fake = fake();
    let mut object = complete();
    object["metadata"]["annotations"] = json!({
        "opendatahub.io/connection-type-ref": "our-database",
        "opendatahub.io/connection-test-status": "failed",
        "opendatahub.io/connection-test-message": "refused",
    });
    object["data"] = json!({"host": "ZGI=", "DB_PASSWORD": "cA=="});
    fake.expect("GET", ONE, Reply::json(200, object));
    expect_hidden_type(&fake, "our-database");
    let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(read.type_, "our-database");
    assert_eq!(read.fields, [Field::new("host", "db")]);
    assert_eq!(read.secret_names, ["DB_PASSWORD"]);
    assert_eq!(read.status.as_deref(), Some("failed"));
    assert_eq!(read.status_message.as_deref(), Some("refused"));
    assert_eq!(read.warnings, [] as [&str; 0]);
}

#[test]
fn choices_of_a_registry_are_a_list() {
    let fake = fake();
    let mut object = complete();
    object["metadata"]["annotations"] = json!({"opendatahub.io/connection-type-ref": "oci-v1"});
    object["data"] = json!({"ACCESS_TYPE": "WyJQdWxsIiwiUHVzaCJd", "OCI_HOST": "cXVheS5pbw==", ".dockerconfigjson": "e30="});
    fake.expect("GET", ONE, Reply::json(200, object));
    let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one").expect("it is there");
    assert_eq!(
        read.fields,
        [Field::new("host", "quay.io"), Field::new("access_type", "Pull,Push")]
    );
    assert_eq!(read.secret_names, ["dockerconfigjson"]);
}

#[test]
fn secrets_are_opened_as_handles() {
    let open = |fields: &[&str]| {
        let fake = fake();
        fake.expect("GET", ONE, Reply::json(200, complete()));
        let fields: Vec<_> = fields.iter().map(|name| (*name).to_owned()).collect();
        Rhoai::open(&fake.host(), &target(), "aws-connection-one", &fields)
    };
    for fields in [&[][..], &["secret_access_key"]] {
        let opened = open(fields).expect("it is there");
        assert_eq!(opened.len(), 1);
        assert_eq!(opened[0].name, "secret_access_key");
        assert_eq!(value_of(&opened[0].value), b"s3cr3t");
    }
    let Err(Error::Invalid(problems)) = open(&["bucket"]) else { panic!("a bucket is no secret") };
    assert!(problems[0].message.contains("it has `secret_access_key`"), "{problems:?}");
}

#[test]
fn a_secret_that_is_no_connection_is_not_shown() {
    let fake = fake();
    let mut foreign = complete();
    foreign["metadata"]["annotations"] = json!({});
    fake.expect("GET", ONE, Reply::json(200, foreign));
    let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one");
    let Err(Error::Invalid(problems)) = read else { panic!("{read:?}") };
    assert_eq!(problems[0].field, "name");
    assert!(problems[0].message.contains("connection-type-ref"));
}

#[test]
fn an_absent_connection_and_an_absent_project_are_told_apart() {
    let get = |replies: Vec<(&str, Reply)>| {
        let fake = fake();
        fake.expect("GET", ONE, recorded!("404-secret-get"));
        replies.into_iter().for_each(|(path, reply)| fake.expect("GET", path, reply));
        let read = Rhoai::get(&fake.host(), &target(), "aws-connection-one");
        fake.assert_done();
        read.expect_err("it is not there")
    };
    let absent = Error::no_connection("aws-connection-one");
    assert_eq!(get(vec![(NAMESPACE, recorded!("201-namespace"))]), absent);
    assert_eq!(get(vec![(NAMESPACE, recorded!("404-namespace-get"))]), Error::no_scope("demo"));
    let hidden = vec![
        (NAMESPACE, recorded!("403-viewer-list-secrets")),
        (PROJECT, recorded!("404-project-not-openshift")),
    ];
    assert_eq!(get(hidden), absent);
    let member = vec![
        (NAMESPACE, recorded!("403-viewer-list-secrets")),
        (PROJECT, recorded!("201-namespace")),
    ];
    assert_eq!(get(member), absent);
}

#[test]
fn the_project_comes_from_the_user_or_the_settings() {
    let settings = vec![Field::new("namespace", "demo")];
    let target = Target { scope: None, settings, dry_run: false };
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    Rhoai::get(&fake.host(), &target, "aws-connection-one").expect("the setting names it");
    let nowhere = Target { settings: Vec::new(), ..target };
    let Err(Error::Invalid(problems)) = Rhoai::get(&fake.host(), &nowhere, "a") else {
        panic!("no project was named")
    };
    assert_eq!(problems[0].field, "scope");
}
