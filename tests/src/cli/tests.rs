//! The harness itself: what it must notice, it notices. `sh` stands in for the program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// What a panic says.
fn panic_of(action: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(action)).expect_err("it panics");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}

#[test]
fn a_secret_in_a_file_of_the_home_is_noticed_at_the_end() {
    let env = TestEnv::cold();
    let secret = env.secret("key");
    env.file("outside", &secret);
    env.check_files();
    let file = env.folder("data").join("file");
    fs_err::write(&file, format!("{{\"key\": \"{secret}\"}}")).unwrap();
    let panic = panic_of(|| drop(env));
    assert!(panic.contains("data/file") && panic.contains("`key`"), "{panic}");
}

#[test]
fn a_secret_in_the_name_of_a_file_is_noticed() {
    let env = TestEnv::cold();
    env.watch("login", "abcdefgh12345678");
    fs_err::write(env.folder("cache").join("abcdefgh12345678.tmp"), "x").unwrap();
    let panic = panic_of(|| drop(env));
    assert!(panic.contains("named after a secret"), "{panic}");
}

#[test]
fn a_secret_in_an_outcome_is_noticed() {
    let env = TestEnv::cold();
    let secret = env.secret("key");
    let outcome = |stdout: &str, stderr: &str| Outcome {
        code: 0,
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
        elapsed: std::time::Duration::ZERO,
        filters: env.filters().clone(),
    };
    run::check(&env, &outcome("sales  s3", "created"));
    let printed = outcome(&secret, "");
    assert!(panic_of(|| run::check(&env, &printed)).starts_with("stdout holds"));
    let logged = outcome("", &secret[..12]);
    assert!(panic_of(|| run::check(&env, &logged)).starts_with("stderr holds"));
}

#[test]
fn files_for_the_program_are_private() {
    let env = TestEnv::cold();
    let path = env.secret_file("key");
    let mode = fs_err::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(fs_err::read_to_string(path).unwrap().ends_with('\n'));
}

#[test]
fn a_terminal_shows_what_is_typed_unless_it_is_told_not_to() {
    let env = TestEnv::cold();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "echo ready; read a; stty -echo; read b; stty echo; echo $a-$b; exit 3"]);
    let mut terminal = Terminal::start(&env, shell);
    terminal.waits_for("ready");
    assert!(terminal.is_usual());
    terminal.types("seen\r");
    terminal.waits_for_hidden_typing();
    assert!(!terminal.is_usual());
    terminal.types("hidden\r");
    terminal.waits_for_end();
    assert!(terminal.is_usual());
    let outcome = terminal.finish();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (3, "ready\nseen\nseen-hidden\n"));
}

#[test]
fn ctrl_c_reaches_a_program_on_a_terminal() {
    let env = TestEnv::cold();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "echo ready; exec sleep 60"]);
    let mut terminal = Terminal::start(&env, shell);
    terminal.waits_for("ready");
    terminal.types("\x03");
    assert_eq!(terminal.finish().code, 130);
}
