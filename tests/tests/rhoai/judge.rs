//! What the stand-in answers although no recording holds it: patches that do not fit. The connector relies on it where a connection is taken
//! out of its users. A real cluster, which `CONNHUB_TEST_KUBECONFIG` names, is the judge: there these tests say whether the stand-in is right.

use serde_json::{Value, json};

use crate::api::secret;
use crate::project::Project;

const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A project with the Secret `one`, of which the annotation `a/b` is `c`.
fn with_one() -> (Project, Value) {
    let project = Project::new();
    let annotations = json!({"a/b": "c"});
    let one = project.put(&secret("one", &json!({}), &annotations, &[("k", "v")]));
    (project, one)
}

/// Code and reason of the refusal of a patch, after which the Secret is as it was.
#[track_caller]
fn refused(project: &Project, content_type: &str, patch: &Value) -> (u16, String) {
    let before = project.object("one");
    let path = project.path("one");
    let status = project.api.patched(&path, content_type, patch).expect_err("it does not fit");
    assert_eq!(project.object("one"), before);
    (status.code, status.reason)
}

#[test]
fn a_json_patch_that_does_not_fit_is_invalid_and_changes_nothing() {
    let (project, one) = with_one();
    let revision = &one["metadata"]["resourceVersion"];
    let annotation = "/metadata/annotations/a~1b";
    let fits = json!({"op": "test", "path": "/metadata/resourceVersion", "value": revision});
    let stale = json!({"op": "test", "path": "/metadata/resourceVersion", "value": "1"});
    let remove = json!({"op": "remove", "path": annotation});
    let absent = json!({"op": "remove", "path": "/metadata/annotations/absent"});
    for patch in [json!([stale, remove]), json!([remove, absent]), json!([fits, absent])] {
        let found = refused(&project, JSON_PATCH, &patch);
        assert_eq!(found, (422, "Invalid".to_owned()), "{patch}");
    }
    let changed = project.api.patched(&project.path("one"), JSON_PATCH, &json!([fits, remove]));
    let changed = changed.expect("it fits");
    assert_eq!(changed["metadata"].get("annotations"), None);
}

#[test]
fn a_merge_patch_of_an_older_revision_is_a_conflict_and_changes_nothing() {
    let (project, one) = with_one();
    let revision = &one["metadata"]["resourceVersion"];
    let patch =
        |label: &str| json!({"metadata": {"resourceVersion": revision, "labels": {"x": label}}});
    let first = project.api.patched(&project.path("one"), MERGE_PATCH, &patch("1"));
    assert_eq!(first.expect("it fits")["metadata"]["labels"], json!({"x": "1"}));
    assert_eq!(refused(&project, MERGE_PATCH, &patch("2")), (409, "Conflict".to_owned()));
}
