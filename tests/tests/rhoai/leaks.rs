//! Secrets and logins: in no output, whatever happens and however talkative the program is.
//!
//! Every outcome is searched by itself; these tests see to it that there is something to find.

use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::S3;
use crate::site::Site;

/// Every command, with the name of a secret on stdin where it takes one.
const COMMANDS: [&[&str]; 11] = [
    &["list"],
    &["list", "-A"],
    &["list", "-o", "json"],
    &["list", "-o", "name"],
    &["get", "sales"],
    &["get", "sales", "-o", "yaml"],
    &["check"],
    &["update", "sales", "bucket=other"],
    &["update", "sales", "secret_access_key=-"],
    &["update", "sales", "secret_access_key=-", "-o", "json"],
    &["delete", "sales", "--yes"],
];

/// Runs every command, and a create of each kind, as talkatively as can be.
fn run_all(site: &Site) {
    let secret = site.env.secret("secret_access_key");
    let talkative = |words: &[&str]| {
        let run = site.env.command(words.iter().chain(&["-vvv"])).stdin(secret.as_str());
        run.variable("RUST_LOG", "trace").variable("RUST_BACKTRACE", "full").run()
    };
    for more in [&[][..], &["--if-exists=keep"], &["--if-exists=replace"], &["--dry-run=server"]] {
        let words = [&["create", "sales"][..], &S3, more].concat();
        talkative(&words);
    }
    for words in COMMANDS {
        talkative(words);
    }
}

#[test]
fn nothing_is_said_when_all_is_well() {
    let site = Site::new();
    site.env.watch("seeded secret", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    site.cluster.seed_secrets("fraud", 3);
    run_all(&site);
    assert_eq!(site.cluster.secret("fraud", "sales"), None, "the commands did their work");
}

#[test]
fn nothing_is_said_when_the_server_throws_everything_back() {
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        let site = Site::new();
        site.has_s3("sales");
        site.server.faults().add(Fault::on(method, "/", FaultKind::EchoRequest));
        run_all(&site);
    }
}

#[test]
fn nothing_is_said_when_an_error_repeats_secret_and_login() {
    let site = Site::new();
    let secret = site.env.secret("secret_access_key");
    for answer in answers(&format!("no: {secret} by Bearer token-owner")) {
        site.server.faults().add(Fault::any(FaultKind::from(answer)));
        for output in ["-o=json", "-o=yaml", "-vvv"] {
            let created = site.create("sales", &S3, &[output]).stdin(secret.as_str());
            let created = created.run();
            assert_ne!(created.code, 0, "{created}");
        }
        site.server.faults().clear();
    }
    // A command that is given no secret knows the login alone.
    for answer in answers("no: by Bearer token-owner") {
        site.server.faults().add(Fault::any(FaultKind::from(answer)));
        for words in [&["list", "-vvv"][..], &["check", "-vvv"], &["get", "sales", "-o", "json"]] {
            site.run(words);
        }
        site.server.faults().clear();
    }
}

/// Answers in which this text is wherever one can be.
fn answers(text: &str) -> Vec<Response> {
    let status = |code: u16, reason: &str| {
        let causes = json!([{"reason": "FieldValueInvalid", "message": text, "field": text}]);
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
            "message": text, "reason": reason,
            "details": {"name": text, "kind": "secrets", "causes": causes},
        });
        Response::json(code, &body)
    };
    let object = json!({"metadata": {"name": text, "annotations": {"a": text}}});
    vec![
        status(400, "BadRequest"),
        status(403, "Forbidden"),
        status(409, "AlreadyExists"),
        status(422, "Invalid"),
        status(500, "InternalError"),
        Response::text(500, text),
        Response::text(404, text),
        Response::json(400, &json!({"message": text})),
        Response::json(201, &object).header("warning", "299 - \"Bearer token-owner\""),
    ]
}

#[test]
fn nothing_is_left_in_a_file_after_a_fault() {
    let site = Site::hasty();
    for kind in [FaultKind::Hang, FaultKind::ResetBeforeAnswer, FaultKind::NotJson] {
        site.server.faults().add(Fault::any(kind));
        let secret = site.env.secret("secret_access_key");
        site.create("sales", &S3, &["-vvv"]).stdin(secret).run();
        site.server.faults().clear();
        site.env.check_files();
    }
}
