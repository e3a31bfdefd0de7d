//! `connhub update`.

use super::*;

#[test]
fn what_was_changed_is_said() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["update", "sales", "bucket=cooked"]), @"
    exit code: 0
    --- stdout ---
    updated `sales` (s3) in backend `local`, folder `default`
    ");
    insta::assert_snapshot!(env.run(["update", "sales", "bucket=cooked"]), @"
    exit code: 0
    --- stdout ---
    unchanged `sales` (s3) in backend `local`, folder `default`
    ");
    insta::assert_snapshot!(env.run(["update", "sales", "bucket=raw", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Result",
      "outcome": "updated",
      "dryRun": "none",
      "connection": {
        "name": "sales",
        "scope": "default",
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
        "displayName": "Sales data",
        "labels": {
          "team": "fraud"
        },
        "revision": "3",
        "createdAt": "[TIME]",
        "updatedAt": "[TIME]",
        "warnings": []
      },
      "differences": [],
      "notes": []
    }
    "#);
}

#[test]
fn what_is_not_named_stays() {
    let env = two_connections();
    let words = ["update", "sales", "region=eu-1", "--label", "tier=gold", "--description", "all"];
    env.run(words).succeeds();
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["bucket"], "raw");
    assert_eq!(shown["fields"]["region"], "eu-1");
    assert_eq!(shown["labels"], serde_json::json!({"team": "fraud", "tier": "gold"}));
    assert_eq!(shown["displayName"], "Sales data");
    assert_eq!(shown["description"], "all");
    assert_eq!(shown["secrets"], serde_json::json!(["secret_access_key"]));
}

#[test]
fn fields_are_removed() {
    let env = two_connections();
    env.run(["update", "sales", "--unset", "bucket", "--unset-label", "team"]).succeeds();
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["bucket"], serde_json::Value::Null);
    assert_eq!(shown["labels"], serde_json::json!({}));
    insta::assert_snapshot!(env.run(["update", "sales", "--unset", "secret_access_key"]), @"
    exit code: 2
    --- stderr ---
    error: the connection `sales` is not valid
      secret_access_key: is needed for the auth method `access_key`
    ");
    insta::assert_snapshot!(env.run(["update", "sales", "--unset", "prefix"]), @"
    exit code: 0
    --- stdout ---
    unchanged `sales` (s3) in backend `local`, folder `default`
    --- stderr ---
    note: there was no field `prefix` to remove
    ");
}

#[test]
fn a_change_that_is_no_change() {
    insta::assert_snapshot!(two_connections().run(["update", "sales"]), @"
    exit code: 2
    --- stderr ---
    error: nothing to change is given

    hint: name fields as `FIELD=VALUE`, or use `--unset`, `--label`, `--expires`, `--display-name`, `--description`
    ");
}

#[test]
fn wrong_values_change_nothing() {
    let env = two_connections();
    let before = env.run(["get", "orders", "-o", "json"]).succeeds().stdout;
    insta::assert_snapshot!(env.run(["update", "orders", "port=many", "hosst=a"]), @"
    exit code: 2
    --- stderr ---
    error: the connection `orders` is not valid
      port: must be a whole number from 1 to 65535
      hosst: no such field; did you mean `host`? (known: `host`, `port`, `database`, `schema`, `auth_method`, `username`, `password`, `ssl_mode`, `ca_certificate`, `client_certificate`, `client_key`, `client_key_password`, `params`)
    ");
    assert_eq!(env.run(["get", "orders", "-o", "json"]).succeeds().stdout, before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let env = two_connections();
    let before = env.run(["get", "sales", "-o", "json"]).succeeds().stdout;
    for run in ["--dry-run=client", "--dry-run=server"] {
        let outcome = env.run(["update", "sales", "bucket=cooked", run]).succeeds();
        assert!(outcome.stdout.contains("dry run"), "{outcome}");
    }
    assert_eq!(env.run(["get", "sales", "-o", "json"]).succeeds().stdout, before);
}

#[test]
fn a_revision_that_is_not_current() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["update", "sales", "bucket=abc", "--if-revision", "7"]), @"
    exit code: 5
    --- stderr ---
    error: `sales` was changed meanwhile and is at revision 1; read it again (connector `local`)

    hint: look at it again, and repeat the command if it is still what you want
    ");
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    let revision = shown["revision"].as_str().unwrap().to_owned();
    env.run(["update", "sales", "bucket=abc", "--if-revision", &revision]).succeeds();
    env.run(["update", "sales", "bucket=def", "--if-revision", &revision]).exits_with(5);
}
