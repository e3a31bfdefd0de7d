//! Patterns of values. Compiling one takes longer than everything else that is done with a value, so that it is done once, and not before
//! there is a value.

use std::fmt;
use std::sync::OnceLock;

use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;

/// The size of a compiled pattern in bytes, and how deep it may be nested: a pattern may be a connector's.
const MAX_SIZE: usize = 512 * 1024;
const MAX_NESTING: u32 = 32;

/// A regular expression that a whole value matches.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// Whether the pattern matches the whole value, in linear time.
    ///
    /// # Errors
    /// It is no pattern, or too large, in words.
    pub(super) fn matches(&self, value: &str) -> Result<bool, String> {
        Ok(self.compiled()?.is_match(value))
    }

    /// The expression for programs that look for a match anywhere in a value.
    pub fn anchored(&self) -> String {
        format!("^(?:{})$", self.text)
    }

    fn compiled(&self) -> Result<&Regex, String> {
        if let Some(compiled) = self.compiled.get() {
            return Ok(compiled);
        }
        let compiled = RegexBuilder::new(&self.anchored())
            .size_limit(MAX_SIZE)
            .nest_limit(MAX_NESTING)
            .build()
            .map_err(|error| format!("cannot be checked, since its pattern is wrong: {error}"))?;
        Ok(self.compiled.get_or_init(|| compiled))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
