//! What can be typed after `test`.
#![allow(rustdoc::broken_intra_doc_links, reason = "the brackets are those of a usage text")]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

/// The longest time that a test may take.
const MAX: Duration = Duration::from_secs(600);

#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// The connections, each as NAME or [BACKEND/][SCOPE/]NAME
    #[arg(value_name = "NAME", required_unless_present_any = ["files", "all"])]
    pub names: Vec<String>,
    /// Test what a file, a folder of files or stdin (`-`) describes, before it is stored
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with = "names")]
    #[arg(value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Take secrets that stand in the files themselves
    #[arg(long, requires = "files")]
    pub allow_literal_secrets: bool,
    /// Test all connections of the backend, in the namespace that is worked in
    #[arg(long, conflicts_with_all = ["names", "files"])]
    pub all: bool,
    /// How long each test may take, such as 500ms, 10s or 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,
    /// Have the backend keep the result, where it has a place for it
    #[arg(long, conflicts_with = "files")]
    pub record: bool,
}

/// Reads a time with its unit.
///
/// # Errors
/// What to write instead.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        _ => 0,
    };
    let time = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
    match time.map(Duration::from_millis) {
        Some(time) if !time.is_zero() && time <= MAX => Ok(time),
        _ => Err("write a time of at most 10 minutes, such as 500ms, 10s or 1m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1m"), Ok(Duration::from_secs(60)));
        for text in ["", "0", "s", "-1", "11m", "1h", "1.5s", "99999999999999999999ms"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
