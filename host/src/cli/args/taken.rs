//! What can be typed after the commands that take connections out, to be used.
#![allow(rustdoc::broken_intra_doc_links, reason = "the brackets are those of a usage text")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::BackupArgs;
use crate::consumers::{Mapping, Prefix, consumer_names};

/// Which variables a command gets.
#[derive(Debug, Args)]
pub(in crate::cli) struct SelectArgs {
    /// Only these fields or variables, separated by commas
    #[arg(long, value_name = "FIELD|VARIABLE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Put this before the name of each variable; `{NAME}` in it is the name of the connection
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Option<Prefix>,
    /// Put a field into a variable besides the usual ones; `NAME#FIELD` is the field of one connection
    #[arg(long, value_name = "FIELD=VARIABLE")]
    pub map: Vec<Mapping>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExecArgs {
    /// The connections, each as NAME or [BACKEND/][SCOPE/]NAME
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Replace the secrets by *** in what the command prints
    #[arg(long)]
    pub mask: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EnvArgs {
    /// The connections, each as NAME or [BACKEND/][SCOPE/]NAME
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub select: SelectArgs,
    /// Who reads the variables
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "sh")]
    pub format: EnvFormat,
    /// Print secrets even if stdout is a terminal
    #[arg(long)]
    pub reveal: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum EnvFormat {
    Sh,
    Fish,
    Powershell,
    Dotenv,
    Json,
    Github,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InjectArgs {
    /// The template; stdin if none is named
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub in_file: Option<PathBuf>,
    /// The file to write, which only you can read; stdout if none is named
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out_file: Option<PathBuf>,
    /// Print secrets even if stdout is a terminal
    #[arg(long)]
    pub reveal: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("form").required(true).args(["consumer", "backup"]))]
pub(in crate::cli) struct ExportArgs {
    /// The connection, as NAME or [BACKEND/][SCOPE/]NAME; a backup takes several, or all
    #[arg(value_name = "NAME", required_unless_present = "backup")]
    pub names: Vec<String>,
    /// The program
    #[arg(long = "for", value_name = "CONSUMER", value_parser = consumers())]
    pub consumer: Option<String>,
    /// Write secrets into the text instead of references to variables
    #[arg(long, conflicts_with = "backup")]
    pub reveal: bool,
    #[command(flatten)]
    pub backup: BackupArgs,
}

fn consumers() -> PossibleValuesParser {
    PossibleValuesParser::new(consumer_names())
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CredentialProcessArgs {
    /// The connection, as NAME or [BACKEND/][SCOPE/]NAME
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the secrets even if stdout is a terminal
    #[arg(long)]
    pub reveal: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AwsCommand {
    /// Write a profile that logs in with a connection
    Configure(AwsConfigureArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AwsConfigureArgs {
    /// The connection, as NAME or [BACKEND/][SCOPE/]NAME
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The name of the profile; by default that of the connection
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The file [env: AWS_CONFIG_FILE] [default: ~/.aws/config]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Take over a profile that somebody else wrote: its own ways to log in are removed
    #[arg(long)]
    pub force: bool,
}
