//! `connhub exec`.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// Waits for a file that a command writes.
#[track_caller]
fn wait_for(path: &std::path::Path) -> String {
    let started = Instant::now();
    loop {
        match fs_err::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ if started.elapsed() > Duration::from_secs(60) => panic!("no {}", path.display()),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// A connection of which a consumer needs a file.
fn gcs(env: &TestEnv) -> String {
    let secret = env.secret("key");
    let key = serde_json::json!({ "type": "service_account", "private_key": secret }).to_string();
    let file = env.file("key.json", &key);
    let field = format!("service_account_key=@{}", file.display());
    env.run(["create", "store", "--type", "gcs", "bucket=raw", &field]).succeeds();
    key
}

#[test]
fn the_command_gets_every_spelling_and_everything_else_passes() {
    let env = TestEnv::new();
    let secret = s3(&env, "lake", &["endpoint=http://127.0.0.1:9", "bucket=raw"]);
    let script = "printf '%s|' \"$AWS_SECRET_ACCESS_KEY\" \"$S3_ENDPOINT_URL\" \"$AWS_ENDPOINT_URL_S3\" \"$AWS_S3_BUCKET\" \"$KEPT\" \"${AWS_SESSION_TOKEN-none}\" \"${CONNHUB_SECRET_X-none}\" \"$1\"; cat";
    let outcome = with_path(&env, &["exec", "lake", "--", "sh", "-c", script, "sh", "--only"])
        .variable("KEPT", "kept")
        .variable("AWS_SESSION_TOKEN", "of another login")
        .variable("CONNHUB_SECRET_X", "not for others")
        .stdin("from stdin")
        .revealing()
        .run()
        .succeeds();
    let url = "http://127.0.0.1:9";
    assert_eq!(
        outcome.stdout,
        format!("{secret}|{url}|{url}|raw|kept|none|none|--only|from stdin")
    );
    assert_eq!(outcome.stderr, "");
}

/// The limit of this process for dumps of memory, as shells print it.
fn core_limit() -> String {
    let shell = std::process::Command::new("sh").args(["-c", "ulimit -c"]).output().unwrap();
    String::from_utf8(shell.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let check = |words: &[&str], code| {
        let all: Vec<&str> = ["exec", "lake"].iter().chain(words).copied().collect();
        with_path(&env, &all).run().exits_with(code);
    };
    for mask in [None, Some("--mask")] {
        let check = |words: &[&str], code| {
            let words: Vec<&str> =
                mask.into_iter().chain(["--"]).chain(words.iter().copied()).collect();
            check(&words, code);
        };
        check(&["true"], 0);
        check(&["sh", "-c", "exit 42"], 42);
        check(&["sh", "-c", "kill -TERM $$"], 143);
        check(&["no-such-command-of-connhub"], 127);
        check(&["/dev/null"], 126);
        // The limits are those that the user set, too.
        let same = format!("[ \"$(ulimit -c)\" = {} ]", core_limit());
        check(&["sh", "-c", &same], 0);
    }
    insta::assert_snapshot!(with_path(&env, &["exec", "lake", "--", "no-such-command-of-connhub"]).run(), @"
    exit code: 127
    --- stderr ---
    error: there is no command `no-such-command-of-connhub`
    ");
    insta::assert_snapshot!(with_path(&env, &["exec", "sea", "--", "true"]).run(), @"
    exit code: 3
    --- stderr ---
    error: there is no connection `sea` (connector `local`)

    hint: see what there is with `connhub list --backend local`
    ");
}

#[test]
fn connections_that_clash_are_an_error_with_a_way_out() {
    let env = TestEnv::new();
    s3(&env, "lake", &["bucket=raw"]);
    let secret = s3(&env, "sea", &["bucket=deep"]);
    let script = "printf %s \"$SEA_AWS_SECRET_ACCESS_KEY\"";
    insta::assert_snapshot!(with_path(&env, &["exec", "lake", "sea", "--", "true"]).run(), @"
    exit code: 2
    --- stderr ---
    error: `lake` and `sea` want different values for `AWS_S3_BUCKET`

    hint: tell them apart with `--prefix '{NAME}_'`, and the variables begin with the name of their connection
    hint: or name the few that you need: `--only` keeps fields or variables, `--map 'sea#FIELD=VARIABLE'` adds one
    ");
    for sea in ["connhub://local/sea", "local/sea", "default/sea", "local/default/sea"] {
        let words = ["exec", "lake", sea, "--prefix", "{NAME}_", "--", "sh", "-c", script];
        assert_eq!(with_path(&env, &words).revealing().run().succeeds().stdout, secret, "{sea}");
    }
    let script = "printf %s \"$K$AWS_SECRET_ACCESS_KEY\"";
    let words = ["exec", "sea", "--map", "secret_key=K", "--only", "K", "--", "sh", "-c", script];
    assert_eq!(with_path(&env, &words).revealing().run().succeeds().stdout, secret);
}

#[test]
fn masked_output_holds_no_secret_however_it_comes() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let script = "k=$AWS_SECRET_ACCESS_KEY; printf 'a %s b\\n' \"$k\"; printf 'c %s d\\n' \"$k\" >&2; \
        printf '%s' \"$k\" | while IFS= read -r -n1 c; do printf '%s' \"$c\"; sleep 0.005; done; echo; \
        printf '%s' \"$k\" | base64; exit 3";
    // The output of the command is searched for the secret as any other.
    let outcome = with_path(&env, &["exec", "lake", "--mask", "--", "bash", "-c", script])
        .run()
        .exits_with(3);
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>()[..2], ["a *** b", "***"], "{outcome}");
    assert_eq!(outcome.stderr, "c *** d\n");
}

#[test]
fn files_are_private_and_gone_when_the_command_is() {
    let env = TestEnv::new();
    let key = gcs(&env);
    let places = env.files().join("run");
    fs_err::create_dir(&places).unwrap();
    fs_err::set_permissions(&places, std::fs::Permissions::from_mode(0o700)).unwrap();
    let script = "f=$GOOGLE_APPLICATION_CREDENTIALS; stat -c '%a' \"$f\" \"$(dirname \"$f\")\"; echo \"$f\"; cat \"$f\"";
    let outcome = with_path(&env, &["exec", "store", "--", "sh", "-c", script])
        .variable("XDG_RUNTIME_DIR", &places)
        .revealing()
        .run()
        .succeeds();
    let lines: Vec<&str> = outcome.stdout.splitn(4, '\n').collect();
    assert_eq!(lines[..2], ["600", "700"]);
    assert!(std::path::Path::new(lines[2]).starts_with(&places), "{}", lines[2]);
    assert_eq!(lines[3], key);
    assert_eq!(fs_err::read_dir(&places).unwrap().count(), 0);
}

#[test]
fn signals_are_passed_on_and_leave_no_file() {
    let env = TestEnv::new();
    gcs(&env);
    let places = env.files().join("run");
    fs_err::create_dir(&places).unwrap();
    fs_err::set_permissions(&places, std::fs::Permissions::from_mode(0o700)).unwrap();
    let ready = env.files().join("ready");
    let script = format!(
        "trap 'echo caught; exit 5' TERM; echo ready > '{}'; while :; do sleep 0.01; done",
        ready.display()
    );
    let running = with_path(&env, &["exec", "store", "--", "sh", "-c", &script])
        .variable("XDG_RUNTIME_DIR", &places)
        .start();
    wait_for(&ready);
    assert_eq!(fs_err::read_dir(&places).unwrap().count(), 1);
    kill_process(Pid::from_raw(running.id() as i32).unwrap(), Signal::TERM).unwrap();
    let outcome = running.finish().exits_with(5);
    assert_eq!(outcome.stdout, "caught\n");
    assert_eq!(fs_err::read_dir(&places).unwrap().count(), 0);
}

#[test]
fn wrong_words_are_explained() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    env.run(["exec", "lake"]).fails(2, "COMMAND");
    env.run(["exec", "lake", "--only", "bukket", "--", "true"])
        .fails(2, "has no field or variable `bukket`");
    env.run(["exec", "lake", "--map", "x", "--", "true"]).fails(2, "FIELD=VARIABLE");
    env.run(["exec", "lake", "--prefix", "a-b", "--", "true"]).fails(2, "a prefix has letters");
    env.run(["exec", "connhub://local/lake#bucket", "--", "true"])
        .fails(2, "names the field `bucket`");
    env.run(["exec", "connhub://nowhere/lake", "--", "true"]).fails(3, "no backend `nowhere`");
    env.run(["exec", "local/other/lake", "--", "true"]).exits_with(3);
    env.run(["exec", "local//lake", "--", "true"]).fails(2, "`BACKEND/NAME`");
    env.run(["exec", "local/", "--", "true"]).fails(2, "add its name: `local/NAME`");
}
