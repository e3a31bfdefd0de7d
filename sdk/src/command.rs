//! Programs that the grant names.

use crate::{Part, Secret};

#[cfg(target_arch = "wasm32")]
use crate::Encoding;
#[cfg(target_arch = "wasm32")]
use crate::bindings::connhub::connector::command as contract;

pub use crate::bindings::connhub::connector::command::{
    Argument, Error as CommandError, Outcome as CommandOutcome, Printed,
};

/// A call of a program. [`Host::run`](crate::Host::run) makes it.
///
/// ```
/// use connhub_sdk::{Argument, Command, Json, testing::secret};
/// let password = secret("p");
/// let manifest = Json::object([("data", Json::object([("password", Json::secret(&password))]))]);
/// let command = Command::new(["apply", "-f"]).file("manifest.json", manifest.into_parts());
/// assert_eq!(command.arguments[2], Argument::File("manifest.json".into()));
/// ```
#[derive(Debug, Default)]
pub struct Command<'a> {
    /// The arguments without the program. They must fit a shape that the component declares and the grant lists.
    pub arguments: Vec<Argument>,
    /// The standard input, which the grant has to allow. The encoding [`Form`](crate::Encoding::Form) has no use here or in a file.
    pub input: Vec<Part<'a>>,
    /// The files, by their names: letters, digits, `.`, `_` and `-`.
    pub files: Vec<(String, Vec<Part<'a>>)>,
}

impl<'a> Command<'a> {
    /// A call with these arguments.
    pub fn new<T: Into<String>>(arguments: impl IntoIterator<Item = T>) -> Self {
        let arguments = arguments.into_iter().map(|text| Argument::Text(text.into())).collect();
        Self { arguments, ..Self::default() }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|text| Argument::Text(text.into())));
        self
    }

    /// Adds the path of a new file as an argument. Secrets in it stand where `secrets-in` says, which needs JSON; readers of YAML take
    /// that, too.
    #[must_use]
    pub fn file(mut self, name: &str, content: Vec<Part<'a>>) -> Self {
        self.arguments.push(Argument::File(name.to_owned()));
        self.files.push((name.to_owned(), content));
        self
    }

    /// Sets the standard input.
    #[must_use]
    pub fn input(mut self, content: Vec<Part<'a>>) -> Self {
        self.input = content;
        self
    }

    /// Every secret of the call.
    pub fn secrets(&self) -> impl Iterator<Item = &'a Secret> {
        let files = self.files.iter().flat_map(|(_, content)| content);
        files.chain(&self.input).filter_map(|part| match part {
            Part::Bytes(_) => None,
            Part::Secret { value, .. } => Some(*value),
        })
    }
}

#[cfg(target_arch = "wasm32")]
impl<'a> TryFrom<Command<'a>> for contract::Invocation<'a> {
    type Error = CommandError;

    fn try_from(command: Command<'a>) -> Result<Self, CommandError> {
        let file = |(name, content)| Ok(contract::File { name, content: parts(content)? });
        Ok(Self {
            arguments: command.arguments,
            input: parts(command.input)?,
            files: command.files.into_iter().map(file).collect::<Result<_, CommandError>>()?,
        })
    }
}

#[cfg(target_arch = "wasm32")]
fn parts(parts: Vec<Part<'_>>) -> Result<Vec<contract::Part<'_>>, CommandError> {
    parts.into_iter().map(part).collect()
}

#[cfg(target_arch = "wasm32")]
fn part(part: Part<'_>) -> Result<contract::Part<'_>, CommandError> {
    let (value, encoding) = match part {
        Part::Bytes(bytes) => return Ok(contract::Part::Bytes(bytes)),
        Part::Secret { value, encoding } => (&value.0, encoding),
    };
    let encoding = match encoding {
        Encoding::Raw => contract::Encoding::Raw,
        Encoding::JsonString => contract::Encoding::JsonString,
        Encoding::Base64 => contract::Encoding::Base64,
        Encoding::Form => {
            return Err(CommandError::Other("a file of a program is no form".into()));
        }
    };
    Ok(contract::Part::Secret(contract::PlacedSecret { value, encoding }))
}
