//! Secrets and logins: in no output, whatever happens and however talkative the program is.
//!
//! Every outcome is searched by itself; these tests see to it that there is something to find.

use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::S3;
use crate::instance::Instance;

const COMMANDS: [&[&str]; 8] = [
    &["list"],
    &["list", "-A", "-o", "json"],
    &["get", "sales"],
    &["get", "sales", "-o", "yaml"],
    &["check"],
    &["update", "sales", "bucket=other", "--keep-secrets"],
    &["update", "sales", "secret_access_key=-"],
    &["delete", "sales", "--yes"],
];

/// Runs every command, and a create of each kind, as talkatively as can be.
fn run_all(instance: &Instance) {
    let secret = instance.env.secret("key");
    let talkative = |words: &[&str]| {
        let run = instance.env.command(words.iter().chain(&["-vvv"])).stdin(secret.as_str());
        run.variable("RUST_LOG", "trace").variable("RUST_BACKTRACE", "full").run()
    };
    for more in [&[][..], &["--if-exists=keep"], &["--if-exists=replace"], &["--dry-run=server"]] {
        talkative(&[&["create", "sales"][..], &S3, more].concat());
    }
    for words in COMMANDS {
        talkative(words);
    }
}

fn by_role() -> Instance {
    let mut instance = Instance::new();
    let role = instance.vault.add_role("", None);
    instance.log_in_by(&role, "refused = [403]\n");
    instance
}

#[test]
fn nothing_is_said_when_all_is_well() {
    for instance in [Instance::new(), by_role()] {
        run_all(&instance);
        assert_eq!(instance.data("sales"), None, "the commands did their work");
    }
}

#[test]
fn nothing_is_said_when_the_server_throws_everything_back() {
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        for instance in [Instance::new(), by_role()] {
            instance.has_bucket("sales");
            instance.server.faults().add(Fault::on(method.clone(), "/", FaultKind::EchoRequest));
            run_all(&instance);
        }
    }
}

#[test]
fn nothing_is_said_when_an_error_repeats_secret_and_login() {
    let mut instance = Instance::new();
    let token = instance.vault.usual_token("");
    instance.log_in_as(&token);
    let secret = instance.env.secret("key");
    let text = format!("no: {secret} by {token}");
    let answers = [
        Response::json(400, &json!({"errors": [text]})),
        Response::json(403, &json!({"errors": [text], "detail": {"of": text}})),
        Response::json(500, &json!(text)),
        Response::text(500, &text),
        Response::json(200, &json!({"data": {"version": 1, "created_time": text}})),
    ];
    for answer in answers {
        instance.server.faults().add(Fault::any(FaultKind::from(answer)));
        for output in ["-o=json", "-o=yaml", "-vvv"] {
            let create = instance.create("sales", &S3, &[output, "--if-exists=keep"]);
            create.stdin(secret.as_str()).run();
        }
        instance.server.faults().clear();
    }
}
