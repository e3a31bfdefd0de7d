//! Disks that are full or cannot be written to.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use connhub_tests::cli::can_change_user;

use super::*;

/// A file system of its own on the home, as large as is asked for, seen by commands that are run
/// [`SmallDisk::run`].
pub struct SmallDisk {
    holder: Child,
}

impl SmallDisk {
    /// None where users may not mount anything.
    pub fn mount(on: &Path, options: &str) -> Option<Self> {
        let script = format!(
            "mount -t tmpfs -o {options},mode=700 tmpfs '{}' && echo ready && cat",
            on.display()
        );
        let mut holder = Command::new("unshare");
        holder.args(["--user", "--map-root-user", "--mount", "--", "sh", "-c", &script]);
        holder.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = holder.spawn().ok()?;
        let mut line = String::new();
        BufReader::new(holder.stdout.take()?).read_line(&mut line).ok()?;
        (line == "ready\n").then_some(Self { holder })
    }

    /// Runs a command that sees the disk.
    pub fn run(&self, run: Run<'_>) -> Outcome {
        run.by(self.entering()).run()
    }

    /// Runs a shell script that sees the disk.
    fn shell(&self, script: &str) {
        let words = self.entering();
        let mut shell = Command::new(&words[0]);
        let status = shell.args(&words[1..]).args(["sh", "-c", script]).status().unwrap();
        assert!(status.success(), "{script}");
    }

    fn entering(&self) -> Vec<String> {
        let process = self.holder.id().to_string();
        let words =
            ["nsenter", "--user", "--mount", "--preserve-credentials", "--target", &process, "--"];
        words.map(str::to_owned).into()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let env = TestEnv::new();
    let Some(disk) = SmallDisk::mount(&env.home(), "size=512k") else {
        eprintln!("skipped: this machine lets nobody mount anything");
        return;
    };
    let secret = env.secret("key");
    disk.run(create(&env, "first", &secret)).succeeds();
    let fill = format!("cat /dev/zero > '{}/filling' 2>/dev/null || true", env.home().display());
    disk.shell(&fill);
    let mut refused = 0;
    for number in 0..20 {
        let outcome = disk.run(create(&env, &format!("c{number}"), &secret));
        if outcome.code != 0 {
            refused += 1;
            assert_eq!(outcome.code, 1, "{outcome}");
            assert!(outcome.stderr.contains("no space left"), "{outcome}");
            if refused == 1 {
                insta::assert_snapshot!(outcome, @"
                exit code: 1
                --- stderr ---
                error: there is no space left for `$HOME/data/vault/store.db`
                cause: there was no room for the index of its log

                hint: make room: `df -h '$HOME/data/vault'`
                ");
            }
        }
    }
    assert!(refused > 0, "the disk was never full");
    // The index of the database's log has no room either, and is done without.
    disk.run(env.command(["list"])).succeeds();
    disk.shell(&format!("rm '{}/filling'", env.home().display()));
    let listed = disk.run(env.command(["list", "-o", "json"])).succeeds().json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 21 - refused);
    disk.run(create(&env, "last", &secret)).succeeds();
}

#[test]
fn a_disk_that_is_full_from_the_start_leaves_no_broken_store() {
    let env = TestEnv::new();
    let Some(disk) = SmallDisk::mount(&env.home(), "size=64k") else {
        eprintln!("skipped: this machine lets nobody mount anything");
        return;
    };
    let secret = env.secret("key");
    let home = env.home();
    let home = home.display();
    disk.shell(&format!("cat /dev/zero > '{home}/filling' 2>/dev/null || true"));
    let outcome = disk.run(create(&env, "sales", &secret));
    assert_eq!(outcome.code, 1, "{outcome}");
    disk.shell(&format!("rm '{home}/filling'; mount -o remount,size=4m '{home}'"));
    disk.run(create(&env, "sales", &secret)).succeeds();
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    if !can_change_user() {
        eprintln!("skipped: this machine lets nobody have a user namespace");
        return;
    }
    const ADA: u32 = 30001;
    let env = TestEnv::new();
    set_mode(&env.home(), 0o500);
    let outcome = create(&env, "sales", &env.secret("key")).as_user(ADA).run();
    insta::assert_snapshot!(outcome, @"
    exit code: 1
    --- stderr ---
    error: cannot make the folder `$HOME/data/vault`
    cause: Permission denied (os error 13)

    hint: look at it: `ls -ld '$HOME/data/vault'`
    ");
    let outcome = env.command(["list"]).as_user(ADA).run();
    assert_eq!(outcome.code, 0, "reading an empty store needs no writing\n{outcome}");
    set_mode(&env.home(), 0o700);
}

#[test]
fn a_store_on_a_disk_that_cannot_be_written_is_said() {
    if !can_change_user() {
        eprintln!("skipped: this machine lets nobody have a user namespace");
        return;
    }
    const ADA: u32 = 30001;
    let env = TestEnv::new();
    let secret = env.secret("key");
    create(&env, "sales", &secret).as_user(ADA).run().succeeds();
    let before = Backup::of(&vault(&env));
    set_mode(&vault(&env), 0o500);
    let write = create(&env, "other", &secret).as_user(ADA).run();
    insta::assert_snapshot!(write, @"
    exit code: 1
    --- stderr ---
    error: the local store cannot be changed: you may not write in its folder `$HOME/data/vault`

    hint: `chmod u+w '$HOME/data/vault'`, or work in another place: `CONNHUB_HOME=FOLDER`
    ");
    let listed = env.command(["list"]).as_user(ADA).run().succeeds();
    assert!(listed.stdout.contains("sales"), "{listed}");
    set_mode(&vault(&env), 0o700);
    assert_eq!(Backup::of(&vault(&env)), before);
    let listed = env.command(["list"]).as_user(ADA).run().succeeds();
    assert!(listed.stdout.contains("sales") && !listed.stdout.contains("other"), "{listed}");
}

#[test]
fn a_store_on_a_read_only_file_system_is_read() {
    let env = TestEnv::new();
    let Some(disk) = SmallDisk::mount(&env.home(), "size=4m") else {
        eprintln!("skipped: this machine lets nobody mount anything");
        return;
    };
    let secret = env.secret("key");
    disk.run(create(&env, "sales", &secret)).succeeds();
    let home = env.home();
    let home = home.display();
    disk.shell(&format!("mount -o remount,ro '{home}'"));
    for words in [&["list"][..], &["get", "sales"], &["check"]] {
        let read = disk.run(env.command(words)).succeeds();
        assert!(words == ["check"] || read.stdout.contains("sales"), "{read}");
        assert_eq!(read.stderr, "", "{read}");
    }
    insta::assert_snapshot!(disk.run(create(&env, "other", &secret)), @"
    exit code: 1
    --- stderr ---
    warning: the audit log cannot be written: failed to open file `$HOME/state/audit.head`: Read-only file system (os error 30)
    error: the local store cannot be changed: its folder `$HOME/data/vault` is on a read-only file system

    hint: mount the file system for writing, or work in another place: `CONNHUB_HOME=FOLDER`
    ");
    disk.shell(&format!("mount -o remount,rw '{home}'; touch '{home}/data/vault/store.db-wal'"));
    disk.shell(&format!(
        "echo left > '{home}/data/vault/store.db-wal'; chmod 600 '{home}/data/vault/store.db-wal'"
    ));
    disk.shell(&format!("mount -o remount,ro '{home}'"));
    insta::assert_snapshot!(disk.run(env.command(["list"])), @"
    exit code: 1
    --- stderr ---
    error: the local store cannot be read: its folder `$HOME/data/vault` is on a read-only file system, and it was not closed or is being changed elsewhere

    hint: read a copy of the folder: `cp -a '$HOME/data/vault' FOLDER`; or mount the file system for writing and repeat the command, which closes the store
    ");
}
