//! A person at a terminal.

use super::*;

const CREATE: [&str; 6] = ["create", "x", "--type", "s3", "bucket=raw", "access_key_id=AKIA"];

#[test]
fn a_missing_secret_is_asked_for_without_echo() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let mut terminal = env.command(CREATE).on_terminal();
    terminal.waits_for("secret_access_key");
    terminal.waits_for_hidden_typing();
    terminal.types(&format!("{secret}\r"));
    terminal.waits_for_end();
    assert!(terminal.is_usual(), "the terminal is as it was");
    let outcome = terminal.finish().succeeds();
    assert!(outcome.stdout.contains("created"), "{outcome}");
    let keep = ["secret_access_key=-", "--if-exists", "keep", "-o", "json"];
    let compared = env.command(CREATE.iter().chain(&keep)).stdin(secret).run().succeeds().json();
    assert_eq!(compared["differences"], serde_json::json!([]));
}

#[test]
fn ctrl_c_at_the_question_writes_nothing_and_restores_the_terminal() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    for typed in ["\x03", &format!("{secret}\x03")] {
        let mut terminal = env.command(CREATE).on_terminal();
        terminal.waits_for("secret_access_key");
        terminal.waits_for_hidden_typing();
        terminal.types(typed);
        terminal.waits_for_end();
        assert!(terminal.is_usual(), "the terminal is as it was");
        terminal.finish().exits_with(130);
        env.run(["get", "x"]).exits_with(3);
    }
}

#[test]
fn a_signal_at_the_question_restores_the_terminal() {
    let env = TestEnv::new();
    for signal in ["INT", "TERM"] {
        let mut terminal = env.command(CREATE).on_terminal();
        terminal.waits_for("secret_access_key");
        terminal.waits_for_hidden_typing();
        let mut kill = std::process::Command::new("kill");
        let id = terminal.id().to_string();
        assert!(kill.args([&format!("-{signal}"), &id]).status().unwrap().success());
        terminal.waits_for_end();
        assert!(terminal.is_usual(), "the terminal is as it was after SIG{signal}");
        let outcome = terminal.finish();
        assert!(outcome.code > 128, "{signal}: {outcome}");
        env.run(["get", "x"]).exits_with(3);
    }
}

#[test]
fn an_empty_answer_is_no_secret() {
    let env = TestEnv::new();
    let mut terminal = env.command(CREATE).on_terminal();
    terminal.waits_for("secret_access_key");
    terminal.waits_for_hidden_typing();
    terminal.types("\r");
    terminal.finish().exits_with(2);
    env.run(["get", "x"]).exits_with(3);
}

#[test]
fn a_passphrase_is_asked_for_twice_and_then_once() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[vault]\nkey = \"passphrase\"\nunlocked-seconds = 0\n");
    let passphrase = env.secret("passphrase");
    let types = |terminal: &mut connhub_tests::cli::Terminal<'_>, question: &str, text: &str| {
        terminal.waits_for(question);
        terminal.waits_for_hidden_typing();
        terminal.types(&format!("{text}\r"));
    };
    let create = "create x --type uri uri=https://a.example.com".split(' ');
    let mut terminal = env.command(create).on_terminal();
    types(&mut terminal, "new passphrase", &passphrase);
    types(&mut terminal, "again", &passphrase);
    terminal.finish().succeeds();
    let mut terminal = env.command(["get", "x", "-o", "name"]).on_terminal();
    types(&mut terminal, "passphrase of the local store", &passphrase);
    terminal.waits_for_end();
    assert!(terminal.is_usual());
    terminal.finish().succeeds();
    let mut terminal = env.command(["list"]).on_terminal();
    types(&mut terminal, "passphrase of the local store", "wrong");
    terminal.finish().exits_with(4);
}

#[test]
fn deleting_is_asked_about() {
    let env = two_connections();
    for (answer, code, is_there) in
        [("n\r", 1, true), ("\r", 1, true), ("\x03", 130, true), ("y\r", 0, false)]
    {
        let mut terminal = env.command(["delete", "sales"]).on_terminal();
        terminal.waits_for("[y/N]");
        terminal.types(answer);
        terminal.waits_for_end();
        assert!(terminal.is_usual());
        let outcome = terminal.finish();
        assert_eq!(outcome.code, code, "{answer:?}\n{outcome}");
        let found = env.run(["get", "sales"]).code;
        assert_eq!(found == 0, is_there, "{answer:?}");
    }
}

#[test]
fn the_question_names_what_will_be_deleted() {
    let env = two_connections();
    let mut terminal = env.command(["delete", "sales", "orders", "-n", "default"]).on_terminal();
    terminal.waits_for("[y/N]");
    terminal.types("n\r");
    insta::assert_snapshot!(terminal.finish(), @"
    exit code: 1
    --- stdout ---
    delete `sales`, `orders` in backend `local`, folder `default`? [y/N] n
    [1;31merror:[0m nothing was deleted
    ");
}

#[test]
fn nobody_is_asked_when_stdin_or_stderr_is_no_terminal() {
    let env = TestEnv::new();
    for redirection in ["< /dev/null", "2> /dev/null"] {
        let script = format!("exec \"$@\" {redirection}");
        let terminal = env.command(CREATE).by(["sh", "-c", &script, "sh"]).on_terminal();
        terminal.finish().exits_with(2);
    }
}

#[test]
fn colors_on_a_terminal() {
    let env = two_connections();
    let colored = env.command(["get", "nobody"]).on_terminal().finish();
    assert!(colored.stdout.contains("\u{1b}["), "{colored}");
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let run = env.command(["get", "nobody"]).variable(variable.0, variable.1);
        let plain = run.on_terminal().finish();
        assert!(!plain.stdout.contains('\u{1b}'), "{variable:?}\n{plain}");
    }
}

#[test]
fn a_quick_command_shows_no_progress() {
    let env = two_connections();
    let plain = env.command(["list"]).variable("NO_COLOR", "1").on_terminal().finish().succeeds();
    assert!(!plain.stdout.contains('\u{1b}') && !plain.stdout.contains('\r'), "{plain:?}");
}
