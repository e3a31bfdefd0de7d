//! What can be typed after `connhub audit`. Comments on fields are the help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::audit::Outcome;
use crate::operations::ExportForm;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// List records, newest last
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Check that no record was changed, removed or put in
    Verify(VerifyArgs),
    /// Write records to stdout
    Export(ExportArgs),
}

/// A part of the log.
#[derive(Debug, Args)]
pub(in crate::cli) struct TimeArgs {
    /// Only from this time on: `2026-01-31`, `2026-01-31T08:00:00Z`, or `12h` for twelve hours ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only up to this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    pub time: TimeArgs,
    /// Only this operation, such as `create`, `open`, `update`, `delete`, `start` or `plugin lock`
    #[arg(long, value_name = "OPERATION")]
    pub operation: Option<String>,
    /// Only about this connection
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
    /// Only what ended like this
    #[arg(long, value_name = "OUTCOME", value_enum)]
    pub outcome: Option<OutcomeWord>,
    /// Show the newest records only, this many; 0 shows all
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum OutcomeWord {
    Done,
    Denied,
    Failed,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Done => Self::Done,
            OutcomeWord::Denied => Self::Denied,
            OutcomeWord::Failed => Self::Failed,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// An export or a copy to check instead of the log
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    pub time: TimeArgs,
    /// The form: the lines as they are, which `audit verify FILE` can check, or a table for spreadsheets
    #[arg(long, value_name = "FORM", value_enum, default_value = "jsonl")]
    pub format: ExportWord,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ExportWord {
    Jsonl,
    Csv,
}

impl From<ExportWord> for ExportForm {
    fn from(word: ExportWord) -> Self {
        match word {
            ExportWord::Jsonl => Self::Lines,
            ExportWord::Csv => Self::Table,
        }
    }
}
