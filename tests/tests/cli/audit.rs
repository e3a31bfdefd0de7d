//! `connhub audit`: what was done and by whom, and whether the record of it is whole.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use serde_json::Value;

use super::*;

fn log(env: &TestEnv) -> PathBuf {
    env.home().join("state/audit.jsonl")
}

/// The records of the log, as they stand there.
#[track_caller]
fn records(env: &TestEnv) -> Vec<Value> {
    let text = fs_err::read_to_string(log(env)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn reading_writes_nothing() {
    let env = TestEnv::new();
    for words in [
        &["list"][..],
        &["list", "--backend", "all"],
        &["check"],
        &["types"],
        &["plugin", "list"],
        &["audit", "list"],
        &["audit", "verify"],
        &["audit", "export"],
    ] {
        env.run(words);
        let state = fs_err::read_dir(env.home().join("state")).into_iter().flatten().flatten();
        let audit = state.filter(|file| file.file_name().to_string_lossy().starts_with("audit"));
        assert_eq!(audit.count(), 0, "{words:?}");
    }
    env.run(["get", "nothing"]).exits_with(3);
    env.run(["create", "x", "--type", "s3", "--dry-run", "bucket=b"]);
    assert!(!log(&env).exists());
}

/// What may run is decided by these commands, so each of them leaves a record of the connector, its digest, and what became of it.
#[test]
fn whoever_decides_what_may_run_leaves_a_record() {
    let env = TestEnv::new();
    let local = fs_err::read(connhub_tests::cli::components().join("local.wasm")).unwrap();
    let file = env.file("mine.wasm", &local);
    env.run(["plugin", "add", file.to_str().unwrap(), "--name", "mine", "--yes"]).succeeds();
    env.run(["plugin", "update", "mine", "--yes"]).succeeds();
    env.run(["plugin", "remove", "mine", "--yes"]).succeeds();
    let project =
        "version = 1\n[connectors.theirs]\ncomponent = \"mine.wasm\"\n[connectors.theirs.vault]\n";
    env.file("plugins.toml", project);
    env.run(["trust", "--yes"]).succeeds();
    env.run(["trust", "--revoke"]).succeeds();
    let told = |record: &Value| {
        let connector = &record["connector"];
        format!(
            "{} {} {} {}",
            record["operation"].as_str().unwrap(),
            connector["name"].as_str().unwrap_or("-"),
            connector["sha256"].as_str().map_or(0, str::len),
            record["outcome"]["did"].as_str().unwrap(),
        )
    };
    let records = records(&env);
    assert_eq!(
        records.iter().map(told).collect::<Vec<_>>(),
        [
            "plugin add mine 64 added",
            "plugin remove mine 0 removed",
            "trust theirs 64 trusted",
            "trust - 0 revoked",
        ],
        "an update that changed nothing leaves none"
    );
    env.run(["audit", "verify"]).succeeds();
}

#[test]
fn what_changes_something_is_one_line_with_names_and_no_values() {
    let env = TestEnv::new();
    s3(&env, "lake", &["-n", "team", "region=eu-central-1"]);
    env.run(["update", "lake", "-n", "team", "bucket=other", "--label", "a=b"]).succeeds();
    env.run(["delete", "lake", "-n", "team", "-y"]).succeeds();
    env.run(["delete", "lake", "-n", "team", "-y"]).exits_with(3);
    let records = records(&env);
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            let outcome = &record["outcome"];
            let word = outcome["did"].as_str().or(outcome["code"].as_str()).unwrap_or_default();
            format!(
                "{} {} {} {} {}",
                record["operation"].as_str().unwrap(),
                record["connection"].as_str().unwrap(),
                outcome["result"].as_str().unwrap(),
                word,
                outcome["exitCode"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "create lake done created 0",
            "update lake done updated 0",
            "delete lake done deleted 0",
            "delete lake failed not-found 3"
        ]
    );
    let created = &records[0];
    for (key, value) in
        [("command", "create"), ("backend", "local"), ("scope", "team"), ("event", "outcome")]
    {
        assert_eq!(created[key], value, "{key}");
    }
    assert_eq!(created["connector"]["name"], "local");
    assert_eq!(created["connector"]["sha256"].as_str().map(str::len), Some(64));
    let fields = ["endpoint", "bucket", "access_key_id", "region", "secret_access_key"];
    for field in fields {
        assert!(created["fields"].as_array().unwrap().contains(&field.into()), "{created}");
    }
    assert_eq!(records[1]["fields"], serde_json::json!(["bucket", "labels"]));
    let text = fs_err::read_to_string(log(&env)).unwrap();
    for value in ["minio.example.com", "AKIAEXAMPLE", "eu-central-1", "\"raw\""] {
        assert!(!text.contains(value), "the value {value} stands in the log");
    }
}

/// A user who mixes up names and secrets must not have the secret in the log for years.
#[test]
fn a_secret_that_was_typed_as_a_name_is_not_written_down() {
    let env = TestEnv::new();
    env.watch("password", "correct-horse-battery");
    let fields = ["--type", "s3", "bucket=raw", "access_key_id=AKIA", "secret_access_key=-"];
    let create = |words: &[&str]| {
        let words = ["create"].iter().chain(words).chain(&fields);
        env.command(words).stdin("correct-horse-battery").run()
    };
    // As the name of the connection it is refused before anything is done that has a record.
    create(&["correct-horse-battery"]).fails(2, "the name of the connection holds the value");
    assert!(records(&env).is_empty());
    create(&["lake", "-n", "correct-horse-battery"]).succeeds();
    assert_eq!(records(&env)[0]["scope"], "***");
}

#[test]
fn lists_are_filtered_and_say_what_they_leave_out() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    s3(&env, "sea", &[]);
    env.run(["delete", "lake", "-y"]).succeeds();
    env.run(["delete", "lake", "-y"]).exits_with(3);
    let listed = |words: &[&str]| {
        let words = ["audit", "list", "-o", "json"].iter().chain(words);
        let json = env.run(words).succeeds().json();
        let items = json["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), [1, 2, 3, 4]);
    assert_eq!(listed(&["--operation", "create"]), [1, 2]);
    assert_eq!(listed(&["--connection", "lake"]), [1, 3, 4]);
    assert_eq!(listed(&["--outcome", "failed"]), [4]);
    assert!(listed(&["--outcome", "denied"]).is_empty());
    assert_eq!(listed(&["--limit", "2"]), [3, 4]);
    assert_eq!(listed(&["--since", "1h"]), [1, 2, 3, 4]);
    assert!(listed(&["--until", "1h"]).is_empty());
    assert!(listed(&["--backend", "prod"]).is_empty());
    assert!(listed(&["-n", "other"]).is_empty());
    let few = env.run(["audit", "list", "--limit", "1"]).succeeds();
    assert!(few.stderr.contains("the newest 1 of 4 records"), "{few}");
    assert!(few.stdout.contains("delete") && few.stdout.contains("failed (not-found)"), "{few}");
    env.run(["audit", "list", "--since", "yesterday"]).fails(2, "no point in time");
    let json = env.run(["audit", "list", "--json", "seq,operation"]).succeeds().json();
    assert_eq!(json[0], serde_json::json!({"seq": 1, "operation": "create"}));
    let none = env.run(["audit", "list", "--connection", "none"]).succeeds();
    assert!(none.stdout.is_empty() && none.stderr.contains("no records match"), "{none}");
}

#[test]
fn a_whole_log_is_said_to_be_whole() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["audit", "verify"]), @"
    exit code: 0
    --- stdout ---
    ok: nothing was recorded yet
    ");
    s3(&env, "lake", &[]);
    s3(&env, "sea", &[]);
    let verified = env.run(["audit", "verify"]).succeeds();
    assert!(verified.stdout.starts_with("ok: records 1 to 2 in 1 file, from 2"), "{verified}");
    let json = env.run(["audit", "verify", "-o", "json"]).succeeds().json();
    assert_eq!(
        (&json["ok"], &json["records"], &json["keyed"]),
        (&true.into(), &2.into(), &true.into())
    );
}

#[test]
fn a_log_that_was_tampered_with_is_refused_with_file_and_line() {
    let env = TestEnv::new();
    for name in ["a", "b", "c", "d"] {
        s3(&env, name, &[]);
    }
    let whole = fs_err::read_to_string(log(&env)).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let check = |lines: &[&str], what: &str, line: u64| {
        fs_err::write(log(&env), lines.join("\n") + "\n").unwrap();
        let json = env.run(["audit", "verify", "-o", "json"]).exits_with(8).json();
        let finding = &json["findings"][0];
        assert_eq!((&finding["what"], &finding["line"]), (&what.into(), &line.into()), "{json}");
        assert!(finding["file"].as_str().unwrap().ends_with("audit.jsonl"));
        let told = env.run(["audit", "verify"]).fails(8, "not as it was written");
        assert!(told.stdout.contains(what), "{told}");
    };
    let changed = lines[1].replacen("\"create\"", "\"delete\"", 1);
    check(&[lines[0], &changed, lines[2], lines[3]], "changed", 2);
    check(&[lines[0], lines[2], lines[3]], "missing", 2);
    check(&lines[..3], "truncated", 0);
    check(&[lines[0], lines[1], "{}", lines[2], lines[3]], "foreign", 3);
    check(&[lines[0], lines[2], lines[1], lines[3]], "missing", 2);
    fs_err::write(log(&env), &whole).unwrap();
    env.run(["audit", "verify"]).succeeds();
    fs_err::remove_file(log(&env)).unwrap();
    env.run(["audit", "verify"]).exits_with(8);
}

#[test]
fn an_export_can_be_checked_here_and_elsewhere() {
    let env = TestEnv::new();
    for name in ["a", "b", "c"] {
        s3(&env, name, &[]);
    }
    let export = env.run(["audit", "export", "--since", "1h"]).succeeds().stdout;
    assert_eq!(export, fs_err::read_to_string(log(&env)).unwrap());
    let path = env.file("export.jsonl", &export).display().to_string();
    env.run(["audit", "verify", &path]).succeeds();
    let other = TestEnv::new();
    let elsewhere = other.run(["audit", "verify", &path]).succeeds();
    assert!(elsewhere.stderr.contains("the key of this log is not here"), "{elsewhere}");
    let bad = export.replacen("\"connection\":\"b\"", "\"connection\":\"x\"", 1);
    let path = env.file("bad.jsonl", bad).display().to_string();
    for env in [&env, &other] {
        env.run(["audit", "verify", &path]).exits_with(8);
    }
    env.run(["audit", "verify", "/no/such/file"]).exits_with(3);
    let csv = env.run(["audit", "export", "--format", "csv"]).succeeds().stdout;
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert!(rows[0].starts_with("seq,time,event,uid,user"), "{csv}");
    assert!(rows[2].contains(",create,local,") && rows.len() == 5, "{csv}");
    assert!(env.run(["audit", "export", "--until", "1h"]).succeeds().stdout.is_empty());
}

#[test]
fn a_component_that_was_changed_leaves_a_denial() {
    let env = TestEnv::new();
    let shipped = connhub_tests::cli::components().join("local.wasm");
    fs_err::copy(shipped, env.home().join("mine.wasm")).unwrap();
    env.plugins(
        "version = 1\n[connectors.mine]\ncomponent = \"mine.wasm\"\n[connectors.mine.vault]\n[backends.mine]\nconnector = \"mine\"\n",
    );
    env.run(["plugin", "lock"]).succeeds();
    env.run(["plugin", "lock"]).succeeds();
    fs_err::write(env.home().join("mine.wasm"), "other").unwrap();
    env.run(["list", "--backend", "mine"]).exits_with(8);
    let records = records(&env);
    assert_eq!(records.len(), 2, "what is locked already is no change: {records:?}");
    assert_eq!(records[0]["operation"], "plugin lock");
    assert_eq!(records[0]["connector"]["name"], "mine");
    let denied = &records[1];
    assert_eq!((&denied["operation"], &denied["command"]), (&"start".into(), &"list".into()));
    assert_eq!(denied["outcome"]["result"], "denied");
    assert!(denied["denials"][0].as_str().unwrap().contains("mine.wasm"), "{denied}");
    fs_err::write(env.home().join("plugins.lock"), "nonsense").unwrap();
    env.run(["list"]).exits_with(8);
    assert_eq!(self::records(&env)[2]["outcome"]["code"], "refused");
    env.run(["audit", "verify"]).succeeds();
}

#[test]
fn the_log_can_be_elsewhere_and_go_to_the_systems_log() {
    let env = TestEnv::new();
    let (file, socket) = (env.files().join("sub/log.jsonl"), env.files().join("syslog"));
    let listener = UnixDatagram::bind(&socket).unwrap();
    env.plugins(&format!(
        "version = 1\n[audit]\nfile = \"{}\"\nsyslog = true\nsyslog-socket = \"{}\"\nsync = true\n",
        file.display(),
        socket.display()
    ));
    s3(&env, "lake", &[]);
    let line = fs_err::read_to_string(file).unwrap();
    let mut bytes = vec![0; 64 << 10];
    let length = listener.recv(&mut bytes).unwrap();
    let message = String::from_utf8(bytes[..length].to_vec()).unwrap();
    assert!(message.starts_with("<86>") && message.contains(" connhub["), "{message}");
    assert!(message.ends_with(line.trim_end()), "{message}");
    assert_eq!(env.canaries().find(message.as_bytes()), None);
    assert!(!log(&env).exists());
    env.run(["audit", "verify"]).succeeds();
    drop(listener);
    let words = ["delete", "lake", "-y"];
    let outcome = env.run(words).succeeds();
    assert!(outcome.stderr.contains("warning: the audit log cannot be written"), "{outcome}");
}

#[test]
fn it_can_be_switched_off_and_wrong_settings_are_said() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[audit]\nenabled = false\n");
    s3(&env, "lake", &[]);
    assert!(!log(&env).exists());
    for (text, words) in [
        ("file = \"relative\"", "plugins.toml:2: in `[audit]`, `file` is not an absolute path"),
        ("files = 0", "at least 1"),
        ("fiels = 1", ":3: unknown field `fiels`"),
    ] {
        env.plugins(&format!("version = 1\n[audit]\n{text}\n"));
        env.run(["list"]).fails(2, words);
    }
}

#[test]
fn a_required_audit_is_announced_and_refuses_what_it_cannot_record() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[audit]\nrequired = true\n");
    s3(&env, "lake", &[]);
    let records = records(&env);
    let stages: Vec<_> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!(stages, ["attempt", "outcome"]);
    assert_eq!(records[1]["attempt"], 1);
    fs_err::remove_file(log(&env)).unwrap();
    fs_err::create_dir(log(&env)).unwrap();
    let secret = env.secret("other");
    let words = ["create", "other", "--type", "s3", "bucket=raw", "access_key_id=AKIA"];
    let words = words.iter().chain(&["secret_access_key=-"]);
    let refused = env.command(words).stdin(secret).run();
    insta::assert_snapshot!(refused, @"
    exit code: 8
    --- stderr ---
    error: nothing was done: the audit is required, and its log cannot be written
    cause: failed to open file `$HOME/state/audit.jsonl`: Is a directory (os error 21)

    hint: look at `$HOME/state/audit.jsonl`: who owns it, and whether its disk is full
    ");
    env.run(["delete", "lake", "-y"]).exits_with(8);
    env.run(["plugin", "lock"]).exits_with(8);
    let listed = env.run(["list", "-o", "name"]).succeeds();
    assert_eq!(listed.stdout, "lake\n", "reading needs no record, and nothing was done");
}
