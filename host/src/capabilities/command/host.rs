//! The contract's `command`, in front of the programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{HasData, ResourceTable};

use super::error::CommandError;
use super::message::{Handed, Invocation, Outcome};
use super::program::CommandConfig;
use super::run::{Knows, run};
use crate::capabilities::failure::{Denial, Failure};
use crate::capabilities::parts::{Encoding, Part};
use crate::capabilities::secrets::{RevealGrant, held};
use crate::contract::command::{self as wit, Host};
use crate::model::{Error, Meter};
use crate::policy::{Argument, limit_hint};
use crate::scrub::Scrubber;

/// The programs of one connector.
#[derive(Clone, Debug)]
pub struct CommandState {
    connector: String,
    commands: Arc<BTreeMap<String, CommandConfig>>,
}

/// What one call may run, and what it was refused.
pub struct CommandCall {
    state: CommandState,
    runs: u32,
    failure: Option<CommandError>,
    meter: Meter,
}

impl CommandState {
    /// Nothing is looked for yet.
    pub fn new(connector: &str, commands: Vec<CommandConfig>) -> Self {
        let named = |config: CommandConfig| (config.name.clone(), config);
        let commands = Arc::new(commands.into_iter().map(named).collect());
        Self { connector: connector.to_owned(), commands }
    }

    /// One more call. `meter` counts for the record of the call.
    pub fn for_call(&self, meter: &Meter) -> CommandCall {
        CommandCall { state: self.clone(), runs: 0, failure: None, meter: meter.clone() }
    }
}

impl CommandCall {
    /// What the host itself refused or could not do in this call, in its own words.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take().map(Error::from)
    }

    /// Checks, runs and counts one program.
    ///
    /// # Errors
    /// As the contract says.
    pub async fn run(
        &mut self,
        command: &str,
        invocation: &Invocation,
        knows: Knows,
        scrubber: &mut Scrubber,
    ) -> Result<Outcome, CommandError> {
        let connector = &self.state.connector;
        let Some(config) = self.state.commands.get(command) else {
            let what = format!(
                "connector `{connector}` has no command `{}`: it must be declared and granted",
                command.escape_debug()
            );
            return Err(Denial::always(what).into());
        };
        if self.runs >= config.limits.runs {
            let message = format!("connector `{connector}` ran programs {} times", self.runs);
            let hint = limit_hint(connector, "command-runs");
            let failure = Failure::new(message).limit("command-runs").hint(hint);
            return Err(CommandError::TooLarge(failure));
        }
        self.runs += 1;
        run(config, connector, invocation, knows, scrubber, &self.meter).await
    }

    /// A connector hears what it can act on; the user gets the whole story, and the record what was refused.
    fn explain(&mut self, error: CommandError, scrubber: &Scrubber) -> wit::Error {
        let text = error.to_string();
        error.limit().into_iter().for_each(|key| self.meter.hit(key));
        if matches!(error, CommandError::Denied(_)) {
            self.meter.denied(&scrubber.text(&text));
        }
        let told = match error {
            CommandError::Denied(_) => wit::Error::Denied(text),
            CommandError::Unavailable(_) => wit::Error::Unavailable(text),
            CommandError::TimedOut(_) => wit::Error::TimedOut(text),
            CommandError::TooLarge(_) => wit::Error::TooLarge(text),
            CommandError::Invalid(_) => wit::Error::Other(text),
        };
        self.failure = Some(error);
        told
    }
}

/// The interface's view of a call.
pub struct View<'a> {
    /// The handles of the call.
    pub table: &'a mut ResourceTable,
    /// The programs.
    pub state: &'a mut CommandCall,
    /// Whether the bytes of secrets are granted.
    pub reveal: &'a RevealGrant,
    /// The secrets known to the call.
    pub scrubber: &'a mut Scrubber,
}

/// Links the interface.
pub struct CommandInterface;

impl HasData for CommandInterface {
    type Data<'a> = View<'a>;
}

impl Host for View<'_> {
    async fn run(
        &mut self,
        program: String,
        invocation: wit::Invocation,
    ) -> Result<wit::Outcome, wit::Error> {
        let invocation = self.invocation(invocation)?;
        let knows = if self.reveal.allowed { Knows::Bytes } else { Knows::Handles };
        match self.state.run(&program, &invocation, knows, self.scrubber).await {
            Ok(outcome) => Ok(told(outcome)),
            Err(error) => Err(self.state.explain(error, self.scrubber)),
        }
    }

    async fn is_installed(&mut self, program: String) -> bool {
        self.state.state.commands.get(&program).is_some_and(CommandConfig::is_installed)
    }
}

impl View<'_> {
    fn invocation(&self, invocation: wit::Invocation) -> Result<Invocation, wit::Error> {
        let argument = |argument| match argument {
            wit::Argument::Text(text) => Argument::Text(text),
            wit::Argument::File(name) => Argument::File(name),
        };
        let file =
            |file: wit::File| Ok(Handed { name: file.name, content: self.parts(file.content)? });
        Ok(Invocation {
            arguments: invocation.arguments.into_iter().map(argument).collect(),
            input: self.parts(invocation.input)?,
            files: invocation.files.into_iter().map(file).collect::<Result<_, wit::Error>>()?,
        })
    }

    fn parts(&self, parts: Vec<wit::Part>) -> Result<Vec<Part>, wit::Error> {
        parts.into_iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: wit::Part) -> Result<Part, wit::Error> {
        let placed = match part {
            wit::Part::Bytes(bytes) => return Ok(Part::Bytes(bytes)),
            wit::Part::Secret(placed) => placed,
        };
        Ok(Part::Secret {
            value: held(self.table, &placed.value).map_err(wit::Error::Denied)?,
            encoding: match placed.encoding {
                wit::Encoding::Raw => Encoding::Raw,
                wit::Encoding::JsonString => Encoding::JsonString,
                wit::Encoding::Base64 => Encoding::Base64,
            },
        })
    }
}

fn told(outcome: Outcome) -> wit::Outcome {
    let printed = |(text, truncated)| wit::Printed { text, truncated };
    wit::Outcome {
        exit_code: outcome.code,
        stdout: printed(outcome.stdout),
        stderr: printed(outcome.stderr),
    }
}
