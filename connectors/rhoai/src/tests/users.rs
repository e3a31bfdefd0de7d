use connhub_sdk::testing::{FakeHost, Reply};
use connhub_sdk::{Connector, Error, Field, HttpError, Patch, Target};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

const NAME: &str = "aws-connection-one";

/// The target of a call for which a flag was given.
fn with(setting: &str) -> Target {
    Target { settings: vec![Field::new(setting, "true")], ..target() }
}

fn list(items: Value) -> Reply {
    Reply::json(200, json!({"metadata": {"resourceVersion": "1"}, "items": items}))
}

fn notebook(name: &str, stopped: bool) -> Value {
    let mut annotations = json!({"opendatahub.io/connections": format!("demo/{NAME},demo/other")});
    if stopped {
        annotations["kubeflow-resource-stopped"] = json!("2026-11-20T10:00:00Z");
    }
    json!({
        "metadata": {"name": name, "resourceVersion": "7", "annotations": annotations},
        "spec": {"template": {"spec": {
            "containers": [{
                "name": name,
                "env": [
                    {"name": "PLAIN"},
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": NAME, "key": "k"}}},
                ],
                "envFrom": [
                    {"secretRef": {"name": "other"}},
                    {"secretRef": {"name": NAME}},
                    {"configMapRef": {"name": NAME}},
                    {"secretRef": {"name": NAME}},
                ],
                "volumeMounts": [{"name": "data"}, {"name": "keys"}],
            }],
            "volumes": [
                {"name": "keys", "secret": {"secretName": NAME}},
                {"name": "all", "projected": {"sources": [{"secret": {"name": NAME}}]}},
            ],
        }}},
    })
}

fn model(stop: &str) -> Value {
    json!({
        "metadata": {
            "name": "fraud", "resourceVersion": "8",
            "annotations": {"opendatahub.io/connections": NAME, "serving.kserve.io/stop": stop},
        },
        "spec": {"predictor": {
            "serviceAccountName": format!("{NAME}-sa"),
            "model": {"storage": {"key": NAME, "path": "models/1"}},
            "imagePullSecrets": [{"name": NAME}],
        }},
    })
}

fn account(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "resourceVersion": "9"},
        "secrets": [{"name": "dockercfg"}, {"name": NAME}],
    })
}

fn pipelines() -> Value {
    json!({
        "metadata": {"name": "dspa", "resourceVersion": "5"},
        "spec": {"objectStorage": {"externalStorage": {"s3CredentialsSecret": {"secretName": NAME}}}},
    })
}

/// Expects the lists, each with what is in it.
fn expect_lists(fake: &FakeHost, replies: [Reply; 5]) {
    for (path, reply) in USERS.into_iter().zip(replies) {
        fake.expect("GET", path, reply);
    }
}

fn nothing() -> Reply {
    list(json!([]))
}

fn forbidden() -> Reply {
    recorded!("403-viewer-list-secrets")
}

#[test]
fn get_says_who_uses_it_if_it_is_asked_to() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let found = Rhoai::get(&fake.host(), &target(), NAME).expect("it is there");
    assert_eq!((found.status, fake.requests().len()), (None, 1));

    fake.expect("GET", ONE, Reply::json(200, complete()));
    let notebooks = json!([notebook("wb", false), notebook("old", true)]);
    let replies = [
        list(notebooks),
        list(json!([model("true")])),
        nothing(),
        list(json!([pipelines()])),
        list(json!([account("robot")])),
    ];
    expect_lists(&fake, replies);
    let found = Rhoai::get(&fake.host(), &with("show-users"), NAME).expect("it is there");
    assert_eq!(found.status.as_deref(), Some("in use"));
    assert_eq!(
        found.status_message.as_deref(),
        Some(
            "Notebook `wb` (running), Notebook `old` (stopped), InferenceService `fraud` (stopped), \
             DataSciencePipelinesApplication `dspa`, ServiceAccount `robot`"
        )
    );
    assert_eq!(found.warnings, [""; 0]);
    fake.assert_done();
}

#[test]
fn what_cannot_be_listed_is_said_and_hides_nothing_else() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("GET", USERS[0], forbidden());
    fake.expect("GET", "/apis", Reply::json(200, json!({"groups": [{"name": "kubeflow.org"}]})));
    fake.expect("GET", USERS[1], recorded!("404-unknown-group"));
    fake.expect("GET", USERS[2], Reply::error(HttpError::Denied("no".into())));
    // The group is not installed, so the kind is not there.
    fake.expect("GET", USERS[3], forbidden());
    fake.expect("GET", USERS[4], list(json!([account("robot")])));
    let found = Rhoai::get(&fake.host(), &with("show-users"), NAME).expect("it is there");
    assert_eq!(found.status_message.as_deref(), Some("ServiceAccount `robot`"));
    assert_eq!(found.warnings.len(), 1);
    assert!(found.warnings[0].contains("Notebook, LLMInferenceService ("), "{:?}", found.warnings);
    fake.assert_done();
}

#[test]
fn newer_versions_and_further_pages_are_read() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let first = json!({"metadata": {"continue": "more"}, "items": [notebook("one", false)]});
    fake.expect("GET", USERS[0], Reply::json(200, first));
    fake.expect("GET", USERS[0], list(json!([notebook("two", false)])));
    fake.expect("GET", USERS[1], nothing());
    fake.expect("GET", USERS[2], recorded!("404-unknown-resource"));
    fake.expect("GET", &USERS[2].replace("v1alpha1", "v1alpha2"), list(json!([model("false")])));
    fake.expect("GET", USERS[3], nothing());
    fake.expect("GET", USERS[4], nothing());
    let found = Rhoai::get(&fake.host(), &with("show-users"), NAME).expect("it is there");
    let expected =
        "Notebook `one` (running), Notebook `two` (running), LLMInferenceService `fraud` (running)";
    assert_eq!(found.status_message.as_deref(), Some(expected));
    assert_eq!(fake.requests()[2].query("continue"), Some("more"));
    fake.assert_done();
}

#[test]
fn delete_refuses_what_is_used() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let replies =
        [list(json!([notebook("wb", false)])), nothing(), nothing(), nothing(), nothing()];
    expect_lists(&fake, replies);
    let refused = Rhoai::delete(&fake.host(), &target(), NAME, None);
    assert_eq!(refused, Err(Error::InUse(vec!["Notebook `wb` (running)".into()])));
    fake.assert_done();
}

#[test]
fn the_account_that_model_serving_leaves_behind_is_no_reason_to_refuse() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let left = list(json!([account(&format!("{NAME}-sa"))]));
    expect_lists(&fake, [nothing(), nothing(), nothing(), nothing(), left]);
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    Rhoai::delete(&fake.host(), &target(), NAME, None).expect("it is deleted");
    fake.assert_done();
}

#[test]
fn delete_goes_on_without_rights_and_not_without_an_answer() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("GET", USERS[0], forbidden());
    fake.expect("GET", "/apis", Reply::json(200, json!({"groups": [{"name": "kubeflow.org"}]})));
    for path in &USERS[1..] {
        fake.expect("GET", path, nothing());
    }
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    Rhoai::delete(&fake.host(), &target(), NAME, None).expect("it is deleted");
    let (_, said) = fake.logs().remove(0);
    assert!(said.contains("not known whether one of these uses it: Notebook"), "{said}");

    fake.expect("GET", ONE, Reply::json(200, complete()));
    // It is not asked for the other kinds.
    fake.expect("GET", USERS[0], Reply::error(HttpError::TimedOut("no answer".into())));
    let refused = Rhoai::delete(&fake.host(), &target(), NAME, None);
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    fake.assert_done();
}

#[test]
fn detach_takes_every_reference_out_of_the_revision_that_was_read() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let replies = [
        list(json!([notebook("wb", false)])),
        list(json!([model("false")])),
        nothing(),
        nothing(),
        list(json!([account("robot")])),
    ];
    expect_lists(&fake, replies);
    fake.expect("PATCH", &format!("{}/wb", USERS[0]), Reply::json(200, "{}"));
    fake.expect("PATCH", &format!("{}/fraud", USERS[1]), Reply::json(200, "{}"));
    fake.expect("PATCH", &format!("{}/robot", USERS[4]), Reply::json(200, "{}"));
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    let removed = Rhoai::delete(&fake.host(), &with("detach"), NAME, None).expect("it is deleted");
    let words: Vec<_> = removed.iter().map(|it| format!("{} {}", it.kind, it.name)).collect();
    let expected = [
        "use in Notebook wb",
        "use in InferenceService fraud",
        "use in ServiceAccount robot",
        "secret aws-connection-one",
    ];
    assert_eq!(words, expected);
    let sent = fake.requests();
    assert_eq!(sent[6].header("content-type"), Some("application/json-patch+json"));
    let pod = "/spec/template/spec";
    let expected = json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "remove", "path": format!("{pod}/volumes/1/projected/sources/0")},
        {"op": "remove", "path": format!("{pod}/volumes/0")},
        {"op": "remove", "path": format!("{pod}/containers/0/volumeMounts/1")},
        {"op": "remove", "path": format!("{pod}/containers/0/envFrom/3")},
        {"op": "remove", "path": format!("{pod}/containers/0/envFrom/1")},
        {"op": "remove", "path": format!("{pod}/containers/0/env/1")},
        {"op": "replace", "path": "/metadata/annotations/opendatahub.io~1connections", "value": "demo/other"},
    ]);
    assert_eq!(sent[6].body_json(), expected);
    let expected = json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": "8"},
        {"op": "remove", "path": "/spec/predictor/serviceAccountName"},
        {"op": "remove", "path": "/spec/predictor/model/storage"},
        {"op": "remove", "path": "/spec/predictor/imagePullSecrets/0"},
        {"op": "remove", "path": "/metadata/annotations/opendatahub.io~1connections"},
    ]);
    assert_eq!(sent[7].body_json(), expected);
    fake.assert_done();
}

#[test]
fn what_cannot_be_detached_is_named_before_anything_is_changed() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let replies = [
        list(json!([notebook("wb", false)])),
        nothing(),
        nothing(),
        list(json!([pipelines()])),
        nothing(),
    ];
    expect_lists(&fake, replies);
    let refused = Rhoai::delete(&fake.host(), &with("detach"), NAME, None);
    let Err(Error::InUse(users)) = refused else { panic!("{refused:?}") };
    assert_eq!(users.len(), 1);
    assert!(users[0].contains("`dspa`, and cannot be without it"), "{users:?}");
    fake.assert_done();
}

#[test]
fn what_was_changed_meanwhile_is_looked_at_again() {
    let fake = fake();
    let mismatch = json!({
        "kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "details": {},
        "message": "the server rejected our request due to an error in our request",
    });
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let used =
        || [list(json!([notebook("wb", false)])), nothing(), nothing(), nothing(), nothing()];
    expect_lists(&fake, used());
    fake.expect("PATCH", &format!("{}/wb", USERS[0]), Reply::json(422, mismatch));
    expect_lists(&fake, used());
    fake.expect("PATCH", &format!("{}/wb", USERS[0]), Reply::json(200, "{}"));
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    Rhoai::delete(&fake.host(), &with("detach"), NAME, None).expect("it is deleted");
    fake.assert_done();
}

#[test]
fn a_failure_in_the_middle_says_what_was_done() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let replies = [
        list(json!([notebook("wb", false)])),
        list(json!([model("false")])),
        nothing(),
        nothing(),
        nothing(),
    ];
    expect_lists(&fake, replies);
    fake.expect("PATCH", &format!("{}/wb", USERS[0]), Reply::json(200, "{}"));
    fake.expect("PATCH", &format!("{}/fraud", USERS[1]), forbidden());
    let refused = Rhoai::delete(&fake.host(), &with("detach"), NAME, None);
    let Err(Error::Forbidden(text)) = refused else { panic!("{refused:?}") };
    assert!(
        text.contains("gone so far: use in Notebook `wb`; the connection is still there"),
        "{text}"
    );
    fake.assert_done();
}

#[test]
fn an_update_says_who_has_to_start_again() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("200-merge-patch"));
    let replies = [
        list(json!([notebook("wb", false), notebook("old", true)])),
        list(json!([model("false")])),
        nothing(),
        nothing(),
        list(json!([account("robot")])),
    ];
    expect_lists(&fake, replies);
    let patch = Patch { fields: vec![Field::new("bucket", "x")], ..Patch::default() };
    let written = Rhoai::update(&fake.host(), &target(), NAME, patch, None).expect("it works");
    let expected = [
        "Notebook `wb` sees the change when it is restarted",
        "InferenceService `fraud` sees the change when it is deployed again",
    ];
    assert_eq!(written.notes, expected);
    fake.assert_done();
}
