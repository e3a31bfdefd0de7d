//! Where in a document secrets may be placed.

use super::{BadPointer, PointerPattern, PointerSet};

/// What `secrets-in` of a program says so that a file may be nothing but one secret, as it is. Keys and certificates are read in no other form, and
/// such a file has no other place in which a secret could end up.
pub const WHOLE_FILE: &str = "whole-file";

/// Places of a need, a grant or a ceiling.
#[derive(Clone, Debug)]
pub enum SecretPlaces {
    /// Anywhere, and in documents of any kind: the pointer to the whole document, which is empty.
    Anywhere,
    /// As whole string values of a JSON document at these pointers; with none, nowhere.
    At(PointerSet<()>),
}

impl SecretPlaces {
    /// Parses pointers in which `*` is any member or element; an empty one stands for anywhere.
    ///
    /// # Errors
    /// Names the pointer that is none.
    pub fn parse(patterns: &[String]) -> Result<Self, BadPointer> {
        if patterns.iter().any(String::is_empty) {
            return Ok(Self::Anywhere);
        }
        let patterns: Vec<_> =
            patterns.iter().map(|text| PointerPattern::parse(text)).collect::<Result<_, _>>()?;
        PointerSet::new(patterns.iter().map(|pattern| (pattern, ()))).map(Self::At)
    }

    /// Whether a secret may be at a pointer, given step by step.
    pub fn allows(&self, steps: &[String]) -> bool {
        match self {
            Self::Anywhere => true,
            Self::At(pointers) => pointers.action_at(steps).is_some(),
        }
    }

    /// Whether it may be anywhere.
    pub fn is_anywhere(&self) -> bool {
        matches!(self, Self::Anywhere)
    }
}
