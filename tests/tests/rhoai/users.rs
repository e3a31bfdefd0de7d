//! Who uses a connection: shown, in the way of a deletion, and detached.

use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::{Value, json};

use crate::requests::lines;
use crate::site::{PROJECT, Site};

/// The requests that look for users of a connection. `NS` stands for the project.
pub const USERS: [&str; 5] = [
    "GET /apis/kubeflow.org/v1/namespaces/NS/notebooks limit=100",
    "GET /apis/serving.kserve.io/v1beta1/namespaces/NS/inferenceservices limit=100",
    "GET /apis/serving.kserve.io/v1alpha1/namespaces/NS/llminferenceservices limit=100",
    "GET /apis/datasciencepipelinesapplications.opendatahub.io/v1/namespaces/NS/datasciencepipelinesapplications limit=100",
    "GET /api/v1/namespaces/NS/serviceaccounts limit=100",
];

const NOTEBOOKS: &str = "/apis/kubeflow.org/v1/namespaces/fraud/notebooks";
const MODELS: &str = "/apis/serving.kserve.io/v1beta1/namespaces/fraud/inferenceservices";

/// A notebook of the dashboard, which holds a value of its own.
fn notebook(name: &str, connections: &[&str]) -> Value {
    let attached: Vec<_> = connections.iter().map(|name| format!("fraud/{name}")).collect();
    let sources = connections.iter().map(|name| json!({"secretRef": {"name": name}}));
    json!({
        "metadata": {
            "name": name,
            "annotations": {"opendatahub.io/connections": attached.join(","), "owner": "ada"},
        },
        "spec": {"template": {"spec": {"containers": [{
            "name": name,
            "image": "notebook",
            "env": [{"name": "TOKEN", "value": "of-the-notebook-7Qz"}],
            "envFrom": sources.collect::<Value>(),
        }]}}},
    })
}

fn model(name: &str, connection: &str) -> Value {
    json!({
        "metadata": {
            "name": name,
            "annotations": {"opendatahub.io/connections": connection, "serving.kserve.io/stop": "true"},
        },
        "spec": {"predictor": {
            "serviceAccountName": format!("{connection}-sa"),
            "model": {"modelFormat": {"name": "onnx"}, "storage": {"key": connection, "path": "m/1"}},
        }},
    })
}

fn pipelines(connection: &str) -> Value {
    json!({
        "metadata": {"name": "dspa"},
        "spec": {"objectStorage": {"externalStorage": {
            "bucket": "b", "s3CredentialsSecret": {"secretName": connection},
        }}},
    })
}

/// `sales` is used by two notebooks, a model and an account; `other` is beside it in one of them.
fn used() -> Site {
    let site = Site::new();
    site.has_s3("sales");
    site.has_uri("other");
    let seed = |kind: &str, object| site.cluster.seed_object(kind, PROJECT, object);
    seed("notebooks", notebook("bench", &["other", "sales"]));
    let mut stopped = notebook("old", &["sales"]);
    stopped["metadata"]["annotations"]["kubeflow-resource-stopped"] = json!("2026-11-20T10:00:00Z");
    seed("notebooks", stopped);
    seed("notebooks", notebook("unrelated", &["other"]));
    seed("inferenceservices", model("scores", "sales"));
    let account = |name: &str| json!({"metadata": {"name": name}, "secrets": [{"name": "sales"}]});
    seed("serviceaccounts", account("sales-sa"));
    seed("serviceaccounts", account("robot"));
    site
}

#[test]
fn get_says_who_uses_it_and_nothing_else_asks() {
    let site = used();
    let shown = site.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["status"], "in use");
    let said = shown["statusMessage"].as_str().unwrap();
    for words in [
        "Notebook `bench` (running)",
        "Notebook `old` (stopped)",
        "InferenceService `scores` (stopped)",
        "ServiceAccount `robot`",
    ] {
        assert!(said.contains(words), "no {words} in {said}");
    }
    assert!(!said.contains("unrelated"), "{said}");
    let table = site.run(&["get", "sales"]).succeeds();
    assert!(table.stdout.contains("in use"), "{table}");
    for words in [&["list"][..], &["exec", "sales", "--", "true"], &["list", "-o", "json"]] {
        let (_, requests) = site.asked(|| site.run(words));
        let is_secret = |line: &String| line.contains("/secrets");
        assert!(lines(&requests).iter().all(is_secret), "{words:?}: {requests:?}");
    }
}

#[test]
fn what_nobody_uses_is_shown_as_before() {
    let site = used();
    site.has_uri("free");
    let shown = site.run(&["get", "free", "-o", "json"]).succeeds().json();
    assert_eq!((&shown["status"], &shown["warnings"]), (&Value::Null, &json!([])));
}

#[test]
fn delete_refuses_and_says_how() {
    let site = used();
    let refused = site.run(&["delete", "sales", "--yes"]).fails(5, "Notebook `bench` (running)");
    assert!(refused.stderr.contains("--detach"), "{refused}");
    let error = site.run(&["delete", "sales", "--yes", "-o", "json"]).exits_with(5).json_error();
    assert_eq!(error["code"], "in-use");
    site.run(&["delete", "sales", "--yes", "--dry-run=server"]).fails(5, "Notebook `bench`");
    assert!(site.cluster.secret(PROJECT, "sales").is_some());
}

#[test]
fn detach_takes_it_out_of_everything_and_then_deletes_it() {
    let site = used();
    let words = ["delete", "sales", "--yes", "--detach", "-o", "json"];
    let rehearsed = site.run(&[&words[..], &["--dry-run=server"]].concat()).succeeds().json();
    assert_eq!(rehearsed["removed"].as_array().unwrap().len(), 6);
    assert!(site.cluster.secret(PROJECT, "sales").is_some(), "it was a dry run");
    let (deleted, requests) = site.asked(|| site.run(&words).succeeds().json());
    let removed = deleted["removed"].as_array().unwrap();
    let removed: Vec<_> =
        removed.iter().map(|one| format!("{} {}", one["kind"], one["name"])).collect();
    let expected = [
        r#""use in Notebook" "bench""#,
        r#""use in Notebook" "old""#,
        r#""use in InferenceService" "scores""#,
        r#""use in ServiceAccount" "robot""#,
        r#""use in ServiceAccount" "sales-sa""#,
        r#""secret" "sales""#,
    ];
    assert_eq!(removed, expected);
    assert!(lines(&requests).last().unwrap().starts_with("DELETE "), "{requests:?}");
    assert_eq!(site.cluster.secret(PROJECT, "sales"), None);
    let bench = site.cluster.object("notebooks", PROJECT, "bench").unwrap();
    let annotations = json!({"opendatahub.io/connections": "fraud/other", "owner": "ada"});
    assert_eq!(bench["metadata"]["annotations"], annotations);
    let container = &bench["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["envFrom"], json!([{"secretRef": {"name": "other"}}]));
    assert_eq!(container["env"][0]["value"], "of-the-notebook-7Qz", "values of others stay");
    let old = site.cluster.object("notebooks", PROJECT, "old").unwrap();
    assert_eq!(old["metadata"]["annotations"].get("opendatahub.io/connections"), None);
    let scores = site.cluster.object("inferenceservices", PROJECT, "scores").unwrap();
    let predictor = json!({"model": {"modelFormat": {"name": "onnx"}}});
    assert_eq!(scores["spec"]["predictor"], predictor);
    let robot = site.cluster.object("serviceaccounts", PROJECT, "robot").unwrap();
    assert_eq!(robot.get("secrets"), None, "an empty list is not kept");
    // What is left needs no second look.
    site.run(&["delete", "other", "--yes"]).fails(5, "Notebook `unrelated`");
}

#[test]
fn values_of_workloads_do_not_enter_the_sandbox() {
    let site = used();
    site.env.watch("a value of the notebook", "of-the-notebook-7Qz");
    site.run(&["get", "sales", "-vvv", "-o", "json"]).succeeds();
    site.run(&["delete", "sales", "--yes", "--detach", "-vvv"]).succeeds();
}

#[test]
fn a_pipeline_server_cannot_be_detached_and_nothing_is_changed() {
    let site = used();
    site.cluster.seed_object("datasciencepipelinesapplications", PROJECT, pipelines("sales"));
    let before = site.cluster.object("notebooks", PROJECT, "bench");
    let words = ["delete", "sales", "--yes", "--detach"];
    site.run(&words).fails(5, "DataSciencePipelinesApplication `dspa`, and cannot be without it");
    assert_eq!(site.cluster.object("notebooks", PROJECT, "bench"), before);
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_and_a_second_run_ends_it() {
    let denied = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 400, "reason": "BadRequest",
        "message": "admission webhook \"connection-isvc\" denied the request: no",
    });
    let answers = [
        FaultKind::from(Response::json(400, &denied)),
        FaultKind::from(Response::json(
            403,
            &json!({
                "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
                "message": "inferenceservices is forbidden",
            }),
        )),
        FaultKind::ResetMidBody,
    ];
    for kind in answers {
        let site = used();
        site.server.faults().add(Fault::on(Method::PATCH, MODELS, kind.clone()).times(1));
        let words = ["delete", "sales", "--yes", "--detach"];
        let failed = site.run(&words);
        assert_ne!(failed.code, 0, "{kind:?}");
        assert!(failed.stderr.contains("gone so far: use in Notebook `bench`"), "{failed}");
        assert!(site.cluster.secret(PROJECT, "sales").is_some());
        site.run(&words).succeeds();
        assert_eq!(site.cluster.secret(PROJECT, "sales"), None, "{kind:?}");
    }
}

#[test]
fn rights_that_are_missing_are_said_and_the_rest_goes_on() {
    let refusal = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden",
        "message": "notebooks.kubeflow.org is forbidden: User \"owner\" cannot list resource",
        "details": {"group": "kubeflow.org", "kind": "notebooks"},
    });
    let site = Site::new();
    site.has_uri("model");
    let fault = FaultKind::from(Response::json(403, &refusal));
    site.server.faults().add(Fault::on(Method::GET, NOTEBOOKS, fault));
    let shown = site.run(&["get", "model", "-o", "json"]).succeeds().json();
    let warning = shown["warnings"][0].as_str().unwrap();
    assert!(warning.contains("not known whether one of these uses it: Notebook"), "{warning}");
    let deleted = site.run(&["delete", "model", "--yes"]).succeeds();
    assert!(deleted.stderr.contains("not known whether"), "{deleted}");
    assert_eq!(site.cluster.secret(PROJECT, "model"), None);
}

#[test]
fn a_cluster_without_the_product_has_fewer_users() {
    let site = used();
    site.cluster.remove_rhoai();
    let shown = site.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["warnings"], json!([]));
    assert_eq!(shown["statusMessage"], "ServiceAccount `robot`, ServiceAccount `sales-sa`");
}

#[test]
fn a_narrower_grant_gets_what_it_got_before() {
    let site = used();
    site.change(|section| {
        let allow = section["endpoints"]["cluster"]["allow"].as_array_mut().unwrap();
        allow.retain(|rule| {
            let rule = rule.as_str().unwrap();
            !["notebooks", "inferenceservices", "serviceaccounts", "pipelines"]
                .iter()
                .any(|kind| rule.contains(kind))
        });
    });
    let shown = site.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert!(shown["warnings"][0].as_str().unwrap().contains("the grant of the connector"));
    site.run(&["delete", "sales", "--yes"]).succeeds();
    assert_eq!(site.cluster.secret(PROJECT, "sales"), None);
}

#[test]
fn an_update_says_who_has_to_start_again() {
    let site = used();
    let updated = site.run(&["update", "sales", "bucket=new"]).succeeds();
    let expected = "Notebook `bench` sees the change when it is restarted";
    assert!(updated.stderr.contains(expected), "{updated}");
    assert!(!updated.stderr.contains("`old`"), "what is stopped reads it at the start: {updated}");
    let (renamed, requests) =
        site.asked(|| site.run(&["update", "sales", "--display-name", "Sales"]).succeeds());
    assert!(!renamed.stderr.contains("restarted"), "{renamed}");
    assert!(lines(&requests).iter().all(|line| line.contains("/secrets/")), "{requests:?}");
}

#[test]
fn other_backends_say_that_they_cannot() {
    let site = used();
    let words = ["delete", "x", "--yes", "--detach", "--backend", "local"];
    site.run(&words).fails(2, "backend `local` cannot take a connection out of what uses it");
    site.run(&["adopt", "x", "--backend", "local"]).fails(2, "backend `local` cannot make");
}

#[test]
fn what_a_flag_says_is_no_setting() {
    let site = Site::new();
    let path = site.env.home().join("plugins.toml");
    for name in ["detach", "adopt", "show-users"] {
        let text = fs_err::read_to_string(&path).unwrap();
        let more = format!("{text}\n[backends.rhoai.settings]\n{name} = \"true\"\n");
        site.env.plugins(&more);
        site.run(&["list"]).fails(2, &format!("`{name}` is no setting of a backend"));
        site.env.plugins(&text);
    }
}
