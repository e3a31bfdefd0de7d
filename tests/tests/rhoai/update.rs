//! Changing a connection.

use serde_json::{Value, json};

use crate::project::Project;
use crate::{S3, URI};

/// A project with the connection `sales`, and its secret.
fn with_sales() -> (Project, String) {
    let project = Project::new();
    let secret = project.env.secret("secret_access_key");
    project.create("sales", &S3, &[]).stdin(secret.as_str()).run().succeeds();
    (project, secret)
}

#[test]
fn what_others_wrote_stays() {
    let (project, _) = with_sales();
    project.api.patch(
        &project.path("sales"),
        &json!({
            "metadata": {
                "labels": {"argocd.argoproj.io/instance": "sales"},
                "annotations": {"dataconnecthub.opendatahub.io/synced": "true"},
            },
            "data": {"OTHER": "eA=="},
        }),
    );
    let mut expected = project.shape("sales");
    let update = ["update", "sales", "bucket=other", "--label=team=risk", "--description=new"];
    project.run(&update).succeeds();
    expected["data"]["AWS_S3_BUCKET"] = json!("other");
    expected["labels"]["team"] = json!("risk");
    expected["annotations"]["openshift.io/description"] = json!("new");
    assert_eq!(project.shape("sales"), expected);
}

#[test]
fn a_patch_holds_only_what_changes_and_the_revision() {
    let (project, _) = with_sales();
    let Some(stand_in) = project.stand_in() else {
        return;
    };
    let revision = project.object("sales")["metadata"]["resourceVersion"].clone();
    project.run(&["update", "sales", "bucket=other", "--unset=region"]).succeeds();
    let requests = stand_in.server.requests();
    let patch = requests.iter().rfind(|request| request.method == "PATCH").unwrap();
    let patch: Value = serde_json::from_slice(&patch.body).unwrap();
    assert_eq!(
        patch,
        json!({
            "metadata": {"resourceVersion": revision},
            "data": {"AWS_S3_BUCKET": "b3RoZXI=", "AWS_DEFAULT_REGION": null},
        })
    );
}

#[test]
fn a_change_to_what_is_there_writes_nothing() {
    let (project, _) = with_sales();
    let before = project.object("sales");
    let one = "GET /api/v1/namespaces/NS/secrets/sales";
    let update = || project.run(&["update", "sales", "bucket=sales-raw", "-o=json"]).succeeds();
    assert_eq!(project.asks(&[one, one], update).json()["outcome"], "unchanged");
    assert_eq!(project.object("sales"), before);
}

#[test]
fn a_revision_can_be_expected() {
    let (project, _) = with_sales();
    let shown = project.run(&["get", "sales", "-o=json"]).succeeds().json();
    let revision = shown["revision"].as_str().expect("a cluster counts revisions");
    let expect = format!("--if-revision={revision}");
    project.run(&["update", "sales", "bucket=second", &expect]).succeeds();
    let stale = project.run(&["update", "sales", "bucket=third", &expect]);
    let refused = stale.fails(5, "was changed meanwhile");
    assert!(refused.stderr.contains("hint:"), "{refused}");
    assert_eq!(project.shape("sales")["data"]["AWS_S3_BUCKET"], "second");
}

#[test]
fn marks_follow_the_fields() {
    let (project, _) = with_sales();
    let managed = "opendatahub.io/managed";
    project.run(&["update", "sales", "--unset=bucket"]).succeeds();
    assert_eq!(project.shape("sales")["labels"].get(managed), None);
    let shown = project.run(&["get", "sales", "-o=json"]).succeeds().json();
    let warnings = shown["warnings"].to_string();
    assert!(warnings.contains("has no `bucket`, so model serving cannot use it"), "{warnings}");
    project.run(&["update", "sales", "bucket=back"]).succeeds();
    assert_eq!(project.shape("sales")["labels"][managed], "true");
}

#[test]
fn a_frozen_secret_keeps_its_values() {
    let (project, _) = with_sales();
    project.api.patch(&project.path("sales"), &json!({"immutable": true}));
    let before = project.shape("sales");
    let refused = project.run(&["update", "sales", "bucket=other"]);
    refused.fails(2, "the Secret is immutable");
    let refused = project.create("sales", &URI, &["--if-exists=replace"]).run();
    refused.fails(2, "the Secret is immutable");
    assert_eq!(project.shape("sales"), before);
    project.run(&["update", "sales", "--label=team=risk"]).succeeds();
    assert_eq!(project.shape("sales")["labels"]["team"], "risk");
}

#[test]
fn what_cannot_be_changed_is_named_and_nothing_is_written() {
    let (project, _) = with_sales();
    let before = project.object("sales");
    let check = |words: &[&str], expected: &str| {
        let words: Vec<&str> = ["update"].iter().chain(words).copied().collect();
        project.env.command(&words).stdin(r#"{"auths": {}}"#).run().fails(2, expected);
    };
    check(&["sales", "bukcet=x"], "did you mean `bucket`");
    check(&["sales", "--unset=bukcet"], "did you mean `bucket`");
    check(&["sales", "profile=default"], "profile: cannot be held by this backend");
    check(&["sales", "auth_method=anonymous"], "OpenShift AI cannot hold `anonymous`");
    check(&["sales", "path_style=true"], "path_style");
    check(&["sales", "--unset=secret_access_key"], "secret_access_key: is needed");
    check(&["sales", "--label=opendatahub.io/dashboard=false"], "belongs to OpenShift AI");
    check(&["sales", "--unset-label=opendatahub.io/managed"], "belongs to OpenShift AI");
    check(&["sales", "--label=a b=c"], "is no key of a label");
    assert_eq!(project.object("sales"), before);
}

#[test]
fn what_is_not_there_is_said() {
    let (project, _) = with_sales();
    let update = project.run(&["update", "sales", "--unset=session_token", "bucket=x1x"]);
    let done = update.succeeds();
    assert!(done.stderr.contains("there was no field `session_token` to remove"), "{done}");
    project.run(&["update", "absent", "bucket=x1x"]).fails(3, "there is no connection `absent`");
}

#[test]
fn the_result_of_a_test_is_kept_in_the_annotations_of_the_dashboard() {
    let project = Project::new();
    // Nobody may listen on this port, which is reserved.
    project.run(&["create", "docs", "--type=uri", "uri=http://127.0.0.1:1/x"]).succeeds();
    project.run(&["test", "docs", "--record"]).exits_with(7);
    let annotations = project.object("docs")["metadata"]["annotations"].clone();
    let of_test =
        |name: &str| annotations[format!("opendatahub.io/connection-test-{name}")].clone();
    assert_eq!(of_test("status"), "failed");
    assert!(of_test("message").as_str().unwrap().starts_with("connect: 127.0.0.1:1: "));
    assert!(of_test("timestamp").as_str().unwrap().ends_with('Z'));
    let read = project.run(&["get", "docs", "-o", "json"]).succeeds().json();
    assert_eq!(read["lastTest"]["result"], "failed");
    project.run(&["update", "docs", "uri=http://127.0.0.1:2/x"]).succeeds();
    let annotations = project.object("docs")["metadata"]["annotations"].clone();
    assert_eq!(annotations["opendatahub.io/connection-test-status"], Value::Null);
}
