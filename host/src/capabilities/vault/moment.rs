//! What one call of a connector sees of the store.

use super::history::{At, Past};

/// When a call takes place, and what its changes leave behind. A connector does not know of it: it reads and writes as ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// Now. What is changed or removed stays as a version.
    #[default]
    Now,
    /// Now. What is changed leaves no version, since it is a remark about a connection, such as the result of a test.
    Remark,
    /// Now. With what is removed go all of its versions.
    Purge,
    /// In the past: single records are what they were, and nothing can be changed or listed.
    Past(At),
}

impl Moment {
    /// The version that is read instead of the record.
    pub(super) fn at(self) -> Option<At> {
        match self {
            Self::Past(at) => Some(at),
            _ => None,
        }
    }

    /// What becomes of the past when something is changed.
    pub(super) fn leaves(self) -> Past {
        match self {
            Self::Remark => Past::Untouched,
            Self::Purge => Past::Forgotten,
            Self::Now | Self::Past(_) => Past::Kept,
        }
    }
}
