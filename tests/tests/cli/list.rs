//! `connhub list`.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_table() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 0
    --- stdout ---
    NAME     TYPE         TARGET                       STATUS   AGE
    orders   postgresql   db.example.com:5432/orders   -        [AGE]
    sales    s3           minio.example.com:9000/raw   -        [AGE]
    ");
    insta::assert_snapshot!(env.run(["list", "-o", "wide"]), @"
    exit code: 0
    --- stdout ---
    NAME     TYPE         BACKEND   TARGET                       STATUS   AGE   UPDATED   LAST TESTED   DISPLAY NAME   OWNER   ADDRESS   LABELS
    orders  postgresql  local  db.example.com:5432/orders  -  [AGE]  [AGE]  -  -  -  -  team=web
    sales  s3  local  minio.example.com:9000/raw  -  [AGE]  [AGE]  -  Sales data  -  -  team=fraud
    ");
    insta::assert_snapshot!(env.run(["list", "--no-headers"]), @"
    exit code: 0
    --- stdout ---
    orders   postgresql   db.example.com:5432/orders   -   [AGE]
    sales    s3           minio.example.com:9000/raw   -   [AGE]
    ");
}

#[test]
fn nothing_to_list_is_said_aside() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 0
    --- stderr ---
    no connections in backend `local`
    create one with `connhub create NAME --type s3 bucket=BUCKET access_key_id=ID secret_access_key=-`
    ");
    insta::assert_snapshot!(env.run(["list", "-n", "fraud"]), @"
    exit code: 0
    --- stderr ---
    no connections in backend `local`, folder `fraud`
    create one with `connhub create NAME -n fraud --type s3 bucket=BUCKET access_key_id=ID secret_access_key=-`
    ");
    insta::assert_snapshot!(env.run(["list", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "ConnectionList",
      "items": [],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(env.run(["list", "-o", "yaml"]), @"
    exit code: 0
    --- stdout ---
    apiVersion: connhub/v1
    kind: ConnectionList
    items: []
    errors: []
    ");
    insta::assert_snapshot!(env.run(["list", "-o", "name"]), @"
    exit code: 0
    --- stderr ---
    no connections in backend `local`
    create one with `connhub create NAME --type s3 bucket=BUCKET access_key_id=ID secret_access_key=-`
    ");
    insta::assert_snapshot!(env.run(["list", "--json", "name"]), @"
    exit code: 0
    --- stdout ---
    []
    ");
    insta::assert_snapshot!(env.run(["list", "-q"]), @"exit code: 0");
}

#[test]
fn nothing_that_fits_is_not_nothing_at_all() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["list", "--type", "kafka"]), @"
    exit code: 0
    --- stderr ---
    no connections match in backend `local`
    ");
    insta::assert_snapshot!(env.run(["list", "-l", "team=nobody"]), @"
    exit code: 0
    --- stderr ---
    no connections match in backend `local`
    ");
}

/// The names that a command lists.
#[track_caller]
fn names(env: &TestEnv, words: &[&str]) -> String {
    let list = ["list", "-o", "name"];
    env.run(list.iter().chain(words)).succeeds().stdout.replace('\n', " ")
}

#[test]
fn selections() {
    let env = two_connections();
    assert_eq!(names(&env, &[]), "orders sales ");
    assert_eq!(names(&env, &["--type", "s3"]), "sales ");
    assert_eq!(names(&env, &["--type", "postgres"]), "orders ", "an alias");
    assert_eq!(names(&env, &["--type", "s3,postgresql"]), "orders sales ");
    assert_eq!(names(&env, &["-l", "team=fraud"]), "sales ");
    assert_eq!(names(&env, &["-l", "team!=fraud"]), "orders ");
    assert_eq!(names(&env, &["-l", "team in (fraud,web)"]), "orders sales ");
    assert_eq!(names(&env, &["-l", "!team"]), "");
}

#[test]
fn orders() {
    let env = TestEnv::new();
    for (name, kind) in [("b", "one"), ("a", "two"), ("c", "one")] {
        env.run(["create", name, "--type", kind, "uri=x"]).succeeds();
    }
    assert_eq!(names(&env, &[]), "a b c ");
    assert_eq!(names(&env, &["--sort-by", "type"]), "b c a ");
    env.run(["list", "--sort-by", "colour"]).exits_with(2);
}

/// 600 connections: three pages of the store.
fn many() -> TestEnv {
    let env = TestEnv::new();
    let one = |at| format!("---\nname: c{at:03}\ntype: uri\nfields: {{uri: https://h/{at}}}\n");
    let file = env.file("many.yaml", (0..600).map(one).collect::<String>());
    env.run(["apply", "-q", "-f", file.to_str().unwrap()]).succeeds();
    env
}

#[test]
fn unsorted_lists_have_the_same_connections() {
    let env = many();
    let check = |words: &[&str]| {
        let sorted = env.run([&["list"], words].concat()).succeeds().stdout;
        let unsorted = env.run([&["list", "--unsorted"], words].concat()).succeeds().stdout;
        assert_ne!(sorted, unsorted, "the store has an order of its own");
        let lines = |text: &str| {
            // Ages go on meanwhile.
            let is_age = |word: &str| word.ends_with('s') && word.starts_with(char::is_numeric);
            let tidy = |line: &str| {
                let words = line.split_whitespace().filter(|word| !is_age(word));
                words.map(|word| word.trim_end_matches(',')).collect::<String>()
            };
            let mut lines: Vec<String> = text.lines().map(tidy).collect();
            lines.sort();
            lines
        };
        assert!(lines(&sorted) == lines(&unsorted), "{words:?}");
        unsorted
    };
    let table = check(&[]);
    assert!(table.starts_with("NAME   TYPE   TARGET") && table.matches("NAME").count() == 1);
    check(&["-o", "name"]);
    check(&["-o", "wide"]);
    check(&["-o", "yaml"]);
    check(&["--json", "name,type"]);
    check(&["-o", "jsonpath={.items[*].name}"]);
    let json: Value = serde_json::from_str(&check(&["-o", "json"])).unwrap();
    assert_eq!(json["items"].as_array().unwrap().len(), 600);
    assert_eq!(json["errors"], json!([]));
}

#[test]
fn an_unsorted_list_of_nothing() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["list", "--unsorted"]), @"
    exit code: 0
    --- stderr ---
    no connections in backend `local`
    create one with `connhub create NAME --type s3 bucket=BUCKET access_key_id=ID secret_access_key=-`
    ");
    let empty = env.run(["list", "-o", "json"]).succeeds().stdout;
    assert_eq!(env.run(["list", "-o", "json", "--unsorted"]).succeeds().stdout, empty);
    let empty = env.run(["list", "-o", "yaml"]).succeeds().stdout;
    assert_eq!(env.run(["list", "-o", "yaml", "--unsorted"]).succeeds().stdout, empty);
    env.run(["list", "--unsorted", "--sort-by", "name"]).exits_with(2);
    env.run(["list", "--unsorted", "--watch"]).exits_with(2);
}

#[test]
fn all_folders() {
    let env = two_connections();
    s3(&env, "sales", &["-n", "archive"]);
    insta::assert_snapshot!(env.run(["list", "-A"]), @"
    exit code: 0
    --- stdout ---
    FOLDER    NAME     TYPE         TARGET                       STATUS   AGE
    archive   sales    s3           minio.example.com:9000/raw   -        [AGE]
    default   orders   postgresql   db.example.com:5432/orders   -        [AGE]
    default   sales    s3           minio.example.com:9000/raw   -        [AGE]
    ");
    assert_eq!(names(&env, &["-n", "archive"]), "sales ");
    let by_variable = env.command(["list", "-o", "name"]).variable("CONNHUB_SCOPE", "archive");
    assert_eq!(by_variable.run().succeeds().stdout, "sales\n");
}

#[test]
fn keys_and_paths_select() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["list", "--json", "name,type"]), @r#"
    exit code: 0
    --- stdout ---
    [
      {
        "name": "orders",
        "type": "postgresql"
      },
      {
        "name": "sales",
        "type": "s3"
      }
    ]
    "#);
    for path in ["jsonpath={.items[*].name}", "jsonpath=$.items[*].name"] {
        assert_eq!(env.run(["list", "-o", path]).succeeds().stdout, "orders\nsales\n", "{path}");
    }
}

#[test]
fn json_and_yaml() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["list", "-o", "json"]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "ConnectionList",
      "items": [
        {
          "name": "orders",
          "scope": "default",
          "type": "postgresql",
          "backend": "local",
          "fields": {
            "host": "db.example.com",
            "port": "5432",
            "database": "orders",
            "auth_method": "password",
            "username": "reader"
          },
          "secrets": [
            "password"
          ],
          "description": "what was ordered",
          "labels": {
            "team": "web"
          },
          "revision": "1",
          "createdAt": "[TIME]",
          "updatedAt": "[TIME]",
          "warnings": []
        },
        {
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
          "revision": "1",
          "createdAt": "[TIME]",
          "updatedAt": "[TIME]",
          "warnings": []
        }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(env.run(["list", "-o", "yaml"]), @r#"
    exit code: 0
    --- stdout ---
    apiVersion: connhub/v1
    kind: ConnectionList
    items:
    - name: orders
      scope: default
      type: postgresql
      backend: local
      fields:
        host: db.example.com
        port: "5432"
        database: orders
        auth_method: password
        username: reader
      secrets:
      - password
      description: what was ordered
      labels:
        team: web
      revision: "1"
      createdAt: "[TIME]"
      updatedAt: "[TIME]"
      warnings: []
    - name: sales
      scope: default
      type: s3
      backend: local
      fields:
        endpoint: https://minio.example.com:9000
        bucket: raw
        region: us-east-1
        auth_method: access_key
        access_key_id: AKIAEXAMPLE
      secrets:
      - secret_access_key
      displayName: Sales data
      labels:
        team: fraud
      revision: "1"
      createdAt: "[TIME]"
      updatedAt: "[TIME]"
      warnings: []
    errors: []
    "#);
}

#[test]
fn a_backend_that_fails_does_not_hide_the_others() {
    let env = two_connections();
    env.plugins(
        "version = 1\n[connectors.broken]\ncomponent = \"broken.wasm\"\n[backends.broken]\nconnector = \"broken\"\n\
         [backends.second]\nconnector = \"local\"\n",
    );
    let outcome = env.run(["list", "--backend", "all"]);
    assert_ne!(outcome.code, 0);
    for words in ["sales", "orders", "BACKEND", "second"] {
        assert!(outcome.stdout.contains(words), "{outcome}");
    }
    assert!(outcome.stderr.contains("broken"), "{outcome}");
    let json = env.run(["list", "--backend", "all", "-o", "json"]).json();
    assert_eq!(json["items"].as_array().map(Vec::len), Some(4), "{json}");
    let failed: Vec<_> = json["errors"].as_array().unwrap().iter().map(|e| &e["backend"]).collect();
    assert!(failed.iter().any(|name| *name == "broken"), "{json}");
}

#[test]
fn a_misspelt_type_is_pointed_out() {
    let env = two_connections();
    insta::assert_snapshot!(env.run(["list", "--type", "s4"]), @"
    exit code: 0
    --- stderr ---
    no connections match in backend `local`
    did you mean `--type s3`?
    ");
}

#[test]
fn all_means_the_configured_backends_and_the_others_are_named_on_request() {
    let env = two_connections();
    for command in ["list", "check"] {
        let quiet = env.run([command, "--backend", "all"]).succeeds();
        assert!(!quiet.stderr.contains("left out"), "{quiet}");
        let told = env.run([command, "--backend", "all", "-v"]).succeeds();
        for name in ["rhoai", "dataos", "vault-kv"] {
            let line =
                format!("backend `{name}` is left out: the configuration does not say where it is");
            assert!(told.stderr.contains(&line), "{told}");
        }
        assert!(!told.stderr.contains("backend `local` is left out"), "{told}");
    }
}

#[test]
fn long_and_foreign_names_stay_in_their_columns() {
    let env = TestEnv::new();
    let long = "l".repeat(60);
    s3(&env, &long, &["--display-name", "日本語の名前 – très long"]);
    s3(&env, "s", &["prefix=データ/ö", "--description", "käse 🧀"]);
    insta::assert_snapshot!(env.run(["list"]), @"
    exit code: 0
    --- stdout ---
    NAME                                                           TYPE   TARGET                       STATUS   AGE
    llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll   s3     minio.example.com:9000/raw   -        [AGE]
    s                                                              s3     minio.example.com:9000/raw   -        [AGE]
    ");
    insta::assert_snapshot!(env.run(["list", "-o", "wide"]), @"
    exit code: 0
    --- stdout ---
    NAME                                                           TYPE   BACKEND   TARGET                       STATUS   AGE   UPDATED   LAST TESTED   DISPLAY NAME               OWNER   ADDRESS   LABELS
    llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll  s3  local  minio.example.com:9000/raw  -  [AGE]  [AGE]  -  日本語の名前 – très long  -  -  -
    s  s3  local  minio.example.com:9000/raw  -  [AGE]  [AGE]  -  -  -  -  -
    ");
    insta::assert_snapshot!(env.run(["get", "s"]), @"
    exit code: 0
    --- stdout ---
    Name:          s
    Type:          s3
    Backend:       local
    Folder:        default
    Description:   käse 🧀
    Created:       [TIME] ([AGE] ago)
    Updated:       [TIME] ([AGE] ago)
    Revision:      1
    Fields:
      endpoint:      https://minio.example.com:9000
      bucket:        raw
      prefix:        データ/ö
      region:        us-east-1
      auth_method:   access_key
      access_key_id: AKIAEXAMPLE
    Secrets:
      secret_access_key: ***
    ");
}

#[test]
fn invisible_characters_are_refused() {
    let env = TestEnv::new();
    let text = "color=\u{1b}]0;owned\u{7}red\u{1b}[2J\u{202e}live\r\nline";
    insta::assert_snapshot!(env.run(["create", "x", "--type", "homemade", text]), @"
    exit code: 2
    --- stderr ---
    error: the connection `x` is not valid
      color: must not hold the invisible character U+001B
    ");
}
