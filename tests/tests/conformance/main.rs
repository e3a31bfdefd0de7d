//! `connhub plugin test`: the shipped connectors pass it, and connectors that do what they must not fail it.
//!
//! The suite runs the kit as an author does: the built program, against a store of a test's own or a stand-in.

mod dataos;
mod local;
mod misbehaves;
mod recorded;
mod report;
mod rhoai;
mod vault_kv;

use std::collections::BTreeMap;

use connhub_tests::cli::{Outcome, TestEnv};

/// A TOML string. TOML takes every escape that JSON writes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Makes a backend of a shipped connector.
fn configure(env: &TestEnv, connector: &str, rest: &str) {
    let name = quoted(connector);
    env.plugins(&format!("version = 1\n[backends.{connector}]\nconnector = {name}\n{rest}\n"));
}

/// What a check came to, and why.
type Checks = BTreeMap<String, (String, String)>;

/// The checks of a report.
#[track_caller]
fn checks(outcome: &Outcome) -> Checks {
    let report = outcome.json();
    assert_eq!(report["kind"], "Trial", "{outcome}");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let items = report["items"].as_array().expect("a report has checks");
    let one = |item: &serde_json::Value| {
        (text(&item["id"]), (text(&item["result"]), text(&item["reason"])))
    };
    items.iter().map(one).collect()
}

/// The names of the checks that ended in this way.
fn that<'a>(checks: &'a Checks, result: &str) -> Vec<&'a str> {
    let those = checks.iter().filter(|(_, (own, _))| own == result);
    those.map(|(id, _)| id.as_str()).collect()
}

/// Asserts that a trial found nothing wrong, and that it skipped nothing but these.
#[track_caller]
fn passes(outcome: &Outcome, skipped: &[&str]) {
    let checks = checks(outcome);
    let failed: Vec<_> = checks.iter().filter(|(_, (result, _))| result == "failed").collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", outcome.stderr);
    assert_eq!(that(&checks, "skipped"), skipped, "{checks:#?}");
    assert_eq!(outcome.code, 0, "{outcome}");
}
