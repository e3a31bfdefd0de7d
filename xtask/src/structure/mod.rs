//! The rules of the code base that the compiler does not know, as data.

mod components;
mod files;
mod lengths;
mod rooms;
mod tokens;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use files::SourceFile;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// Relative to the root of the checkout.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub what: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// Checks every rule and prints what breaks one.
pub fn run() -> Result<()> {
    let files = files::all()?;
    let findings = check(&files);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} places break a rule of the structure", findings.len());
    }
    Ok(())
}

fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings: Vec<_> = files
        .iter()
        .flat_map(|file| {
            let mut found = words::check(file);
            found.extend(lengths::check(file));
            found.extend(rooms::check(file));
            found
        })
        .collect();
    findings.extend(components::check(files));
    findings
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.what, self.advice)
    }
}
