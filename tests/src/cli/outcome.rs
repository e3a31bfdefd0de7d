//! What a command did, and how it is shown in a snapshot.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use regex_lite::Regex;

use super::program::{components, program};

/// The result of one command. Its text form is for snapshots: exit code, stdout and stderr, with
/// whatever differs from run to run replaced by a word in capitals.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; 128 and the signal if a signal ended it.
    pub code: i32,
    /// Invalid UTF-8 is replaced.
    pub stdout: String,
    /// Invalid UTF-8 is replaced.
    pub stderr: String,
    /// From the start of the process to its end.
    pub elapsed: Duration,
    pub(super) filters: Filters,
}

impl Outcome {
    /// Asserts that the command succeeded.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    /// Asserts an exit code.
    #[track_caller]
    pub fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{self}");
        self
    }

    /// Asserts an exit code and words of stderr.
    #[track_caller]
    pub fn fails(self, code: i32, words: &str) -> Self {
        let outcome = self.exits_with(code);
        assert!(outcome.stderr.contains(words), "no `{words}` in\n{outcome}");
        outcome
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        parse(&self.stdout, self)
    }

    /// Stderr as JSON: what `-o json` makes of an error.
    #[track_caller]
    pub fn json_error(&self) -> serde_json::Value {
        parse(&self.stderr, self)
    }
}

#[track_caller]
fn parse(text: &str, outcome: &Outcome) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name} ---\n{}", self.filters.apply(text).trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}

/// What is replaced in snapshots.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    texts: Vec<(String, &'static str)>,
    patterns: Vec<(Regex, &'static str)>,
}

impl Filters {
    /// `root` is the folder of the test; it holds `home` and `files`.
    pub(super) fn of(root: &Path) -> Self {
        let text = |path: &Path| path.display().to_string();
        let pattern = |pattern, word| (Regex::new(pattern).expect("it is tested below"), word);
        Self {
            texts: vec![
                (text(&root.join("home")), "$HOME"),
                (text(&root.join("files")), "$FILES"),
                (text(root), "$ROOT"),
                (text(&components()), "$CONNECTORS"),
                (text(&program()), "connhub"),
                (env!("CARGO_PKG_VERSION").to_owned(), "[VERSION]"),
            ],
            patterns: vec![
                pattern(
                    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?",
                    "[TIME]",
                ),
                pattern(r"\b[0-9a-f]{64}\b", "[SHA256]"),
                pattern(r"\b[0-9a-f]{12}\b", "[SHA256]"),
                pattern(r"(  |\()\d+s\b", "$1[AGE]"),
                pattern(r"(Size: +)\d+ bytes", "$1[SIZE] bytes"),
                // What the compiler of this machine brings along.
                pattern(r"(Made with: +)[^\n]*wit-component[^\n]*", "$1[TOOLS]"),
                pattern(r"(SBOM: +)\d\d+ packages", "$1[COUNT] packages"),
            ],
        }
    }

    pub(super) fn apply(&self, text: &str) -> String {
        text.lines().map(|line| self.line(line) + "\n").collect()
    }

    /// Columns after a text that was replaced have moved; blanks between the columns of such a line become two.
    fn line(&self, line: &str) -> String {
        let mut shown = line.to_owned();
        for (text, word) in &self.texts {
            shown = shown.replace(text, &format!("{word}{REPLACED}"));
        }
        for (pattern, word) in &self.patterns {
            shown = pattern.replace_all(&shown, format!("{word}{REPLACED}")).into_owned();
        }
        let is_moved = shown.contains(&format!("{REPLACED}  "));
        let shown = shown.replace(REPLACED, "");
        if !is_moved {
            return shown;
        }
        let indent = &shown[..shown.len() - shown.trim_start().len()];
        let columns = shown.split("  ").map(str::trim).filter(|column| !column.is_empty());
        format!("{indent}{}", columns.collect::<Vec<_>>().join("  "))
    }
}

/// Stands after a word that took the place of a text.
const REPLACED: char = '\u{1}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_replaced() {
        let filters = Filters::of(Path::new("/tmp/x"));
        let check = |text: &str, expected: &str| assert_eq!(filters.apply(text), expected);
        check("a      b\n", "a      b\n");
        check("  /tmp/x/home       b", "  $HOME  b\n");
        check("at:     /tmp/x/home/y", "at:     $HOME/y\n");
        check("sales   s3   12s", "sales   s3   [AGE]\n");
        check("sales   s3   12s   x", "sales  s3  [AGE]  x\n");
        check("Size:     123456 bytes", "Size:     [SIZE] bytes\n");
        check("at 2026-07-30T12:00:01.5Z.", "at [TIME].\n");
        check(&format!("sha256 {}", "0f".repeat(32)), "sha256 [SHA256]\n");
    }
}
