//! Why a program was not run, or did not end.

use crate::capabilities::failure::{Denial, Failure};
use crate::model::{self, Kind};

/// Why there is no outcome. Every variant of the contract's `error` has one here.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A grant does not allow it, or nothing ever does. Nothing was run.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The program is not there or cannot be started. Nothing was run.
    #[error(transparent)]
    Unavailable(Failure),
    /// It did not end in time.
    #[error(transparent)]
    TimedOut(Failure),
    /// A limit was hit before it was started.
    #[error(transparent)]
    TooLarge(Failure),
    /// The call is not one that can be made.
    #[error(transparent)]
    Invalid(Failure),
}

impl CommandError {
    /// The key of the limit that was hit.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge(failure) | Self::TimedOut(failure) => failure.limit,
            _ => None,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Denied(_) => Kind::Refused,
            Self::Unavailable(_) | Self::TimedOut(_) => Kind::Unavailable,
            Self::TooLarge(_) | Self::Invalid(_) => Kind::Connector,
        }
    }
}

impl From<CommandError> for model::Error {
    fn from(error: CommandError) -> Self {
        let mut shown = Self::new(error.kind(), error.to_string());
        shown.limit = error.limit();
        let (hint, source) = match error {
            CommandError::Denied(denial) => (denial.hint(), None),
            CommandError::Unavailable(failure)
            | CommandError::TimedOut(failure)
            | CommandError::TooLarge(failure)
            | CommandError::Invalid(failure) => (failure.hint, failure.source),
        };
        let shown = match hint {
            Some(hint) => shown.hint(hint),
            None => shown,
        };
        match source {
            Some(source) => shown.because(source),
            None => shown,
        }
    }
}
