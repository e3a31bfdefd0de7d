//! The commands of `docs/session.md`, run as they stand there: each must print what the document says.
//!
//! `CONNHUB_UPDATE_DOCS=1` writes what they print into the document instead.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use connhub_tests::cli::{TestEnv, program};
use connhub_tests::kubernetes::{Cluster, Login, Options, kubeconfig};
use connhub_tests::s3::S3Server;
use connhub_tests::serve::Server;
use regex_lite::Regex;

use crate::{KEY_ID, ORDERS, consumers, secret};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/session.md");
/// Set to rewrite the document.
const UPDATE: &str = "CONNHUB_UPDATE_DOCS";
/// What the document calls the server.
const ADDRESS: &str = "127.0.0.1:19000";
/// A fence of the document whose lines are run.
const FENCE: &str = "```console";

/// What differs from day to day: the time of a file, and an age at the end of a line.
const TIMES: [(&str, &str); 2] =
    [(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-26 10:00:00"), (r"(?m) \d+s$", " 1s")];

/// One command of the document.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    /// Its lines, the prompt and all.
    typed: Vec<String>,
    /// What it prints, and `exit code N` if that is not 0.
    printed: Vec<String>,
}

/// A user with the files that the document begins with.
struct Desk {
    env: TestEnv,
    server: S3Server,
    new_secret: String,
    /// How often the connection was tested. Before the second time the server forgets the old secret.
    tests: Cell<usize>,
    _cluster: (Arc<Cluster>, Server),
}

#[test]
fn every_command_of_the_document_prints_what_it_says() {
    let document = fs_err::read_to_string(DOCUMENT).unwrap();
    let desk = Desk::new();
    let played = play(&document, |step| desk.run(step));
    if std::env::var_os(UPDATE).is_some() {
        fs_err::write(DOCUMENT, played).unwrap();
        return;
    }
    for (index, (says, prints)) in document.lines().zip(played.lines()).enumerate() {
        let line = index + 1;
        assert_eq!(says, prints, "docs/session.md:{line}; {UPDATE}=1 writes it anew:\n{played}");
    }
    assert_eq!(document, played);
}

/// The document with what its commands print.
fn play(document: &str, mut run: impl FnMut(&Step) -> Vec<String>) -> String {
    let mut played = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        played.push_str(line);
        played.push('\n');
        if line == FENCE {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            for step in steps(&block) {
                for line in step.typed.iter().chain(&run(&step)) {
                    played.push_str(line);
                    played.push('\n');
                }
            }
            played.push_str("```\n");
        }
    }
    played
}

/// The commands of one block. A line that begins with `>` goes on with the command before it.
fn steps(block: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block {
        let line = (*line).to_owned();
        match steps.last_mut() {
            _ if line.starts_with("$ ") => {
                steps.push(Step { typed: vec![line], printed: Vec::new() });
            }
            Some(step) if line.starts_with("> ") && step.printed.is_empty() => {
                step.typed.push(line);
            }
            Some(step) => step.printed.push(line),
            None => panic!("`{line}` stands before the first command of its block"),
        }
    }
    steps
}

impl Desk {
    fn new() -> Self {
        let env = TestEnv::new();
        let (old, new_secret) = (secret(), secret());
        env.watch("key", &old);
        env.watch("new-key", &new_secret);
        env.file("key", &old);
        env.file("new-key", &new_secret);
        let server = S3Server::start(KEY_ID, &old);
        server.put("raw", "orders.csv", ORDERS);
        let cluster = Cluster::new(Options::default());
        let api = Server::start(cluster.clone());
        let token = cluster.token("owner").expect("a standard user");
        env.watch("token", &token);
        env.file("kubeconfig", kubeconfig(&api, "fraud", &Login::Token(token)));
        Self { env, server, new_secret, tests: Cell::new(0), _cluster: (cluster, api) }
    }

    /// What a command prints, with the words of the document for what differs from run to run.
    fn run(&self, step: &Step) -> Vec<String> {
        if step.typed[0].starts_with("$ connhub test")
            && self.tests.replace(self.tests.get() + 1) == 1
        {
            self.server.change_secret(&self.new_secret);
        }
        let typed: Vec<&str> = step.typed.iter().map(|line| &line[2..]).collect();
        let here = self.server.url().replace("http://", "");
        let output = self.shell(&typed.join("\n").replace(ADDRESS, &here));
        let mut text = String::from_utf8_lossy(&output.stdout).replace(&here, ADDRESS);
        let leak = self.env.canaries().find(text.as_bytes());
        assert_eq!(leak, None, "`{}` prints a secret", typed.join("\n"));
        for (from, to) in self.words() {
            text = text.replace(&from, to);
        }
        for (pattern, word) in TIMES {
            text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
        }
        let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        if !output.status.success() {
            lines.push(format!("exit code {}", output.status.code().unwrap_or(-1)));
        }
        lines
    }

    /// Places that are the test's own.
    fn words(&self) -> [(String, &'static str); 2] {
        let shown = |path: PathBuf| path.display().to_string();
        [(shown(self.env.home()), "~/.config/connhub"), (shown(self.env.files()), "~")]
    }

    fn shell(&self, script: &str) -> std::process::Output {
        let program = program();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let ours = [program.parent().unwrap().to_owned(), consumers().join("bin")];
        let folders = ours.into_iter().chain(std::env::split_paths(&path));
        let mut shell = Command::new("bash");
        // Both streams in one, as on a terminal.
        shell.args(["-c", &format!("exec 2>&1\n{script}")]).env_clear();
        shell.env("PATH", std::env::join_paths(folders).unwrap()).env("HOME", self.env.files());
        shell.env("CONNHUB_HOME", self.env.home()).env("TMPDIR", self.env.folder("tmp"));
        shell.env("KUBECONFIG", self.env.files().join("kubeconfig"));
        shell.env("AWS_EC2_METADATA_DISABLED", "true").env("PYTHONDONTWRITEBYTECODE", "1");
        shell.current_dir(self.env.files()).stdin(Stdio::null());
        shell.output().expect("bash is where `connhub exec` is used")
    }
}

#[test]
fn commands_and_their_output_are_told_apart() {
    let block = ["$ a \\", "> b", "printed", "> quoted", "$ c", "$ d", "x"];
    let step = |typed: &[&str], printed: &[&str]| Step {
        typed: typed.iter().map(ToString::to_string).collect(),
        printed: printed.iter().map(ToString::to_string).collect(),
    };
    let expected = [
        step(&["$ a \\", "> b"], &["printed", "> quoted"]),
        step(&["$ c"], &[]),
        step(&["$ d"], &["x"]),
    ];
    assert_eq!(steps(&block), expected);
    let document = "text\n```console\n$ a\nold\n```\nmore\n```sh\n$ b\n```\n";
    let played = play(document, |_| vec!["new".to_owned()]);
    assert_eq!(played, "text\n```console\n$ a\nnew\n```\nmore\n```sh\n$ b\n```\n");
}
