use connhub_sdk::testing::{FakeHost, Reply, secret};
use connhub_sdk::{
    Connector, Error, Field, Label, Outcome, Patch, Removed, SecretField, TestResult, TextChange,
    Written,
};
use serde_json::{Value, json};

use super::*;
use crate::Rhoai;

const NAME: &str = "aws-connection-one";

fn bucket(value: &str) -> Patch {
    Patch { fields: vec![Field::new("bucket", value)], ..Patch::default() }
}

/// Updates and gives the body of the patch that was sent.
fn sent_patch(there: Value, patch: Patch) -> (Written, Value) {
    let fake = fake();
    let is_ours = there["metadata"]["annotations"]["opendatahub.io/connection-type-ref"] == "ours";
    fake.expect("GET", ONE, Reply::json(200, there));
    if is_ours {
        expect_hidden_type(&fake, "ours");
    }
    fake.expect("PATCH", ONE, recorded!("200-merge-patch"));
    let written = Rhoai::update(&fake.host(), &target(), NAME, patch, None).expect("it is updated");
    let requests = fake.requests();
    // Who uses it is asked afterwards.
    let sent = requests.iter().find(|request| request.method == "PATCH").expect("it was sent");
    assert_eq!(sent.header("content-type"), Some("application/merge-patch+json"));
    assert_eq!(sent.query("fieldValidation"), Some("Strict"));
    (written, sent.body_json())
}

#[test]
fn an_update_patches_what_it_names_at_the_revision_that_was_read() {
    let patch = Patch {
        fields: vec![Field::new("region", "eu")],
        secrets: vec![SecretField { name: "secret_access_key".into(), value: secret("new") }],
        remove: vec!["bucket".into(), "nothing".into()],
        display_name: TextChange::Clear,
        description: TextChange::Set("why".into()),
        labels: vec![Label::new("team", "a")],
        remove_labels: vec!["absent".into()],
        tested: None,
    };
    let (written, sent) = sent_patch(complete(), patch);
    let expected = json!({
        "metadata": {
            "resourceVersion": "226",
            "labels": {"team": "a", "opendatahub.io/managed": null},
            "annotations": {"openshift.io/display-name": null, "openshift.io/description": "why"},
        },
        "data": {"AWS_DEFAULT_REGION": "ZXU=", "AWS_SECRET_ACCESS_KEY": "bmV3", "AWS_S3_BUCKET": null},
    });
    assert_eq!(sent, expected);
    assert_eq!(written.outcome, Outcome::Updated);
    assert_eq!(written.connection.revision.as_deref(), Some("229"));
    assert_eq!(written.notes[0], "there was no field `nothing` to remove");
    assert_eq!(written.notes.len(), 1, "nothing uses it: {:?}", written.notes);
}

#[test]
fn the_result_of_a_test_is_kept_in_the_way_of_the_dashboard_until_values_change() {
    let at = "2026-11-20T21:37:00Z";
    let result = |works| TestResult { works, at: at.into(), message: "why".into() };
    for (works, status) in [(true, "verified"), (false, "failed")] {
        let patch = Patch { tested: Some(result(works)), ..Patch::default() };
        let (_, sent) = sent_patch(complete(), patch);
        let annotations = json!({
            "opendatahub.io/connection-test-status": status,
            "opendatahub.io/connection-test-timestamp": at,
            "opendatahub.io/connection-test-message": "why",
        });
        let expected =
            json!({"metadata": {"resourceVersion": "226", "annotations": annotations.clone()}});
        assert_eq!(sent, expected);
        let mut there = complete();
        for (name, value) in annotations.as_object().expect("it is an object") {
            there["metadata"]["annotations"][name] = value.clone();
        }
        let fake = fake();
        fake.expect("GET", ONE, Reply::json(200, there.clone()));
        let read = Rhoai::get(&fake.host(), &target(), NAME).expect("it is there");
        assert_eq!(read.tested, Some(result(works)));
        let (_, sent) = sent_patch(there.clone(), bucket("other"));
        let gone = &sent["metadata"]["annotations"];
        assert_eq!(gone["opendatahub.io/connection-test-status"], Value::Null);
        assert_eq!(gone.as_object().map(serde_json::Map::len), Some(3));
        let text = Patch { description: TextChange::Set("new".into()), ..Patch::default() };
        let (_, sent) = sent_patch(there, text);
        let kept = json!({"openshift.io/description": "new"});
        assert_eq!(sent["metadata"]["annotations"], kept);
    }
}

#[test]
fn an_update_adds_the_metadata_that_are_missing() {
    let recorded = include_str!("../../tests/data/200-secret-get.json");
    let there: Value = serde_json::from_str(recorded).expect("the recording is JSON");
    let (written, sent) = sent_patch(there, bucket("b"));
    let expected = json!({
        "metadata": {
            "resourceVersion": "226",
            // It has no endpoint, so model serving cannot use it.
            "labels": {"opendatahub.io/managed": null},
            "annotations": {
                "opendatahub.io/connection-type-ref": "s3",
                "opendatahub.io/connection-type-protocol": "s3",
            },
        },
    });
    assert_eq!(sent, expected);
    assert_eq!(written.notes, [] as [&str; 0]);
}

#[test]
fn metadata_of_a_type_of_the_cluster_stay_as_they_are() {
    let mut there = complete();
    there["metadata"]["annotations"]["opendatahub.io/connection-type-ref"] = json!("ours");
    let patch = Patch { fields: vec![Field::new("AWS_S3_BUCKET", "x")], ..Patch::default() };
    let (_, sent) = sent_patch(there, patch);
    let expected =
        json!({"metadata": {"resourceVersion": "226"}, "data": {"AWS_S3_BUCKET": "eA=="}});
    assert_eq!(sent, expected);
}

#[test]
fn an_update_to_what_is_there_sends_nothing() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let written =
        Rhoai::update(&fake.host(), &target(), NAME, bucket("b"), None).expect("it is the same");
    assert_eq!(written.outcome, Outcome::Unchanged);
    assert_eq!(fake.requests().len(), 1);
}

#[test]
fn a_change_by_somebody_else_is_tried_again_unless_a_revision_is_expected() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("409-conflict-resourceversion"));
    let refused = Rhoai::update(&fake.host(), &target(), NAME, bucket("x"), Some("226"));
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("409-conflict-resourceversion"));
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("200-merge-patch"));
    Rhoai::update(&fake.host(), &target(), NAME, bucket("x"), None).expect("the second one works");
    fake.assert_done();

    fake.expect("GET", ONE, Reply::json(200, complete()));
    let stale = Rhoai::update(&fake.host(), &target(), NAME, bucket("x"), Some("1"));
    assert!(matches!(stale, Err(Error::Conflict(text)) if text.contains("revision 226")));
    fake.assert_done();
}

#[test]
fn an_immutable_secret_keeps_its_values() {
    let fake = fake();
    let mut there = complete();
    there["immutable"] = json!(true);
    fake.expect("GET", ONE, Reply::json(200, there.clone()));
    let refused = Rhoai::update(&fake.host(), &target(), NAME, bucket("x"), None);
    assert!(matches!(refused, Err(Error::Unsupported(text)) if text.contains("immutable")));

    let description = Patch { description: TextChange::Set("why".into()), ..Patch::default() };
    let (written, _) = sent_patch(there, description);
    assert_eq!(written.outcome, Outcome::Updated);
}

/// A connection to a registry that was made without a login.
fn open_registry() -> Value {
    let mut there = complete();
    there["metadata"]["annotations"] = json!({"opendatahub.io/connection-type-ref": "oci-v1"});
    there["data"] = json!({"OCI_HOST": "cXVheS5pbw==", "theirs": "aGlkZGVu"});
    there
}

fn with_login() -> Patch {
    let secrets = vec![SecretField { name: "dockerconfigjson".into(), value: secret("{}") }];
    Patch { secrets, ..Patch::default() }
}

/// The copy that holds everything meanwhile.
fn copy_path() -> String {
    format!("{ONE}-connhub-copy")
}

/// A cluster that hands out the Secret and takes the copy and the deletion.
fn retyping() -> FakeHost {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, open_registry()));
    fake.expect("GET", ONE, Reply::json(200, open_registry()));
    fake.expect("POST", SECRETS, Reply::json(201, open_registry()));
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    fake
}

#[test]
fn a_login_for_a_registry_that_comes_late_makes_the_secret_again() {
    let fake = retyping();
    let mut made = open_registry();
    made["type"] = json!("kubernetes.io/dockerconfigjson");
    fake.expect("POST", SECRETS, Reply::json(201, made));
    fake.expect("DELETE", &copy_path(), recorded!("200-secret-delete"));
    let written = Rhoai::update(&fake.host(), &target(), NAME, with_login(), None);
    let written = written.expect("it is updated");
    assert!(written.notes[0].contains("was made again"), "{:?}", written.notes);
    let requests = fake.requests();
    let posts: Vec<_> = requests.iter().filter(|sent| sent.method == "POST").collect();
    let (copy, sent) = (posts[0].body_json(), posts[1].body_json());
    assert_eq!(copy["metadata"]["name"], format!("{NAME}-connhub-copy"));
    assert_eq!((&copy["data"], &copy["type"]), (&sent["data"], &sent["type"]));
    assert_eq!(sent["metadata"]["name"], NAME);
    assert_eq!(sent["type"], "kubernetes.io/dockerconfigjson");
    let data =
        json!({"OCI_HOST": "cXVheS5pbw==", "theirs": "aGlkZGVu", ".dockerconfigjson": "e30="});
    assert_eq!(sent["data"], data);
    assert_eq!(sent["metadata"]["annotations"]["opendatahub.io/connection-type-protocol"], "oci");
}

#[test]
fn what_cannot_be_made_again_is_put_back() {
    for put_back in [true, false] {
        let fake = retyping();
        fake.expect("POST", SECRETS, recorded!("422-secret-too-large"));
        let again = match put_back {
            true => Reply::json(201, open_registry()),
            false => recorded!("403-viewer-list-secrets"),
        };
        fake.expect("POST", SECRETS, again);
        if put_back {
            fake.expect("DELETE", &copy_path(), recorded!("200-secret-delete"));
        }
        let refused = Rhoai::update(&fake.host(), &target(), NAME, with_login(), None);
        let text = format!("{:?}", refused.expect_err("it is refused"));
        assert_eq!(text.contains("could not be put back"), !put_back, "{text}");
        assert_eq!(text.contains("its copy `"), !put_back, "{text}");
        let requests = fake.requests();
        let last = requests.iter().rfind(|sent| sent.method == "POST").expect("it was put back");
        assert_eq!(last.body_json()["type"], "Opaque");
        let data = json!({"OCI_HOST": "cXVheS5pbw==", "theirs": "aGlkZGVu"});
        assert_eq!(last.body_json()["data"], data);
    }
}

#[test]
fn a_deletion_whose_answer_was_lost_is_looked_after() {
    for (look, goes_on) in
        [(recorded!("404-secret-get"), true), (recorded!("403-viewer-list-secrets"), false)]
    {
        let fake = fake();
        fake.expect("GET", ONE, Reply::json(200, open_registry()));
        let mut handed_out = open_registry();
        handed_out["data"]["theirs"] = json!("aGlkZGVu");
        fake.expect("GET", ONE, Reply::json(200, handed_out));
        fake.expect("POST", SECRETS, Reply::json(201, open_registry()));
        fake.expect("DELETE", ONE, Reply::json(503, json!({})));
        fake.expect("GET", ONE, look);
        if goes_on {
            fake.expect("POST", SECRETS, Reply::json(201, open_registry()));
            fake.expect("DELETE", &copy_path(), recorded!("200-secret-delete"));
        }
        let done = Rhoai::update(&fake.host(), &target(), NAME, with_login(), None);
        match done {
            Ok(_) => assert!(goes_on),
            Err(error) => assert!(!goes_on && error.message().contains("its copy `"), "{error:?}"),
        }
    }
}

#[test]
fn a_secret_that_belongs_to_something_is_not_made_again() {
    let fake = fake();
    let mut there = open_registry();
    there["metadata"]["ownerReferences"] = json!([{"kind": "Notebook", "name": "mine"}]);
    fake.expect("GET", ONE, Reply::json(200, there));
    let refused = Rhoai::update(&fake.host(), &target(), NAME, with_login(), None);
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
}

#[test]
fn a_login_for_a_registry_stays() {
    let fake = fake();
    let mut there = open_registry();
    there["type"] = json!("kubernetes.io/dockerconfigjson");
    fake.expect("GET", ONE, Reply::json(200, there));
    let patch = Patch { remove: vec!["dockerconfigjson".into()], ..Patch::default() };
    let refused = Rhoai::update(&fake.host(), &target(), NAME, patch, None);
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[test]
fn what_an_update_cannot_set_is_named() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    let patch = Patch {
        fields: vec![Field::new("prefix", "x"), Field::new("auth_method", "profile")],
        remove_labels: vec!["opendatahub.io/dashboard".into()],
        ..Patch::default()
    };
    let refused = Rhoai::update(&fake.host(), &target(), NAME, patch, None);
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["auth_method", "prefix", "label"]);
}

#[test]
fn an_update_by_dry_run_is_a_dry_run() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    fake.expect("PATCH", ONE, recorded!("200-merge-patch"));
    Rhoai::update(&fake.host(), &dry_run(), NAME, bucket("x"), None).expect("it would work");
    assert_eq!(fake.requests()[1].query("dryRun"), Some("All"));
}

#[test]
fn delete_removes_the_very_object_that_was_read() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    expect_no_users(&fake);
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    let removed = Rhoai::delete(&fake.host(), &target(), NAME, Some("226")).expect("it is deleted");
    let expected = Removed { kind: "secret".into(), name: NAME.into(), scope: Some("demo".into()) };
    assert_eq!(removed, [expected]);
    let expected = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "34bf7271-87af-4b44-b530-de774f44c325", "resourceVersion": "226"},
    });
    assert_eq!(fake.requests()[6].body_json(), expected);
}

#[test]
fn delete_by_dry_run_is_a_dry_run() {
    let fake = fake();
    fake.expect("GET", ONE, Reply::json(200, complete()));
    expect_no_users(&fake);
    fake.expect("DELETE", ONE, recorded!("200-secret-delete"));
    Rhoai::delete(&fake.host(), &dry_run(), NAME, None).expect("it would work");
    assert_eq!(fake.requests()[6].body_json()["dryRun"], json!(["All"]));
}

#[test]
fn delete_spares_what_is_no_connection_and_what_was_changed() {
    let fake = fake();
    let mut foreign = complete();
    foreign["metadata"]["labels"] = json!({});
    fake.expect("GET", ONE, Reply::json(200, foreign));
    let refused = Rhoai::delete(&fake.host(), &target(), NAME, None);
    assert!(matches!(refused, Err(Error::Invalid(problems)) if problems[0].field == "name"));

    fake.expect("GET", ONE, Reply::json(200, complete()));
    expect_no_users(&fake);
    fake.expect("DELETE", ONE, recorded!("409-delete-precondition"));
    let refused = Rhoai::delete(&fake.host(), &target(), NAME, Some("226"));
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    fake.expect("GET", ONE, Reply::json(200, complete()));
    expect_no_users(&fake);
    fake.expect("DELETE", ONE, recorded!("409-delete-precondition"));
    fake.expect("GET", ONE, recorded!("404-secret-get"));
    fake.expect("GET", NAMESPACE, recorded!("201-namespace"));
    let gone = Rhoai::delete(&fake.host(), &target(), NAME, None);
    assert_eq!(gone, Err(Error::no_connection(NAME)));
    fake.assert_done();
}
