//! The connector against recorded answers of an API server, held to the grants of the repository's `plugins.toml`.

mod adopt;
mod change;
mod check;
mod create;
mod custom;
mod list;
mod read;
mod refusals;
mod users;

use connhub_sdk::testing::{FakeHost, Reply, assert_declared, secret};
use connhub_sdk::{Draft, Field, Filter, Label, PageRequest, SecretField, Target};
use serde_json::{Value, json};

const PLUGINS: &str = include_str!("../../../../plugins.toml");

const SECRETS: &str = "/api/v1/namespaces/demo/secrets";
const ONE: &str = "/api/v1/namespaces/demo/secrets/aws-connection-one";
const NAMESPACE: &str = "/api/v1/namespaces/demo";
const CONFIGURATION: &str = "/apis/dscinitialization.opendatahub.io/v2/dscinitializations";
const PROJECT: &str = "/apis/project.openshift.io/v1/projects/demo";

/// A recorded body, and the status that its name begins with.
macro_rules! recorded {
    ($name:literal) => {
        connhub_sdk::testing::Reply::recorded(
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/", $name, ".json")),
        )
    };
}
pub(crate) use recorded;

/// The lists in which users of a connection are looked for.
const USERS: [&str; 5] = [
    "/apis/kubeflow.org/v1/namespaces/demo/notebooks",
    "/apis/serving.kserve.io/v1beta1/namespaces/demo/inferenceservices",
    "/apis/serving.kserve.io/v1alpha1/namespaces/demo/llminferenceservices",
    "/apis/datasciencepipelinesapplications.opendatahub.io/v1/namespaces/demo/datasciencepipelinesapplications",
    "/api/v1/namespaces/demo/serviceaccounts",
];

/// A project in which nothing uses a connection, behind what a test expects.
fn fake() -> FakeHost {
    let fake = FakeHost::granted(PLUGINS, "rhoai");
    fake.serve("cluster", |request| {
        let line = format!("{} {}", request.method, request.path);
        assert!(USERS.iter().any(|path| line == format!("GET {path}")), "unexpected: {line}");
        Reply::json(200, r#"{"metadata": {}, "items": []}"#)
    });
    fake
}

/// The next requests look for users and find none.
fn expect_no_users(fake: &FakeHost) {
    for path in USERS {
        fake.expect("GET", path, Reply::json(200, r#"{"metadata": {}, "items": []}"#));
    }
}

/// The questions about a type that the product does not bring, from a login that may not see the cluster's own.
fn expect_hidden_type(fake: &FakeHost, type_: &str) {
    fake.expect("GET", CONFIGURATION, recorded!("403-viewer-list-secrets"));
    for namespace in ["redhat-ods-applications", "opendatahub"] {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps/{type_}");
        fake.expect("GET", &path, recorded!("403-viewer-list-secrets"));
    }
}

/// The same for all types.
fn expect_hidden_types(fake: &FakeHost) {
    fake.expect("GET", CONFIGURATION, recorded!("403-viewer-list-secrets"));
    for namespace in ["redhat-ods-applications", "opendatahub"] {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        fake.expect("GET", &path, recorded!("403-viewer-list-secrets"));
    }
}

fn target() -> Target {
    Target { scope: Some("demo".into()), ..Target::default() }
}

fn dry_run() -> Target {
    Target { dry_run: true, ..target() }
}

fn filter() -> Filter {
    Filter::default()
}

fn first_page() -> PageRequest {
    PageRequest::first(1000)
}

fn draft() -> Draft {
    Draft {
        name: "aws-connection-one".into(),
        type_: "s3".into(),
        fields: vec![
            Field::new("auth_method", "access_key"),
            Field::new("endpoint", "https://s3.example.com"),
            Field::new("bucket", "b"),
            Field::new("region", "us-east-1"),
            Field::new("access_key_id", "AKIA"),
        ],
        secrets: vec![SecretField { name: "secret_access_key".into(), value: secret("s3cr3t") }],
        display_name: Some("My storage".into()),
        description: None,
        labels: vec![Label::new("team", "a")],
    }
}

/// The recorded Secret with everything that the product wants of it.
fn complete() -> Value {
    let mut object: Value =
        serde_json::from_str(include_str!("../../tests/data/200-secret-get.json"))
            .expect("the recording is JSON");
    let annotations = &mut object["metadata"]["annotations"];
    annotations["opendatahub.io/connection-type-ref"] = json!("s3");
    annotations["opendatahub.io/connection-type-protocol"] = json!("s3");
    annotations["dataconnecthub.opendatahub.io/synced"] = json!("true");
    object["data"]["AWS_S3_ENDPOINT"] = json!("aHR0cHM6Ly9zMy5leGFtcGxlLmNvbQ==");
    object["data"]["AWS_DEFAULT_REGION"] = json!("dXMtZWFzdC0x");
    object
}

#[test]
fn the_grants_are_what_the_component_declares() {
    assert_declared(PLUGINS, "rhoai", crate::NEEDS);
}
