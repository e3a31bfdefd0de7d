//! The one error that a user sees: what happened, why, and what to type instead.

use std::fmt;

/// What class of failure it is. It decides the exit code and the stable code of the JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything without a class of its own.
    Other,
    /// The command line or the input is wrong.
    Invalid,
    /// A connection, scope, backend or file that was named does not exist.
    NotFound,
    /// No login, or one that is not accepted.
    Unauthenticated,
    /// The login is known and may not do this.
    Forbidden,
    /// The name is taken.
    Exists,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// Something still uses it.
    InUse,
    /// The backend cannot be reached or did not answer in time.
    Unavailable,
    /// A test of a connection failed.
    TestFailed,
    /// Refused by policy, grant, signature or an integrity check.
    Refused,
    /// A connector trapped, hit a limit or broke the contract.
    Connector,
    /// The user interrupted the command.
    Interrupted,
}

impl Kind {
    /// The exit code, as documented for scripts.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Invalid => 2,
            Self::NotFound => 3,
            Self::Unauthenticated | Self::Forbidden => 4,
            Self::Exists | Self::Conflict | Self::InUse => 5,
            Self::Unavailable => 6,
            Self::TestFailed => 7,
            Self::Refused => 8,
            Self::Connector => 9,
            Self::Interrupted => 130,
        }
    }

    /// The stable word for the JSON form of an error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Invalid => "invalid",
            Self::NotFound => "not-found",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Exists => "already-exists",
            Self::Conflict => "conflict",
            Self::InUse => "in-use",
            Self::Unavailable => "unavailable",
            Self::TestFailed => "test-failed",
            Self::Refused => "refused",
            Self::Connector => "connector-failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the same command may succeed when it is run again later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Unavailable | Self::Conflict)
    }
}

/// Whose words an error is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// This program.
    #[default]
    Connhub,
    /// A connector, by name; its words are scrubbed and not to be trusted.
    Connector(String),
}

/// One thing wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field, or `name`, `scope`, `type`, `label`.
    pub field: String,
    /// What is wrong with it and what it must be. Never the value of a secret.
    pub message: String,
}

/// What a user is told when a command fails.
#[derive(Debug)]
pub struct Error {
    /// The class.
    pub kind: Kind,
    /// What is wrong, in lower case and without a period.
    pub message: String,
    /// Wrong fields, all of them at once.
    pub problems: Vec<FieldProblem>,
    /// What to type instead, one hint each.
    pub hints: Vec<String>,
    /// Whose words `message` is.
    pub origin: Origin,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u32>,
    /// The key of the limit that was hit, if it was one.
    pub limit: Option<&'static str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this program.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            problems: Vec::new(),
            hints: Vec::new(),
            origin: Origin::Connhub,
            retry_after: None,
            limit: None,
            source: None,
        }
    }

    /// Wrong input.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// A refusal by policy, grant or an integrity check.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Adds what to type instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the wrong fields.
    #[must_use]
    pub fn problems(mut self, problems: Vec<FieldProblem>) -> Self {
        self.problems = problems;
        self
    }

    /// Keeps the cause, which is shown below the message.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Keeps these words, and takes the hints and the cause of another error about the same failure.
    #[must_use]
    pub fn with_details_of(mut self, other: Self) -> Self {
        self.limit = self.limit.or(other.limit);
        if self.hints.is_empty() {
            self.hints.clone_from(&other.hints);
        }
        if self.source.is_none() {
            self.source = match self.message.contains(&other.message) {
                true => other.source,
                false => Some(Box::new(other)),
            };
        }
        self
    }

    /// Says which limit was hit, by its key in `plugins.toml`.
    #[must_use]
    pub fn hit(mut self, limit: &'static str) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Says that the words are a connector's.
    #[must_use]
    pub fn from_connector(mut self, connector: &str) -> Self {
        self.origin = Origin::Connector(connector.to_owned());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
