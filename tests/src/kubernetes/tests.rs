//! What the recordings do not show, through the same door: one request, one answer.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::*;
use crate::serve::{Request, Response, Server, Service, Tls};

const SECRETS: &str = "/api/v1/namespaces/fraud/secrets";
const ONE: &str = "/api/v1/namespaces/fraud/secrets/one";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

fn cluster() -> Arc<Cluster> {
    Cluster::new(Options::default())
}

fn plain(method: &str, target: &str, body: &Value) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    Request {
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        query: pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
        headers: HeaderMap::new(),
        body: Bytes::from(body),
        client_certificate: None,
    }
}

/// What the editor of the namespace gets for a request with a content type.
fn send(
    cluster: &Cluster,
    method: &str,
    target: &str,
    content_type: &str,
    body: Value,
) -> (u16, Value) {
    let mut request = plain(method, target, &body);
    request.headers.insert("authorization", "Bearer token-editor".parse().expect("a header"));
    request.headers.insert("content-type", content_type.parse().expect("a header"));
    parsed(cluster.answer(&request))
}

fn ask(cluster: &Cluster, method: &str, target: &str, body: Value) -> (u16, Value) {
    send(cluster, method, target, "application/json", body)
}

fn parsed(answer: Response) -> (u16, Value) {
    let text = || json!(String::from_utf8_lossy(&answer.body));
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_else(|_| text()))
}

fn as_user(cluster: &Cluster, user: &str, method: &str, target: &str) -> (u16, Value) {
    let mut request = plain(method, target, &Value::Null);
    let header = format!("Bearer token-{user}").parse().expect("a header");
    request.headers.insert("authorization", header);
    parsed(cluster.answer(&request))
}

fn secret(name: &str, data: Value) -> Value {
    json!({"metadata": {"name": name}, "stringData": data})
}

fn with_one() -> (Arc<Cluster>, Value) {
    let cluster = cluster();
    let (status, made) = ask(&cluster, "POST", SECRETS, secret("one", json!({"a": "1", "b": "2"})));
    assert_eq!(status, 201, "{made}");
    (cluster, made)
}

#[test]
fn a_merge_patch_that_names_a_revision_is_for_that_one_only() {
    let (cluster, made) = with_one();
    let revision = &made["metadata"]["resourceVersion"];
    let patch = json!({"metadata": {"resourceVersion": revision, "labels": {"x": "1"}}});
    let (status, changed) = send(&cluster, "PATCH", ONE, MERGE, patch.clone());
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["metadata"]["labels"], json!({"x": "1"}));
    assert_ne!(changed["metadata"]["resourceVersion"], *revision);
    let (status, refused) = send(&cluster, "PATCH", ONE, MERGE, patch);
    assert_eq!((status, &refused["reason"]), (409, &json!("Conflict")));
}

#[test]
fn a_json_patch_fits_or_changes_nothing() {
    let (cluster, one) = with_one();
    let patch =
        |operations: Value| send(&cluster, "PATCH", ONE, "application/json-patch+json", operations);
    let path = "/metadata/annotations";
    let (status, changed) = patch(json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": one["metadata"]["resourceVersion"]},
        {"op": "add", "path": path, "value": {"a/b": "c"}},
    ]));
    assert_eq!((status, &changed["metadata"]["annotations"]), (200, &json!({"a/b": "c"})));
    let stale = json!({"op": "test", "path": "/metadata/resourceVersion", "value": "1"});
    let remove = json!({"op": "remove", "path": format!("{path}/a~1b")});
    let absent = json!({"op": "remove", "path": format!("{path}/b")});
    for operations in [json!([stale, remove]), json!([remove, absent])] {
        let (status, refused) = patch(operations);
        assert_eq!((status, &refused["reason"]), (422, &json!("Invalid")));
        assert_eq!(refused["details"], json!({}));
        let (_, there) = ask(&cluster, "GET", ONE, Value::Null);
        assert_eq!(there["metadata"]["annotations"], json!({"a/b": "c"}));
    }
    let (status, _) = patch(json!([remove]));
    assert_eq!(status, 200);
}

#[test]
fn a_change_of_nothing_is_no_change() {
    let (cluster, made) = with_one();
    let (status, same) = send(&cluster, "PATCH", ONE, MERGE, json!({"data": {"a": "MQ=="}}));
    assert_eq!((status, &same), (200, &made));
}

#[test]
fn dry_runs_leave_no_trace() {
    let (cluster, made) = with_one();
    let dry = |target: &str| format!("{target}?dryRun=All");
    let (status, _) = ask(&cluster, "POST", &dry(SECRETS), secret("two", json!({})));
    assert_eq!(status, 201);
    let (status, changed) = send(&cluster, "PATCH", &dry(ONE), MERGE, json!({"data": {"a": null}}));
    assert_eq!((status, &changed["data"]), (200, &json!({"b": "Mg=="})));
    let (status, _) = ask(&cluster, "DELETE", ONE, json!({"dryRun": ["All"]}));
    assert_eq!(status, 200);
    assert_eq!(cluster.secret_names("fraud"), ["one"]);
    assert_eq!(ask(&cluster, "GET", ONE, Value::Null), (200, made));
    let (status, refused) =
        ask(&cluster, "POST", "/api/v1/namespaces/fraud/secrets?dryRun=x", json!({}));
    assert_eq!((status, &refused["details"]["kind"]), (422, &json!("CreateOptions")));
}

#[test]
fn a_put_replaces_all_but_what_the_server_owns() {
    let (cluster, made) = with_one();
    let (status, changed) = ask(&cluster, "PUT", ONE, secret("one", json!({"c": "3"})));
    assert_eq!(status, 200);
    assert_eq!(changed["data"], json!({"c": "Mw=="}));
    for field in ["uid", "creationTimestamp", "namespace"] {
        assert_eq!(changed["metadata"][field], made["metadata"][field], "{field}");
    }
    let mut other = secret("one", json!({}));
    other["metadata"]["uid"] = json!("00000000-0000-0000-0000-000000000000");
    let (status, refused) = ask(&cluster, "PUT", ONE, other);
    assert_eq!(status, 409, "{refused}");
    assert_eq!(ask(&cluster, "PUT", ONE, secret("two", json!({}))).0, 400);
    let absent = "/api/v1/namespaces/fraud/secrets/two";
    assert_eq!(ask(&cluster, "PUT", absent, secret("two", json!({}))).0, 404);
}

#[test]
fn preconditions_of_a_delete() {
    let (cluster, made) = with_one();
    let asked = |revision: &Value, uid: &Value| json!({"preconditions": {"resourceVersion": revision, "uid": uid}});
    let (revision, uid) = (&made["metadata"]["resourceVersion"], &made["metadata"]["uid"]);
    let (status, refused) = ask(&cluster, "DELETE", ONE, asked(&json!("1"), uid));
    assert_eq!((status, &refused["details"]["kind"]), (409, &json!("Secret")));
    let (status, done) = ask(&cluster, "DELETE", ONE, asked(revision, uid));
    assert_eq!((status, &done["details"]["uid"]), (200, uid));
    assert_eq!(cluster.secret("fraud", "one"), None);
}

#[test]
fn immutable_secrets_stay() {
    let (cluster, _) = with_one();
    assert_eq!(send(&cluster, "PATCH", ONE, MERGE, json!({"immutable": true})).0, 200);
    let (status, refused) = send(&cluster, "PATCH", ONE, MERGE, json!({"data": {"a": null}}));
    assert_eq!((status, &refused["reason"]), (422, &json!("Invalid")));
    let labels = json!({"metadata": {"labels": {"x": "1"}}});
    assert_eq!(send(&cluster, "PATCH", ONE, MERGE, labels).0, 200);
}

#[test]
fn applying_takes_what_others_own_only_by_force() {
    let (cluster, _) = with_one();
    let wanted = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "data": {"a": "OQ=="},
    });
    let target = format!("{ONE}?fieldManager=me");
    assert_eq!(send(&cluster, "PATCH", &target, APPLY, wanted.clone()).0, 409);
    let forced = format!("{target}&force=true");
    let (status, changed) = send(&cluster, "PATCH", &forced, APPLY, wanted.clone());
    assert_eq!((status, &changed["data"]), (200, &json!({"a": "OQ==", "b": "Mg=="})));
    assert_eq!(send(&cluster, "PATCH", ONE, APPLY, wanted).0, 422, "without a manager");
    assert_eq!(send(&cluster, "PATCH", &format!("{ONE}?force=true"), MERGE, json!({})).0, 422);
}

#[test]
fn fields_of_the_wrong_kind() {
    let cluster = cluster();
    let check = |body: Value, expected: &str| {
        let (status, refused) = ask(&cluster, "POST", SECRETS, body);
        let message = refused["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(expected), "{status} {message}");
    };
    check(json!({"metadata": {"labels": {"x": 1}}}), "cannot unmarshal number");
    check(json!({"metadata": {"name": true}}), "cannot unmarshal bool");
    check(json!({"metadata": "x"}), "cannot unmarshal string");
    check(json!({"data": ["x"]}), "cannot unmarshal array");
    check(json!({"kind": "Nothing"}), "no kind \"Nothing\" is registered");
    check(json!(["x"]), "must be of type Secret");
}

#[test]
fn yaml_is_taken_too() {
    let cluster = cluster();
    let mut request = plain("POST", SECRETS, &Value::Null);
    request.body = Bytes::from("metadata:\n  name: from-yaml\nstringData:\n  k: v\n");
    request.headers.insert("authorization", "Bearer token-editor".parse().expect("a header"));
    request.headers.insert("content-type", "application/yaml".parse().expect("a header"));
    let (status, made) = parsed(cluster.answer(&request));
    assert_eq!((status, &made["data"]), (201, &json!({"k": "dg=="})), "{made}");
}

#[test]
fn warnings_name_each_unknown_field() {
    let cluster = cluster();
    let body = json!({"metadata": {"name": "x", "color": 1}, "size": 2});
    let mut request = plain("POST", SECRETS, &body);
    request.headers.insert("authorization", "Bearer token-editor".parse().expect("a header"));
    let answer = cluster.answer(&request);
    let warnings = answer.headers.iter().filter(|(name, _)| name == "warning");
    let warnings: Vec<&str> = warnings.map(|(_, value)| value.as_str()).collect();
    let expected =
        [r#"299 - "unknown field \"size\"""#, r#"299 - "unknown field \"metadata.color\"""#];
    assert_eq!(warnings, expected);
    let ignoring = format!("{SECRETS}?fieldValidation=Ignore&dryRun=All");
    assert_eq!(ask(&cluster, "POST", &ignoring, json!({"x": 1, "metadata": {"name": "y"}})).0, 201);
}

#[test]
fn selectors_and_pages_work_together() {
    let cluster = cluster();
    cluster.seed_secrets("fraud", 5);
    ask(&cluster, "POST", SECRETS, secret("aws-connection-00002x", json!({})));
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let selector = "labelSelector=opendatahub.io/managed,opendatahub.io/dashboard%3Dtrue";
        let target = format!("{SECRETS}?{selector}&limit=2&continue={token}");
        let (status, page) = ask(&cluster, "GET", &target, Value::Null);
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["metadata"]["remainingItemCount"], Value::Null);
        let items = page["items"].as_array().expect("items").clone();
        names.extend(items.into_iter().map(|item| item["metadata"]["name"].clone()));
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<Value> =
        (0..5).map(|number| json!(format!("aws-connection-{number:05}"))).collect();
    assert_eq!(names, expected);
    let target = format!("{SECRETS}?fieldSelector=metadata.name%3Daws-connection-00003");
    assert_eq!(
        ask(&cluster, "GET", &target, Value::Null).1["items"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn deleting_a_collection_deletes_what_a_list_shows() {
    let cluster = cluster();
    cluster.seed_secrets("fraud", 3);
    ask(&cluster, "POST", SECRETS, secret("other", json!({})));
    let (status, gone) = ask(
        &cluster,
        "DELETE",
        &format!("{SECRETS}?labelSelector=opendatahub.io/managed"),
        Value::Null,
    );
    assert_eq!((status, gone["items"].as_array().map(Vec::len)), (200, Some(3)));
    assert_eq!(cluster.secret_names("fraud"), ["other"]);
}

#[test]
fn namespaces_end_in_two_steps() {
    let (cluster, _) = with_one();
    let path = "/api/v1/namespaces/fraud";
    assert_eq!(as_user(&cluster, "admin", "DELETE", path).0, 200);
    let (status, namespace) = as_user(&cluster, "admin", "GET", path);
    assert_eq!((status, &namespace["status"]["phase"]), (200, &json!("Terminating")));
    cluster.finish_termination("fraud");
    assert_eq!(as_user(&cluster, "admin", "GET", path).0, 404);
    assert!(cluster.secret_names("fraud").is_empty());
}

#[test]
fn who_may_do_what() {
    let cluster = Cluster::new(Options { openshift: true, ..Options::default() });
    cluster.add_namespace("other");
    cluster.seed_object("notebooks", "fraud", json!({"metadata": {"name": "n"}, "spec": {}}));
    let check = |user, method, path, expected| {
        let (status, body) = as_user(&cluster, user, method, path);
        assert_eq!(status, expected, "{user} {method} {path}: {body}");
    };
    check("owner", "GET", SECRETS, 200);
    check("owner", "GET", "/api/v1/namespaces/other/secrets", 403);
    check("editor", "GET", "/api/v1/secrets", 403);
    check("editor", "GET", "/apis/kubeflow.org/v1/namespaces/fraud/notebooks/n", 200);
    check("viewer", "GET", "/apis/kubeflow.org/v1/namespaces/fraud/notebooks", 200);
    check("viewer", "DELETE", "/apis/kubeflow.org/v1/namespaces/fraud/notebooks/n", 403);
    check("nobody", "GET", "/apis/kubeflow.org", 200);
    check("nobody", "GET", "/apis/serving.kserve.io/v1beta1", 200);
    check("nobody", "GET", "/api/v1/namespaces/fraud", 403);
    check("nobody", "GET", "/metrics", 403);
    check("viewer", "GET", "/apis/not.there/v1/things", 403);
    check("admin", "GET", "/api/v1/secrets", 200);
    check("admin", "POST", "/api/v1/secrets", 405);
    check("admin", "PATCH", SECRETS, 405);
    check("admin", "DELETE", "/api/v1/namespaces", 405);
}

#[test]
fn projects_are_those_of_the_user() {
    let cluster = Cluster::new(Options { openshift: true, ..Options::default() });
    cluster.add_namespace("other");
    let projects = "/apis/project.openshift.io/v1/projects";
    let names = |user| {
        let (status, list) = as_user(&cluster, user, "GET", projects);
        assert_eq!(status, 200, "{list}");
        let items = list["items"].as_array().expect("items").clone();
        items.into_iter().map(|item| item["metadata"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("viewer"), ["fraud"]);
    assert_eq!(names("admin"), ["fraud", "other"]);
    assert!(names("nobody").is_empty());
    let one = |user, name: &str| as_user(&cluster, user, "GET", &format!("{projects}/{name}")).0;
    assert_eq!((one("viewer", "fraud"), one("viewer", "other")), (200, 403));
    assert_eq!((one("viewer", "nowhere"), one("admin", "nowhere")), (403, 404));
    let (_, me) = as_user(&cluster, "viewer", "GET", "/apis/user.openshift.io/v1/users/~");
    assert_eq!((&me["metadata"]["name"], &me["groups"]), (&json!("viewer"), &json!(["viewers"])));
}

#[test]
fn access_reviews_give_the_rule() {
    let cluster = cluster();
    let review = |attributes: Value| {
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let (status, answer) = ask(&cluster, "POST", path, json!({"spec": attributes}));
        (status, answer["status"].clone())
    };
    let asked = json!({"resourceAttributes": {"namespace": "fraud", "verb": "create", "resource": "secrets"}});
    let reason =
        "RBAC: allowed by RoleBinding \"edit/fraud\" of ClusterRole \"edit\" to User \"editor\"";
    assert_eq!(review(asked), (201, json!({"allowed": true, "reason": reason})));
    assert_eq!(review(json!({})).0, 422);
}

#[test]
fn one_namespace_does_not_show_another() {
    let cluster = Cluster::new(Options {
        namespaces: vec![String::from("a"), String::from("ab"), String::from("b")],
        ..Options::default()
    });
    for namespace in ["a", "ab", "b"] {
        cluster.seed_secrets(namespace, 2);
    }
    let count = |path: &str| {
        let (_, list) = as_user(&cluster, "admin", "GET", path);
        list["items"].as_array().map(Vec::len)
    };
    assert_eq!(count("/api/v1/namespaces/a/secrets"), Some(2));
    assert_eq!(count("/api/v1/secrets"), Some(6));
    let (_, page) = as_user(&cluster, "admin", "GET", "/api/v1/secrets?limit=3");
    let token = page["metadata"]["continue"].as_str().expect("a token");
    assert_eq!(count(&format!("/api/v1/secrets?continue={token}")), Some(3));
}

#[test]
fn ten_thousand_secrets_are_listed_quickly() {
    let cluster = cluster();
    cluster.seed_secrets("fraud", 10_000);
    let start = Instant::now();
    let mut token = String::new();
    let mut bytes = 0;
    for page in 0..20 {
        let target = format!("{SECRETS}?limit=500&continue={token}");
        let mut request = plain("GET", &target, &Value::Null);
        request.headers.insert("authorization", "Bearer token-editor".parse().expect("a header"));
        let answer = cluster.answer(&request);
        assert_eq!(answer.status, 200, "page {page}");
        bytes += answer.body.len();
        let (_, list) = parsed(answer);
        token = list["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    }
    assert!(token.is_empty() && bytes > 10_000_000, "{bytes} bytes");
    // Far above what it takes, far below what a quadratic walk would take.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn values_are_stored_as_they_were_sent() {
    let (cluster, _) = with_one();
    let stored = cluster.secret("fraud", "one").expect("it was made");
    assert_eq!(stored["stringData"], Value::Null);
    let value = stored["data"]["b"].as_str().expect("base64");
    assert_eq!(go_decoding::STANDARD.decode(value).expect("base64"), b"2");
}

async fn reviewed(login: &Login, server: &Server) -> kube::Result<String> {
    use k8s_openapi::api::authentication::v1::SelfSubjectReview;
    let config = kube::config::Kubeconfig::from_yaml(&kubeconfig(server, "fraud", login));
    let options = kube::config::KubeConfigOptions::default();
    let config =
        kube::Config::from_custom_kubeconfig(config.expect("a kubeconfig"), &options).await;
    let client = kube::Client::try_from(config.expect("a configuration"))?;
    let reviews: kube::Api<SelfSubjectReview> = kube::Api::all(client);
    let review =
        reviews.create(&kube::api::PostParams::default(), &SelfSubjectReview::default()).await?;
    let user = review.status.and_then(|status| status.user_info).and_then(|user| user.username);
    Ok(user.expect("a user name"))
}

#[tokio::test]
async fn a_client_logs_in_by_token_certificate_and_program() {
    let cluster = cluster();
    let tls = Tls::new();
    let server = Server::start_tls(cluster.clone(), tls.clone());
    let token = cluster.token("editor").expect("a standard user");
    let logins = [
        (Login::Token(token.clone()), "editor"),
        (Login::Exec(token), "editor"),
        (Login::Certificate(tls.client("alice", Some("team"))), "alice"),
    ];
    for (login, user) in logins {
        assert_eq!(reviewed(&login, &server).await.expect("an answer"), user);
    }
    for (login, code) in [(Login::Anonymous, 403), (Login::Token(String::from("x")), 401)] {
        match reviewed(&login, &server).await {
            Err(kube::Error::Api(status)) => assert_eq!(status.code, code),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_real_target_makes_a_namespace_and_removes_it() {
    let cluster = cluster();
    let server = Server::start(cluster.clone());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("kubeconfig");
    let token = cluster.token("admin").expect("a standard user");
    fs_err::write(&path, kubeconfig(&server, "default", &Login::Token(token))).expect("a file");
    let target = RealTarget::new(path);
    let namespace = format!("/api/v1/namespaces/{}", target.namespace());
    let (status, found) = as_user(&cluster, "admin", "GET", &namespace);
    assert_eq!((status, &found["status"]["phase"]), (200, &json!("Active")));
    drop(target);
    let (_, found) = as_user(&cluster, "admin", "GET", &namespace);
    assert_eq!(found["status"]["phase"], "Terminating");
    assert_eq!(server.requests().last().map(|last| last.method.clone()), Some(Method::DELETE));
}

#[test]
fn a_target_is_ready_for_its_namespace() {
    let target = kubernetes_target();
    assert!(target.namespace().starts_with("connhub-test-"), "{}", target.namespace());
    let text = fs_err::read_to_string(target.kubeconfig()).expect("a kubeconfig");
    assert!(text.contains("clusters:"), "no kubeconfig");
    if let Target::StandIn(stand_in) = &target {
        let path = format!("/api/v1/namespaces/{}/secrets", target.namespace());
        assert_eq!(as_user(&stand_in.cluster, "owner", "GET", &path).0, 200);
        assert!(text.contains(&stand_in.server.url()) && text.contains("token-owner"));
    }
}
