//! Connections that are not stored yet.

use connhub_tests::s3::S3Server;

use super::*;

#[test]
fn what_a_file_describes_is_tested_before_it_is_stored() {
    let env = TestEnv::new();
    let key = env.secret("key");
    let server = S3Server::start("AKIAEXAMPLE", &key);
    server.put("raw", "a", "data");
    let text = format!(
        "name: lake\ntype: s3\nfields:\n  endpoint: {}\n  bucket: raw\n  access_key_id: AKIAEXAMPLE\nsecrets:\n  secret_access_key: {{fromEnv: KEY}}\n",
        server.url()
    );
    let tested = |key: &str| {
        env.command(["test", "-f", "-", "-o=json"]).variable("KEY", key).stdin(text.as_str()).run()
    };
    let json = tested(&key).succeeds().json();
    assert_eq!(json["kind"], "TestList");
    assert_eq!(json["items"][0]["result"], "ok", "{json:#}");
    assert_eq!(json["items"][0]["name"], "lake");
    let other = env.secret("other");
    assert_eq!(tested(&other).exits_with(7).json()["items"][0]["result"], "failed");
    env.run(["get", "lake"]).exits_with(3);
    let wrong = "name: lake\ntype: s3\nfields: {bukcet: raw}\n";
    env.command(["test", "-f", "-"]).stdin(wrong).run().fails(2, "did you mean `bucket`?");
    let literal = "name: lake\ntype: s3\nfields: {access_key_id: AKIA, bucket: raw}\nsecrets: {secret_access_key: typed}\n";
    env.command(["test", "-f", "-"]).stdin(literal).run().exits_with(2);
}
