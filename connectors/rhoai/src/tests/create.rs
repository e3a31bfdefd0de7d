use connhub_sdk::testing::{Reply, secret};
use connhub_sdk::{
    Connector, Draft, Error, Field, HttpError, IfExists, Label, Outcome, SecretField,
};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

#[test]
fn object_storage_is_one_request_with_all_its_metadata() {
    let fake = fake();
    fake.expect("POST", SECRETS, Reply::json(201, complete()));
    let written =
        Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail).expect("it is created");
    let sent = &fake.requests()[0];
    assert_eq!(sent.query("fieldManager"), Some("connhub"));
    assert_eq!(sent.query("fieldValidation"), Some("Strict"));
    assert_eq!(sent.query("dryRun"), None);
    let expected = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": "aws-connection-one",
            "labels": {
                "opendatahub.io/dashboard": "true", "opendatahub.io/managed": "true", "team": "a",
            },
            "annotations": {
                "opendatahub.io/connection-type": "s3",
                "opendatahub.io/connection-type-ref": "s3",
                "opendatahub.io/connection-type-protocol": "s3",
                "openshift.io/display-name": "My storage",
            },
        },
        "data": {
            "AWS_ACCESS_KEY_ID": "QUtJQQ==",
            "AWS_DEFAULT_REGION": "dXMtZWFzdC0x",
            "AWS_S3_BUCKET": "Yg==",
            "AWS_S3_ENDPOINT": "aHR0cHM6Ly9zMy5leGFtcGxlLmNvbQ==",
            "AWS_SECRET_ACCESS_KEY": "czNjcjN0",
        },
    });
    assert_eq!(sent.body_json(), expected);
    assert_eq!(written.outcome, Outcome::Created);
    assert_eq!(written.connection.secret_names, ["secret_access_key"]);
    assert_eq!(written.connection.revision.as_deref(), Some("226"));
    assert_eq!(written.connection.warnings, [] as [&str; 0]);
}

/// Creates a connection and gives labels, annotations, type and data of what was sent.
fn sent_object(draft: Draft) -> Value {
    let fake = fake();
    if !["s3", "uri", "oci"].contains(&draft.type_.as_str()) {
        expect_hidden_type(&fake, &draft.type_);
    }
    fake.expect("POST", SECRETS, Reply::json(201, complete()));
    Rhoai::create(&fake.host(), &target(), draft, IfExists::Fail).expect("it is created");
    fake.requests().last().expect("it was sent").body_json()
}

fn plain(type_: &str, fields: &[(&str, &str)], secrets: &[(&str, &str)]) -> Draft {
    Draft {
        name: "a".into(),
        type_: type_.into(),
        fields: fields.iter().map(|(name, value)| Field::new(*name, *value)).collect(),
        secrets: secrets
            .iter()
            .map(|(name, value)| SecretField { name: (*name).into(), value: secret(value) })
            .collect(),
        display_name: None,
        description: Some("why".into()),
        labels: Vec::new(),
    }
}

#[test]
fn every_type_has_the_metadata_that_belong_to_it() {
    let check = |draft: Draft, kind: &str, reference: &str, protocol: Option<&str>, data: Value| {
        let sent = sent_object(draft);
        let labels = &sent["metadata"]["labels"];
        assert_eq!(*labels, json!({"opendatahub.io/dashboard": "true"}), "{reference}");
        let mut annotations = json!({
            "opendatahub.io/connection-type-ref": reference,
            "openshift.io/display-name": "a",
            "openshift.io/description": "why",
        });
        if let Some(protocol) = protocol {
            annotations["opendatahub.io/connection-type-protocol"] = json!(protocol);
        }
        assert_eq!(sent["metadata"]["annotations"], annotations);
        assert_eq!((&sent["type"], &sent["data"]), (&json!(kind), &data));
    };
    let uri = plain("uri", &[("uri", "https://m")], &[]);
    check(uri, "Opaque", "uri-v1", Some("uri"), json!({"URI": "aHR0cHM6Ly9t"}));
    let oci = plain(
        "oci",
        &[("host", "quay.io"), ("access_type", "Pull")],
        &[("dockerconfigjson", r#"{"auths":{}}"#)],
    );
    let data = json!({
        "OCI_HOST": "cXVheS5pbw==", "ACCESS_TYPE": "WyJQdWxsIl0=", ".dockerconfigjson": "eyJhdXRocyI6e319",
    });
    check(oci, "kubernetes.io/dockerconfigjson", "oci-v1", Some("oci"), data);
    let open_registry = plain("oci", &[("host", "quay.io"), ("auth_method", "anonymous")], &[]);
    check(open_registry, "Opaque", "oci-v1", Some("oci"), json!({"OCI_HOST": "cXVheS5pbw=="}));
    let postgresql = plain("postgresql", &[("host", "db")], &[("password", "p")]);
    check(postgresql, "Opaque", "postgresql", None, json!({"host": "ZGI=", "password": "cA=="}));
}

#[test]
fn object_storage_without_a_bucket_is_not_for_model_serving() {
    let mut draft = draft();
    draft.fields.retain(|field| field.name != "bucket");
    let sent = sent_object(draft);
    assert_eq!(sent["metadata"]["labels"].get("opendatahub.io/managed"), None);
    assert_eq!(sent["metadata"]["annotations"]["opendatahub.io/connection-type"], "s3");
}

#[test]
fn everything_wrong_is_named_at_once_and_nothing_is_sent() {
    let fake = fake();
    let mut draft = draft();
    draft.name = "My Storage".into();
    draft.fields = vec![
        Field::new("auth_method", "iam_role"),
        Field::new("path_style", "true"),
        Field::new("no key", "x"),
    ];
    draft.labels =
        vec![Label::new("opendatahub.io/managed", "false"), Label::new("team", "not valid!")];
    let refused = Rhoai::create(&fake.host(), &target(), draft, IfExists::Fail);
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    let expected = [
        "name",
        "auth_method",
        "endpoint",
        "access_key_id",
        "path_style",
        "no key",
        "label",
        "label",
    ];
    assert_eq!(fields, expected);
    assert!(fake.requests().is_empty());
}

#[test]
fn more_than_a_secret_takes_is_refused_before_it_is_sent() {
    let fake = fake();
    let draft = plain("ours", &[], &[("KEY", &"x".repeat(1_048_577))]);
    expect_hidden_type(&fake, "ours");
    let refused = Rhoai::create(&fake.host(), &target(), draft, IfExists::Fail);
    assert!(matches!(refused, Err(Error::Invalid(problems)) if problems[0].field == "fields"));
    assert!(fake.requests().iter().all(|sent| sent.method == "GET"));
}

#[test]
fn a_dry_run_is_the_same_request_with_its_parameter() {
    let fake = fake();
    fake.expect("POST", SECRETS, recorded!("201-secret"));
    let written =
        Rhoai::create(&fake.host(), &dry_run(), draft(), IfExists::Fail).expect("it would work");
    assert_eq!(fake.requests()[0].query("dryRun"), Some("All"));
    assert_eq!(written.outcome, Outcome::Created);
}

#[test]
fn a_name_that_is_taken_is_final() {
    let fake = fake();
    fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
    let refused = Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail);
    let text = "project `demo` has a Secret `aws-connection-one`";
    assert_eq!(refused, Err(Error::AlreadyExists(text.into())));
    fake.assert_done();
}

#[test]
fn keep_says_what_differs_and_what_cannot_be_compared() {
    let fake = fake();
    fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let mut draft = draft();
    draft.fields[2].value = "other".into();
    draft.labels.clear();
    let written =
        Rhoai::create(&fake.host(), &target(), draft, IfExists::Keep).expect("it is kept");
    assert_eq!(written.outcome, Outcome::Kept);
    assert_eq!(written.differences, ["bucket", "secret_access_key"]);
    assert!(written.notes[0].contains("cannot be compared"));
    fake.assert_done();
}

#[test]
fn keep_does_not_count_a_display_name_that_nobody_gave() {
    let fake = fake();
    fake.expect("POST", "/api/v1/namespaces/demo/secrets", recorded!("409-secret-exists"));
    let mut there = complete();
    there["metadata"]["annotations"]["openshift.io/display-name"] = json!("aws-connection-one");
    fake.expect("GET", ONE, Reply::json(200, there));
    let draft = Draft { display_name: None, labels: Vec::new(), ..draft() };
    let written =
        Rhoai::create(&fake.host(), &target(), draft, IfExists::Keep).expect("it is kept");
    assert_eq!(written.differences, ["secret_access_key"]);
}

#[test]
fn replace_is_one_patch_that_keeps_what_others_wrote() {
    let fake = fake();
    fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, Reply::json(200, complete()));
    let draft = Draft {
        name: "aws-connection-one".into(),
        labels: vec![Label::new("team", "a")],
        ..plain("uri", &[("uri", "https://m")], &[])
    };
    let written =
        Rhoai::create(&fake.host(), &target(), draft, IfExists::Replace).expect("it is replaced");
    assert_eq!(written.outcome, Outcome::Replaced);
    let sent = &fake.requests()[2];
    assert_eq!(sent.header("content-type"), Some("application/merge-patch+json"));
    let expected = json!({
        "metadata": {
            "resourceVersion": "226",
            "labels": {"opendatahub.io/managed": null, "team": "a"},
            "annotations": {
                "opendatahub.io/connection-type": null,
                "opendatahub.io/connection-type-ref": "uri-v1",
                "opendatahub.io/connection-type-protocol": "uri",
                "openshift.io/display-name": "aws-connection-one",
                "openshift.io/description": "why",
            },
        },
        "data": {
            "URI": "aHR0cHM6Ly9t",
            "AWS_ACCESS_KEY_ID": null, "AWS_DEFAULT_REGION": null, "AWS_S3_BUCKET": null,
            "AWS_S3_ENDPOINT": null, "AWS_SECRET_ACCESS_KEY": null,
        },
    });
    assert_eq!(sent.body_json(), expected);
}

#[test]
fn replace_tries_again_when_somebody_else_was_quicker() {
    let fake = fake();
    for _ in 0..2 {
        fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
        fake.expect("GET", ONE, Reply::json(200, complete()));
        fake.expect("PATCH", ONE, recorded!("409-conflict-resourceversion"));
    }
    fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
    fake.expect("GET", ONE, recorded!("404-secret-get"));
    fake.expect("POST", SECRETS, Reply::json(201, complete()));
    let written =
        Rhoai::create(&fake.host(), &target(), draft(), IfExists::Replace).expect("it is written");
    assert_eq!(written.outcome, Outcome::Created);
    fake.assert_done();
}

#[test]
fn a_secret_that_is_no_connection_is_left_alone() {
    for if_exists in [IfExists::Keep, IfExists::Replace] {
        let fake = fake();
        fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
        let mut foreign = complete();
        foreign["metadata"]["labels"] = json!({});
        fake.expect("GET", ONE, Reply::json(200, foreign));
        let refused = Rhoai::create(&fake.host(), &target(), draft(), if_exists);
        assert!(matches!(refused, Err(Error::AlreadyExists(text)) if text.contains("left alone")));
        fake.assert_done();
    }
}

#[test]
fn the_kubernetes_type_of_a_secret_is_not_changed() {
    let fake = fake();
    fake.expect("POST", SECRETS, recorded!("409-secret-exists"));
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let oci = Draft {
        name: "aws-connection-one".into(),
        ..plain("oci", &[("host", "quay.io")], &[("dockerconfigjson", "{}")])
    };
    let refused = Rhoai::create(&fake.host(), &target(), oci, IfExists::Replace);
    assert!(matches!(refused, Err(Error::Unsupported(text)) if text.contains("connhub delete")));
}

#[test]
fn warnings_of_the_server_are_passed_on() {
    let fake = fake();
    let answer = Reply::json(201, complete()).header("warning", r#"299 - "will be removed""#);
    fake.expect("POST", SECRETS, answer);
    let written =
        Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail).expect("it is created");
    assert_eq!(written.notes, ["the cluster warns: will be removed"]);
}

#[test]
fn what_the_host_refuses_stays_denied() {
    let fake = fake();
    fake.expect("POST", SECRETS, Reply::error(HttpError::TimedOut("no answer in 30 s".into())));
    let failed = Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail);
    assert_eq!(failed, Err(Error::unavailable("no answer in 30 s")));

    let narrow = PLUGINS.replace("\"POST /api/v1/namespaces/*/secrets\",", "");
    let fake = FakeHost::granted(&narrow, "rhoai");
    let failed = Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail);
    assert!(matches!(failed, Err(Error::Denied(text)) if text.contains("POST /api/v1/")));
}
