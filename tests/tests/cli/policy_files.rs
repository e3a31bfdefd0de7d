//! Which policy files count: the system's only if nobody but root can change it, others in addition.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use super::*;

const ALL: &str = "version = 1\n[[allow]]\nconnectors = [\"*\"]\n";

/// Runs `connhub list` on a machine whose `/etc/connhub` was changed.
#[track_caller]
fn list_with(change: impl FnOnce(&Path)) -> Outcome {
    let env = TestEnv::new();
    let policy = env.system_file("policy.toml", ALL);
    change(&policy);
    env.command(["list"]).on_own_machine().run()
}

#[track_caller]
fn refused(change: impl FnOnce(&Path), words: &str) {
    let outcome = list_with(change).fails(8, "/etc/connhub");
    assert!(outcome.stderr.contains(words), "no `{words}` in\n{outcome}");
    assert!(outcome.stdout.is_empty(), "{outcome}");
}

fn mode(path: &Path, mode: u32) {
    fs_err::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn folder(policy: &Path) -> &Path {
    policy.parent().unwrap()
}

#[test]
fn a_file_that_only_root_can_change_is_used_and_none_is_fine() {
    list_with(|_| ()).succeeds();
    list_with(|policy| fs_err::remove_file(policy).unwrap()).succeeds();
    list_with(|policy| fs_err::write(policy, "version = 1\n").unwrap()).fails(8, "no `[[allow]]`");
    list_with(|policy| mode(policy, 0o400)).succeeds();
}

#[test]
fn a_file_that_others_could_change_stops_everything() {
    refused(|policy| mode(policy, 0o664), "can be written by others than root (mode 664)");
    refused(|policy| mode(policy, 0o646), "mode 646");
    refused(|policy| mode(folder(policy), 0o775), "`/etc/connhub` can be written by others");
    refused(|policy| mode(folder(policy), 0o1777), "mode 1777");
    refused(|policy| chown(policy, Some(12345), None).unwrap(), "the user with the id 12345");
    refused(
        |policy| chown(folder(policy), Some(12345), None).unwrap(),
        "`/etc/connhub` belongs to",
    );
}

#[test]
fn a_link_is_not_followed() {
    let elsewhere = |policy: &Path| {
        let file = folder(policy).join("real.toml");
        fs_err::rename(policy, &file).unwrap();
        symlink("real.toml", policy).unwrap();
    };
    refused(elsewhere, "symbolic link");
    refused(
        |policy| {
            fs_err::remove_file(policy).unwrap();
            symlink("/nowhere", policy).unwrap();
        },
        "symbolic link",
    );
    let env = TestEnv::new();
    fs_err::remove_dir(env.system()).unwrap();
    symlink(env.files(), env.system()).unwrap();
    env.file("policy.toml", ALL);
    env.command(["list"]).on_own_machine().run().fails(8, "`/etc/connhub` is a symbolic link");
}

#[test]
fn what_cannot_be_read_or_understood_is_not_ignored() {
    let again = |policy: &Path| fs_err::remove_file(policy).unwrap();
    refused(
        |policy| {
            again(policy);
            fs_err::create_dir(policy).unwrap();
        },
        "not a file",
    );
    refused(|policy| fs_err::write(policy, b"version = 1 # \xff\n").unwrap(), "UTF-8");
    refused(|policy| fs_err::write(policy, vec![b' '; 2 << 20]).unwrap(), "more than 1 MiB");
    refused(|policy| fs_err::write(policy, "version = 1\nforbit = []\n").unwrap(), "policy.toml:2");
    refused(|policy| fs_err::write(policy, "").unwrap(), "version");
    let env = TestEnv::new();
    fs_err::remove_dir(env.system()).unwrap();
    fs_err::write(env.system(), "a file in the place of the folder").unwrap();
    env.command(["list"]).on_own_machine().run().fails(8, "cannot be read, so nothing may run");
}

#[test]
fn commands_that_run_no_connector_do_not_need_a_policy_that_can_be_trusted() {
    let env = TestEnv::new();
    let policy = env.system_file("policy.toml", "version = 1\nforbit = []\n");
    mode(&policy, 0o666);
    let run = |words: &[&str]| env.command(words).on_own_machine().run();
    run(&["version"]).succeeds();
    run(&["policy", "init"]).succeeds();
    run(&["policy", "check", "/etc/connhub/policy.toml"]).exits_with(2);
    for words in [&["plugin", "list"][..], &["check"], &["policy", "show"], &["list"]] {
        run(words).fails(8, "/etc/connhub/policy.toml");
    }
}

#[test]
fn further_files_only_narrow() {
    let env = TestEnv::new();
    let all = env.file("all.toml", ALL);
    let none = env.file("none.toml", "version = 1\ncontact = \"the team\"\n");
    let all = all.to_str().unwrap();
    let none = none.to_str().unwrap();
    env.run(["list", "--policy", all]).succeeds();
    env.run(["list", "--policy", none]).fails(8, "ask the team");
    env.run(["list", "--policy", all, "--policy", none]).fails(8, "none.toml:1");
    env.run(["list", "--policy", none, "--policy", all]).fails(8, "none.toml:1");
    env.command(["list"]).variable("CONNHUB_POLICY", format!("{all}:{none}")).run().exits_with(8);
    env.command(["list"]).variable("CONNHUB_POLICY", all).run().succeeds();
    env.command(["list", "--policy", all]).variable("CONNHUB_POLICY", none).run().exits_with(8);
    env.run(["list", "--policy", "/no/such/file"]).fails(3, "/no/such/file");
    let wrong = env.file("wrong.toml", "version = 1\nforbid = [\"revael\"]\n");
    let wrong = env.run(["list", "--policy", wrong.to_str().unwrap()]);
    insta::assert_snapshot!(wrong, @"
    exit code: 8
    --- stderr ---
    error: the policy is not valid, so nothing may run: $FILES/wrong.toml:2: `revael` is not known here (did you mean `reveal`?)

    hint: `connhub policy check $FILES/wrong.toml` shows all that is wrong with it
    ");
    env.system_file("policy.toml", "version = 1\n");
    let both = env.command(["list", "--policy", all]).on_own_machine().run();
    both.fails(8, "/etc/connhub/policy.toml:1");
}
