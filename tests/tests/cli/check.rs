//! `connhub check`.

use super::*;

#[test]
fn the_local_store() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["check"]), @"
    exit code: 0
    --- stdout ---
    Backend: local   Platform: encrypted local store
    RESULT   SUBJECT   MESSAGE
    ok       store     can be read; it is empty
    ");
    insta::assert_snapshot!(env.run(["check", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Report",
      "backend": "local",
      "platform": "encrypted local store",
      "findings": [
        {
          "subject": "store",
          "verdict": "ok",
          "message": "can be read; it is empty"
        }
      ]
    }
    "#);
}

/// The shipped backends that have no cluster and no server to talk to are left out.
#[test]
fn all_backends_that_are_configured() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[backends.second]\nconnector = \"local\"\n");
    insta::assert_snapshot!(env.run(["check", "--backend", "all"]), @"
    exit code: 0
    --- stdout ---
    Backend: local   Platform: encrypted local store
    RESULT   SUBJECT   MESSAGE
    ok       store     can be read; it is empty

    Backend: second   Platform: encrypted local store
    RESULT   SUBJECT   MESSAGE
    ok       store     can be read; it is empty
    ");
}
