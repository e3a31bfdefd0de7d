//! Why a request failed.

use std::error::Error as StdError;
use std::fmt;

use crate::model;
use crate::policy::admin::PolicyDenial;

/// Why there is no answer. Every variant of the contract's `error` has one here.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A grant does not allow it, or nothing ever does. Nothing was sent.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// There is no credential, or one that cannot be had. Nothing was sent.
    #[error(transparent)]
    Unauthenticated(Failure),
    /// The endpoint's place is not configured in a way that works. Nothing was sent.
    #[error(transparent)]
    Config(Failure),
    /// No connection, or it broke. The request may or may not have been carried out.
    #[error(transparent)]
    Unreachable(Failure),
    /// No answer in time. The request may or may not have been carried out.
    #[error(transparent)]
    TimedOut(Failure),
    /// A limit was hit. The text names it.
    #[error(transparent)]
    TooLarge(Failure),
    /// The answer is not what the protocol and the masks need.
    #[error(transparent)]
    Malformed(Failure),
    /// The request is not one that can be sent.
    #[error(transparent)]
    Invalid(Failure),
}

impl HttpError {
    /// What to type to get further, if that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(denial) => denial.hint(),
            Self::Unauthenticated(failure)
            | Self::Config(failure)
            | Self::Unreachable(failure)
            | Self::TimedOut(failure)
            | Self::TooLarge(failure)
            | Self::Malformed(failure)
            | Self::Invalid(failure) => failure.hint.clone(),
        }
    }

    /// The key of the limit that was hit, if it can be raised.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge(failure) | Self::TimedOut(failure) => failure.limit,
            _ => None,
        }
    }

    fn kind(&self) -> model::Kind {
        match self {
            Self::Denied(_) => model::Kind::Refused,
            Self::Unauthenticated(_) => model::Kind::Unauthenticated,
            Self::Config(_) => model::Kind::Invalid,
            Self::Unreachable(_) | Self::TimedOut(_) | Self::Malformed(_) => {
                model::Kind::Unavailable
            }
            Self::TooLarge(_) | Self::Invalid(_) => model::Kind::Connector,
        }
    }
}

impl From<HttpError> for model::Error {
    fn from(error: HttpError) -> Self {
        let mut shown = Self::new(error.kind(), error.to_string());
        shown.limit = error.limit();
        let shown = match error.hint() {
            Some(hint) => shown.hint(hint),
            None => shown,
        };
        match error {
            HttpError::Denied(_) => shown,
            HttpError::Unauthenticated(failure)
            | HttpError::Config(failure)
            | HttpError::Unreachable(failure)
            | HttpError::TimedOut(failure)
            | HttpError::TooLarge(failure)
            | HttpError::Malformed(failure)
            | HttpError::Invalid(failure) => match failure.source {
                Some(source) => shown.because(source),
                None => shown,
            },
        }
    }
}

/// A refusal, and what would have to be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Denial {
    /// What was refused, and by whom.
    pub what: String,
    /// The entry that is missing, as it is written in `plugins.toml`; none if no grant could allow it.
    pub rule_needed: Option<String>,
    /// The section, file and line where the entry belongs.
    pub where_to_add: Option<String>,
    /// If policy refuses it: which rule, and who may change it.
    pub policy: Option<String>,
}

impl Denial {
    /// A refusal that no grant can lift.
    pub fn always(what: impl Into<String>) -> Self {
        Self { what: what.into(), rule_needed: None, where_to_add: None, policy: None }
    }

    /// A refusal by the administrator's policy, which no grant can lift.
    pub fn by_policy(denial: &PolicyDenial, what: String) -> Self {
        Self { policy: Some(denial.hint()), ..Self::always(what) }
    }

    /// What to write where to lift the refusal, or who could.
    pub fn hint(&self) -> Option<String> {
        if let Some(policy) = &self.policy {
            return Some(policy.clone());
        }
        let (rule, place) = self.rule_needed.as_ref().zip(self.where_to_add.as_ref())?;
        Some(format!("to allow it, add {rule} in {place}"))
    }
}

/// What went wrong, what to type instead, and the cause. None of them holds a secret.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    limit: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// A failure in lower case and without a period.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, limit: None, source: None }
    }

    /// Adds what to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the limit that was hit, by its key in `plugins.toml`.
    #[must_use]
    pub fn limit(mut self, key: &'static str) -> Self {
        self.limit = Some(key);
        self
    }

    /// Keeps the cause. It must not quote a file or an answer.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// Finds an error of a type among an error and its causes, also where an I/O error wraps it.
pub fn find<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = io.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    None
}
