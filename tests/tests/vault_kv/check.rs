//! Who am I, may I, is the platform there.

use serde_json::Value;

use crate::instance::Instance;

fn findings(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("a report has findings");
    let line = |one: &Value| format!("{} {}", text(&one["verdict"]), text(&one["subject"]));
    findings.iter().map(line).collect()
}

#[test]
fn who_may_do_everything_is_told_so_and_nothing_is_written() {
    let instance = Instance::new();
    let checked = instance.run(&["check", "-vvv", "-o", "json"]).succeeds().json();
    let expected = [
        "ok login",
        "ok engine",
        "ok permission to list connections",
        "ok permission to read connections",
        "ok permission to create connections",
        "ok permission to describe connections",
        "ok permission to change connections",
        "ok permission to patch connections",
        "ok permission to delete connections",
    ];
    assert_eq!(findings(&checked), expected);
    assert_eq!(checked["user"], "token-ann");
    assert_eq!(checked["platform"], "Vault or OpenBao 2.4.1");
    instance.run(&["list"]).succeeds();
}

#[test]
fn missing_rights_and_a_bad_token_are_told_by_the_exit_code() {
    let mut instance = Instance::new();
    instance.log_in_as(&instance.vault.add_token("", &[("secret/data/team/*", &["read"])]));
    let checked = instance.run(&["check", "-n", "team", "-o", "json"]).exits_with(4).json();
    let found = findings(&checked);
    assert!(found.contains(&"ok permission to read connections".to_owned()), "{found:?}");
    assert!(found.contains(&"fail permission to create connections".to_owned()), "{found:?}");
    instance.vault.revoke_tokens("");
    let checked = instance.run(&["check", "-o", "json"]).exits_with(4).json();
    assert_eq!(findings(&checked), ["fail login"]);
    instance.vault.seal(true);
    instance.run(&["check"]).fails(6, "the server is sealed");
}
