//! `connhub create -f FILE`: a connection in a file, with references to its secrets.

use super::*;

const YAML: &str = "\
name: sales
type: s3
displayName: Sales data
labels:
  team: fraud
fields:
  endpoint: https://minio.example.com
  bucket: raw
  access_key_id: AKIA
secrets:
  secret_access_key:
    fromEnv: KEY
";

const JSON: &str = r#"{
  "name": "sales", "type": "s3", "displayName": "Sales data", "labels": {"team": "fraud"},
  "fields": {"endpoint": "https://minio.example.com", "bucket": "raw", "access_key_id": "AKIA"},
  "secrets": {"secret_access_key": {"fromEnv": "KEY"}}
}"#;

const TOML: &str = r#"
name = "sales"
type = "s3"
displayName = "Sales data"
labels = { team = "fraud" }
[fields]
endpoint = "https://minio.example.com"
bucket = "raw"
access_key_id = "AKIA"
[secrets.secret_access_key]
fromEnv = "KEY"
"#;

#[test]
fn three_languages_say_the_same() {
    let mut shown = Vec::new();
    for (name, text) in [("c.yaml", YAML), ("c.json", JSON), ("c.toml", TOML)] {
        let env = TestEnv::new();
        let file = env.file(name, text);
        let secret = env.secret("key");
        let create =
            [&["create", "-f"].map(std::ffi::OsStr::new)[..], &[file.as_os_str()]].concat();
        env.command(create).variable("KEY", secret).run().succeeds();
        let json = env.run(["get", "sales", "-o", "json"]).succeeds().json();
        shown.push((json["fields"].clone(), json["labels"].clone(), json["displayName"].clone()));
        assert_eq!(json["secrets"], serde_json::json!(["secret_access_key"]));
    }
    assert!(shown.iter().all(|one| *one == shown[0]), "{shown:?}");
}

#[test]
fn stdin_is_a_file() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let run = env.command(["create", "-f", "-"]).stdin(YAML).variable("KEY", secret).run();
    insta::assert_snapshot!(run, @"
    exit code: 0
    --- stdout ---
    created `sales` (s3) in backend `local`, folder `default`
    ");
}

#[test]
fn the_command_line_comes_on_top() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let words = ["create", "marks", "-f", "-", "bucket=cooked"];
    env.command(words).stdin(YAML).variable("KEY", secret).run().succeeds();
    let json = env.run(["get", "marks", "-o", "json"]).succeeds().json();
    assert_eq!(json["fields"]["bucket"], "cooked");
}

#[test]
fn what_get_prints_can_be_created_elsewhere() {
    let env = TestEnv::new();
    s3(&env, "sales", &["--label", "team=fraud", "--display-name", "Sales data"]);
    for format in ["yaml", "json"] {
        let printed = env.run(["get", "sales", "-o", format]).succeeds().stdout;
        let create = ["create", "-f", "-", "-n", format];
        let run = env.command(create).stdin(printed.as_str());
        let secret = env.secret("again");
        run.variable("CONNHUB_SECRET_SECRET_ACCESS_KEY", secret).run().succeeds();
        let copy = env.run(["get", "sales", "-n", format, "-o", "json"]).succeeds().json();
        let original = env.run(["get", "sales", "-o", "json"]).succeeds().json();
        for key in ["fields", "labels", "displayName", "secrets", "type"] {
            assert_eq!(copy[key], original[key], "{key}");
        }
        let update = env.command(["update", "-f", "-"]).stdin(printed).run();
        assert!(update.stdout.contains("unchanged"), "{update}");
    }
}

#[test]
fn secrets_from_files() {
    let env = TestEnv::new();
    let file = env.secret_file("key");
    let yaml = YAML.replace("fromEnv: KEY", &format!("fromFile: {}", file.display()));
    env.command(["create", "-f", "-"]).stdin(yaml).run().succeeds();
}

#[test]
fn literal_secrets_are_refused() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let quoted = serde_json::to_string(&secret).unwrap();
    let yaml = YAML.replace("\n    fromEnv: KEY", &format!(" {quoted}"));
    insta::assert_snapshot!(env.command(["create", "-f", "-"]).stdin(yaml).run(), @"
    exit code: 2
    --- stderr ---
    error: the document `stdin:11` cannot be used: a secret must be a reference, not a value

    hint: write `secret_access_key: {fromEnv: VARIABLE}` or `{fromFile: PATH}` under `secrets`
    ");
    let yaml = YAML.replace("  access_key_id: AKIA", &format!("  secret_access_key: {quoted}"));
    insta::assert_snapshot!(env.command(["create", "-f", "-"]).stdin(yaml).run(), @"
    exit code: 2
    --- stderr ---
    error: the connection `sales` is not valid
      secret_access_key: is a secret and is not typed as a value; use `secret_access_key=-` (stdin), `secret_access_key=@FILE` or `--from-env secret_access_key=VARIABLE`
      secret_access_key: is given twice
      access_key_id: `access_key_id` is missing for the auth method `access_key`; to log in differently, set `auth_method` to `session`, `profile`, `iam_role`, `environment` or `anonymous`
    ");
}

#[test]
fn files_that_say_something_else_are_refused() {
    let env = TestEnv::new();
    let run = |text: &str| env.command(["create", "-f", "-"]).stdin(text).run().exits_with(2);
    insta::assert_snapshot!(run("name: [unclosed"), @"
    exit code: 2
    --- stderr ---
    error: the document `stdin:1:7` cannot be used: it is not YAML

    hint: `connhub get NAME -o yaml` prints one to start from; docs/output.md describes it
    ");
    insta::assert_snapshot!(run("name: sales\ntype: s3\nfeilds: {}\n"), @"
    exit code: 2
    --- stderr ---
    error: the document `stdin:3` cannot be used: unknown key `feilds`

    hint: did you mean `fields`?
    hint: the keys are name, type, backend, scope, displayName, description, labels, fields, secrets
    ");
    insta::assert_snapshot!(run(""), @"
    exit code: 2
    --- stderr ---
    error: no name is given for the connection

    hint: write it before the fields: `connhub create NAME --type TYPE FIELD=VALUE …`
    ");
    let outcome = env.run(["create", "-f", "no-such-file.yaml"]);
    insta::assert_snapshot!(outcome, @"
    exit code: 3
    --- stderr ---
    error: `no-such-file.yaml` cannot be read
    cause: failed to open file `no-such-file.yaml`: No such file or directory (os error 2)
    ");
}
