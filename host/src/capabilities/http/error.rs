//! Why a request failed.

use std::error::Error as StdError;

pub use crate::capabilities::failure::{Denial, Failure};
use crate::model;

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
