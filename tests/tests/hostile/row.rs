//! One attack: what is done, and how it has to end.

use connhub_tests::cli::Outcome;

/// An attack.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the backend, and of the attack in failures of tests.
    pub name: &'static str,
    /// The connector that attacks.
    pub connector: &'static str,
    /// The settings of the backend, in TOML.
    pub settings: String,
    /// What the user types. `FIELD=@FILE` is a file of the arena.
    pub command: &'static str,
    /// How it ends.
    pub expected: Expected,
}

/// How an attack ends.
#[derive(Clone, Debug)]
pub struct Expected {
    code: i32,
    /// Texts that stdout or stderr hold.
    words: Vec<&'static str>,
    /// Texts that neither holds.
    absent: Vec<&'static str>,
}

/// The command with which most attacks start.
pub const CHECK: &str = "check";
/// A command that hands the connector a secret.
pub const CREATE: &str =
    "create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@stolen";

/// An attack by the connector `strict`, started by `check`, that achieves nothing and is not noticed.
pub fn attack(name: &'static str, settings: impl Into<String>) -> Row {
    Row {
        name,
        connector: "strict",
        settings: settings.into(),
        command: CHECK,
        expected: Expected { code: 0, words: Vec::new(), absent: vec!["GOT "] },
    }
}

impl Row {
    pub fn by(self, connector: &'static str) -> Self {
        Self { connector, ..self }
    }

    pub fn on(self, command: &'static str) -> Self {
        Self { command, ..self }
    }

    pub fn ends(mut self, code: i32, words: &[&'static str]) -> Self {
        self.expected.code = code;
        self.expected.words = words.to_vec();
        self
    }

    pub fn shows(self, words: &[&'static str]) -> Self {
        self.ends(0, words)
    }

    /// What is granted is got.
    pub fn gets(mut self, words: &[&'static str]) -> Self {
        self.expected.absent.clear();
        self.shows(words)
    }

    pub fn without(mut self, word: &'static str) -> Self {
        self.expected.absent.push(word);
        self
    }

    /// Whether it ended as expected.
    pub fn allows(&self, outcome: &Outcome) -> bool {
        let Expected { code, words, absent } = &self.expected;
        let has = |word: &&str| outcome.stdout.contains(*word) || outcome.stderr.contains(*word);
        outcome.code == *code && words.iter().all(has) && !absent.iter().any(has)
    }
}
