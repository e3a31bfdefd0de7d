//! `connhub plugin test` and `connhub plugin bench` that somebody stops: they put everything away, and no process goes on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use connhub_tests::cli::components;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use super::*;

/// No step of a command takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what the program makes while it works, `inside` a folder of its own in the temporary folder.
fn wait_for(temporary: &Path, inside: &str) {
    let started = Instant::now();
    let folders = || -> Vec<PathBuf> {
        fs_err::read_dir(temporary).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    while !folders().iter().any(|folder| folder.join(inside).exists()) {
        assert!(started.elapsed() < PATIENCE, "nothing in `{}`", temporary.display());
        std::thread::yield_now();
    }
}

/// Stops a command on the connector of the local store, as soon as it has made this, and looks at what is left.
fn stop(words: &[&str], inside: &str, stop: fn(Pid)) -> connhub_tests::cli::Outcome {
    let env = TestEnv::new();
    let file = components().join("local.wasm").display().to_string();
    let temporary = env.folder("temporary");
    let words = words.iter().map(|word| if *word == "FILE" { file.as_str() } else { *word });
    // A session of its own, so that all of its processes can be found.
    let running = env.command(words).by(["setsid"]).variable("TMPDIR", &temporary).start();
    let program = Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap();
    wait_for(&temporary, inside);
    stop(program);
    let outcome = running.finish();
    let left: Vec<_> =
        fs_err::read_dir(&temporary).unwrap().map(|one| one.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(test_kill_process_group(program).is_err(), "a process goes on");
    assert!(!outcome.stderr.contains("panicked"), "{outcome}");
    outcome
}

/// Stops a command on a connector that needs endpoints, and has none, while the program that compiles it is at work.
fn stop_compiling(words: &[&str], stop: fn(Pid)) {
    let env = TestEnv::cold();
    let file = components().join("rhoai.wasm").display().to_string();
    let words = words.iter().map(|word| if *word == "FILE" { file.as_str() } else { *word });
    let running = env.command(words).by(["setsid"]).start();
    let number = running.id();
    let program = Pid::from_raw(i32::try_from(number).unwrap()).unwrap();
    let started = Instant::now();
    let children = || fs_err::read_to_string(format!("/proc/{number}/task/{number}/children"));
    while children().unwrap_or_default().is_empty() {
        assert!(started.elapsed() < PATIENCE, "nothing compiles");
        std::thread::yield_now();
    }
    stop(program);
    let outcome = running.finish().exits_with(130);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{outcome}");
    assert!(test_kill_process_group(program).is_err(), "a process goes on");
    let cache = env.home().join("cache/components");
    assert!(connhub_tests::cli::files_below(&cache).is_empty(), "it was waited for");
}

/// What a terminal does.
fn control_c(program: Pid) {
    kill_process_group(program, Signal::INT).unwrap();
}

/// What a supervisor does.
fn terminate(program: Pid) {
    kill_process(program, Signal::TERM).unwrap();
}

#[test]
fn a_trial_that_is_stopped_says_so_and_leaves_nothing() {
    for signal in [control_c as fn(Pid), terminate] {
        let words = ["plugin", "test", "FILE", "--type", "s3", "-o", "json"];
        let report = stop(&words, "vault", signal).exits_with(130).json();
        let items = report["items"].as_array().unwrap();
        let result = |id: &str| {
            let item = items.iter().find(|item| item["id"] == id);
            item.map(|item| (item["result"].to_string(), item["reason"].to_string()))
        };
        let stopped = |item: &&serde_json::Value| item["reason"] == "somebody stopped the trial";
        assert!(items.iter().filter(stopped).count() > 1, "{report}");
        assert_eq!(result("clean-up").unwrap().0, "\"passed\"", "{report}");
    }
}

#[test]
fn a_measurement_that_is_stopped_leaves_nothing() {
    for signal in [control_c as fn(Pid), terminate] {
        let words = ["plugin", "bench", "FILE", "--seconds", "600"];
        let outcome = stop(&words, "", signal).exits_with(130);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{outcome}");
    }
}

#[test]
fn what_compiles_for_a_command_is_stopped_with_it() {
    for words in [&["plugin", "test", "FILE"][..], &["plugin", "bench", "FILE"]] {
        for signal in [control_c as fn(Pid), terminate] {
            stop_compiling(words, signal);
        }
    }
}
