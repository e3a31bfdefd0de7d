//! Calls of programs and what they come to, in the host's own types.

use crate::capabilities::parts::Part;
use crate::policy::Argument;

/// A call of a connector, not yet checked.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The arguments without the program.
    pub arguments: Vec<Argument>,
    /// The standard input, in pieces.
    pub input: Vec<Part>,
    /// The files.
    pub files: Vec<Handed>,
}

/// A file that is handed over.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Its name in the folder.
    pub name: String,
    /// What it holds, in pieces.
    pub content: Vec<Part>,
}

/// How a program ended, free of everything that the connector may not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed on its standard output, and whether there was more.
    pub stdout: (String, bool),
    /// What it printed on its standard error, and whether there was more.
    pub stderr: (String, bool),
}
