//! A new secret is tried before it replaces the old one.

use connhub_tests::s3::S3Server;

use super::*;

#[test]
fn a_new_secret_that_does_not_work_leaves_the_old_one() {
    let env = TestEnv::new();
    let key = env.secret("key");
    let server = S3Server::start("AKIAEXAMPLE", &key);
    server.put("raw", "a", "data");
    let old = env.secret("old");
    let endpoint = format!("endpoint={}", server.url());
    let fields = ["--type=s3", &endpoint, "access_key_id=AKIAEXAMPLE", "bucket=raw"];
    create(&env, "lake", &fields, ("secret_access_key", &old));
    let rotate = |secret: &str, more: &[&str]| {
        let words =
            ["rotate", "lake", "secret_access_key=-"].into_iter().chain(more.iter().copied());
        env.command(words).stdin(secret).run()
    };
    let wrong = env.secret("wrong");
    rotate(&wrong, &[])
        .fails(7, "`lake` does not work with the new secret: the secret access key is not");
    // It is still the old one: the same again would be a mistake.
    rotate(&old, &[]).fails(2, "is the old one");
    let rotated = rotate(&key, &[]).succeeds();
    assert!(!rotated.stderr.contains("not tested"), "{rotated}");
    ends(&env, "lake", "target ok");
    rotate(&wrong, &["--no-test"]).succeeds();
    ends(&env, "lake", "credential failed");
}
