//! `connhub credential-process`.

use super::*;

#[test]
fn it_prints_what_aws_sdks_read() {
    let env = TestEnv::new();
    let secret = s3(&env, "lake", &[]);
    let outcome = env.command(["credential-process", "lake"]).revealing().run().succeeds();
    let expected = serde_json::json!({
        "Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": secret,
    });
    assert_eq!(outcome.json(), expected);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_session_has_its_token() {
    let env = TestEnv::new();
    let token = env.secret_file("token");
    s3(&env, "lake", &[&format!("session_token=@{}", token.display())]);
    let outcome = env.command(["credential-process", "lake"]).revealing().run().succeeds();
    let token = fs_err::read_to_string(token).unwrap();
    assert_eq!(outcome.json()["SessionToken"], token.trim_end());
}

#[test]
fn what_is_no_login_for_aws_is_refused() {
    let env = TestEnv::new();
    env.run(["create", "page", "--type", "uri", "uri=https://example.com"]).succeeds();
    insta::assert_snapshot!(env.run(["credential-process", "page"]), @"
    exit code: 2
    --- stderr ---
    error: `page` (type uri) has no `access_key_id`, so it is no login for AWS

    hint: only connections with an access key can be used here
    ");
}
