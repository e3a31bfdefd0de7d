//! `connhub env`: real readers read what it writes.

use std::process::{Command, Stdio};

use super::*;

/// Runs a script of a reader, and returns its stdout.
#[track_caller]
fn read_by(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).env_remove("ENV").stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A connection whose secret has every character of Latin-1 that a password may have.
fn awkward(env: &TestEnv) -> String {
    let all: String = (1..=255u8).map(char::from).filter(|c| !c.is_control()).collect();
    let secret = format!("{} {all} '\"\\", env.secret("all"));
    env.watch("whole", &secret);
    let file = env.file("all-characters", &secret);
    let field = format!("password=@{}", file.display());
    env.run([
        "create",
        "db",
        "--type",
        "postgresql",
        "host=db.example.com",
        "database=sales",
        "username=o'brien",
        &field,
    ])
    .succeeds();
    secret
}

#[test]
fn shells_get_back_every_byte() {
    let env = TestEnv::new();
    let secret = awkward(&env);
    let text = env.command(["env", "db"]).revealing().run().succeeds().stdout;
    let file = env.file("variables.sh", &text);
    let script = format!(
        ". '{}'; printf '%s|%s|%s' \"$PGPASSWORD\" \"$PGUSER\" \"$PGPORT\"",
        file.display()
    );
    for shell in ["sh", "bash"] {
        assert_eq!(read_by(shell, &["-c", &script]), format!("{secret}|o'brien|5432"), "{shell}");
    }
    let reader = "eval \"$(cat \"$1\")\"; printf %s \"$PGPASSWORD\"";
    assert_eq!(read_by("sh", &["-c", reader, "sh", file.to_str().unwrap()]), secret);
}

#[test]
fn line_ends_and_control_characters_arrive_as_well() {
    let env = TestEnv::new();
    let all: String = (1..=255u8).map(char::from).collect();
    let secret = format!("{}{all}\n\n", env.secret("token"));
    let file = env.file("token", &secret);
    let words = ["create", "odd", "--type", "my-own", &format!("token=@{}", file.display())];
    env.run(words).succeeds();
    let text = env.command(["env", "odd"]).revealing().run().succeeds().stdout;
    let file = env.file("variables.sh", &text);
    let script = format!(". '{}'; printf '%s' \"$TOKEN\"", file.display());
    for shell in ["sh", "bash"] {
        assert_eq!(read_by(shell, &["-c", &script]), secret, "{shell}");
    }
    let json = env.command(["env", "odd", "--format", "json"]).revealing().run().succeeds().json();
    assert_eq!(json["TOKEN"], secret);
}

#[test]
fn json_gets_back_every_byte() {
    let env = TestEnv::new();
    let secret = awkward(&env);
    let outcome = env.command(["env", "db", "--format", "json"]).revealing().run().succeeds();
    assert_eq!(outcome.json()["PGPASSWORD"], secret);
    assert_eq!(outcome.json()["PGHOST"], "db.example.com");
}

#[test]
fn a_build_server_gets_lines_with_an_end_of_their_own() {
    let env = TestEnv::new();
    let secret = awkward(&env);
    let outcome =
        env.command(["env", "db", "-f", "github", "--only", "password"]).revealing().run();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let at =
        lines.iter().position(|line| *line == "PGPASSWORD<<END_OF_VALUE").expect("the variable");
    assert_eq!((lines[at + 1], lines[at + 2]), (secret.as_str(), "END_OF_VALUE"));
}

#[test]
fn what_needs_a_file_is_left_out_and_said() {
    let env = TestEnv::new();
    let key = serde_json::json!({ "type": "service_account", "private_key": env.secret("key") });
    let file = env.file("key.json", key.to_string());
    let field = format!("service_account_key=@{}", file.display());
    env.run(["create", "store", "--type", "gcs", "bucket=raw", &field]).succeeds();
    let outcome = env.command(["env", "store"]).revealing().run().succeeds();
    assert!(!outcome.stdout.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{}", outcome.stderr);
}

#[test]
fn a_login_of_the_shell_does_not_stay_beside_the_new_one() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let command = env.command(["env", "lake"]).variable("AWS_SESSION_TOKEN", "of another login");
    let text = command.revealing().run().succeeds().stdout;
    assert!(text.ends_with("unset AWS_SESSION_TOKEN\n"));
}

#[test]
fn a_terminal_shows_secrets_only_when_asked() {
    let env = TestEnv::new();
    s3(&env, "lake", &["bucket=raw"]);
    let terminal = env.command(["env", "lake"]).on_terminal();
    terminal.waits_for("secrets would be shown on the terminal");
    terminal.finish().exits_with(2);
    let terminal = env.command(["env", "lake", "--only", "bucket"]).on_terminal();
    terminal.waits_for("export AWS_S3_BUCKET='raw'");
    terminal.finish().succeeds();
}
