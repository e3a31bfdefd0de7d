//! Exit codes, as documented for scripts.

use super::*;

#[test]
fn every_failure_has_the_code_of_its_class() {
    let env = two_connections();
    let check = |code: i32, words: &[&str]| {
        let outcome = env.run(words);
        assert_eq!(outcome.code, code, "{words:?}\n{outcome}");
        if code != 0 {
            assert!(outcome.stderr.starts_with("error: "), "{words:?}\n{outcome}");
        }
    };
    check(0, &["list"]);
    check(0, &["get", "sales"]);
    check(0, &["check"]);
    check(0, &["list", "--type", "kafka"]);
    check(2, &["nonsense"]);
    check(2, &["list", "--nonsense"]);
    check(2, &["create", "x", "--type", "s3", "nonsense=1"]);
    check(2, &["create", "x", "--type", "s3", "secret_access_key=literal"]);
    check(2, &["delete", "sales"]);
    check(3, &["get", "nobody"]);
    check(3, &["update", "nobody", "bucket=abc"]);
    check(3, &["delete", "nobody", "--yes"]);
    check(3, &["list", "--backend", "nowhere"]);
    check(3, &["plugin", "inspect", "nobody"]);
    check(5, &["create", "sales", "--type", "uri", "uri=https://a.example.com"]);
    check(5, &["update", "sales", "bucket=abc", "--if-revision", "99"]);
}

#[test]
fn the_first_failure_among_several_decides() {
    let env = two_connections();
    let outcome = env.run(["get", "sales", "nobody", "-o", "name"]);
    assert_eq!(outcome.code, 3, "{outcome}");
    assert!(outcome.stdout.contains("sales"), "{outcome}");
}
