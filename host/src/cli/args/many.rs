//! What can be typed after the commands for many connections, and for copies.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{DryRun, IfTaken};

#[derive(Debug, Args)]
pub(in crate::cli) struct ManifestArgs {
    /// A file, a folder of files, or `-` for stdin; can be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE", required = true)]
    #[arg(value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Take secrets that stand in the files themselves
    #[arg(long)]
    pub allow_literal_secrets: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ApplyArgs {
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Leave stored secrets in place although a file sends them to another address
    #[arg(long)]
    pub keep_secrets: bool,
    /// Then delete connections with the labels of `-l` that no file names, where the files store some
    #[arg(long, requires = "selector")]
    pub prune: bool,
    /// The labels of connections that `--prune` may delete, such as `managed-by=ci`
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        requires = "prune",
        allow_hyphen_values = true
    )]
    pub selector: Option<String>,
    /// Do not ask before something is deleted
    #[arg(short, long)]
    pub yes: bool,
    /// Check and print what would be written: `client` sends nothing, `server` lets the backend check it
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    #[command(flatten)]
    pub manifests: ManifestArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CopyArgs {
    /// The connection to copy
    #[arg(value_name = "[BACKEND/][SCOPE/]NAME")]
    pub source: String,
    /// Where to; without a name at its end, the copy has the same name
    #[arg(value_name = "[BACKEND/][SCOPE/][NAME]")]
    pub target: String,
    /// Give the copy another value; can be given several times
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Take a field from an environment variable
    #[arg(long, value_name = "FIELD=VARIABLE")]
    pub from_env: Vec<String>,
    /// Leave a field out; can be given several times
    #[arg(long, value_name = "FIELD")]
    pub unset: Vec<String>,
    /// Leave out what the target cannot hold, and say so
    #[arg(long)]
    pub drop_unsupported: bool,
    /// Copy the secrets although `--set` gives them another address
    #[arg(long)]
    pub keep_secrets: bool,
    /// Give the copy the label `connhub-copied-from`, which names the original
    #[arg(long)]
    pub mark_origin: bool,
    /// What people call the copy
    #[arg(long, value_name = "TEXT")]
    pub display_name: Option<String>,
    /// What the copy is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A label of the copy; can be given several times
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// What to do if the name is taken: report an error, keep what is there, or replace it
    #[arg(long, value_name = "ACTION", value_enum, default_value = "fail")]
    pub if_exists: IfTaken,
    /// Check and print what would be written: `client` sends nothing, `server` lets the target check it
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RotateArgs {
    /// The connection
    #[arg(value_name = "[BACKEND/][SCOPE/]NAME")]
    pub name: String,
    /// The secrets to replace
    #[arg(value_name = "FIELD")]
    pub fields: Vec<String>,
    /// Take a new secret from an environment variable
    #[arg(long, value_name = "FIELD=VARIABLE")]
    pub from_env: Vec<String>,
    /// Also replace them in every connection of every backend that has the same secrets
    #[arg(long)]
    pub everywhere: bool,
    /// Do not try the new secrets first
    #[arg(long)]
    pub no_test: bool,
    /// Only say where they would be replaced
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
}
