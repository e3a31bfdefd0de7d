//! Refusals and failures of capabilities, in words for a user and free of secrets.

use std::error::Error as StdError;
use std::fmt;

use crate::policy::admin::PolicyDenial;

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
    /// What to type.
    pub hint: Option<String>,
    /// The key of the limit that was hit.
    pub limit: Option<&'static str>,
    /// The cause.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
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
