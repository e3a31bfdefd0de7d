//! What can be typed after the commands that move connections from and to other places: `import`, and backups of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::IfTaken;

/// Where connections come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ImportSource {
    Aws,
    Rclone,
    Airflow,
    Flowfile,
    Dbt,
    #[value(alias = "env", alias = ".env")]
    Dotenv,
    Backup,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The program that the connections come from
    #[arg(value_name = "SOURCE", value_enum)]
    pub source: ImportSource,
    /// Its file, or `-` for stdin; by default the one that the program itself would read
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Only these connections, separated by commas; by the name that the source or the table has
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Put this before each name
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub prefix: String,
    /// Give a connection another name; can be given several times
    #[arg(long, value_name = "NAME=NEW")]
    pub rename: Vec<String>,
    /// The type that variables of `dotenv` describe, where several types have the same
    #[arg(short, long = "type", value_name = "TYPE")]
    pub type_name: Option<String>,
    /// What to do about a name that another connection has: stop, keep what is there, or replace it
    #[arg(long, value_name = "ACTION", value_enum, default_value = "fail")]
    pub if_exists: IfTaken,
    /// A program that prints the password of rclone's configuration, or the passphrase of a backup
    #[arg(long, value_name = "COMMAND", visible_alias = "passphrase-command")]
    #[arg(value_hint = ValueHint::CommandString)]
    pub password_command: Option<String>,
    /// A file with the identity of age that opens a backup; can be given several times
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub identity: Vec<PathBuf>,
    /// The key of Flowfile's secrets: a file with it, or the folder that holds `.secret_key`
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub key: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// What belongs to a backup.
#[derive(Debug, Args)]
pub(in crate::cli) struct BackupArgs {
    /// Write all connections with their secrets into an encrypted file; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub backup: Option<PathBuf>,
    /// Encrypt the backup for this recipient of age instead of a passphrase; can be given several times
    #[arg(long, value_name = "age1…", requires = "backup", conflicts_with = "passphrase_command")]
    pub recipient: Vec<String>,
    /// A program that prints the passphrase of the backup
    #[arg(long, value_name = "COMMAND", requires = "backup", visible_alias = "password-command")]
    #[arg(value_hint = ValueHint::CommandString)]
    pub passphrase_command: Option<String>,
    /// Write the backup as text
    #[arg(short, long, requires = "backup")]
    pub armor: bool,
}
