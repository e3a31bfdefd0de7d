//! A name that is taken.

use serde_json::json;

use crate::api::secret;
use crate::project::Project;
use crate::{S3, URI};

const KEEP: [&str; 2] = ["--if-exists=keep", "-o=json"];
const REPLACE: [&str; 2] = ["--if-exists=replace", "-o=json"];

/// A project with the connection `sales`, and its secret.
fn with_sales() -> (Project, String) {
    let project = Project::new();
    let secret = project.env.secret("secret_access_key");
    let more = ["region=eu-central-1"];
    project.create("sales", &S3, &more).stdin(secret.as_str()).run().succeeds();
    (project, secret)
}

#[test]
fn a_second_create_changes_nothing() {
    let (project, _) = with_sales();
    let before = project.object("sales");
    let other = project.env.secret("other");
    let create = || project.create("sales", &S3, &[]).stdin(other.as_str()).run();
    let line = "POST /api/v1/namespaces/NS/secrets fieldManager=connhub fieldValidation=Strict";
    let refused = project.asks(&[line], create).fails(5, "has a Secret `sales`");
    assert!(refused.stderr.contains("--if-exists"), "{refused}");
    let refused = project.create("sales", &S3, &["-o=json"]).stdin(other.as_str()).run();
    let error = refused.exits_with(5).json_error();
    assert_eq!((&error["code"], &error["exitCode"]), (&json!("already-exists"), &json!(5)));
    assert_eq!(project.object("sales"), before);
}

#[test]
fn keep_says_what_differs() {
    let (project, secret) = with_sales();
    let before = project.object("sales");
    let keep = |fields: &[&str]| {
        let kept = project.create("sales", &S3, &[&KEEP, fields].concat()).stdin(secret.as_str());
        let result = kept.run().succeeds().json();
        assert_eq!(result["outcome"], "kept");
        result["differences"].clone()
    };
    // A cluster does not compare secrets, so they count as different.
    assert_eq!(keep(&["region=eu-central-1"]), json!(["secret_access_key"]));
    let differences = keep(&["region=us-west-2", "--description=new"]);
    assert_eq!(differences, json!(["description", "region", "secret_access_key"]));
    assert_eq!(project.object("sales"), before);
    let text = project.create("sales", &S3, &KEEP[..1]).stdin(secret.as_str()).run().succeeds();
    assert!(text.stdout.contains("it differs in"), "{text}");
}

#[test]
fn replace_keeps_what_others_wrote() {
    let (project, _) = with_sales();
    project.api.patch(
        &project.path("sales"),
        &json!({
            "metadata": {
                "labels": {"argocd.argoproj.io/instance": "sales"},
                "annotations": {"dataconnecthub.opendatahub.io/synced": "true"},
            },
            "data": {"LEFT_OVER": "eA=="},
        }),
    );
    let rotated = project.env.secret("rotated");
    let replaced = project.create("sales", &S3, &REPLACE).stdin(rotated.as_str()).run().succeeds();
    assert_eq!(replaced.json()["outcome"], "replaced");
    let after = project.shape("sales");
    assert_eq!(after["labels"]["argocd.argoproj.io/instance"], "sales");
    assert_eq!(after["annotations"]["dataconnecthub.opendatahub.io/synced"], "true");
    assert_eq!(
        after["data"],
        json!({
            "AWS_S3_ENDPOINT": "https://s3.example.com",
            "AWS_S3_BUCKET": "sales-raw",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": rotated,
        })
    );
}

#[test]
fn replace_by_the_same_writes_nothing() {
    let project = Project::new();
    project.create("model", &URI, &[]).run().succeeds();
    let before = project.object("model");
    let lines = [
        "POST /api/v1/namespaces/NS/secrets fieldManager=connhub fieldValidation=Strict",
        "GET /api/v1/namespaces/NS/secrets/model",
    ];
    let replace = || project.create("model", &URI, &REPLACE).run().succeeds().json();
    assert_eq!(project.asks(&lines, replace)["outcome"], "unchanged");
    assert_eq!(project.object("model"), before);
}

#[test]
fn replace_can_make_another_type_of_it() {
    let (project, _) = with_sales();
    project.create("sales", &URI, &REPLACE).run().succeeds();
    assert_eq!(
        project.shape("sales"),
        json!({
            "labels": {"opendatahub.io/dashboard": "true"},
            "annotations": {
                "opendatahub.io/connection-type-ref": "uri-v1",
                "opendatahub.io/connection-type-protocol": "uri",
                "openshift.io/display-name": "sales",
            },
            "type": "Opaque",
            "data": {"URI": "https://example.com/models/1"},
        })
    );
}

#[test]
fn the_kubernetes_type_of_a_secret_cannot_be_changed() {
    let (project, _) = with_sales();
    let before = project.object("sales");
    let config = json!({"auths": {"quay.io": {"auth": project.env.secret("auth")}}});
    let config = format!(
        "dockerconfigjson=@{}",
        project.env.file("config.json", config.to_string()).display()
    );
    let fields = ["--type=oci", "host=quay.io/acme", &config];
    let refused = project.create("sales", &fields, &REPLACE[..1]).run();
    refused.fails(2, "`kubernetes.io/dockerconfigjson`, which cannot be changed");
    assert_eq!(project.object("sales"), before);
}

#[test]
fn a_secret_that_is_no_connection_is_left_alone() {
    let project = Project::new();
    let value = project.env.secret("of somebody else");
    let there = project.put(&secret("sales", &json!({}), &json!({}), &[("password", &value)]));
    for more in [&[][..], &KEEP[..1], &REPLACE[..1]] {
        let mine = project.env.secret("secret_access_key");
        let refused = project.create("sales", &S3, more).stdin(mine.as_str()).run();
        refused.fails(5, "has a Secret `sales`");
    }
    assert_eq!(project.object("sales"), there);
}
