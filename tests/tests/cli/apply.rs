//! Many connections in files: `apply`, `diff` and `delete -f`.

use std::path::PathBuf;

use super::*;

const TWO: &str = "\
apiVersion: connhub/v1
kind: Connection
name: lake
type: s3
labels: {managed-by: ci}
fields:
  endpoint: https://minio.example.com:9000
  bucket: raw
  access_key_id: AKIAEXAMPLE
secrets:
  secret_access_key: {fromFile: key}
---
name: docs
type: uri
scope: web
labels: {managed-by: ci}
fields: {uri: https://example.com/a}
";

/// A manifest of two connections, and the secret of the first.
fn two() -> (TestEnv, String, String) {
    let env = TestEnv::new();
    let secret = env.secret("key");
    env.file("key", &secret);
    let file = path(env.file("two.yaml", TWO));
    (env, file, secret)
}

fn path(path: PathBuf) -> String {
    path.display().to_string()
}

#[track_caller]
fn outcomes(env: &TestEnv, words: &[&str]) -> Vec<String> {
    let outcome = env.run(words.iter().chain(&["-o", "json"])).succeeds().json();
    let items = outcome["items"].as_array().unwrap().iter();
    items.map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn files_are_applied_and_a_second_time_nothing_changes() {
    let (env, file, _) = two();
    insta::assert_snapshot!(env.run(["apply", "-f", &file]), @r"
    exit code: 0
    --- stdout ---
    created `lake` (s3) in backend `local`, folder `default`
    created `docs` (uri) in backend `local`, folder `web`
    --- stderr ---
    2 connections: 2 created
    ");
    let before = env.run(["list", "-A", "-o", "json"]).succeeds().stdout;
    assert_eq!(outcomes(&env, &["apply", "-f", &file]), ["unchanged", "unchanged"]);
    assert_eq!(env.run(["list", "-A", "-o", "json"]).succeeds().stdout, before);
}

#[test]
fn a_change_of_a_field_or_a_secret_is_written() {
    let (env, file, _) = two();
    env.run(["apply", "-f", &file]).succeeds();
    env.file("two.yaml", TWO.replace("bucket: raw", "bucket: clean"));
    assert_eq!(outcomes(&env, &["apply", "-f", &file]), ["replaced", "unchanged"]);
    env.file("key", env.secret("new"));
    assert_eq!(outcomes(&env, &["apply", "-f", &file]), ["replaced", "unchanged"]);
    assert_eq!(outcomes(&env, &["apply", "-f", &file]), ["unchanged", "unchanged"]);
    env.file("two.yaml", TWO.replace("  bucket: raw\n", ""));
    env.run(["apply", "-f", &file]).succeeds();
    let shown = env.run(["get", "lake", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"].get("bucket"), None, "what the file does not say is gone");
}

#[test]
fn a_difference_is_shown_without_secrets() {
    let (env, file, _) = two();
    let diff = |code: i32| env.run(["diff", "-f", &file]).exits_with(code).stdout;
    let new = diff(1);
    for line in
        ["+ local/default/lake (s3)\n", "\n    bucket: raw\n", "\n    secret_access_key: ***\n"]
    {
        assert!(new.contains(line), "{new}");
    }
    env.run(["get", "lake"]).exits_with(3);
    env.run(["apply", "-f", &file]).succeeds();
    assert_eq!(diff(0), "");
    env.file("two.yaml", TWO.replace("bucket: raw", "bucket: clean"));
    env.file("key", env.secret("new"));
    insta::assert_snapshot!(env.run(["diff", "-f", &file]), @r"
    exit code: 1
    --- stdout ---
    ~ local/default/lake (s3)
        bucket: raw → clean
        secret_access_key: *** → ***
    ");
    let json = env.run(["diff", "-f", &file, "-o", "json"]).exits_with(1).json();
    assert_eq!(json["items"][0]["outcome"], "different");
    assert_eq!(json["items"][0]["changes"][1]["secret"], true);
    assert_eq!(json["items"][1]["outcome"], "same");
    env.file("two.yaml", "name: [x]\n");
    diff(2);
    env.run(["diff", "-f", "no-such-file"]).exits_with(3);
}

#[test]
fn one_failure_does_not_hide_the_others() {
    let env = TestEnv::new();
    let uri =
        |name: &str, uri: &str| format!("---\nname: {name}\ntype: uri\nfields: {{uri: '{uri}'}}\n");
    let text =
        [uri("a", "https://a.example.com"), uri("b", "no uri"), uri("c", "https://c.example.com")];
    let file = path(env.file("three.yaml", text.concat()));
    let outcome = env.run(["apply", "-f", &file]).exits_with(2);
    assert!(outcome.stderr.contains("three.yaml:5: "), "{outcome}");
    assert!(outcome.stderr.contains("3 connections: 2 created, 1 failed"), "{outcome}");
    let json = env.run(["apply", "-f", &file, "-o", "json"]).exits_with(2).json();
    assert_eq!(json["items"].as_array().unwrap().len(), 2);
    assert_eq!(json["errors"][0]["name"], "b");
}

#[test]
fn a_file_that_cannot_be_used_writes_nothing() {
    let env = TestEnv::new();
    let good = "name: a\ntype: uri\nfields: {uri: https://a.example.com}\n---\n";
    for (rest, code, words) in [
        ("name: [b]\n", 2, "bad.yaml:4: "),
        ("name: b\nsecrets: {password: hunter2}\n", 2, "must be a reference"),
        ("name: a\ntype: uri\n", 2, "bad.yaml:4: `a` is described twice"),
        ("name: a\nscope: default\ntype: uri\n", 2, "`a` is described twice"),
        ("apiVersion: v1\nkind: Pod\n", 2, "no manifest that can be read"),
        ("name: b\nbackend: nowhere\n", 3, "nowhere"),
    ] {
        let file = path(env.file("bad.yaml", format!("{good}{rest}")));
        env.run(["apply", "-f", &file]).fails(code, words);
        env.run(["get", "a"]).exits_with(3);
    }
    let twice = r#"{"name": "a", "type": "uri", "fields": {"uri": "https://a.example.com", "uri": "https://b.example.com"}}"#;
    env.run(["apply", "-f", &path(env.file("twice.json", twice))]).fails(2, "a key is given twice");
    env.run(["apply", "-f", &path(env.file("empty.yaml", ""))]).fails(2, "no connection");
    env.run(["apply"]).exits_with(2);
}

#[test]
fn what_is_printed_can_be_applied_again() {
    let env = two_connections();
    let yaml = env.run(["list", "-o", "yaml"]).succeeds().stdout;
    let apply = ["apply", "-f", "-", "-o", "json"];
    let outcome = env.command(apply).stdin(yaml.as_str()).run().succeeds().json();
    assert_eq!(outcome["items"][0]["outcome"], "unchanged");
    assert_eq!(outcome["items"][1]["outcome"], "unchanged");
    let changed = yaml.replace("bucket: raw", "bucket: clean");
    env.command(apply).stdin(changed).run().succeeds();
    let kept = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(kept["secrets"], serde_json::json!(["secret_access_key"]));
    let moved = yaml.replace("https://minio.example.com:9000", "https://evil.example.com");
    let refused = env.command(apply).stdin(moved.as_str()).run().exits_with(2);
    assert!(refused.stderr.contains("have to be given again"), "{refused}");
    env.command(apply.iter().chain(&["--keep-secrets"])).stdin(moved).run().succeeds();
    // Without the store there is nothing to keep.
    env.run(["delete", "sales", "orders", "-y"]).succeeds();
    env.command(apply).stdin(yaml).run().exits_with(2);
}

#[test]
fn secrets_come_from_where_a_file_says() {
    let (env, _, secret) = two();
    let one = |name: &str, reference: &str| {
        format!(
            "name: {name}\ntype: postgresql\nfields: {{host: h, database: d, username: u}}\n\
             secrets: {{password: {reference}}}\n---\n"
        )
    };
    let text = [
        one("a", "{fromFile: key}"),
        one("b", "{fromEnv: SECRET_B}"),
        one("c", "{fromCommand: [cat, key]}"),
        one("d", "{from: 'connhub://local/default/a#password'}"),
        one("e", "connhub://local/d#password"),
    ];
    let file = path(env.file("refs.yaml", text.concat()));
    let apply = env.command(["apply", "-f", &file]).variable("SECRET_B", &secret);
    let outcome = apply.variable("PATH", "/usr/bin:/bin").run().succeeds();
    assert!(outcome.stderr.contains("5 created"), "{outcome}");
    for name in ["a", "b", "c", "d", "e"] {
        let words = [
            "create",
            name,
            "--type=postgresql",
            "host=h",
            "database=d",
            "username=u",
            "password=-",
            "--if-exists=keep",
            "-o=json",
        ];
        let kept = env.command(words).stdin(secret.as_str()).run().succeeds().json();
        assert_eq!(kept["differences"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn references_that_lead_nowhere_fail_and_show_nothing() {
    let (env, _, secret) = two();
    let apply = |reference: &str| {
        let text = format!(
            "name: a\ntype: postgresql\nfields: {{host: h, database: d, username: u}}\n\
             secrets: {{password: {reference}}}\n"
        );
        let file = path(env.file("a.yaml", text));
        env.command(["apply", "-f", &file]).variable("PATH", "/usr/bin:/bin").run()
    };
    apply("{fromFile: nowhere}").exits_with(3);
    apply("{fromEnv: NOT_SET}").exits_with(2);
    apply("{fromCommand: [no-such-program]}").exits_with(3);
    let failing = apply("{fromCommand: [sh, -c, 'cat key; exit 3']}").exits_with(1);
    assert!(!failing.stderr.contains(&secret));
    apply("{fromCommand: [true]}").fails(1, "printed nothing");
    apply("{from: connhub://local/default/nobody#password}").exits_with(3);
    apply("{from: connhub://local/default/nobody}").exits_with(2);
    apply("op://vault/item/field").exits_with(3);
    env.run(["get", "a"]).exits_with(3);
}

#[test]
fn a_file_that_others_can_write_names_no_program() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::new();
    let text = "name: a\ntype: postgresql\nsecrets: {password: {fromCommand: [touch, ran]}}\n";
    let file = env.file("open.yaml", text);
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    env.run(["apply", "-f", &path(file)]).fails(8, "others can write the file");
    env.command(["apply", "-f", "-"]).stdin(text).run().fails(8, "it comes from stdin");
    assert!(!env.files().join("ran").exists());
}

#[test]
fn secrets_in_files_are_taken_only_when_that_is_said() {
    let env = TestEnv::new();
    let secret = "Lit3ral-in-the-file";
    env.watch("literal", secret);
    let text = format!(
        "name: a\ntype: postgresql\nfields: {{host: h, database: d, username: u}}\n\
         secrets: {{password: {secret}}}\n"
    );
    let file = path(env.file("a.yaml", text));
    env.run(["apply", "-f", &file]).exits_with(2);
    env.run(["get", "a"]).exits_with(3);
    env.run(["apply", "-f", &file, "--allow-literal-secrets"]).succeeds();
    env.run(["diff", "-f", &file, "--allow-literal-secrets"]).exits_with(0);
}

#[test]
fn manifests_of_backends_are_read() {
    let env = TestEnv::new();
    let secret = "k8s-Secret-value";
    env.watch("literal", secret);
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sales\n  namespace: fraud\n  annotations: \
         {{opendatahub.io/connection-type-ref: s3}}\nstringData:\n  AWS_S3_ENDPOINT: https://s3.example.com\n  \
         AWS_S3_BUCKET: raw\n  AWS_ACCESS_KEY_ID: AKIAEXAMPLE\n  AWS_SECRET_ACCESS_KEY: {secret}\n---\n\
         name: orderscred\nversion: v2alpha\ntype: secret\nsecret:\n  type: key-value\n  data: {{username: ada, \
         password: {secret}}}\n---\n\
         name: orders\nversion: v2alpha\ntype: depot\nspec:\n  type: postgresql\n  spec: {{host: db, port: 5432, \
         database: orders, params: {{sslmode: require}}}}\n  secrets: [{{id: 'x:orderscred', purpose: rw}}]\n"
    );
    let file = path(env.file("native.yaml", text));
    env.run(["apply", "-f", &file]).fails(2, "stands in the document");
    env.run(["apply", "-f", &file, "--allow-literal-secrets"]).succeeds();
    let sales = env.run(["get", "sales", "-n", "fraud", "-o", "json"]).succeeds().json();
    assert_eq!(sales["fields"]["bucket"], "raw");
    assert_eq!(sales["secrets"], serde_json::json!(["secret_access_key"]));
    let orders = env.run(["get", "orders", "-o", "json"]).succeeds().json();
    assert_eq!(orders["fields"]["ssl_mode"], "require");
    assert_eq!(orders["fields"]["username"], "ada");
    assert_eq!(orders["secrets"], serde_json::json!(["password"]));
}

/// They are put together first, and still keep their place among the others.
#[test]
fn manifests_of_backends_keep_their_order() {
    let env = TestEnv::new();
    let ours =
        |name: &str| format!("name: {name}\ntype: uri\nfields: {{uri: https://example.com}}\n");
    let secret = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, annotations: {{opendatahub.io/connection-type-ref: \
             uri-v1}}}}\nstringData: {{URI: https://example.com}}\n"
        )
    };
    let text = [ours("a"), secret("x"), ours("b"), secret("z"), ours("c")].join("---\n");
    let file = path(env.file("mixed.yaml", text));
    let applied = env.run(["apply", "-f", &file, "-o", "name"]).succeeds();
    assert_eq!(applied.stdout, "a\nx\nb\nz\nc\n");
}

#[test]
fn what_no_file_names_is_pruned() {
    let (env, file, _) = two();
    env.run(["apply", "-f", &file]).succeeds();
    s3(&env, "old", &["--label=managed-by=ci"]);
    s3(&env, "mine", &[]);
    s3(&env, "elsewhere", &["-n=other", "--label=managed-by=ci"]);
    env.run(["apply", "-f", &file, "--prune"]).exits_with(2);
    let prune = ["apply", "-f", &file, "--prune", "-l", "managed-by=ci"];
    env.run(prune).fails(2, "--yes");
    let rehearsed = env.run(prune.iter().chain(&["--dry-run=server"])).succeeds();
    assert!(rehearsed.stdout.contains("would be pruned: `old`"), "{rehearsed}");
    env.run(["get", "old"]).succeeds();
    let pruned = env.run(prune.iter().chain(&["--yes"])).succeeds();
    assert!(pruned.stdout.contains("pruned: `old`"), "{pruned}");
    env.run(["get", "old"]).exits_with(3);
    env.run(["get", "mine"]).succeeds();
    env.run(["get", "elsewhere", "-n", "other"]).succeeds();
}

#[test]
fn connections_of_files_are_deleted() {
    let (env, file, _) = two();
    env.run(["apply", "-f", &file]).succeeds();
    env.run(["delete", "-f", &file]).fails(2, "--yes");
    env.run(["delete", "-f", &file, "x", "-y"]).exits_with(2);
    let rehearsed = env.run(["delete", "-f", &file, "--dry-run"]).succeeds();
    assert!(rehearsed.stdout.contains("dry run"), "{rehearsed}");
    insta::assert_snapshot!(env.run(["delete", "-f", &file, "-y"]), @r"
    exit code: 0
    --- stdout ---
    deleted `lake` in backend `local`
    deleted `docs` in backend `local`
    ");
    env.run(["delete", "-f", &file, "-y"]).exits_with(3);
    env.run(["delete", "-f", &file, "-y", "--ignore-not-found"]).succeeds();
}

#[test]
fn folders_and_other_syntaxes_are_read() {
    let env = TestEnv::new();
    let folder = env.files().join("many");
    env.file(
        "many/b.json",
        r#"[{"name": "b", "type": "uri", "fields": {"uri": "https://b.example.com"}}]"#,
    );
    env.file("many/a.toml", "[[connections]]\nname = \"a\"\ntype = \"uri\"\nfields = { uri = \"https://a.example.com\" }\n");
    env.file("many/notes.txt", "no manifest");
    let outcome = env.run(["apply", "-f", &path(folder), "-o", "name"]).succeeds();
    assert_eq!(outcome.stdout, "a\nb\n");
}

/// What is written is what was checked, in its order, although it is read in two passes: a pipe gives its bytes once.
#[test]
fn a_pipe_with_many_connections_is_read_once() {
    let env = TestEnv::new();
    let names: Vec<String> = (0..1100).map(|index| format!("c{index}")).collect();
    let one = |name: &String| serde_json::json!({"name": name, "type": "uri", "fields": {"uri": "https://example.com"}});
    let items: Vec<serde_json::Value> = names.iter().map(one).collect();
    let apply = ["apply", "-f", "/dev/stdin", "-o", "name"];
    let json = serde_json::json!({"kind": "List", "items": items}).to_string();
    let outcome = env.command(apply).stdin(json.as_str()).run().succeeds();
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), names);
    let faulty =
        json.replace("\"c1099\"", "[]").replace("https://example.com", "https://a.example");
    env.command(apply).stdin(faulty).run().fails(2, "/dev/stdin, item 1100: ");
    let diff = ["diff", "-f", "-", "-o", "name"];
    assert_eq!(env.command(diff).stdin(json).run().succeeds().stdout, "", "nothing was changed");
}

#[test]
fn a_kill_between_batches_keeps_what_was_reported() {
    let env = TestEnv::new();
    let one = |index: usize| {
        format!("---\nname: c{index}\ntype: uri\nfields: {{uri: https://example.com/{index}}}\n")
    };
    let text: String = (0..2000).map(one).collect();
    let file = path(env.file("many.yaml", text));
    let running = env.command(["apply", "-f", &file]).start();
    std::thread::yield_now();
    let outcome = running.kill();
    let reported = outcome.stdout.matches("created").count();
    let stored = env.run(["list", "-o", "name"]).succeeds().stdout.lines().count();
    assert!(stored >= reported, "{reported} were reported, {stored} are there");
    env.run(["apply", "-f", &file, "-q"]).succeeds();
    assert_eq!(env.run(["list", "-o", "name"]).succeeds().stdout.lines().count(), 2000);
}
