//! Output that programs read: the same keys in every form, nothing else on stdout.

use super::*;

#[test]
fn yaml_says_what_json_says() {
    let env = two_connections();
    for words in [
        &["list"][..],
        &["get", "sales"],
        &["types"],
        &["types", "kafka"],
        &["plugin", "list"],
        &["plugin", "inspect", "local"],
        &["check"],
    ] {
        let json = env.run(words.iter().chain(&["-o", "json"])).succeeds().json();
        let yaml = env.run(words.iter().chain(&["-o", "yaml"])).succeeds().stdout;
        let yaml: serde_json::Value = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!(json, yaml, "{words:?}");
    }
}

#[test]
fn every_document_has_version_and_kind() {
    let env = two_connections();
    for (kind, words) in [
        ("ConnectionList", &["list"][..]),
        ("Connection", &["get", "sales"]),
        ("Result", &["update", "sales", "bucket=abc"]),
        ("Result", &["delete", "sales", "--yes"]),
    ] {
        let json = env.run(words.iter().chain(&["-o", "json"])).succeeds().json();
        assert_eq!(json["apiVersion"], "connhub/v1", "{words:?}");
        assert_eq!(json["kind"], kind, "{words:?}");
    }
}

#[test]
fn no_command_mixes_talk_into_its_data() {
    let env = two_connections();
    for words in [&["list"][..], &["get", "sales"], &["check"], &["plugin", "inspect", "local"]] {
        env.run(words.iter().chain(&["-o", "json", "-vvv"])).succeeds().json();
    }
}

#[test]
fn color_is_for_terminals_and_for_whom_asks() {
    let env = two_connections();
    let has_color = |words: &[&str], variables: &[(&str, &str)]| {
        let command = env.command(words);
        let run = variables.iter().fold(command, |run, (name, value)| run.variable(name, value));
        let outcome = run.run();
        (outcome.stdout + &outcome.stderr).contains('\u{1b}')
    };
    assert!(!has_color(&["list"], &[]));
    assert!(!has_color(&["get", "nobody"], &[]));
    assert!(!has_color(&["list", "--nonsense"], &[]));
    assert!(has_color(&["get", "nobody", "--color", "always"], &[]));
    assert!(has_color(&["get", "nobody"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_color(&["get", "nobody"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!has_color(&["get", "nobody", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_color(&["list", "-o", "json", "--color", "always"], &[]), "JSON has no colors");
}
