//! Who may do what, and what those are told who may not.

use connhub_tests::kubernetes::Login;

use crate::S3;
use crate::requests::lines;
use crate::site::Site;

/// Every command that touches a connection.
const COMMANDS: [&[&str]; 5] = [
    &["list"],
    &["get", "sales"],
    &["update", "sales", "bucket=other"],
    &["delete", "sales", "--yes"],
    &["create", "new", "--type=uri", "uri=https://example.com"],
];

fn with_sales() -> Site {
    let site = Site::new();
    site.has_s3("sales");
    site
}

#[test]
fn an_editor_may_do_everything() {
    let site = Site::new();
    site.log_in_as("editor");
    site.has_s3("sales");
    for words in COMMANDS {
        site.run(words).succeeds();
    }
}

#[test]
fn a_viewer_is_told_which_right_is_missing() {
    let site = with_sales();
    site.log_in_as("viewer");
    for words in COMMANDS {
        let refused = site.run(words).fails(4, "User \"viewer\" cannot ");
        assert!(refused.stderr.contains("ask for the role `edit` in project `fraud`"), "{refused}");
        assert!(refused.stderr.contains("hint: `connhub check"), "{refused}");
    }
    let error = site.run(&["get", "sales", "-o", "json"]).exits_with(4).json_error();
    assert_eq!((&error["code"], &error["retryable"]), (&"forbidden".into(), &false.into()));
}

#[test]
fn an_outsider_learns_that_the_project_may_not_exist() {
    let site = with_sales();
    site.log_in_as("nobody");
    for project in ["fraud", "absent"] {
        for words in COMMANDS {
            let words: Vec<&str> = words.iter().chain(&["-n", project]).copied().collect();
            let refused = site.run(&words).fails(4, "or there is no such project");
            assert!(refused.stderr.contains("User \"nobody\" cannot "), "{refused}");
        }
    }
}

#[test]
fn a_login_that_is_not_accepted_is_told_from_a_right_that_is_missing() {
    let site = with_sales();
    site.log_in(&Login::Token("expired-Vq3kTz8wLmYd".into()));
    for words in COMMANDS {
        let refused = site.run(words).fails(4, "the cluster does not accept the login");
        assert!(refused.stderr.contains("oc login"), "{refused}");
    }
    let error = site.run(&["list", "-o", "json"]).exits_with(4).json_error();
    assert_eq!(error["code"], "unauthenticated");
}

#[test]
fn a_login_that_is_missing_is_the_anonymous_user() {
    let site = with_sales();
    site.log_in(&Login::Anonymous);
    site.run(&["list"]).fails(4, "system:anonymous");
}

#[test]
fn a_refused_create_sends_nothing_more() {
    let site = Site::new();
    site.log_in_as("viewer");
    let secret = site.env.secret("secret_access_key");
    for more in [&[][..], &["--if-exists=keep"], &["--if-exists=replace"], &["--dry-run=server"]] {
        let create = || site.create("sales", &S3, more).stdin(secret.as_str()).run();
        let (outcome, requests) = site.asked(create);
        outcome.exits_with(4);
        assert_eq!(lines(&requests).len(), 1, "{requests:?}");
    }
}
