//! Every way in which the server refuses, by recorded answers.

use connhub_sdk::testing::Reply;
use connhub_sdk::{Connector, Error, IfExists, Unavailability};
use serde_json::json;

use super::*;
use crate::Rhoai;

fn create_refused(reply: Reply) -> Error {
    let fake = fake();
    fake.expect("POST", SECRETS, reply);
    let refused = Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail);
    fake.assert_done();
    refused.expect_err("it is refused")
}

fn get_refused(reply: Reply) -> Error {
    let fake = fake();
    fake.expect("GET", ONE, reply);
    let refused = Rhoai::get(&fake.host(), &target(), "aws-connection-one");
    fake.assert_done();
    refused.expect_err("it is refused")
}

#[test]
fn a_login_that_is_not_accepted_is_told_from_a_right_that_is_missing() {
    let error = get_refused(recorded!("401-bad-token"));
    assert!(matches!(error, Error::Unauthenticated(text) if text.contains("log in again")));
    for refused in [
        get_refused(recorded!("403-viewer-get-secret")),
        create_refused(recorded!("403-viewer-create-secret")),
    ] {
        let Error::Forbidden(text) = refused else { panic!("{refused:?}") };
        assert!(text.contains("role `edit` in project `demo`") && text.contains("no such project"));
    }
}

#[test]
fn a_project_that_is_being_deleted_is_no_missing_right() {
    let error = create_refused(recorded!("403-create-in-terminating-ns"));
    assert!(matches!(error, Error::Conflict(text) if text.contains("is being deleted")));
}

#[test]
fn a_missing_project_is_named_by_its_kind() {
    let check = |project: Reply, command: &str| {
        let fake = fake();
        fake.expect("POST", SECRETS, recorded!("404-create-in-missing-namespace"));
        fake.expect("GET", PROJECT, project);
        let refused = Rhoai::create(&fake.host(), &target(), draft(), IfExists::Fail);
        assert_eq!(refused.expect_err("it is refused"), Error::no_scope("demo"));
        let told = &fake.logs()[0].1;
        assert!(told.contains(command) && told.contains("opendatahub.io/dashboard=true"), "{told}");
    };
    check(recorded!("404-project-not-openshift"), "`kubectl create namespace demo`");
    check(recorded!("403-viewer-list-secrets"), "`oc new-project demo`");
}

#[test]
fn what_is_no_kubernetes_is_unavailable() {
    for reply in [recorded!("404-unknown-group"), recorded!("404-unknown-resource")] {
        let error = create_refused(reply);
        assert!(matches!(error, Error::Unavailable(it) if it.message.contains("Kubernetes API")));
    }
    let error = get_refused(Reply::text(200, "<html>a login page</html>"));
    assert!(
        matches!(error, Error::Unavailable(it) if it.message.contains("not the expected JSON"))
    );
}

#[test]
fn invalid_values_are_mapped_back_to_canonical_names() {
    let fields = |reply: Reply| match create_refused(reply) {
        Error::Invalid(problems) => {
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        }
        error => panic!("{error:?}"),
    };
    assert_eq!(fields(recorded!("422-secret-bad-name")), ["name"]);
    assert_eq!(fields(recorded!("422-secret-bad-label")), ["label"]);
    assert_eq!(fields(recorded!("422-secret-bad-data-key")), ["bad key!"]);
    assert_eq!(fields(recorded!("422-secret-too-large")), ["fields"]);
    let expected = ["type", "tls.crt", "tls.key"];
    assert_eq!(fields(recorded!("422-secret-immutable-type")), expected);
    let bucket = json!({
        "kind": "Status", "message": "invalid", "reason": "Invalid", "code": 422,
        "details": {"kind": "Secret", "causes": [{"field": "data[AWS_S3_BUCKET]", "message": "no"}]},
    });
    assert_eq!(fields(Reply::json(422, bucket)), ["bucket"]);
}

#[test]
fn an_update_maps_refusals_by_the_type_that_is_stored() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("422-secret-immutable-type"));
    let patch = connhub_sdk::Patch {
        fields: vec![connhub_sdk::Field::new("bucket", "x")],
        ..connhub_sdk::Patch::default()
    };
    let refused = Rhoai::update(&fake.host(), &target(), "aws-connection-one", patch, None);
    assert!(matches!(refused, Err(Error::Invalid(problems)) if problems[0].field == "type"));
}

#[test]
fn other_refusals_keep_the_words_of_the_server() {
    let error = create_refused(recorded!("413-body-too-large"));
    assert!(matches!(error, Error::Unsupported(text) if text.contains("limit is 3145728")));
    let error = create_refused(recorded!("400-strict-unknown-field"));
    assert!(matches!(error, Error::Other(text) if text.contains("unknown field")));
}

#[test]
fn a_server_that_is_busy_says_when_to_come_back() {
    let status = |code: u16, reason: &str| {
        json!({
            "kind": "Status", "message": "busy", "reason": reason, "code": code,
            "details": {"retryAfterSeconds": 7},
        })
    };
    let expected = |retry_after| {
        let message = "the cluster cannot answer now: busy".into();
        Error::Unavailable(Unavailability { message, retry_after })
    };
    for (code, reason) in [
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (504, "Timeout"),
    ] {
        assert_eq!(create_refused(Reply::json(code, status(code, reason))), expected(Some(7)));
    }
    let header = Reply::json(429, status(429, "TooManyRequests")).header("retry-after", "3");
    assert_eq!(create_refused(header), expected(Some(3)));
    let error = create_refused(Reply::text(503, "upstream connect error"));
    assert!(matches!(error, Error::Unavailable(it) if it.retry_after.is_none()));
}
