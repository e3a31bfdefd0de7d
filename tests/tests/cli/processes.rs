//! What other users of the machine can see of a process that has a secret.

use super::*;

/// What `/proc` shows of a process. Other users see the command line; the environment shows to this
/// user only, and holds no secret that the user did not put there.
fn seen(process: u32) -> Vec<u8> {
    ["cmdline", "environ", "comm", "status"]
        .iter()
        .flat_map(|file| fs_err::read(format!("/proc/{process}/{file}")).unwrap_or_default())
        .collect()
}

#[test]
fn neither_command_line_nor_environment_hold_a_secret() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let file = env.secret_file("other");
    let token = format!("session_token=@{}", file.display());
    let words =
        ["create", "x", "--type", "s3", "access_key_id=AKIA", "secret_access_key=-", &token];
    let mut running = env.command(words).open_stdin().start();
    running.writes(secret.as_bytes());
    std::thread::sleep(std::time::Duration::from_millis(100));
    let seen = seen(running.id());
    assert!(String::from_utf8_lossy(&seen).contains("secret_access_key=-"), "it was running");
    assert_eq!(env.canaries().find(&seen), None);
    running.finish().succeeds();
}

#[test]
fn a_crash_would_write_no_memory_to_a_file() {
    let env = TestEnv::new();
    let words = ["create", "x", "--type", "s3", "access_key_id=AKIA", "secret_access_key=-"];
    let unlimited = ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"];
    let mut running = env.command(words).by(unlimited).open_stdin().start();
    running.writes(env.secret("key").as_bytes());
    std::thread::sleep(std::time::Duration::from_millis(100));
    let limits = fs_err::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    running.finish().succeeds();
}

/// A program that writes down its arguments and its environment, and fails.
fn spy(env: &TestEnv) -> (std::path::PathBuf, std::path::PathBuf) {
    let seen = env.files().join("seen");
    let script = format!("#!/bin/sh\nenv >> '{0}'\necho \"$@\" >> '{0}'\nexit 1\n", seen.display());
    let program = env.file("program", script);
    set_executable(&program);
    (program, seen)
}

#[test]
fn programs_that_are_run_for_keys_and_logins_get_no_secret() {
    for key in ["command", "passphrase"] {
        let env = TestEnv::new();
        let (program, seen) = spy(&env);
        env.plugins(&format!(
            "version = 1\n[vault]\nkey = \"{key}\"\ncommand = [\"{}\", \"argument\"]\n",
            program.display()
        ));
        let secret = env.secret("key");
        let words = ["create", "x", "--type", "s3", "access_key_id=AKIA"];
        let path = std::env::var("PATH").unwrap_or_default();
        let run = env.command(words).variable("CONNHUB_SECRET_SECRET_ACCESS_KEY", &secret);
        let outcome = run.variable("PATH", path).run();
        assert_ne!(outcome.code, 0, "{outcome}");
        let seen = fs_err::read(seen).unwrap();
        assert!(String::from_utf8_lossy(&seen).contains("argument"), "the program was run");
        assert_eq!(env.canaries().find(&seen), None, "the {key} program saw a secret");
    }
}

fn set_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}
