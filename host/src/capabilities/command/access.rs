//! What a connector may do with one program: the two keys, compiled once and asked for every call.

use std::sync::Arc;

use super::error::CommandError;
use super::message::{Handed, Invocation};
use crate::capabilities::failure::{Denial, Failure};
use crate::capabilities::parts::{self, BadParts, Encoding, Part};
use crate::policy::admin::PolicySet;
use crate::policy::{
    Argument, BadPointer, BadShape, CommandGrant, CommandNeed, MAX_ARGUMENTS, SecretPlaces, Shape,
    Shapes, WHOLE_FILE, limit_hint, push_step,
};

/// The most files of one call.
const MAX_FILES: usize = 16;
/// What messages call a file.
const FILE: &str = "file";
/// The longest name of a file, in bytes.
const MAX_FILE_NAME: usize = 64;

/// The rights at one program.
#[derive(Clone, Debug)]
pub struct Access {
    connector: String,
    command: String,
    source: String,
    needs: Shapes,
    allow: Shapes,
    needs_secrets_in: FilePlaces,
    secrets_in: FilePlaces,
    needs_input: bool,
    input: bool,
    policy: Arc<PolicySet>,
}

/// Where secrets may be placed.
#[derive(Clone, Debug)]
struct FilePlaces {
    /// In documents.
    at: SecretPlaces,
    /// Whether a file may be a secret.
    whole: bool,
}

/// A grant or a need that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAccess {
    /// A shape.
    #[error(transparent)]
    Shape(#[from] BadShape),
    /// A pointer.
    #[error(transparent)]
    Pointer(#[from] BadPointer),
}

impl Access {
    /// Compiles what `connector` declares and is granted, under a policy.
    ///
    /// # Errors
    /// Names the shape or pointer that is none.
    pub fn compile(
        connector: &str,
        need: &CommandNeed,
        grant: &CommandGrant,
        policy: Arc<PolicySet>,
    ) -> Result<Self, BadAccess> {
        Ok(Self {
            connector: connector.to_owned(),
            command: need.name.clone(),
            source: grant.source.clone(),
            needs: Shapes::parse(&need.args)?,
            allow: Shapes::parse(&grant.args)?,
            needs_secrets_in: FilePlaces::parse(&need.secrets_in)?,
            secrets_in: FilePlaces::parse(&grant.secrets_in)?,
            needs_input: need.input,
            input: grant.input,
            policy,
        })
    }

    /// Checks a call against both keys. `limit` is the most bytes of one file and of the input.
    ///
    /// # Errors
    /// Says which key is missing and for the grant what to add, or what is wrong with the call.
    pub fn check(&self, invocation: &Invocation, limit: usize) -> Result<(), CommandError> {
        self.check_files(&invocation.files)?;
        self.check_arguments(invocation)?;
        if !invocation.input.is_empty() {
            self.check_input()?;
        }
        let inputs = [(&invocation.input, "standard input")];
        let files = invocation.files.iter().map(|file| (&file.content, FILE));
        files.chain(inputs).try_for_each(|(parts, what)| self.check_secrets(parts, what, limit))
    }

    /// Checks the program that was found.
    ///
    /// # Errors
    /// Policy does not allow it.
    pub fn check_program(&self, path: &str) -> Result<(), Denial> {
        self.policy.check_program(&self.connector, path).map_err(|denial| {
            let Self { connector, command, .. } = self;
            let what = &denial.what;
            let what = format!("{what} (connector `{connector}`, command `{command}`)");
            Denial::by_policy(&denial, what)
        })
    }

    /// That a secret, which the connector could reveal, is to be an argument.
    pub fn secret_argument(&self) -> Denial {
        let Self { connector, command, .. } = self;
        Denial::always(format!(
            "connector `{connector}` may not pass a secret as an argument of command `{command}`: every user of the machine can read those"
        ))
    }

    /// A call with too much in it.
    pub fn too_large(&self, message: String, key: &'static str) -> CommandError {
        let hint = limit_hint(&self.connector, key);
        CommandError::TooLarge(Failure::new(message).limit(key).hint(hint))
    }

    /// What is wrong with parts of a call.
    pub fn bad_parts(&self, bad: BadParts, what: &str, limit: usize) -> CommandError {
        match bad {
            BadParts::TooLarge => {
                let message =
                    format!("a {what} for command `{}` has more than {limit} bytes", self.command);
                self.too_large(message, "request-mib")
            }
            BadParts::NotJson(_) | BadParts::NotWhole(_) => Denial::always(bad.to_string()).into(),
            bad => CommandError::Invalid(Failure::new(bad.to_string())),
        }
    }

    fn check_files(&self, files: &[Handed]) -> Result<(), CommandError> {
        let command = &self.command;
        let wrong = |what: String| {
            CommandError::Invalid(Failure::new(format!("a call of command `{command}` {what}")))
        };
        if files.len() > MAX_FILES {
            return Err(wrong(format!("has more than {MAX_FILES} files")));
        }
        for (index, file) in files.iter().enumerate() {
            if !is_file_name(&file.name) {
                let name = file.name.escape_debug().to_string();
                let what = format!("has a file `{name}`, which is no plain name of a file");
                return Err(Denial::always(format!("a call of command `{command}` {what}")).into());
            }
            if files[..index].iter().any(|other| other.name == file.name) {
                return Err(wrong(format!("has two files `{}`", file.name)));
            }
        }
        Ok(())
    }

    fn check_arguments(&self, invocation: &Invocation) -> Result<(), CommandError> {
        let Invocation { arguments, files, .. } = invocation;
        let Self { connector, command, .. } = self;
        for argument in arguments {
            if let Argument::File(name) = argument
                && !files.iter().any(|file| file.name == *name)
            {
                let name = name.escape_debug();
                let what = format!(
                    "a call of command `{command}` names the file `{name}`, which it does not have"
                );
                return Err(CommandError::Invalid(Failure::new(what)));
            }
        }
        let shown = shown(arguments);
        let Some(declared) = fitting(&self.needs, arguments) else {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it runs command `{command}` with the arguments {shown}"
            ))
            .into());
        };
        if fitting(&self.allow, arguments).is_none() {
            let words: Vec<String> = declared.words().map(|word| format!("{word:?}")).collect();
            return Err(self
                .missing(
                    format!("connector `{connector}` may not run command `{command}` with the arguments {shown}"),
                    format!("`[{}]` to `args`", words.join(", ")),
                )
                .into());
        }
        Ok(())
    }

    fn check_input(&self) -> Result<(), Denial> {
        let Self { connector, command, .. } = self;
        if !self.needs_input {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it gives command `{command}` a standard input"
            )));
        }
        match self.input {
            true => Ok(()),
            false => Err(self.missing(
                format!(
                    "connector `{connector}` may not give command `{command}` a standard input"
                ),
                "`input = true`".to_owned(),
            )),
        }
    }

    fn check_secrets(
        &self,
        parts: &[Part],
        what: &'static str,
        limit: usize,
    ) -> Result<(), CommandError> {
        let anywhere = self.needs_secrets_in.at.is_anywhere() && self.secrets_in.at.is_anywhere();
        if anywhere || parts::secrets(parts).next().is_none() {
            return Ok(());
        }
        if what == FILE && is_one_secret(parts) {
            return self.check_whole_file().map_err(Into::into);
        }
        let places =
            parts::places(parts, limit, what).map_err(|bad| self.bad_parts(bad, what, limit))?;
        places.iter().try_for_each(|steps| self.check_secret(steps, what).map_err(Into::into))
    }

    fn check_secret(&self, steps: &[String], what: &str) -> Result<(), Denial> {
        let Self { connector, command, .. } = self;
        let mut pointer = String::new();
        steps.iter().for_each(|step| push_step(&mut pointer, step));
        if !self.needs_secrets_in.at.allows(steps) {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it places secrets at `{pointer}` of a {what} for command `{command}`"
            )));
        }
        match self.secrets_in.at.allows(steps) {
            true => Ok(()),
            false => Err(self.missing(
                format!("connector `{connector}` may not place a secret at `{pointer}` of a {what} for command `{command}`"),
                format!("`\"{pointer}\"` to `secrets-in`"),
            )),
        }
    }

    fn check_whole_file(&self) -> Result<(), Denial> {
        let Self { connector, command, .. } = self;
        if !self.needs_secrets_in.whole {
            return Err(Denial::always(format!(
                "connector `{connector}` does not declare that it gives command `{command}` files that are secrets"
            )));
        }
        match self.secrets_in.whole {
            true => Ok(()),
            false => Err(self.missing(
                format!("connector `{connector}` may not give command `{command}` a file that is a secret"),
                format!("`\"{WHOLE_FILE}\"` to `secrets-in`"),
            )),
        }
    }

    fn missing(&self, what: String, rule: String) -> Denial {
        let Self { connector, command, source, .. } = self;
        let place = format!("`[connectors.{connector}.commands.{command}]` ({source})");
        Denial { rule_needed: Some(rule), where_to_add: Some(place), ..Denial::always(what) }
    }
}

fn fitting<'s>(shapes: &'s Shapes, arguments: &[Argument]) -> Option<&'s Shape> {
    let few = arguments.len() <= MAX_ARGUMENTS;
    few.then(|| shapes.fitting(arguments)).flatten()
}

impl FilePlaces {
    fn parse(texts: &[String]) -> Result<Self, BadPointer> {
        let is_pointer = |text: &&String| *text != WHOLE_FILE;
        let pointers: Vec<String> = texts.iter().filter(is_pointer).cloned().collect();
        let whole = pointers.len() < texts.len();
        Ok(Self { at: SecretPlaces::parse(&pointers)?, whole })
    }
}

fn is_one_secret(parts: &[Part]) -> bool {
    matches!(parts, [Part::Secret { encoding: Encoding::Raw, .. }])
}

/// The arguments for a message. They may be long and hold anything.
fn shown(arguments: &[Argument]) -> String {
    const MOST: usize = 200;
    let texts: Vec<String> = arguments
        .iter()
        .take(MAX_ARGUMENTS)
        .map(|argument| match argument {
            Argument::Text(text) => format!("{:?}", text.chars().take(MOST).collect::<String>()),
            Argument::File(_) => "{file}".to_owned(),
        })
        .collect();
    format!("`{}`", texts.join(" ").chars().take(MOST).collect::<String>())
}

fn is_file_name(name: &str) -> bool {
    name.len() <= MAX_FILE_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
