//! `connhub test` against servers that check what they are sent, and against ones that do not behave.
//!
//! Everything listens on this machine. A name ends in `.invalid` where it must not resolve (RFC 6761).

mod databases;
mod documents;
mod http;
mod lines;
mod misbehaving;
mod record;
mod rotate;
mod s3;
mod snowflake;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use connhub_tests::cli::{Outcome, TestEnv};
use serde_json::Value;

/// Creates a connection, with a secret field that is read from stdin.
#[track_caller]
fn create(env: &TestEnv, name: &str, fields: &[&str], secret: (&str, &str)) {
    let from_stdin = format!("{}=-", secret.0);
    let words = ["create", name].into_iter().chain(fields.iter().copied()).chain([&*from_stdin]);
    env.command(words).stdin(secret.1).run().succeeds();
}

/// Tests one connection and returns its result and its rungs as `RUNG RESULT: MESSAGE`.
#[track_caller]
fn ladder(env: &TestEnv, name: &str) -> (String, Vec<String>) {
    let outcome = env.run(["test", name, "--output=json", "--timeout=5s"]);
    let json = outcome.json();
    let result = json["result"].as_str().expect("every test has a result").to_owned();
    let code = if result == "failed" { 7 } else { 0 };
    outcome.exits_with(code);
    (result, rungs(&json))
}

fn rungs(test: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let step = |step: &Value| {
        format!("{} {}: {}", text(&step["rung"]), text(&step["result"]), text(&step["message"]))
    };
    test["steps"].as_array().expect("every test has steps").iter().map(step).collect()
}

/// The last rung that was reached.
#[track_caller]
fn ends(env: &TestEnv, name: &str, expected: &str) {
    let (_, rungs) = ladder(env, name);
    let last = rungs.last().expect("at least one rung");
    assert!(last.starts_with(expected), "expected `{expected}`, found {rungs:#?}");
}

/// A server that answers every connection with the same bytes, as soon as something was said, and then waits for the end.
fn answers(answer: impl Into<Vec<u8>>) -> SocketAddr {
    serves(answer.into(), true)
}

/// A server that speaks first.
fn greets(greeting: impl Into<Vec<u8>>) -> SocketAddr {
    serves(greeting.into(), false)
}

fn serves(answer: Vec<u8>, is_asked: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let answer = answer.clone();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                if is_asked && stream.read(&mut buffer).is_err() {
                    return;
                }
                // The client may have gone.
                let _ = stream.write_all(&answer);
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
            });
        }
    });
    address
}

/// A port on which nobody listens.
fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address")
}

/// A server that takes connections and says nothing.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    (listener, address)
}

/// What a command says on stdout and stderr.
fn both(outcome: &Outcome) -> String {
    format!("{}{}", outcome.stdout, outcome.stderr)
}
