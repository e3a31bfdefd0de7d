use connhub_sdk::testing::Reply;
use connhub_sdk::{Connector, Error, Field, Outcome, Patch, Target, Written};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

const NAME: &str = "aws-connection-one";

fn as_type(type_: &str) -> Target {
    Target { settings: vec![Field::new("adopt", type_)], ..target() }
}

/// A Secret that somebody made by hand.
fn plain(keys: &[&str]) -> Value {
    let data = keys.iter().map(|key| ((*key).to_owned(), json!("dg=="))).collect();
    json!({
        "metadata": {
            "name": NAME, "namespace": "demo", "resourceVersion": "3",
            "labels": {"team": "a"}, "annotations": {"note": "mine"},
        },
        "data": Value::Object(data),
        "type": "Opaque",
    })
}

const S3_KEYS: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_S3_ENDPOINT", "AWS_S3_BUCKET"];

fn adopt(there: Value, type_: &str) -> (Written, Value) {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, there));
    fake.expect("PATCH", ONE, Reply::json(200, complete()));
    let written = Rhoai::update(&fake.host(), &as_type(type_), NAME, Patch::default(), None);
    let sent = fake.requests()[1].body_json();
    (written.expect("it is adopted"), sent)
}

fn refused(there: Value, type_: &str) -> Error {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, there));
    let refused = Rhoai::update(&fake.host(), &as_type(type_), NAME, Patch::default(), None);
    fake.assert_done();
    refused.expect_err("it is not adopted")
}

#[test]
fn the_keys_decide_the_type_and_no_value_is_sent() {
    let (written, sent) = adopt(plain(&S3_KEYS), "auto");
    assert_eq!(written.outcome, Outcome::Updated);
    let expected = json!({"metadata": {
        "resourceVersion": "3",
        "labels": {"opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true"},
        "annotations": {
            "opendatahub.io/connection-type-ref": "s3",
            "opendatahub.io/connection-type-protocol": "s3",
            "opendatahub.io/connection-type": "s3",
            "openshift.io/display-name": NAME,
        },
    }});
    assert_eq!(sent, expected);
    let reference = |keys: &[&str], type_: &str| {
        let (_, sent) = adopt(plain(keys), type_);
        let annotations = &sent["metadata"]["annotations"];
        let of = |name: &str| annotations[format!("opendatahub.io/connection-type-{name}")].clone();
        (of("ref"), of("protocol"))
    };
    assert_eq!(reference(&["URI"], "auto"), (json!("uri-v1"), json!("uri")));
    assert_eq!(reference(&[".dockerconfigjson"], "auto"), (json!("oci-v1"), json!("oci")));
    assert_eq!(reference(&["host", "password"], "our-db"), (json!("our-db"), Value::Null));
}

#[test]
fn what_is_incomplete_is_completed_and_what_is_complete_is_left() {
    let mut there = complete();
    let annotations = there["metadata"]["annotations"].as_object_mut().expect("it has some");
    annotations.remove("opendatahub.io/connection-type-protocol");
    let (_, sent) = adopt(there, "auto");
    let added = json!({"opendatahub.io/connection-type-protocol": "s3"});
    assert_eq!(sent["metadata"]["annotations"], added);
}

#[test]
fn what_others_own_is_left_alone() {
    let check = |change: &dyn Fn(&mut Value), words: &str| {
        let mut there = plain(&S3_KEYS);
        change(&mut there);
        let error = refused(there, "auto");
        assert!(matches!(&error, Error::Unsupported(text) if text.contains(words)), "{error:?}");
    };
    check(&|it| it["immutable"] = json!(true), "is immutable");
    let token = "kubernetes.io/service-account-token";
    check(
        &|it| it["type"] = json!(token),
        "of the Kubernetes type `kubernetes.io/service-account-token`",
    );
    let owner = json!([{"kind": "ExternalSecret", "name": "lake", "uid": "1", "apiVersion": "v1"}]);
    check(&|it| it["metadata"]["ownerReferences"] = owner.clone(), "the ExternalSecret `lake`");
    check(&|it| it["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("Helm"), "Helm");
    check(&|it| it["metadata"]["annotations"]["meta.helm.sh/release-name"] = json!("x"), "Helm");
}

#[test]
fn keys_that_tell_nothing_or_not_enough_are_named() {
    let check = |keys: &[&str], type_: &str, words: &str| {
        let error = refused(plain(keys), type_);
        assert!(error.message().contains(words), "{error:?}");
    };
    check(&["password", "user"], "auto", "(`password`, `user`); say it by `--type`");
    check(&["URI", "AWS_S3_BUCKET"], "auto", "say it by `--type`");
    check(
        &["AWS_S3_BUCKET"],
        "auto",
        "no `AWS_S3_ENDPOINT`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`",
    );
    check(&["URI"], "s3", "which `s3` needs");
    check(&["URI"], "not a name", "no name of a connection type");
    let error = refused(complete(), "uri");
    assert!(error.message().contains("is a connection of type `s3`"), "{error:?}");
}

#[test]
fn reserved_names_are_refused_before_anything_is_asked() {
    let fake = fake();
    let adopt =
        |name: &str| Rhoai::update(&fake.host(), &as_type("auto"), name, Patch::default(), None);
    for name in ["storage-config", "secret-abc123"] {
        assert!(matches!(adopt(name), Err(Error::Invalid(_))), "{name}");
    }
    assert_eq!(fake.requests().len(), 0);
}
