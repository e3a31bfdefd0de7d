//! What a component says that it needs: the custom section `connhub:needs`, readable without running it.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::pointer::BadPointer;
use super::visible::{BadVisible, Visible};
use super::{CommandGrant, MaskEncoding, masks};
use crate::model::on_one_line;

/// The major version of the contract that this host speaks.
pub const CONTRACT_MAJOR: u32 = 1;
/// The newest minor version of the contract that this host speaks.
pub const CONTRACT_MINOR: u32 = 1;

/// What a component declares. Unknown keys are errors: a need that the host does not understand must not be ignored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Needs {
    /// The version of the contract that the component was built for.
    pub contract: ContractVersion,
    /// The connector's own version. Policies can ask for one; it is as trustworthy as the component.
    pub version: Option<String>,
    /// The endpoints that it sends requests to.
    #[serde(default, rename = "endpoint")]
    pub endpoints: Vec<EndpointNeed>,
    /// The programs that it runs.
    #[serde(default, rename = "command")]
    pub commands: Vec<CommandNeed>,
    /// The sealed store, and why.
    pub vault: Option<Reason>,
    /// The bytes of secrets, and why.
    pub reveal: Option<Reason>,
}

/// An endpoint that a component needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointNeed {
    /// The name by which the connector sends requests to it.
    pub name: String,
    /// Why, for the person who grants it.
    pub why: String,
    /// Methods and paths.
    pub allow: Vec<String>,
    /// Where in request bodies it places secrets.
    #[serde(default)]
    pub secrets_in: Vec<String>,
    /// Which values of answers it does not want to see. A wish that only takes away.
    #[serde(default)]
    pub mask: Vec<String>,
    /// How those values are encoded in answers.
    #[serde(default)]
    pub mask_encoding: MaskEncoding,
    /// Which of those values it has to see: last steps of the pointers, or whole ones.
    #[serde(default)]
    pub visible: Vec<String>,
}

/// A program that a component needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandNeed {
    /// The name by which the connector runs it.
    pub name: String,
    /// Why, for the person who grants it.
    pub why: String,
    /// What it is usually called. The grant says what is run.
    pub program: String,
    /// The shapes of its arguments.
    pub args: Vec<Vec<String>>,
    /// Where in files and in the standard input it places secrets.
    #[serde(default)]
    pub secrets_in: Vec<String>,
    /// The variables of the environment that the program is to have.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Whether it gives the program a standard input.
    #[serde(default)]
    pub input: bool,
    /// Whether it does its work without the program, too: it starts where the program is not granted.
    #[serde(default)]
    pub optional: bool,
}

impl CommandNeed {
    /// A grant of what is needed, with its name.
    pub fn granted(&self) -> (String, CommandGrant) {
        let grant = CommandGrant {
            program: self.program.clone(),
            args: self.args.clone(),
            secrets_in: self.secrets_in.clone(),
            environment: self.environment.clone(),
            input: self.input,
            source: "what is needed".to_owned(),
        };
        (self.name.clone(), grant)
    }

    /// Whether it wants anything that a grant could give.
    pub fn wants(&self) -> bool {
        self.input
            || [self.args.is_empty(), self.secrets_in.is_empty(), self.environment.is_empty()]
                .contains(&false)
    }

    /// Everything that is needed of the program, one text each.
    fn list(&self) -> impl Iterator<Item = String> {
        let name = &self.name;
        let shapes =
            self.args.iter().map(move |shape| format!("command {name}: {}", on_one_line(shape)));
        let pointers = self.secrets_in.iter();
        let pointers = pointers.map(move |pointer| format!("command {name}: secrets in {pointer}"));
        let variables = self.environment.iter();
        let variables =
            variables.map(move |variable| format!("command {name}: environment {variable}"));
        let input = self.input.then(|| format!("command {name}: standard input"));
        let program = std::iter::once(format!("command {name}: program {}", self.program));
        program.chain(shapes).chain(pointers).chain(variables).chain(input)
    }
}

/// Why something is needed, for the person who grants it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// One sentence.
    pub why: String,
}

/// A version of the contract: `MAJOR.MINOR.PATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ContractVersion {
    /// Incompatible with every other major version.
    pub major: u32,
    /// Adds imports to the minor version before.
    pub minor: u32,
    /// Documentation only.
    pub patch: u32,
}

impl ContractVersion {
    /// Whether this host can run a component of this version.
    pub fn is_supported(self) -> bool {
        self.major == CONTRACT_MAJOR && (0..=CONTRACT_MINOR).contains(&self.minor)
    }
}

impl fmt::Display for ContractVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for ContractVersion {
    type Err = NeedsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NeedsError::Version(text.to_owned());
        let numbers: Vec<u32> = text
            .split('.')
            .map(|part| part.parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for ContractVersion {
    type Error = NeedsError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Why the declaration of a component cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NeedsError {
    /// Not `MAJOR.MINOR.PATCH`.
    #[error("`{0}` is not a contract version of the form `MAJOR.MINOR.PATCH`")]
    Version(String),
    /// Not the TOML that it must be.
    #[error("the section `connhub:needs` of the component cannot be read")]
    Syntax(#[source] toml::de::Error),
    /// A pointer of `mask` that is none, or too many of them.
    #[error("what the component wishes to be masked cannot be read")]
    Mask(#[source] BadPointer),
    /// An entry of `visible` that is none.
    #[error("what the component has to see of masked values cannot be read")]
    Visible(#[source] BadVisible),
}

impl Needs {
    /// Reads the text of the section.
    pub fn parse(text: &str) -> Result<Self, NeedsError> {
        let needs: Self = toml::from_str(text).map_err(NeedsError::Syntax)?;
        masks::check(&needs).map_err(NeedsError::Mask)?;
        for need in &needs.endpoints {
            Visible::parse(&need.visible).map_err(NeedsError::Visible)?;
        }
        Ok(needs)
    }

    /// What it wishes not to see, one text each. It is no need: nothing is granted by it.
    pub fn wishes(&self) -> Vec<String> {
        let wishes = |endpoint: &EndpointNeed| {
            let name = endpoint.name.clone();
            endpoint.mask.clone().into_iter().map(move |mask| format!("http {name}: mask {mask}"))
        };
        self.endpoints.iter().flat_map(wishes).collect()
    }

    /// Everything that is needed, one text each, in an order that does not depend on how it was declared: to compare and to keep.
    pub fn list(&self) -> Vec<String> {
        let mut list = Vec::new();
        list.extend(self.vault.as_ref().map(|_| "vault".to_owned()));
        list.extend(self.reveal.as_ref().map(|_| "reveal".to_owned()));
        for endpoint in &self.endpoints {
            let name = &endpoint.name;
            list.extend(endpoint.allow.iter().map(|rule| format!("http {name}: {rule}")));
            let pointers = endpoint.secrets_in.iter();
            list.extend(pointers.map(|pointer| format!("http {name}: secrets in {pointer}")));
        }
        list.extend(self.commands.iter().flat_map(CommandNeed::list));
        list.sort();
        list.dedup();
        list
    }

    /// The need for a program, by its name.
    pub fn command(&self, name: &str) -> Option<&CommandNeed> {
        self.commands.iter().find(|command| command.name == name)
    }

    /// The need for an endpoint, by its name.
    pub fn endpoint(&self, name: &str) -> Option<&EndpointNeed> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_and_unknown_keys_are_errors() {
        let needs = Needs::parse(
            "contract = \"1.0.0\"\n[vault]\nwhy = \"keeps records\"\n[[endpoint]]\nname = \"a\"\nwhy = \"b\"\nallow = [\"GET /\"]\n",
        )
        .unwrap();
        assert_eq!(needs.endpoint("a").unwrap().allow, ["GET /"]);
        assert!(needs.endpoint("b").is_none());
        assert_eq!(needs.list(), ["http a: GET /", "vault"]);
        let needs = Needs::parse(
            "contract = \"1.1.0\"\n[[command]]\nname = \"c\"\nwhy = \"b\"\nprogram = \"acme\"\nargs = [[\"get\", \"{name}\"]]\n\
             environment = [\"HOME\"]\nsecrets-in = [\"/a\"]\ninput = true\n",
        )
        .unwrap();
        assert!(needs.command("c").is_some_and(|need| !need.optional));
        let listed =
            ["environment HOME", "get {name}", "program acme", "secrets in /a", "standard input"];
        assert_eq!(needs.list(), listed.map(|text| format!("command c: {text}")));
        assert!(Needs::parse("contract = \"1.0.0\"\nsockets = true\n").is_err());
        assert!(Needs::parse("contract = \"1.0\"\n").is_err());
    }

    #[test]
    fn versions_are_compared_by_major_and_minor() {
        for (text, supported) in [
            ("1.0.0", true),
            ("1.0.9", true),
            ("1.1.0", true),
            ("1.2.0", false),
            ("2.0.0", false),
            ("0.9.0", false),
        ] {
            let version: ContractVersion = text.parse().unwrap();
            assert_eq!(version.is_supported(), supported, "{text}");
            assert_eq!(version.to_string(), text);
        }
    }

    #[test]
    fn the_newest_version_is_that_of_the_contract() {
        let world = include_str!("../../../wit/world.wit");
        let line = world.lines().find_map(|line| line.strip_prefix("package connhub:connector@"));
        let version: ContractVersion = line.unwrap().trim_end_matches(';').parse().unwrap();
        assert_eq!((version.major, version.minor), (CONTRACT_MAJOR, CONTRACT_MINOR));
    }
}
