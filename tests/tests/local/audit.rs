//! The audit log under many processes, kills and full disks.

use serde_json::Value;

use super::disk::SmallDisk;
use super::together::at_once;
use super::*;

#[track_caller]
fn verified(env: &TestEnv) -> Value {
    env.run(["audit", "verify", "-o", "json"]).succeeds().json()
}

#[test]
fn fifty_processes_lose_and_mix_no_line() {
    for setting in ["", "required = true\n", "max-mib = 1\n"] {
        let env = TestEnv::new();
        env.plugins(&format!("version = 1\n[audit]\n{setting}"));
        let secret = env.secret("key");
        let names: Vec<String> = (0..50).map(|number| format!("c{number:02}")).collect();
        for outcome in at_once(names.iter().map(|name| create(&env, name, &secret))) {
            let outcome = outcome.succeeds();
            assert!(outcome.stderr.is_empty(), "{outcome}");
        }
        let lines = if setting.starts_with("required") { 100 } else { 50 };
        assert_eq!(verified(&env)["records"], lines);
        let words = ["audit", "list", "-o", "json", "--outcome", "done", "--limit", "0"];
        let listed = env.run(words).succeeds().json();
        let items = listed["items"].as_array().unwrap();
        let mut found: Vec<&str> =
            items.iter().map(|item| item["connection"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, names);
    }
}

#[test]
fn a_process_that_is_killed_leaves_a_log_that_goes_on() {
    let env = TestEnv::new();
    env.plugins("version = 1\n[audit]\nrequired = true\n");
    let secret = env.secret("key");
    for number in 0..12 {
        let running = create(&env, &format!("c{number}"), &secret).start();
        std::thread::sleep(std::time::Duration::from_millis(number * 2));
        running.kill();
    }
    create(&env, "last", &secret).run().succeeds();
    verified(&env);
}

#[test]
fn a_full_disk_is_a_warning_unless_the_audit_is_required() {
    for required in [false, true] {
        let env = TestEnv::new();
        let folder = env.folder("log");
        let Some(disk) = SmallDisk::mount(&folder, "size=16k") else {
            eprintln!("skipped: this machine lets nobody mount anything");
            return;
        };
        let file = folder.join("log.jsonl");
        env.plugins(&format!(
            "version = 1\n[audit]\nrequired = {required}\nfile = \"{}\"\n",
            file.display()
        ));
        let secret = env.secret("key");
        let mut created = Vec::new();
        let mut told = 0;
        for number in 0..40 {
            let name = format!("c{number:02}");
            let outcome = disk.run(create(&env, &name, &secret));
            if !outcome.stderr.is_empty() {
                told += 1;
                assert!(outcome.stderr.contains("No space left"), "{outcome}");
            }
            match outcome.code {
                0 => created.push(name),
                code => assert_eq!((code, required), (8, true), "{outcome}"),
            }
        }
        assert!(told > 0, "the disk was never full");
        assert_eq!(created.len() < 40, required, "{}", created.len());
        assert_eq!(names(&env), created, "what was refused was not done");
        let verified = disk.run(env.command(["audit", "verify", "-o", "json"])).succeeds().json();
        assert_eq!(verified["ok"], true, "{verified}");
    }
}
