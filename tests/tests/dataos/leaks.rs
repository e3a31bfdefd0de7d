//! Secrets and logins: in no output, whatever happens and however talkative the program is.
//!
//! Every outcome is searched by itself; these tests see to it that there is something to find.

use connhub_tests::dataos::{MaskedValues, Options};
use connhub_tests::serve::{Fault, FaultKind, Response};
use http::Method;
use serde_json::json;

use crate::POSTGRES;
use crate::instance::Instance;
use crate::transport::Transport;

const COMMANDS: [&[&str]; 10] = [
    &["list"],
    &["list", "-o", "json"],
    &["list", "-l", "team=risk"],
    &["get", "sales"],
    &["get", "sales", "-o", "yaml"],
    &["check"],
    &["update", "sales", "port=5433"],
    &["update", "sales", "password=-"],
    &["update", "sales", "password=-", "-o", "json"],
    &["delete", "sales", "--yes"],
];

/// Runs every command, and a create of each kind, as talkatively as can be.
fn run_all(instance: &Instance) {
    let secret = instance.env.secret("password");
    let talkative = |words: &[&str]| {
        let run = instance.env.command(words.iter().chain(&["-vvv"])).stdin(secret.as_str());
        run.variable("RUST_LOG", "trace").variable("RUST_BACKTRACE", "full").run()
    };
    for more in [&[][..], &["--if-exists=keep"], &["--if-exists=replace"], &["--dry-run=server"]] {
        talkative(&[&["create", "sales"][..], &POSTGRES, more].concat());
    }
    for words in COMMANDS {
        talkative(words);
    }
}

fn nothing_is_said_when_all_is_well(transport: Transport) {
    let instance = Instance::new(transport);
    run_all(&instance);
    assert_eq!(instance.stored(), [""; 0], "the commands did their work");
}

fn nothing_is_said_when_the_server_throws_everything_back(transport: Transport) {
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
        let instance = Instance::new(transport);
        instance.has_postgres("sales");
        instance.set("wait = false\n");
        instance.server.faults().add(Fault::on(method, "/", FaultKind::EchoRequest));
        run_all(&instance);
    }
}

#[test]
fn nothing_is_said_when_a_dataos_masks_nothing() {
    // Poros shows the values of Secrets in clear: the grant masks them. What a program prints nobody can mask: it is never told `--unSanitize`.
    let instance = Instance::new(Transport::Http);
    let secret = instance.has_postgres("sales");
    let body = json!({
        "name": "sales-cred", "version": "v2alpha", "type": "secret",
        "tags": ["connhub-connection:sales"],
        "secret": {"type": "key-value", "data": {"username": "loader", "password": secret}},
        "spec": {"type": "key-value", "data": {"username": "loader", "password": secret}},
    });
    let fault = FaultKind::from(Response::json(200, &body));
    instance.server.faults().add(Fault::on(Method::GET, "*/resources/secret/*", fault));
    for words in [&["get", "sales", "-vvv"][..], &["get", "sales", "-o", "yaml", "-vvv"]] {
        instance.run(words).succeeds();
    }
    let masked_values = MaskedValues::Absent;
    let instance = Instance::of(Transport::Http, Options { masked_values, ..Options::default() });
    instance.has_postgres("sales");
    let shown = instance.run(&["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["name"], "sales");
}

fn nothing_is_said_when_an_error_repeats_secret_and_login(transport: Transport) {
    let instance = Instance::new(transport);
    let secret = instance.env.secret("password");
    let token = instance.dataos.tokens().data_dev;
    // The command line has a login of its own, which nobody here knows.
    let login = match transport {
        Transport::Http => format!(" by Bearer {token}"),
        Transport::Ctl | Transport::Auto => String::new(),
    };
    for answer in answers(&format!("no: {secret}{login}")) {
        instance.server.faults().add(Fault::any(FaultKind::from(answer)));
        for output in ["-o=json", "-o=yaml", "-vvv"] {
            let create = instance.create("sales", &POSTGRES, &[output, "--if-exists=keep"]);
            create.stdin(secret.as_str()).run();
        }
        instance.server.faults().clear();
    }
    // A command that is given no secret knows the login alone.
    for answer in answers(&format!("no:{login}")) {
        instance.server.faults().add(Fault::any(FaultKind::from(answer)));
        for words in [&["list", "-vvv"][..], &["check", "-vvv"], &["get", "sales", "-vvv"]] {
            instance.run(words);
        }
        instance.server.faults().clear();
    }
}

/// Answers in which this text is wherever one can be.
fn answers(text: &str) -> Vec<Response> {
    let depot = json!({"name": text, "spec": {"type": text, "spec": {text: text}}});
    vec![
        Response::json(400, &json!({"error": {"status": 400, "message": text}})),
        Response::json(403, &json!({"message": text})),
        Response::json(409, &json!({"message": text, "detail": {"of": text}})),
        Response::json(500, &json!(text)),
        Response::text(500, text),
        Response::text(404, text),
        Response::json(401, &json!({"allow": false, "error": {"message": text, "status": 401}})),
        Response::json(200, &depot),
        Response::json(200, &json!([{"name": text, "type": text, "spec": {"a": text}}])),
    ]
}

over_both! {
    nothing_is_said_when_all_is_well,
    nothing_is_said_when_the_server_throws_everything_back,
    nothing_is_said_when_an_error_repeats_secret_and_login,
}
