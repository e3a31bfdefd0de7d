//! A DataOS, or what stands before it, that misbehaves: the right exit code in time.

use std::time::Duration;

use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::instance::Instance;
use crate::transport::Transport;

/// Faults of reads, the exit codes, and what is said.
fn reading() -> Vec<(FaultKind, i32, &'static str)> {
    vec![
        (FaultKind::status(500), 6, "(status 500)"),
        (FaultKind::status(502), 6, "(status 502)"),
        (FaultKind::ResetBeforeAnswer, 6, "cannot be reached"),
        (FaultKind::ResetMidBody, 6, "broke off"),
        (FaultKind::WrongLength, 6, "broke off"),
        (FaultKind::TruncatedJson, 6, "cannot be masked"),
        (FaultKind::NotJson, 6, "cannot be masked"),
        (FaultKind::GarbageBytes, 6, "does not answer as HTTP asks"),
        (FaultKind::Hang, 6, "did not answer within 1 seconds"),
        (FaultKind::HugeBody(3 << 20), 9, "has more than 1048576 bytes"),
        (FaultKind::from(Response::text(200, "hello")), 6, "the answer is not JSON"),
        (FaultKind::from(Response::json(200, &json!({"no": "depot"}))), 6, "DataOS answered with"),
        (FaultKind::from(Response::json(200, &json!(7))), 6, "DataOS answered with"),
        (
            FaultKind::from(Response::text(502, "<html>please <b>log in</b></html>")),
            6,
            "(status 502)",
        ),
    ]
}

#[test]
fn every_fault_of_a_read_ends_in_an_error_in_time() {
    let instance = Instance::split(Transport::Http);
    instance.has_postgres("sales");
    for (kind, code, said) in reading() {
        for words in [&["get", "sales", "-vvv"][..], &["list", "-vvv"]] {
            instance.server.faults().add(Fault::any(kind.clone()));
            let outcome = instance.run(words);
            instance.server.faults().clear();
            assert_eq!(outcome.code, code, "{words:?} {kind:?}\n{outcome}");
            assert!(outcome.stderr.contains(said), "{words:?} {kind:?}\n{outcome}");
            assert!(!outcome.stderr.contains("<html>"), "{words:?} {kind:?}\n{outcome}");
            assert!(outcome.elapsed < Duration::from_secs(6), "{words:?} {kind:?}");
        }
    }
    instance.run(&["get", "sales"]).succeeds();
}

#[test]
fn a_busy_dataos_is_asked_again_when_it_says() {
    let instance = Instance::new(Transport::Http);
    instance.has_postgres("sales");
    let busy = FaultKind::from(
        Response::json(429, &json!({"message": "busy"})).header("retry-after", "1"),
    );
    instance.server.faults().add(Fault::on(Method::GET, "/", busy.clone()).times(1));
    let listed = instance.run(&["list", "-o", "name"]).succeeds();
    assert_eq!(listed.stdout, "sales\n");
    assert!(listed.elapsed > Duration::from_secs(1), "{:?}", listed.elapsed);
    instance.server.faults().add(Fault::on(Method::POST, "/", busy));
    let password = instance.env.secret("password");
    let create = instance.create("orders", &crate::POSTGRES, &[]).stdin(password).run();
    create.fails(6, "try again in 1 s");
    assert_eq!(instance.stored(), ["secret sales-cred", "depot sales"]);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Instance::new(Transport::Http);
    let instance = Instance::new(Transport::Http);
    let to = format!("{}/ds/api/v2/tenants/engineering/depots", elsewhere.server.url());
    instance.server.faults().add(Fault::any(FaultKind::Redirect(to)));
    instance.run(&["list"]).fails(6, "is redirected (status 307)");
    let password = instance.env.secret("password");
    instance.create("sales", &crate::POSTGRES, &[]).stdin(password).run().exits_with(6);
    assert_eq!(elsewhere.server.connections(), 0, "nobody came here");
}

#[test]
fn a_dataos_that_does_not_listen_is_said_to_at_once() {
    let instance = Instance::new(Transport::Http);
    let Instance { env, server, .. } = instance;
    let address = server.url();
    drop(server);
    for words in [&["list"][..], &["get", "sales"], &["delete", "sales", "--yes"]] {
        let outcome = env.run(words).fails(6, &address);
        assert!(outcome.elapsed < Duration::from_secs(3), "{:?}", outcome.elapsed);
    }
    let error = env.run(["list", "-o", "json"]).exits_with(6).json_error();
    assert_eq!((&error["code"], &error["retryable"]), (&"unavailable".into(), &true.into()));
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    let instance = Instance::new(Transport::Http);
    let url = instance.server.url();
    let file = instance.env.home().join("plugins.toml");
    let text = fs_err::read_to_string(&file).unwrap();
    for (address, code, words) in [
        ("http://dataos.example.com", 2, "without TLS"),
        ("https://user:pass@dataos.example.com", 2, "more than scheme, host, port and path"),
        ("dataos.example.com", 2, "not an address"),
        ("https://169.254.169.254", 8, "link-local"),
        ("https://${NO_SUCH_VARIABLE}", 2, "NO_SUCH_VARIABLE"),
    ] {
        instance.env.plugins(&text.replace(&url, address));
        instance.run(&["list"]).fails(code, words);
    }
}
