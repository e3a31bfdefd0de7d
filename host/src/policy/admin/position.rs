//! Where a rule stands, who may change it, and what is said when it refuses something.

use std::fmt;
use std::sync::Arc;

use crate::model;

/// A line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its line.
    pub position: Position,
}

/// Who may change a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// It is the system's, and so root's.
    System,
    /// It was named in addition, and can only narrow.
    Further {
        /// The owner of the file.
        owner: String,
    },
}

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    /// Its path.
    pub path: Arc<str>,
    /// Who may change it.
    pub keeper: Keeper,
    /// Whom to ask, as the file says.
    pub contact: Option<String>,
}

impl PolicySource {
    /// Who may change the file, as a sentence.
    pub fn who(&self) -> String {
        let contact = self.contact.as_ref().map(|contact| format!("; ask {contact}"));
        match &self.keeper {
            Keeper::System => format!(
                "only root, the administrator of this machine, can change it{}",
                contact.unwrap_or_default()
            ),
            Keeper::Further { owner } => format!(
                "{owner}, who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it{}",
                contact.unwrap_or_default()
            ),
        }
    }
}

/// A refusal by a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDenial {
    /// What is refused, and why.
    pub what: String,
    /// The key of the rule.
    pub rule: String,
    /// Where the rule stands.
    pub position: Position,
    /// Who may change it.
    pub who: String,
}

impl PolicyDenial {
    /// Which rule it was and who may change it.
    pub fn hint(&self) -> String {
        format!("`{}` in {} says so; {}", self.rule, self.position, self.who)
    }
}

impl From<PolicyDenial> for model::Error {
    fn from(denial: PolicyDenial) -> Self {
        let hint = denial.hint();
        Self::refused(denial.what).hint(hint)
    }
}

/// What is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPolicy {
    /// Where.
    pub position: Position,
    /// What.
    pub problem: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.problem)
    }
}
