//! Programs in the stand-in: closures that see what a real one would.

use std::fmt;

use super::fake::render;
use super::grant::Grant;
use crate::{Argument, Command, CommandError, CommandOutcome, Part, Printed};

/// A call as it would have reached the program, secrets in their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RanCommand {
    /// The name of the program in the grant.
    pub program: String,
    /// The arguments; a file is `@` and its name.
    pub arguments: Vec<String>,
    /// The standard input.
    pub input: Vec<u8>,
    /// The files, by name.
    pub files: Vec<(String, Vec<u8>)>,
}

impl RanCommand {
    /// What a file holds.
    ///
    /// # Panics
    ///
    /// If the call has no such file, or it is no text.
    pub fn file(&self, name: &str) -> &str {
        let found = self.files.iter().find(|(known, _)| known == name);
        let (_, content) = found.unwrap_or_else(|| panic!("the call has no file `{name}`"));
        std::str::from_utf8(content).expect("the file is text")
    }

    fn of(program: &str, command: &Command<'_>) -> Self {
        let argument = |argument: &Argument| match argument {
            Argument::Text(text) => text.clone(),
            Argument::File(name) => format!("@{name}"),
        };
        let file = |(name, content): &(String, Vec<Part<'_>>)| (name.clone(), render(content));
        Self {
            program: program.to_owned(),
            arguments: command.arguments.iter().map(argument).collect(),
            input: render(&command.input),
            files: command.files.iter().map(file).collect(),
        }
    }
}

/// What a program of a test comes to.
pub type Ran = Result<CommandOutcome, CommandError>;

/// A program that printed this on its standard output and ended with a code.
pub fn printed(code: i32, stdout: impl Into<String>) -> CommandOutcome {
    let printed = |text| Printed { text, truncated: false };
    CommandOutcome {
        exit_code: Some(code),
        stdout: printed(stdout.into()),
        stderr: printed(String::new()),
    }
}

/// A program of a test.
pub(crate) type Program = Box<dyn Fn(&RanCommand) -> Ran>;

/// The programs of a test.
#[derive(Default)]
pub(crate) struct Programs {
    pub(crate) installed: std::cell::RefCell<std::collections::BTreeMap<String, Program>>,
    pub(crate) ran: std::cell::RefCell<Vec<RanCommand>>,
}

impl Programs {
    pub(crate) fn run(&self, grant: Option<&Grant>, program: &str, command: &Command<'_>) -> Ran {
        if let Some(grant) = grant {
            grant.check_command(program, command)?;
        }
        let installed = self.installed.borrow();
        let missing =
            || CommandError::Unavailable(format!("the program `{program}` is not installed"));
        let installed = installed.get(program).ok_or_else(missing)?;
        let ran = RanCommand::of(program, command);
        self.ran.borrow_mut().push(ran.clone());
        installed(&ran)
    }

    pub(crate) fn is_installed(&self, grant: Option<&Grant>, program: &str) -> bool {
        grant.is_none_or(|grant| grant.commands.contains_key(program))
            && self.installed.borrow().contains_key(program)
    }
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the programs of a test")
    }
}
