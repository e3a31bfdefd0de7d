//! What can be typed. Comments on fields are the help texts.

mod late;
mod many;
mod moved;
mod taken;
mod test;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::Span;

pub(super) use late::{Late, only, whole};
pub(super) use many::*;
pub(super) use moved::*;
pub(super) use taken::*;
pub(super) use test::*;

use super::audit::AuditCommand;
use super::plugin::PluginCommand;
use super::vault::VaultCommand;
use crate::model::IfExists;
use crate::operations::{Rehearsal, Uses};
use crate::ui::{ColorChoice, Format};

const GLOBAL: &str = "Global options";
const ABOUT: &str = "One command line for data connections wherever a team keeps them";
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    other failure
  2    wrong usage or invalid input
  3    not found
  4    not authenticated, or forbidden
  5    exists already, changed meanwhile, or in use
  6    unreachable or timed out
  7    a test of a connection failed
  8    refused by policy, grant, signature or integrity check
  9    a connector failed
  130  interrupted";
const SECRETS: &str = "\
FIELD=VALUE gives a plain field. A secret is never typed as a value:
  FIELD=-               from stdin, without the line end
  FIELD=@FILE           from a file
  --from-env FIELD=VAR  from an environment variable
  CONNHUB_SECRET_FIELD  from this variable, if it is needed and not given
  (nothing)             asked for without echo, if it is needed, on a terminal
A plain value that begins with `@`, or is `-`, gets a backslash before it.";
const EXEC: &str = "\
Write `--` before the command: connhub exec lake -- aws s3 ls
The exit code is the command's own, 127 if it does not exist, and 126 if it cannot be run.";

const MANIFESTS: &str = "\
FILE holds connections in YAML, JSON or TOML, of connhub or of a backend; docs/manifests.md describes them.
A secret is a reference there:
  {fromEnv: VARIABLE}             from an environment variable
  {fromFile: PATH}                from a file
  {fromCommand: [PROGRAM, ARG]}   what a program prints; only in a file that nobody else can write
  {from: op://VAULT/ITEM/FIELD}   by the command line of 1Password
  {from: connhub://BACKEND/SCOPE/NAME#FIELD}   of another connection
The exit code is that of the first failure; the others are done all the same.";
const DIFF: &str = "\
Values of secrets are not shown. The exit code is 0 if nothing differs, 1 if something does, and 2 or more
after an error.";
const UNDO: &str = "\
Fields, secrets, labels and texts become what they were. That is a change like any other: `undo` once more brings
back what was there before it. Only the local store keeps past versions, ten of each connection unless
`history` in `[vault]` says otherwise.";
const ROTATE: &str = "\
The new secret is tried before it replaces the old one: what does not work is refused, and nothing changes.
A new secret is asked for without echo, or given as `FIELD=-` (stdin), `FIELD=@FILE`, `--from-env` or
CONNHUB_SECRET_FIELD. Without FIELD all secrets of the connection are replaced. If one of several places
fails, those before it get the old secret back, and what became of each is said.";
const TEST: &str = "\
What is tried, as far as the type allows: address, resolve (the name), connect (TCP), tls (the
certificate), protocol, credential (the login), target (the bucket, database or file). Each is `ok`,
`failed` or `not-testable`. Nothing is created or changed, no redirect is followed, and no metadata
service of a cloud is asked. The exit code is 7 if a test failed, and 0 if something could only not
be tried.";
const COPY: &str = "\
A place is `NAME`, `SCOPE/NAME`, `BACKEND/NAME` or `BACKEND/SCOPE/NAME`; `-b` and `-n` stand for what it
leaves out. Secrets go from one backend to the other without being shown. In `--set` they are given as
`FIELD=-` (stdin) or `FIELD=@FILE`.";

const EXPORT: &str = "\
Without NAME a backup holds all connections of the backend, in all of its scopes or in that of
`-n`; with `--backend all` those of all backends. It is a file of age (age-encryption.org), which
`connhub import backup FILE` reads. Its passphrase is asked for, unless --passphrase-command or
--recipient is given.";
const IMPORT: &str = "\
What is read, and where it is if FILE is not given:
  aws       profiles with keys, in $AWS_CONFIG_FILE and $AWS_SHARED_CREDENTIALS_FILE or in ~/.aws
  rclone    remotes, in $RCLONE_CONFIG or ~/.config/rclone/rclone.conf
  airflow   variables AIRFLOW_CONN_*; FILE is what `airflow connections export` wrote
  flowfile  its catalog, $FLOWFILE_DB_PATH or ~/.flowfile/database/flowfile_catalog.db
  dbt       profiles.yml, in $DBT_PROFILES_DIR, here, or in ~/.dbt
  dotenv    environment variables, in .env
  backup    FILE is what `connhub export --backup` wrote
What will be done is shown first, and asked about; off a terminal `--yes` is needed. The source is
only read. The password of rclone is asked for, or taken from --password-command,
$RCLONE_PASSWORD_COMMAND or $RCLONE_CONFIG_PASS.";

/// The program.
#[derive(Debug, Parser)]
#[command(name = "connhub", version, about = ABOUT, after_help = EXIT_CODES, max_term_width = 110)]
#[command(arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command has.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = GLOBAL)]
pub(super) struct Global {
    /// The backend to work on, or `all` where a command can ask several [env: CONNHUB_BACKEND]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub backend: Option<String>,
    /// The project, tenant or folder to work in [env: CONNHUB_SCOPE]
    #[arg(short = 'n', long, global = true, value_name = "SCOPE")]
    #[arg(visible_alias = "scope", aliases = ["project", "tenant"])]
    pub namespace: Option<String>,
    /// A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plugins: Option<PathBuf>,
    /// A further policy file, which can only narrow [env: CONNHUB_POLICY]
    #[arg(long = "policy", global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policies: Vec<PathBuf>,
    /// The form of the output: table, wide, json, yaml, name or jsonpath=EXPRESSION
    #[arg(short, long, global = true, value_name = "FORM")]
    pub output: Option<Format>,
    /// Print JSON with these keys only, separated by commas
    #[arg(long, global = true, value_name = "KEYS", value_delimiter = ',')]
    #[arg(conflicts_with = "output")]
    pub json: Vec<String>,
    /// Leave out the first line of tables
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on stderr; -vv and -vvv say even more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub color: Option<When>,
    /// The same as `--color never`
    #[arg(long, global = true, conflicts_with = "color")]
    pub no_color: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

impl From<When> for ColorChoice {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Store a new connection
    #[command(visible_alias = "add", alias = "new", after_help = SECRETS)]
    Create(Late<CreateArgs>),
    /// Show connections, without their secrets
    #[command(visible_alias = "show", alias = "describe")]
    Get(Late<GetArgs>),
    /// List connections
    #[command(visible_alias = "ls")]
    List(Late<ListArgs>),
    /// Change fields of a connection; what is not named stays
    #[command(after_help = SECRETS)]
    Update(Late<UpdateArgs>),
    /// Make a connection of what is stored in a backend already, without touching its values
    Adopt(Late<AdoptArgs>),
    /// Show the past versions of a connection: when it changed, and in which fields
    History(Late<HistoryArgs>),
    /// Bring back what a connection was before its last change, or one that was deleted
    #[command(after_help = UNDO)]
    Undo(Late<UndoArgs>),
    /// Delete connections
    #[command(visible_alias = "rm", alias = "remove")]
    Delete(Late<DeleteArgs>),
    /// Store the connections of files, as often as you like
    #[command(after_help = MANIFESTS)]
    Apply(Late<ApplyArgs>),
    /// Show how connections differ from files; exit code 1 if they do
    #[command(after_help = DIFF)]
    Diff(Late<DiffArgs>),
    /// Copy a connection to another backend, scope or name, secrets included
    #[command(visible_alias = "cp", after_help = COPY)]
    Copy(Late<CopyArgs>),
    /// Put new secrets in the place of old ones, here or wherever they are
    #[command(after_help = ROTATE)]
    Rotate(Late<RotateArgs>),
    /// Try whether connections work, from the name of the server to the login
    #[command(after_help = TEST)]
    Test(Late<TestArgs>),
    /// Check login, permissions and platform of a backend
    Check(Late<CheckArgs>),
    /// Run a command with connections in its environment
    #[command(visible_alias = "run", after_help = EXEC)]
    Exec(Late<ExecArgs>),
    /// Print connections as environment variables
    Env(Late<EnvArgs>),
    /// Print the configuration with which another program uses a connection, or write a backup
    #[command(after_help = EXPORT)]
    Export(Late<ExportArgs>),
    /// Store the connections of another program, or of a backup
    #[command(after_help = IMPORT)]
    Import(Late<ImportArgs>),
    /// Put values into a template with {{ connhub://BACKEND/NAME#FIELD }} in it
    Inject(Late<InjectArgs>),
    /// Print a connection as the credentials that AWS SDKs ask a program for
    CredentialProcess(Late<CredentialProcessArgs>),
    /// Set up AWS programs
    #[command(subcommand)]
    Aws(Late<AwsCommand>),
    /// Show where the data of an address is, such as SCHEME://NAME/PATH
    Resolve(Late<ResolveArgs>),
    /// List connection types, or show the fields of one
    #[command(visible_alias = "type")]
    Types(Late<TypesArgs>),
    /// Add, check, sign and lock connectors
    #[command(subcommand, visible_alias = "plugins")]
    Plugin(Late<PluginCommand>),
    /// Look at the administrator's policy: what may run, and what it may touch at most
    #[command(subcommand)]
    Policy(Late<PolicyCommand>),
    /// Let the `plugins.toml` of a folder count, as it is now
    Trust(Late<TrustArgs>),
    /// Look after the local store: its key, new keys, copies
    #[command(subcommand)]
    Vault(Late<VaultCommand>),
    /// Read and check the record of what was done
    #[command(subcommand)]
    Audit(Late<AuditCommand>),
    /// Print the completion script of a shell
    Completion(Late<CompletionArgs>),
    /// Print the manual page
    Man(Late<ManArgs>),
    /// Print the version
    Version,
}

/// What `create` and `update` have in common.
#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// The name of the connection
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Fields; how secrets are given is explained below
    #[arg(value_name = "FIELD=VALUE")]
    pub assignments: Vec<String>,
    /// Read the connection from a YAML, JSON or TOML file; `-` is stdin
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Take a field from an environment variable
    #[arg(long, value_name = "FIELD=VARIABLE")]
    pub from_env: Vec<String>,
    /// Read this secret from stdin; the same as `FIELD=-`
    #[arg(long, value_name = "FIELD")]
    pub secret_stdin: Option<String>,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    pub display_name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A label; can be given several times
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// The day from which on it is not to be used: a date such as `2027-01-31`, a time from now such as `90d`, or `never`
    #[arg(long, value_name = "DAY")]
    pub expires: Option<String>,
    /// Check and print what would be written: `client` sends nothing, `server` lets the backend check it
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The type of the connection; `connhub types` lists them
    #[arg(short, long = "type", value_name = "TYPE")]
    pub type_name: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
    /// What to do if the name is taken: report an error, keep what is there, or replace it
    #[arg(long, value_name = "ACTION", value_enum, default_value = "fail")]
    pub if_exists: IfTaken,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    pub write: WriteArgs,
    /// Remove a field; can be given several times
    #[arg(long, value_name = "FIELD")]
    pub unset: Vec<String>,
    /// Remove a label; can be given several times
    #[arg(long, value_name = "KEY")]
    pub unset_label: Vec<String>,
    /// Change it only if it still has this revision
    #[arg(long, value_name = "REVISION")]
    pub if_revision: Option<String>,
    /// Leave the stored secrets in place although they will be sent to another address
    #[arg(long)]
    pub keep_secrets: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DryRun {
    None,
    Client,
    Server,
}

impl From<DryRun> for Rehearsal {
    fn from(dry_run: DryRun) -> Self {
        match dry_run {
            DryRun::None => Self::None,
            DryRun::Client => Self::Client,
            DryRun::Server => Self::Server,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum IfTaken {
    Fail,
    Keep,
    Replace,
}

impl From<IfTaken> for IfExists {
    fn from(action: IfTaken) -> Self {
        match action {
            IfTaken::Fail => Self::Fail,
            IfTaken::Keep => Self::Keep,
            IfTaken::Replace => Self::Replace,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// The names of the connections
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Do not fail if there is none of that name
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Show what it was in this version; `connhub history NAME` shows which there are
    #[arg(long, value_name = "NUMBER")]
    pub version: Option<u64>,
    /// Show the secrets, too, or nothing but the value of one field; written after the name
    #[arg(long, value_name = "FIELD", num_args = 0..=1)]
    pub reveal: Option<Option<String>>,
}

#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    /// The address of a connection, and what lies below it
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// The name of the connection, which may be deleted
    #[arg(value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// The name of the connection, which may be deleted
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Bring back this version instead of the last one
    #[arg(long = "to", value_name = "NUMBER")]
    pub version: Option<u64>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// List all projects, tenants or folders that you may see
    #[arg(short = 'A', long, visible_alias = "all-scopes", conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Only connections with these labels, such as `env=prod,tier!=test`
    #[arg(short = 'l', long, value_name = "SELECTOR", allow_hyphen_values = true)]
    pub selector: Option<String>,
    /// Only connections that have expired or expire within this time, such as `30d`
    #[arg(long, value_name = "TIME")]
    pub expiring: Option<Span>,
    /// Only connections of these types, separated by commas
    #[arg(short, long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// The order of the list; by default namespace and name
    #[arg(long, value_name = "KEY", value_enum)]
    pub sort_by: Option<SortKey>,
    /// Print each page as it comes, in the order of the backend
    #[arg(long, conflicts_with_all = ["sort_by", "watch"])]
    pub unsorted: bool,
    /// List again and again, and show what was added, changed or removed meanwhile
    #[arg(short, long, conflicts_with_all = ["sort_by", "expiring"])]
    pub watch: bool,
    /// How long to wait between two lists of `--watch`, such as 500ms, 5s or 1m
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch")]
    #[arg(value_parser = test::duration)]
    pub interval: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SortKey {
    Name,
    #[value(aliases = ["scope", "project", "tenant"])]
    Namespace,
    Type,
    Backend,
    Target,
    Status,
    Owner,
    #[value(alias = "age")]
    Created,
    Updated,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The names of the connections
    #[arg(value_name = "NAME", required_unless_present = "files")]
    pub names: Vec<String>,
    /// Delete the connections that a file, a folder of files or stdin (`-`) describes
    #[arg(short = 'f', long = "file", value_name = "FILE", conflicts_with = "names")]
    #[arg(value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Delete the past versions, too, so that nothing is left of the secrets; `undo` cannot bring them back
    #[arg(long, conflicts_with_all = ["files", "detach"])]
    pub purge: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Do not fail if there is none of that name
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Take the connections out of what uses them first, where the backend can do that
    #[arg(long)]
    pub detach: bool,
    /// Delete nothing: `client` only looks whether it is there, `server` lets the backend check it
    #[arg(long, value_name = "WHERE", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub dry_run: DryRun,
}

impl DeleteArgs {
    /// What becomes of those who use the connections.
    pub(super) fn uses(&self) -> Uses {
        if self.detach { Uses::Detach } else { Uses::Keep }
    }
}

#[derive(Debug, Args)]
pub(super) struct AdoptArgs {
    /// The name under which it is stored
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it is, if its values do not tell
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub type_name: Option<String>,
    /// Write nothing; the backend checks it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Also let the backend complete the connections of the scope that lack something
    #[arg(long)]
    pub fix: bool,
}

#[derive(Debug, Args)]
pub(super) struct TypesArgs {
    /// The type whose fields are shown
    #[arg(value_name = "TYPE")]
    pub type_name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Show the policy in force: its files and rules
    Show,
    /// Show what each rule says about a connector, and what it may do in the end
    Explain(ConnectorArgs),
    /// Check a policy file without using it
    Check(PolicyCheckArgs),
    /// Print a policy file with comments, to start from
    Init,
}

#[derive(Debug, Args)]
pub(super) struct ConnectorArgs {
    /// The name of a connector
    #[arg(value_name = "CONNECTOR")]
    pub connector: String,
}

#[derive(Debug, Args)]
pub(super) struct PolicyCheckArgs {
    /// The policy file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// The file; by default `plugins.toml` of the current directory
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Let it count no longer
    #[arg(long)]
    pub revoke: bool,
    /// List what is trusted
    #[arg(long, conflicts_with_all = ["file", "revoke", "yes"])]
    pub list: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder instead
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_consistent() {
        whole().debug_assert();
        for command in Cli::command().get_subcommands() {
            only(command.get_name()).unwrap().debug_assert();
        }
        assert!(only("--version").is_none());
    }

    #[test]
    fn a_command_is_parsed_alone_as_among_all() {
        for line in [
            "connhub add lake -t s3 bucket=x --output json",
            "connhub ls -A -b prod",
            "connhub update lake --unset region -v",
            "connhub plugin rm x -y --policy p.toml",
            "connhub aws configure lake",
            "connhub exec lake -- aws s3 ls",
            "connhub list --nothing",
            "connhub get",
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let parsed = |program: clap::Command| {
                let matches = program.try_get_matches_from(&words).map_err(|error| error.kind())?;
                let cli = Cli::from_arg_matches(&matches).map_err(|error| error.kind())?;
                Ok::<_, clap::error::ErrorKind>(format!("{cli:?}"))
            };
            assert_eq!(parsed(only(words[1]).unwrap()), parsed(whole()), "{line}");
        }
    }

    #[test]
    fn names_that_people_type_are_known() {
        for line in [
            "connhub add lake -t s3 bucket=x",
            "connhub new lake --type s3",
            "connhub ls -A",
            "connhub list --project p",
            "connhub -b prod list --scope p -o wide",
            "connhub show lake",
            "connhub describe lake -o jsonpath={.name}",
            "connhub rm lake -y",
            "connhub remove a b --ignore-not-found",
            "connhub list -l env=prod,!legacy --sort-by age",
            "connhub create -f x.yaml --dry-run",
            "connhub create x --dry-run=server --if-exists keep",
            "connhub get x --json name,type",
            "connhub plugin ls",
            "connhub plugin install x.wasm --yes",
            "connhub plugin rm x -y",
            "connhub trust",
            "connhub list -vvv",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "connhub",
            "connhub lst",
            "connhub get",
            "connhub delete",
            "connhub list -o xml",
            "connhub list -o json --json name",
            "connhub list -q -v",
            "connhub create x --if-exists maybe",
            "connhub list -A -n p",
            "connhub plugin sign x.wasm",
            "connhub plugin keygen",
            "connhub trust x --list",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_dry_run_takes_its_place_only_after_an_equals_sign() {
        let Command::Create(args) = parse("connhub create --dry-run lake").unwrap().command else {
            panic!("another command");
        };
        assert!(matches!(args.write.dry_run, DryRun::Client));
        assert_eq!(args.write.name.as_deref(), Some("lake"));
    }
}
