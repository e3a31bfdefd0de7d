//! What is wrong with a file is said with its line and what to write.

use super::*;

#[track_caller]
fn check(text: &str, line: usize, words: &str) {
    let text = format!("version = 1\n{text}\n");
    let problems = PolicyFile::parse("/p.toml", Keeper::System, &text).expect_err(&text);
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| format!("{problem}; {}", problem.hint.clone().unwrap_or_default()))
        .collect();
    let is_it =
        |text: &String| text.starts_with(&format!("/p.toml:{line}: ")) && text.contains(words);
    assert!(shown.iter().any(is_it), "no `{words}` at line {line} in {shown:?}");
}

#[test]
fn unknown_keys_and_words_have_a_suggestion() {
    check("forbidd = []", 2, "unknown key `forbidd`; did you mean `forbid`?");
    check("\n[[allow]]\nconnector = [\"a\"]", 4, "did you mean `connectors`?");
    check("[[ceiling]]\norigin = []", 3, "did you mean `origins`?");
    check("[[ceiling]]\n[ceiling.limits]\nmemory = 1", 4, "there is no limit `memory`");
    check("[[ceiling]]\nprograms = [\"acme\"]", 3, "`acme` is not an absolute path");
    check("forbid = [\n\"revael\"]", 3, "did you mean `reveal`?");
    check("forbid = [\"sockets\"]", 2, "write one of reveal, http");
    let keys = "[keys.release]\nminisign = \"A\"\n[[allow]]\nconnectors = [\"*\"]\n";
    check(&format!("{keys}signed-by = {{ all-of = [\"relase\"] }}"), 6, "did you mean `release`?");
}

#[test]
fn values_that_are_none_are_named() {
    check("revoked-digests = [\"12\"]", 2, "64 hexadecimal digits");
    check("revoked-keys = [\"nobody\"]", 2, "neither the name of a key");
    check("expires = 12:00:00", 2, "a date such as");
    check("expires = 2026-01-01T12:00:00", 2, "with its offset");
    check("min-connhub = \"new\"", 2, "not a version");
    check("sources = [\"\"]", 2, "names no place");
    check("[keys.a]\n", 2, "either `pem` or `minisign`");
    check("[keys.a]\npem = \"x\"\nminisign = \"y\"\n", 2, "either `pem` or `minisign`");
    check("signature-required = true", 2, "needs a `[keys.NAME]`");
    check("[[allow]]\nconnectors = []", 2, "`connectors` is empty");
    check("[[allow]]\nconnectors = [\"a b\"]", 3, "which no name has");
    check("[[allow]]\nconnectors = [\"*\"]\ndigests = []", 4, "`digests` is empty");
    check("[[allow]]\nconnectors = [\"*\"]\nmin-contract = \"1\"", 4, "MAJOR.MINOR.PATCH");
    check("[[allow]]\nconnectors = [\"*\"]\nsigned-by = {}", 4, "names no key");
    let keys = "[keys.a]\nminisign = \"A\"\n[[allow]]\nconnectors = [\"*\"]\n";
    for minimum in [0, 2] {
        let by = format!("signed-by = {{ any-of = [\"a\"], minimum = {minimum} }}");
        check(&format!("{keys}{by}"), 6, "`minimum");
    }
    check("[[ceiling]]\norigins = [\"example.com\"]", 3, "must have a scheme");
    check("[[ceiling]]\nallow = [\"GET\"]", 3, "is not a rule");
    check("[[ceiling]]\nmask = [\"a\"]", 3, "not a JSON pointer");
    check("[[ceiling]]\nconnectors = [\"a\"]", 2, "limits nothing");
    check("[[ceiling]]\nendpoints = [\"a\"]", 2, "limits nothing");
    check("[[ceiling]]\nvisible = []\nproxies = [\"http://a\"]", 2, "only beside `origins`");
    check("[[ceiling]]\nvisible = []\ncluster-wide = [\"GET /\"]", 2, "only beside `namespaces`");
    check("[[ceiling]]\n[ceiling.limits]\nrequests = -1", 4, "");
    check("forbid = [", 2, "");
}

#[test]
fn the_version_of_the_form_is_needed() {
    let problems = |text: &str| PolicyFile::parse("p", Keeper::System, text).unwrap_err();
    assert!(problems("version = 2")[0].problem.contains("reads version 1"));
    assert!(problems("")[0].problem.contains("version"));
}

#[test]
fn all_problems_are_found_in_order() {
    let text = "version = 1\nforbid = [\"x\"]\nrevoked-digests = [\"y\"]\n[[ceiling]]\norigins = [\"z\"]\n";
    let problems = PolicyFile::parse("p", Keeper::System, text).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|problem| problem.position.line).collect();
    assert_eq!(lines, [2, 3, 5]);
}

#[test]
fn advice_is_about_what_is_hardly_meant() {
    let advice =
        |text: &str| file(text).advice().into_iter().map(|a| a.problem).collect::<Vec<_>>();
    assert!(advice("")[0].contains("no connector may run"));
    let by_name = "[[allow]]\nconnectors = [\"*\"]\n";
    assert!(advice(by_name)[0].contains("by name alone"));
    assert!(advice(&format!("user-connectors = false\n{by_name}")).is_empty());
    assert!(advice(&format!("{by_name}digests = [\"{DIGEST}\"]\n")).is_empty());
}

#[test]
fn every_rule_is_shown() {
    let text = "expires = 2030-01-01\nforbid = [\"reveal\"]\n[keys.a]\nminisign = \"A\"\n[[allow]]\nconnectors = [\"x\", \"y-*\"]\nsigned-by = { all-of = [\"a\"] }\n[[ceiling]]\nconnectors = [\"x\"]\norigins = [\"https://a.b\"]\n[ceiling.limits]\nrequests = 5\n";
    let rules = file(text).rules();
    let shown: Vec<String> = rules
        .iter()
        .map(|rule| format!("{} {} {}", rule.position.line, rule.rule, rule.text))
        .collect();
    assert_eq!(
        shown,
        [
            "2 expires 2030-01-01T23:59:59.999999999Z",
            "3 forbid reveal",
            "4 keys a",
            "6 allow x, y-*; signed by a",
            "9 ceiling x; origins: https://a.b; limits: requests 5",
        ]
    );
}

/// The text of each example in a document.
fn examples(document: &str) -> Vec<&str> {
    document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_examples_of_the_documentation_are_policies() {
    let found = examples(include_str!("../../../../../docs/policy.md"));
    assert_eq!(found.len(), 3);
    for text in found {
        let file = PolicyFile::parse("docs/policy.md", Keeper::System, text);
        let file = file.unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        assert!(!file.rules().is_empty());
    }
}
