//! A cluster, or what stands before it, that misbehaves: the right exit code in time, and nothing half done.

use std::time::Duration;

use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::requests::lines;
use crate::site::Site;
use crate::{S3, URI};

const UPDATE: [&str; 3] = ["update", "model", "uri=https://example.com/2"];
const DELETE: [&str; 3] = ["delete", "model", "--yes"];

/// An answer of a real server that is overloaded.
fn busy(code: u16, retry_after: Option<&str>) -> FaultKind {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the server is busy", "reason": "TooManyRequests", "code": code,
    });
    let answer = Response::json(code, &status);
    FaultKind::from(match retry_after {
        Some(seconds) => answer.header("retry-after", seconds),
        None => answer,
    })
}

#[test]
fn a_busy_cluster_is_asked_again_when_it_says() {
    let site = Site::new();
    site.has_uri("model");
    site.next(Method::GET, busy(429, Some("1")));
    let (listed, requests) = site.asked(|| site.run(&["list", "-o", "name"]).succeeds());
    assert_eq!((listed.stdout.as_str(), requests.len()), ("model\n", 2));
    assert!(listed.elapsed > Duration::from_secs(1), "{:?}", listed.elapsed);
    site.next(Method::GET, busy(503, None));
    site.next(Method::DELETE, busy(503, None));
    site.run(&DELETE).succeeds();
    assert_eq!(site.cluster.secret("fraud", "model"), None);
}

#[test]
fn a_write_that_may_have_been_done_is_not_sent_again() {
    let site = Site::new();
    for kind in [busy(429, Some("7")), busy(503, Some("7"))] {
        site.next(Method::POST, kind);
        let (outcome, requests) = site.asked(|| site.create("model", &URI, &["-o=json"]).run());
        let error = outcome.exits_with(6).json_error();
        assert_eq!((&error["retryAfterSeconds"], &error["retryable"]), (&7.into(), &true.into()));
        assert_eq!(requests.len(), 1);
    }
    site.has_uri("model");
    site.next(Method::PATCH, busy(429, Some("7")));
    let (outcome, requests) = site.asked(|| site.run(&UPDATE));
    outcome.fails(6, "try again in 7 s");
    assert_eq!(lines(&requests).iter().filter(|line| line.starts_with("PATCH")).count(), 1);
}

#[test]
fn a_cluster_that_stays_busy_is_given_up() {
    let site = Site::new();
    let fault = Fault::on(Method::GET, "/", busy(429, None));
    site.server.faults().add(fault);
    let (outcome, requests) = site.asked(|| site.run(&["list"]));
    outcome.fails(6, "the server is busy");
    assert_eq!(requests.len(), 4, "three repetitions");
    site.server.faults().clear();
    site.server.faults().add(Fault::on(Method::GET, "/", busy(429, Some("3600"))));
    let (outcome, requests) = site.asked(|| site.run(&["list"]));
    assert!(outcome.fails(6, "try again in 3600 s").elapsed < Duration::from_secs(5));
    assert_eq!(requests.len(), 1);
}

/// A fault of a read, and what its error says.
struct Row {
    kind: FaultKind,
    code: i32,
    words: &'static str,
}

/// Faults that strike before a reader has an answer.
fn reading() -> Vec<Row> {
    let row = |kind, code, words| Row { kind, code, words };
    let json = |body| FaultKind::from(Response::json(200, &body));
    let text = |status, body| FaultKind::from(Response::text(status, body));
    let slow = FaultKind::SlowBody { chunk: 1, pause: Duration::from_millis(200) };
    vec![
        row(FaultKind::status(500), 6, "cannot answer now"),
        row(FaultKind::status(502), 6, "cannot answer now"),
        row(FaultKind::ResetBeforeAnswer, 6, "cannot be reached"),
        row(FaultKind::ResetMidBody, 6, "broke off"),
        row(FaultKind::WrongLength, 6, "broke off"),
        row(FaultKind::Hang, 6, "did not answer within 1 seconds"),
        row(slow, 6, "did not answer within 1 seconds"),
        row(FaultKind::TruncatedJson, 6, "cannot be masked"),
        row(FaultKind::NotJson, 6, "cannot be masked"),
        row(FaultKind::GarbageBytes, 6, "does not answer as HTTP asks"),
        row(FaultKind::HugeBody(3 << 20), 9, "has more than 1048576 bytes"),
        row(text(200, "hello"), 6, "the answer is not JSON"),
        row(text(404, "404 page not found"), 6, "not that of a Kubernetes API"),
        row(json(json!({"metadata": 7, "items": 7})), 6, ""),
        row(json(json!([[[]]])), 6, ""),
        row(FaultKind::from(Response::empty(204)), 6, ""),
    ]
}

#[test]
fn every_fault_of_a_read_ends_in_an_error_in_time() {
    let site = Site::hasty();
    site.has_s3("sales");
    for row in reading() {
        let shown = format!("{:?}", row.kind);
        for words in [&["get", "sales", "-vvv"][..], &["list", "-vvv"]] {
            site.server.faults().add(Fault::any(row.kind.clone()));
            let outcome = site.run(words);
            site.server.faults().clear();
            assert_eq!(outcome.code, row.code, "{words:?} {shown}\n{outcome}");
            assert!(outcome.stderr.contains(row.words), "{words:?} {shown}\n{outcome}");
            assert!(outcome.elapsed < Duration::from_secs(6), "{words:?} {shown}");
        }
    }
    site.run(&["get", "sales"]).succeeds();
}

/// Faults of a write that leave open whether it was done.
fn writing() -> Vec<FaultKind> {
    vec![
        FaultKind::status(500),
        FaultKind::ResetBeforeAnswer,
        FaultKind::ResetMidBody,
        FaultKind::WrongLength,
        FaultKind::TruncatedJson,
        FaultKind::NotJson,
        FaultKind::GarbageBytes,
        FaultKind::Hang,
        FaultKind::HugeBody(3 << 20),
    ]
}

#[test]
fn every_fault_of_a_write_leaves_all_or_nothing() {
    for kind in writing() {
        let site = Site::hasty();
        let secret = site.env.secret("secret_access_key");
        site.next(Method::POST, kind.clone());
        let created = site.create("sales", &S3, &["-vvv"]).stdin(secret.as_str()).run();
        assert_ne!(created.code, 0, "{kind:?}\n{created}");
        if let Some(object) = site.cluster.secret("fraud", "sales") {
            let keys = object["data"].as_object().unwrap().len();
            assert_eq!(keys, 5, "{kind:?}");
        }
        site.create("sales", &S3, &["--if-exists=replace"]).stdin(secret).run().succeeds();
        site.next(Method::PATCH, kind.clone());
        let updated = site.run(&["update", "sales", "bucket=other", "--unset=region", "-vvv"]);
        assert_ne!(updated.code, 0, "{kind:?}\n{updated}");
        let data = site.cluster.secret("fraud", "sales").unwrap()["data"].clone();
        let is_new = data["AWS_S3_BUCKET"] == "b3RoZXI=";
        assert_eq!(is_new, data.get("AWS_DEFAULT_REGION").is_none(), "{kind:?}");
        site.next(Method::DELETE, kind.clone());
        site.run(&["delete", "sales", "--yes", "-vvv"]);
        site.run(&["delete", "sales", "--yes", "--ignore-not-found"]).succeeds();
        assert_eq!(site.cluster.secret("fraud", "sales"), None, "{kind:?}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Site::new();
    for (method, words) in [
        (Method::GET, &["get", "sales"][..]),
        (Method::POST, &["create", "model", "--type=uri", "uri=https://example.com"]),
    ] {
        let site = Site::new();
        let to = format!("{}/api/v1/namespaces/fraud/secrets", elsewhere.server.url());
        site.server.faults().add(Fault::on(method, "/", FaultKind::Redirect(to)));
        let outcome = site.run(words);
        assert_ne!(outcome.code, 0, "{outcome}");
    }
    assert_eq!(elsewhere.server.connections(), 0, "nobody came here");
}
