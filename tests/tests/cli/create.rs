//! `connhub create`.

use super::*;

#[test]
fn what_was_created_is_said() {
    let env = TestEnv::new();
    insta::assert_snapshot!(s3(&env, "sales", &[]), @"
    exit code: 0
    --- stdout ---
    created `sales` (s3) in backend `local`, folder `default`
    ");
    insta::assert_snapshot!(s3(&env, "marks", &["-n", "fraud", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Result",
      "outcome": "created",
      "dryRun": "none",
      "connection": {
        "name": "marks",
        "scope": "fraud",
        "type": "s3",
        "backend": "local",
        "fields": {
          "endpoint": "https://minio.example.com:9000",
          "bucket": "raw",
          "region": "us-east-1",
          "auth_method": "access_key",
          "access_key_id": "AKIAEXAMPLE"
        },
        "secrets": [
          "secret_access_key"
        ],
        "labels": {},
        "revision": "1",
        "createdAt": "[TIME]",
        "updatedAt": "[TIME]",
        "warnings": []
      },
      "differences": [],
      "notes": []
    }
    "#);
    insta::assert_snapshot!(s3(&env, "notes", &["-o", "name"]), @"
    exit code: 0
    --- stdout ---
    notes
    ");
    insta::assert_snapshot!(s3(&env, "quiet", &["-q"]), @"exit code: 0");
}

#[test]
fn names_that_are_taken() {
    let env = TestEnv::new();
    s3(&env, "sales", &[]);
    let again = |more: &[&str]| {
        let words = ["create", "sales", "--type", "s3", "bucket=other", "auth_method=anonymous"];
        env.run(words.iter().chain(more))
    };
    insta::assert_snapshot!(again(&[]), @"
    exit code: 5
    --- stderr ---
    error: `sales` exists in folder `default` (type s3, created [TIME]) (connector `local`)

    hint: change it with `connhub update sales --backend local`, or say `--if-exists keep` or `--if-exists replace`
    ");
    insta::assert_snapshot!(again(&["--if-exists", "keep"]), @"
    exit code: 0
    --- stdout ---
    kept `sales` (s3) in backend `local`, folder `default`; it differs in access_key_id, auth_method, bucket, endpoint, secret_access_key
    ");
    let kept = again(&["--if-exists", "keep", "-o", "json"]).succeeds().json();
    assert_eq!(kept["outcome"], "kept");
    assert_eq!(kept["connection"]["fields"]["bucket"], "raw", "nothing was changed");
    insta::assert_snapshot!(again(&["--if-exists", "replace"]), @"
    exit code: 0
    --- stdout ---
    replaced `sales` (s3) in backend `local`, folder `default`
    ");
    let replaced = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(replaced["fields"]["bucket"], "other");
    assert_eq!(replaced["secrets"], serde_json::json!([]), "no secret of before is left");
    insta::assert_snapshot!(again(&["--if-exists", "replace"]), @"
    exit code: 0
    --- stdout ---
    unchanged `sales` (s3) in backend `local`, folder `default`
    ");
    again(&["--if-exists", "perhaps"]).exits_with(2);
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_be_written() {
    let env = TestEnv::new();
    for (run, backend_is_asked) in
        [("--dry-run", false), ("--dry-run=client", false), ("--dry-run=server", true)]
    {
        let outcome = s3(&env, "sales", &[run]);
        assert!(outcome.stdout.contains("dry run"), "{outcome}");
        assert_eq!(outcome.stdout.contains("server"), backend_is_asked, "{outcome}");
        env.run(["get", "sales"]).exits_with(3);
    }
    insta::assert_snapshot!(s3(&env, "sales", &["--dry-run=client"]), @"
    exit code: 0
    --- stdout ---
    created `sales` (s3) in backend `local` (dry run, nothing was sent)
    Name:          sales
    Type:          s3
    Backend:       local
    Fields:
      endpoint:      https://minio.example.com:9000
      bucket:        raw
      region:        us-east-1
      auth_method:   access_key
      access_key_id: AKIAEXAMPLE
    Secrets:
      secret_access_key: ***
    ");
    insta::assert_snapshot!(s3(&env, "sales", &["--dry-run=server"]), @"
    exit code: 0
    --- stdout ---
    created `sales` (s3) in backend `local`, folder `default` (dry run on the server, nothing was written)
    Name:          sales
    Type:          s3
    Backend:       local
    Folder:        default
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Fields:
      endpoint:      https://minio.example.com:9000
      bucket:        raw
      region:        us-east-1
      auth_method:   access_key
      access_key_id: AKIAEXAMPLE
    Secrets:
      secret_access_key: ***
    ");
    insta::assert_snapshot!(s3(&env, "sales", &["--dry-run=client", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Result",
      "outcome": "created",
      "dryRun": "client",
      "connection": {
        "name": "sales",
        "type": "s3",
        "backend": "local",
        "fields": {
          "endpoint": "https://minio.example.com:9000",
          "bucket": "raw",
          "region": "us-east-1",
          "auth_method": "access_key",
          "access_key_id": "AKIAEXAMPLE"
        },
        "secrets": [
          "secret_access_key"
        ],
        "labels": {},
        "warnings": []
      },
      "differences": [],
      "notes": []
    }
    "#);
    assert!(!env.home().join("data").exists(), "no store was made");
    s3(&env, "sales", &["--dry-run=none"]);
    env.run(["get", "sales"]).succeeds();
}

#[test]
fn a_dry_run_on_the_server_knows_names_that_are_taken() {
    let env = TestEnv::new();
    s3(&env, "sales", &[]);
    let words = ["create", "sales", "--type", "uri", "uri=https://a.example.com"];
    env.run(words.iter().chain(&["--dry-run=server"])).exits_with(5);
    env.run(words.iter().chain(&["--dry-run=client"])).succeeds();
}

#[test]
fn a_type_of_the_users_own() {
    let env = TestEnv::new();
    let secret = env.secret("token");
    let words = ["create", "x", "--type", "homemade", "color=blue", "token=-"];
    insta::assert_snapshot!(env.command(words).stdin(secret).run(), @"
    exit code: 0
    --- stdout ---
    created `x` (homemade) in backend `local`, folder `default`
    ");
    insta::assert_snapshot!(env.run(["get", "x"]), @"
    exit code: 0
    --- stdout ---
    Name:          x
    Type:          homemade
    Backend:       local
    Folder:        default
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Fields:
      color: blue
    Secrets:
      token: ***
    ");
}

#[test]
fn values_may_hold_anything_that_text_can() {
    let env = TestEnv::new();
    for (name, value) in [
        ("equals", "a=b=c"),
        ("at", "user@host"),
        ("dash", "--not-a-flag"),
        ("quotes", "it's \"quoted\" \\ $HOME `x`"),
        ("unicode", "größe 日本 🧀"),
    ] {
        let field = format!("value={value}");
        env.run(["create", name, "--type", "homemade", &field]).succeeds();
        let shown = env.run(["get", name, "-o", "json"]).succeeds().json();
        assert_eq!(shown["fields"]["value"], value, "{name}");
    }
}

#[test]
fn defaults_and_aliases_become_canonical() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let words = [
        "create",
        "x",
        "--type",
        "MinIO",
        "endpoint_url=https://minio.example.com",
        "aws_s3_bucket=raw",
        "AWS_ACCESS_KEY_ID=AKIA",
        "aws_secret_access_key=-",
    ];
    env.command(words).stdin(secret).run().succeeds();
    let shown = env.run(["get", "x", "-o", "json"]).succeeds().json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown["fields"]).unwrap(), @r#"
    {
      "access_key_id": "AKIA",
      "auth_method": "access_key",
      "bucket": "raw",
      "endpoint": "https://minio.example.com",
      "region": "us-east-1"
    }
    "#);
    assert_eq!(shown["type"], "s3");
    assert_eq!(shown["secrets"], serde_json::json!(["secret_access_key"]));
}
