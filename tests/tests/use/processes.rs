//! Who can see a secret while it is in use: the command that the user named, and nobody else.

use std::time::{Duration, Instant};

use super::*;

/// The processes in whose file of `/proc` a canary stands.
fn holders(env: &TestEnv, file: &str) -> Vec<u32> {
    let ids = fs_err::read_dir("/proc").unwrap().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let holds = |id: &u32| {
        let bytes = std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
        env.canaries().find(&bytes).is_some()
    };
    let mut ids: Vec<u32> = ids.filter(holds).collect();
    ids.sort_unstable();
    ids
}

fn children(id: u32) -> Vec<u32> {
    let text =
        std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn name(id: u32) -> String {
    std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default().trim().to_owned()
}

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not come to that");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn only_the_command_has_the_secret() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let running = with_path(&env, &["exec", "lake", "--", "cat"]).open_stdin().start();
    let id = running.id();
    wait_until(|| name(id) == "cat");
    assert_eq!(holders(&env, "environ"), [id]);
    assert_eq!(holders(&env, "cmdline"), Vec::<u32>::new());
    running.finish().succeeds();
}

#[test]
fn a_parent_that_stays_does_not_have_it_in_its_environment() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let running = with_path(&env, &["exec", "lake", "--mask", "--", "cat"]).open_stdin().start();
    let id = running.id();
    wait_until(|| children(id).first().is_some_and(|child| name(*child) == "cat"));
    assert_eq!(holders(&env, "environ"), children(id));
    assert_eq!(holders(&env, "cmdline"), Vec::<u32>::new());
    running.finish().succeeds();
}

#[test]
fn nothing_of_the_store_is_open_in_the_command() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let outcome =
        with_path(&env, &["exec", "lake", "--", "sh", "-c", "ls -l /proc/$$/fd"]).run().succeeds();
    let home = env.home().display().to_string();
    assert!(outcome.stdout.contains(" 0 -> ") && !outcome.stdout.contains(&home), "{outcome}");
}
