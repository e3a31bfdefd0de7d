//! Results that a backend keeps.

use connhub_tests::s3::S3Server;

use super::*;

#[test]
fn the_result_is_shown_until_what_was_tested_changes() {
    let env = TestEnv::new();
    let key = env.secret("key");
    let server = S3Server::start("AKIAEXAMPLE", &key);
    server.put("raw", "a", "data");
    let endpoint = format!("endpoint={}", server.url());
    let fields = ["--type=s3", &endpoint, "access_key_id=AKIAEXAMPLE", "bucket=raw"];
    create(&env, "lake", &fields, ("secret_access_key", &key));
    let last_test = || env.run(["get", "lake", "-o=json"]).succeeds().json()["lastTest"].clone();
    env.run(["test", "lake"]).succeeds();
    assert_eq!(last_test(), Value::Null, "only if it is asked for");
    env.run(["test", "lake", "--record"]).succeeds();
    let found = last_test();
    assert_eq!(found["result"], "ok");
    assert_eq!(found["message"], "target: bucket `raw` is there");
    assert!(found["at"].as_str().unwrap().ends_with('Z'));
    let wide = env.run(["list", "-o=wide"]).succeeds().stdout;
    assert!(wide.contains("LAST TESTED") && wide.contains("ok "), "{wide}");
    let described = env.run(["get", "lake"]).succeeds().stdout;
    assert!(described.contains("Last tested:"), "{described}");
    env.run(["update", "lake", "--description=new"]).succeeds();
    assert_eq!(last_test(), found);
    env.run(["update", "lake", "bucket=gone"]).succeeds();
    assert_eq!(last_test(), Value::Null);
    env.run(["test", "lake", "--record"]).exits_with(7);
    assert_eq!(last_test()["result"], "failed");
    env.run(["create", "m", "--type=mongodb", "nodes=h", "srv=true", "auth_method=none"])
        .succeeds();
    let told = env.run(["test", "m", "--record"]).succeeds();
    assert!(told.stderr.contains("nothing was recorded for `m`"), "{told}");
    env.run(["test", "-f=-", "--record"]).exits_with(2);
}
