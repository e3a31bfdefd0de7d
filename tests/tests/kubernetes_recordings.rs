//! Holds the stand-in against what a real API server answered: every recording is replayed on a
//! cluster in the state that it needs, and status, headers and body are compared.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use connhub_tests::kubernetes::{Cluster, Options, Role};
use connhub_tests::serve::Server;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// A recording, and what has to be there before its request.
struct Replay {
    name: &'static str,
    cluster: Before,
    /// The `Accept` header, which the recordings leave out.
    accept: &'static str,
}

/// The state of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// No namespace `demo`.
    Empty,
    /// The namespace `demo`.
    Demo,
    /// With the secret `aws-connection-one` in it.
    Secret,
    /// With the secret `applied` in it, applied by the manager `test`.
    Applied,
    /// `demo` is being deleted.
    Terminating,
    /// OpenShift AI is installed.
    Rhoai,
    /// OpenShift AI was installed, and removed.
    RhoaiRemoved,
}

use Before::{Applied, Demo, Empty, Rhoai, RhoaiRemoved, Secret, Terminating};

/// Recordings whose requests stand in their `.request` files.
const REPLAYS: &[Replay] = &[
    replay("200-api-v1", Demo),
    replay("200-apis", Demo),
    replay("200-crd-get", Rhoai),
    replay("200-dsc-group", Rhoai),
    replay("200-dsc-list-v1", Rhoai),
    replay("200-dsc-list-v2", Rhoai),
    accepting("200-empty-list-partialmeta", METADATA_LIST, Demo),
    accepting("200-empty-list-table", TABLE, Demo),
    replay("200-list-in-missing-namespace", Demo),
    replay("200-livez", Demo),
    replay("200-merge-patch", Secret),
    replay("200-namespace-delete", Secret),
    replay("200-secret-delete", Secret),
    replay("200-secret-get", Secret),
    replay("200-secret-list-limit1", Secret),
    accepting("200-partialmeta-list-in-missing-namespace", METADATA_LIST, Demo),
    accepting("200-secret-list-partialmeta", METADATA_LIST, Secret),
    replay("200-secret-list-selector", Secret),
    accepting("200-secret-list-table", TABLE, Secret),
    replay("200-version", Demo),
    replay("200-viewer-group-discovery", Rhoai),
    replay("200-viewer-list-configmaps", Demo),
    replay("201-namespace", Empty),
    replay("201-secret", Demo),
    replay("201-secret-dryrun", Demo),
    replay("201-secret-generatename", Demo),
    replay("201-selfsubjectreview", Demo),
    replay("201-ssa-apply-secret", Demo),
    replay("201-ssar-admin-create-secrets", Demo),
    replay("201-ssar-viewer-create-secrets", Demo),
    replay("201-warn-unknown-field", Demo),
    replay("400-bad-base64", Demo),
    replay("400-bad-continue", Secret),
    replay("400-bad-field-selector", Demo),
    replay("400-bad-label-selector", Demo),
    replay("400-data-not-string", Demo),
    replay("400-namespace-mismatch", Demo),
    replay("400-not-json", Demo),
    replay("400-strict-unknown-field", Demo),
    replay("400-wrong-kind", Demo),
    replay("401-bad-token", Demo),
    replay("403-anonymous", Demo),
    replay("403-crd-get-viewer", Rhoai),
    replay("403-create-in-terminating-ns", Terminating),
    replay("403-dsc-viewer", Rhoai),
    replay("403-nobody-crd", Rhoai),
    replay("403-nobody-create-namespace", Demo),
    replay("403-viewer-create-in-missing-ns", Demo),
    replay("403-viewer-create-secret", Secret),
    replay("403-viewer-delete-secret", Secret),
    replay("403-viewer-get-secret", Secret),
    replay("403-viewer-list-all-namespaces", Demo),
    replay("403-viewer-list-all-secrets", Secret),
    replay("403-viewer-list-secrets", Secret),
    replay("404-crd-get", Rhoai),
    replay("404-create-in-missing-namespace", Demo),
    replay("404-dsc-after-removal", RhoaiRemoved),
    replay("404-dsc-not-installed", Demo),
    replay("404-dsc-unserved-version", Rhoai),
    replay("404-namespace-get", Demo),
    replay("404-project-not-openshift", Demo),
    replay("404-secret-delete", Secret),
    replay("404-secret-get", Secret),
    replay("404-secret-patch", Secret),
    replay("404-unknown-group", Demo),
    replay("404-unknown-resource", Demo),
    replay("405-method", Demo),
    replay("405-put-collection", Demo),
    accepting("406-accept", "text/html", Secret),
    replay("409-conflict-resourceversion", Secret),
    replay("409-delete-precondition", Secret),
    replay("409-namespace-exists", Demo),
    replay("409-secret-exists", Secret),
    replay("409-ssa-conflict", Applied),
    replay("415-media-type", Demo),
    replay("415-patch-json", Secret),
    replay("422-namespace-bad-name", Demo),
    replay("422-namespace-name-63plus", Demo),
    replay("422-secret-bad-data-key", Demo),
    replay("422-secret-bad-label", Demo),
    replay("422-secret-bad-name", Demo),
    replay("422-secret-immutable-type", Secret),
    replay("422-secret-no-name", Demo),
];

/// Recordings with a test of their own, because the request is not written down whole.
const TOLD: &[&str] = &[
    // The pages of one list: the second request holds a token of the first answer.
    "200-list-page1",
    "200-list-page2",
    // Its token is one of the first page.
    "410-continue-expired",
    // Bodies of more than 3 MiB and 1 MiB.
    "413-body-too-large",
    "422-secret-too-large",
];

/// Recordings that the stand-in does not answer, each with the reason.
const LEFT_OUT: &[(&str, &str)] = &[];

const fn replay(name: &'static str, cluster: Before) -> Replay {
    Replay { name, cluster, accept: "*/*" }
}

const fn accepting(name: &'static str, accept: &'static str, cluster: Before) -> Replay {
    Replay { name, cluster, accept }
}

#[test]
fn every_recording_is_replayed() {
    let entries = fs_err::read_dir(folder()).expect("the recordings");
    let paths = entries.map(|entry| entry.expect("a recording").path());
    let answers = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let recorded: BTreeSet<String> = answers
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let left_out = LEFT_OUT.iter().map(|(name, _)| *name);
    let replayed = REPLAYS.iter().map(|replay| replay.name).chain(TOLD.iter().copied());
    let known: BTreeSet<String> = replayed.chain(left_out).map(str::to_owned).collect();
    assert_eq!(recorded, known);
}

#[tokio::test]
async fn the_stand_in_answers_as_recorded() {
    let mut failures = Vec::new();
    for replay in REPLAYS {
        let stand_in = StandIn::prepared(replay.cluster).await;
        let mut asked = Asked::recorded(replay.name);
        asked.accept = replay.accept;
        let answer = stand_in.ask(&asked).await;
        failures.extend(Recording::read(replay.name).differences(&answer));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test]
async fn pages_and_their_tokens() {
    let stand_in = StandIn::prepared(Empty).await;
    stand_in.cluster.add_namespace("n10");
    stand_in.cluster.seed_secrets("n10", 10);
    let path = "/api/v1/namespaces/n10/secrets?limit=3";
    let first = stand_in.ask(&Asked::get(path)).await;
    let token = json_of(&first.body)["metadata"]["continue"].as_str().expect("a token").to_owned();
    let next = Asked::get(&format!("{path}&continue={token}"));
    let second = stand_in.ask(&next).await;
    stand_in.cluster.compact();
    let third = stand_in.ask(&next).await;
    let mut failures = Recording::read("200-list-page1").differences(&first);
    failures.extend(Recording::read("200-list-page2").differences(&second));
    failures.extend(Recording::read("410-continue-expired").differences(&third));
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let fresh = json_of(&third.body)["metadata"]["continue"].as_str().expect("a token").to_owned();
    let fourth = stand_in.ask(&Asked::get(&format!("{path}&continue={fresh}"))).await;
    let names = |answer: &Answer| {
        let items = json_of(&answer.body)["items"].clone();
        let items: Vec<Value> = items.as_array().expect("items").clone();
        items.into_iter().map(|item| item["metadata"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&fourth), names(&second));
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let stand_in = StandIn::prepared(Demo).await;
    let mut failures = Vec::new();
    for (name, bytes) in [("413-body-too-large", 3 << 20), ("422-secret-too-large", 1 << 20)] {
        let value = STANDARD.encode(vec![b'x'; bytes + 1]);
        let body = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "big"},
            "data": {"k": value},
        });
        let asked = Asked {
            method: Method::POST,
            path: String::from("/api/v1/namespaces/demo/secrets"),
            content_type: Some(String::from("application/json")),
            body: body.to_string(),
            ..Asked::get("")
        };
        let answer = stand_in.ask(&asked).await;
        failures.extend(Recording::read(name).differences(&answer));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A running stand-in.
struct StandIn {
    cluster: Arc<Cluster>,
    server: Server,
    client: reqwest::Client,
}

impl StandIn {
    async fn prepared(before: Before) -> StandIn {
        // Another test may have installed the same provider first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options { rhoai: false, openshift: false, namespaces: Vec::new() };
        let cluster = Cluster::new(options);
        cluster.bind("viewer", Role::View, "demo");
        let server = Server::start(cluster.clone());
        // The name of the program ends up in the managed fields.
        let client = reqwest::Client::builder().no_proxy().user_agent("curl/8.5.0").build();
        let stand_in = StandIn { cluster, server, client: client.expect("a client") };
        stand_in.prepare(before).await;
        stand_in
    }

    /// Objects are made by the recorded requests themselves.
    async fn prepare(&self, before: Before) {
        let requests: &[&str] = match before {
            Empty => &[],
            Demo | Rhoai | RhoaiRemoved => &["201-namespace"],
            Secret => &["201-namespace", "201-secret"],
            Applied => &["201-namespace", "201-ssa-apply-secret"],
            Terminating => &["201-namespace", "200-namespace-delete"],
        };
        for name in requests {
            let answer = self.ask(&Asked::recorded(name)).await;
            assert!(answer.status.is_success(), "{name}: {}", answer.body);
        }
        if matches!(before, Rhoai | RhoaiRemoved) {
            self.cluster.install_rhoai();
        }
        if before == RhoaiRemoved {
            self.cluster.remove_rhoai();
        }
    }

    async fn ask(&self, asked: &Asked) -> Answer {
        let url = format!("{}{}", self.server.url(), asked.path);
        let mut request = self.client.request(asked.method.clone(), url);
        request = request.header("accept", asked.accept);
        let token = match asked.user.as_str() {
            "anon" => None,
            "bad" => Some(String::from("nobody-was-given-this")),
            user => Some(self.cluster.token(user).expect("a standard user")),
        };
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(content_type) = &asked.content_type {
            request = request.header("content-type", content_type);
        }
        let answer = request.body(asked.body.clone()).send().await.expect("an answer");
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.map(|value| value.to_str().expect("text").to_owned())
        };
        let headers = COMPARED_HEADERS.map(header);
        Answer { status: answer.status(), headers, body: answer.text().await.expect("a body") }
    }
}

/// A request as it was recorded.
struct Asked {
    user: String,
    method: Method,
    path: String,
    accept: &'static str,
    content_type: Option<String>,
    body: String,
}

impl Asked {
    fn get(path: &str) -> Self {
        Asked {
            user: String::from("admin"),
            method: Method::GET,
            path: path.to_owned(),
            accept: "*/*",
            content_type: None,
            body: String::new(),
        }
    }

    fn recorded(name: &str) -> Self {
        let text = read(name, "request").expect("a recorded request");
        let mut lines = text.lines();
        let user = lines.next().and_then(|line| line.strip_prefix("as: ")).expect("a user");
        let (method, path) =
            lines.next().and_then(|line| line.split_once(' ')).expect("method and path");
        let mut rest = lines.peekable();
        let content_type = rest.next_if(|line| line.starts_with("Content-Type: "));
        let content_type = content_type.and_then(|line| line.split_once(": "));
        Asked {
            user: user.to_owned(),
            method: method.parse().expect("a method"),
            content_type: content_type.map(|(_, value)| value.to_owned()),
            body: rest.collect::<Vec<_>>().join("\n").trim_end().to_owned(),
            ..Asked::get(path)
        }
    }
}

/// The headers that a client may look at. The others carry random numbers or describe the
/// connection: `audit-id`, `x-kubernetes-pf-…`, `date`, `content-length` (the recorded bodies were
/// indented for curl), `connection` and `strict-transport-security`.
const COMPARED_HEADERS: [&str; 5] =
    ["content-type", "cache-control", "x-content-type-options", "warning", "retry-after"];

struct Answer {
    status: StatusCode,
    headers: [Option<String>; COMPARED_HEADERS.len()],
    body: String,
}

/// What the real server answered.
struct Recording {
    name: String,
    /// One recording has no headers.
    headers: Option<String>,
    body: String,
}

impl Recording {
    fn read(name: &str) -> Self {
        let body = read(name, "json").expect("a recorded body");
        Recording { name: name.to_owned(), headers: read(name, "headers"), body }
    }

    fn differences(&self, answer: &Answer) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, expected: String, seen: String| {
            if expected != seen {
                let name = &self.name;
                found.push(format!("{name}: {what}\n  recorded: {expected}\n  stand-in: {seen}"));
            }
        };
        let status = self.name.get(..3).unwrap_or_default().to_owned();
        compare("status", status, answer.status.as_str().to_owned());
        if self.headers.is_some() {
            for (name, seen) in COMPARED_HEADERS.iter().zip(&answer.headers) {
                compare(name, format!("{:?}", self.header(name)), format!("{seen:?}"));
            }
        }
        compare("body", normalized(&self.body), normalized(&answer.body));
        found
    }

    /// A header of the last answer: a `100 Continue` may come before it.
    fn header(&self, name: &str) -> Option<String> {
        let lines = self.headers.as_deref().unwrap_or_default().lines().rev();
        let mut pairs = lines.take_while(|line| !line.starts_with("HTTP/")).filter_map(|line| {
            let (key, value) = line.split_once(": ")?;
            Some((key.to_lowercase(), value.trim().to_owned()))
        });
        pairs.find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// A body without what differs by nature. Text that is no JSON stays as it is.
fn normalized(body: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return body.to_owned();
    };
    normalize(&mut json, "");
    format!("{json:#}")
}

fn normalize(value: &mut Value, key: &str) {
    match value {
        Value::Object(members) => {
            members.iter_mut().for_each(|(key, value)| normalize(value, key));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalize(item, key)),
        Value::String(text) => *text = normalized_text(text, key),
        _ => {}
    }
}

fn normalized_text(text: &str, key: &str) -> String {
    match key {
        // Revisions count what else happened on the server.
        "resourceVersion" => String::from("<revision>"),
        // A token holds a revision.
        "continue" if !text.is_empty() => normalized_token(text),
        // The end of a generated name is random.
        "name" if text.starts_with("gen-") && text.len() == "gen-".len() + 5 => {
            String::from("gen-<suffix>")
        }
        // Ages are counted in seconds since the secret was made.
        "cells" if is_age(text) => String::from("<age>"),
        // Every cluster has an authority of its own.
        "ca.crt" => String::from("<certificate>"),
        // The programs of the recorded cluster ran under other names than usual.
        "manager" => text
            .replace("x-kcm", "kube-controller-manager")
            .replace("x-apiserver", "kube-apiserver"),
        _ => without_uids(&without_times(text)),
    }
}

fn normalized_token(token: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(token).expect("base64");
    let mut token: Value = serde_json::from_slice(&bytes).expect("JSON");
    if token["rv"].as_i64().is_some_and(|revision| revision > 0) {
        token["rv"] = json!("<revision>");
    }
    // The real server drops the slash when it renews a token: both places are the same.
    let start = token["start"].as_str().expect("a place").trim_start_matches('/').to_owned();
    token["start"] = json!(start);
    token.to_string()
}

fn is_age(text: &str) -> bool {
    let digits = text.strip_suffix('s');
    digits.is_some_and(|digits| digits.parse::<u32>().is_ok())
}

/// UIDs are random, also within messages.
fn without_uids(text: &str) -> String {
    replace_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "<uid>")
}

/// Objects are made now.
fn without_times(text: &str) -> String {
    replace_shape(text, "dddd-dd-ddTdd:dd:ddZ", "<time>")
}

/// Replaces every part of a text that has a shape: `x` is a hexadecimal digit, `d` a decimal one.
fn replace_shape(text: &str, shape: &str, with: &str) -> String {
    let fits = |part: &str| {
        part.len() == shape.len()
            && part.chars().zip(shape.chars()).all(|(letter, form)| match form {
                'x' => letter.is_ascii_hexdigit(),
                'd' => letter.is_ascii_digit(),
                form => letter == form,
            })
    };
    let mut result = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let step = match rest.get(..shape.len()).filter(|part| fits(part)) {
            Some(part) => {
                result += with;
                part.len()
            }
            None => {
                result.push(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[step..];
    }
    result
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).expect("JSON")
}

fn read(name: &str, end: &str) -> Option<String> {
    fs_err::read_to_string(folder().join(format!("{name}.{end}"))).ok()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("recordings/kubernetes")
}
