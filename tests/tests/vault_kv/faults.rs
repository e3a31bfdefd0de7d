//! A server, or what stands before it, that misbehaves: the right exit code in time.

use std::time::Duration;

use connhub_tests::serve::{Fault, FaultKind, Response};
use serde_json::json;

use crate::instance::Instance;

fn refusal(status: u16, message: &str) -> FaultKind {
    FaultKind::from(Response::json(status, &json!({"errors": [message]})))
}

/// Faults, the exit codes, and what is said.
fn faults() -> Vec<(FaultKind, i32, &'static str)> {
    vec![
        (refusal(400, "custom_metadata validation failed"), 2, "custom_metadata validation failed"),
        (refusal(403, "permission denied"), 4, "permission denied"),
        (refusal(405, "unsupported operation"), 2, "unsupported operation"),
        (refusal(412, "required index state not present"), 6, "has not seen the latest write"),
        (refusal(472, ""), 6, "disaster recovery"),
        (refusal(473, ""), 6, "a standby"),
        (refusal(500, "1 error occurred"), 6, "(status 500)"),
        (refusal(501, ""), 6, "not initialized"),
        (
            FaultKind::Redirect("https://active.example.com/v1/x".into()),
            6,
            "has to name another node",
        ),
        (FaultKind::ResetBeforeAnswer, 6, "cannot be reached"),
        (FaultKind::ResetMidBody, 6, "broke off"),
        (FaultKind::TruncatedJson, 6, "cannot be masked"),
        (FaultKind::NotJson, 6, "cannot be masked"),
        (FaultKind::GarbageBytes, 6, "does not answer as HTTP asks"),
        (FaultKind::Hang, 6, "did not answer within 1 seconds"),
        (FaultKind::HugeBody(3 << 20), 9, "has more than 1048576 bytes"),
        (FaultKind::from(Response::text(200, "hello")), 6, "the answer is not JSON"),
        (
            FaultKind::from(Response::json(200, &json!({"no": "data"}))),
            6,
            "is not the expected JSON",
        ),
        (FaultKind::from(Response::json(200, &json!(7))), 6, "is not the expected JSON"),
    ]
}

#[test]
fn every_fault_of_a_read_ends_in_an_error_in_time() {
    let instance = Instance::new();
    instance.has_bucket("sales");
    instance.hurry();
    for (kind, code, said) in faults() {
        for words in [&["get", "sales", "-vvv"][..], &["list", "-vvv"]] {
            instance.server.faults().add(Fault::any(kind.clone()));
            let outcome = instance.run(words);
            instance.server.faults().clear();
            assert_eq!(outcome.code, code, "{words:?} {kind:?}\n{outcome}");
            assert!(outcome.stderr.contains(said), "{words:?} {kind:?}\n{outcome}");
            assert!(outcome.elapsed < Duration::from_secs(6), "{words:?} {kind:?}");
        }
    }
    instance.run(&["get", "sales"]).succeeds();
}

#[test]
fn a_sealed_server_is_unavailable_and_a_busy_one_is_asked_again() {
    let instance = Instance::new();
    instance.has_bucket("sales");
    instance.vault.seal(true);
    instance.run(&["get", "sales"]).fails(6, "the server is sealed (status 503): Vault is sealed");
    instance.vault.seal(false);
    let busy = FaultKind::from(
        Response::json(429, &json!({"errors": ["rate limit quota exceeded"]}))
            .header("retry-after", "1"),
    );
    instance.server.faults().add(Fault::any(busy.clone()).times(1));
    instance.run(&["get", "sales"]).succeeds();
    instance.server.faults().add(Fault::any(busy));
    let key = instance.env.secret("other");
    let create = instance.create("orders", &crate::S3, &[]).stdin(key.as_str()).run();
    create.fails(6, "try again in 1 s");
    instance.server.faults().clear();
    assert_eq!(instance.data("orders"), None);
}
