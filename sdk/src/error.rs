//! How errors are made, and how those of the capabilities become those of an operation.

use crate::bindings::connhub::connector::{command, http, secrets, vault};
use crate::model::{Error, Missing, Problem, Unavailability};

impl Error {
    /// One thing wrong with the input: the canonical name of the field and what must be different.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem { field: field.into(), message: message.into() }])
    }

    /// There is no connection of this name.
    pub fn no_connection(name: impl Into<String>) -> Self {
        Self::NotFound(Missing::Connection(name.into()))
    }

    /// There is no scope of this name.
    pub fn no_scope(name: impl Into<String>) -> Self {
        Self::NotFound(Missing::Scope(name.into()))
    }

    /// The backend cannot be used now, and nobody knows until when.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable(Unavailability { message: message.into(), retry_after: None })
    }

    /// A setting of the backend is wrong: its name, and what is wrong with it and must be instead.
    pub fn wrong_setting(name: &str, message: &str) -> Self {
        Self::invalid("settings", format!("`{name}` {message}"))
    }

    /// A connection is at another revision than the one that was expected.
    pub fn stale(name: &str, revision: impl std::fmt::Display) -> Self {
        Self::Conflict(format!(
            "`{name}` was changed meanwhile and is at revision {revision}; read it again"
        ))
    }

    /// What happened, in words; the place of what is wrong with the input included.
    pub fn message(&self) -> String {
        match self {
            Self::Invalid(problems) => {
                let words = |problem: &Problem| format!("{}: {}", problem.field, problem.message);
                problems.iter().map(words).collect::<Vec<_>>().join("; ")
            }
            Self::NotFound(Missing::Connection(name)) => format!("there is no connection `{name}`"),
            Self::NotFound(Missing::Scope(name)) => format!("there is no `{name}`"),
            Self::InUse(users) => format!("used by {}", users.join(", ")),
            Self::Unavailable(unavailability) => unavailability.message.clone(),
            Self::Unauthenticated(message)
            | Self::Forbidden(message)
            | Self::AlreadyExists(message)
            | Self::Conflict(message)
            | Self::Unsupported(message)
            | Self::Denied(message)
            | Self::Other(message) => message.clone(),
        }
    }

    /// The connector has no such operation.
    pub fn no_operation(operation: &str) -> Self {
        Self::Unsupported(format!("this connector cannot `{operation}`"))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Denied(message) | http::Error::TooLarge(message) => Self::Denied(message),
            http::Error::Unauthenticated(message) => Self::Unauthenticated(message),
            http::Error::Unreachable(message)
            | http::Error::TimedOut(message)
            | http::Error::Malformed(message) => Self::unavailable(message),
            http::Error::Other(message) => Self::Other(message),
        }
    }
}

impl From<command::Error> for Error {
    fn from(error: command::Error) -> Self {
        match error {
            command::Error::Denied(message) | command::Error::TooLarge(message) => {
                Self::Denied(message)
            }
            command::Error::Unavailable(message) | command::Error::TimedOut(message) => {
                Self::unavailable(message)
            }
            command::Error::Other(message) => Self::Other(message),
        }
    }
}

impl From<secrets::Denied> for Error {
    fn from(denied: secrets::Denied) -> Self {
        Self::Denied(denied.message)
    }
}

impl vault::Error {
    /// The error of an operation on the connection whose record this is about.
    pub fn of_connection(self, name: &str) -> Error {
        match self {
            Self::Exists => Error::AlreadyExists(format!("a connection `{name}` exists")),
            Self::Missing => Error::no_connection(name),
            Self::Stale(now) => Error::stale(name, now),
            Self::TooLarge(message) => Error::Unsupported(message),
            Self::Denied(message) => Error::Denied(message),
            Self::Unusable(message) => Error::unavailable(message),
            Self::Other(message) => Error::Other(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_errors_keep_what_a_user_can_do() {
        let check = |error: http::Error, expected: Error| assert_eq!(Error::from(error), expected);
        let text = || "why".to_owned();
        check(http::Error::Denied(text()), Error::Denied(text()));
        check(http::Error::TooLarge(text()), Error::Denied(text()));
        check(http::Error::Unauthenticated(text()), Error::Unauthenticated(text()));
        check(http::Error::Unreachable(text()), Error::unavailable("why"));
        check(http::Error::TimedOut(text()), Error::unavailable("why"));
        check(http::Error::Malformed(text()), Error::unavailable("why"));
        check(http::Error::Other(text()), Error::Other(text()));
    }

    #[test]
    fn vault_errors_name_the_connection() {
        let check = |error: vault::Error, expected: Error| {
            assert_eq!(error.of_connection("a"), expected);
        };
        check(vault::Error::Missing, Error::no_connection("a"));
        check(vault::Error::Exists, Error::AlreadyExists("a connection `a` exists".into()));
        check(vault::Error::Denied("d".into()), Error::Denied("d".into()));
        assert!(
            matches!(vault::Error::Stale(3).of_connection("a"), Error::Conflict(text) if text.contains("revision 3"))
        );
    }
}
