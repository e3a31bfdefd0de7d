//! `connhub plugin dev`: builds again when something changes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use connhub_tests::cli::Run;

use super::*;

/// What a check that passed has in the first column on a terminal.
const GREEN_OK: &str = "\x1b[32mok\x1b[0m";

/// A project whose compiler copies what is in `src/component`, and fails if there is nothing.
struct Work {
    env: TestEnv,
    project: PathBuf,
    programs: PathBuf,
}

impl Work {
    fn new() -> Self {
        let env = TestEnv::new();
        let (project, programs) = (env.folder("acme"), env.folder("programs"));
        fs_err::create_dir(project.join("src")).unwrap();
        fs_err::write(project.join("Cargo.toml"), "[package]\nname = \"acme\"\n").unwrap();
        program(&programs, "rustc", "echo /");
        let component = project.join("target/acme.wasm").display().to_string();
        let built = format!(
            r#"{{"reason":"compiler-artifact","package_id":"path+file:///acme#0.1.0","target":{{"kind":["cdylib"]}},"filenames":["{component}"]}}"#
        );
        let lock = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n";
        fs_err::write(project.join("Cargo.lock"), lock).unwrap();
        let manifest = project.join("Cargo.toml").display().to_string();
        let located = format!("if [ \"$1\" = locate-project ]; then echo '{manifest}'; exit; fi");
        let build = "mkdir -p target && cat src/component > target/acme.wasm";
        let script = format!("{located}\n{build} && echo '{built}'");
        program(&programs, "cargo", &script);
        Self { env, project, programs }
    }

    /// What the compiler is to make: a shipped connector.
    fn makes(&self, connector: &str) {
        let component = connhub_tests::cli::components().join(format!("{connector}.wasm"));
        fs_err::copy(component, self.project.join("src/component")).unwrap();
    }

    fn dev(&self, more: &[&str]) -> Run<'_> {
        let folder = self.project.display().to_string();
        let words =
            ["plugin", "dev", &folder].into_iter().chain(more.iter().copied()).map(str::to_owned);
        let path = format!("{}:/usr/bin:/bin", self.programs.display());
        self.env.command(words).variable("PATH", path)
    }
}

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_change_is_built_and_a_failure_waits_for_the_next() {
    let work = Work::new();
    work.makes("local");
    let mut terminal = work.dev(&["--", "vault", "status"]).on_terminal();
    terminal.waits_for("+ it needs the sealed store");
    terminal.waits_for("absent");
    terminal.waits_for("waiting for changes");
    fs_err::remove_file(work.project.join("src/component")).unwrap();
    terminal.waits_for("`src/component` has changed");
    terminal.waits_for("cannot be built");
    work.makes("vault-kv");
    terminal.waits_for("- it needs no more the sealed store");
    terminal.waits_for("+ it needs endpoint `vault`: GET ");
    terminal.waits_for("+ it needs endpoint `vault`: a mask at /data/data/*");
    terminal.types("\x03");
    terminal.finish().exits_with(130);
}

#[test]
fn a_component_is_tried_out_after_each_build() {
    let work = Work::new();
    work.makes("local");
    let mut terminal = work.dev(&["--test"]).on_terminal();
    terminal.waits_for("0 failed");
    terminal.types("\x03");
    let shown = terminal.finish().exits_with(130).stdout;
    assert!(shown.contains(GREEN_OK), "the terminal is that of the trial, too: {shown}");
}

#[test]
fn colors_are_as_they_are_asked_for() {
    let work = Work::new();
    work.makes("local");
    let mut terminal = work.dev(&["--test"]).variable("NO_COLOR", "1").on_terminal();
    terminal.waits_for("0 failed");
    terminal.types("\x03");
    let shown = terminal.finish().exits_with(130).stdout;
    assert!(!shown.contains("\x1b[32m") && !shown.contains("\x1b[1m"), "{shown}");
}

#[test]
fn a_folder_without_a_project_is_an_error_at_once() {
    let env = TestEnv::new();
    let empty = env.folder("empty").display().to_string();
    env.run(["plugin", "dev", &empty]).fails(3, "holds no `Cargo.toml`");
    env.run(["plugin", "dev", "nowhere"]).fails(3, "holds no `Cargo.toml`");
}
