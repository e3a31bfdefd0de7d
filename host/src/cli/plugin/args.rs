//! What can be typed after `connhub plugin`. Comments on fields are the help texts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use crate::cli::args::ConnectorArgs;
use crate::operations::plugin::{LANGUAGES, Language};

const SOURCES: &str = "\
SOURCE is a file, a bundle of `plugin save`, `https://HOST/FILE.wasm`, or `oci://HOST/REPOSITORY:TAG` of a registry.
Signatures are looked for beside it: FILE.wasm.sig (openssl, cosign), FILE.wasm.minisig (minisign),
and where cosign puts them in a registry.";

const PUSH: &str = "\
The image has the layout of `wkg oci push`, which can pull it as `plugin add` can; the signature is where
`cosign sign --key` puts it. Logins are those of `podman login` and `docker login`.";
const TRIAL: &str = "\
A connector or backend is tried out where it is configured. Only connections with a random name of
the trial's own are touched, and all of them are deleted again. With `--backend` a FILE takes the
place of that backend's component. Without it a FILE that needs only the local store gets one that
is thrown away. The exit code is 0 if nothing failed, and 9 if something did.

A file of `--record` holds what the connector saw of the backend, but no secret. With `--replay` the
connector needs no backend: the file says where it works, and answers for it.";
const DEV: &str = "\
The command is one of connhub, without that word: connhub plugin dev -- list --backend acme
It gets the `plugins.toml` of the project, and shows what the connector logs. A build that fails is said, and
the next change is waited for. What tools write (target, node_modules, hidden files) is no change.";
const BENCH: &str = "\
compile   from the component to machine code, in a process of its own: once per version of a component
load      reading and hashing the component and its compiled form: once per command
link      making the connector ready to be called: once per command
describe  a call that asks nobody: a fresh sandbox, and the way there and back
list      a page of 100 connections from the backend
get       one connection from the backend
Nothing is written to a backend. A FILE works where `plugin test` has it work.";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PluginCommand {
    /// List connectors, their backends and grants
    #[command(visible_alias = "ls")]
    List,
    /// Show what a component needs, is granted and is made of, and what it can reach at worst
    Inspect(InspectArgs),
    /// Fetch a component, show what it needs, and configure it with exactly these grants
    #[command(alias = "install", after_help = SOURCES)]
    Add(AddArgs),
    /// Fetch a component again and show what is different before it is replaced
    #[command(alias = "upgrade", after_help = SOURCES)]
    Update(UpdateArgs),
    /// Remove a connector, its backend and its component
    #[command(visible_alias = "rm", alias = "uninstall")]
    Remove(RemoveArgs),
    /// Check digests, signatures, needs and grants of connectors
    Verify(VerifyArgs),
    /// Write the digests of your connectors to `plugins.lock`
    Lock(LockArgs),
    /// Say why a connector may not run, and who could change that
    WhyDenied(ConnectorArgs),
    /// Put a component into a registry, and sign it there
    #[command(after_help = PUSH)]
    Push(PushArgs),
    /// Write a connector with its signatures into one file, for machines without a network
    Save(SaveArgs),
    /// Add a connector from a file of `plugin save`; the same as `plugin add FILE`
    #[command(after_help = SOURCES)]
    Load(AddArgs),
    /// Make a project for a connector of your own
    New(NewArgs),
    /// Build the component of a project
    Build(BuildArgs),
    /// Build a project anew whenever it changes, and run a command with it
    #[command(after_help = DEV)]
    Dev(DevArgs),
    /// Try a connector out: what it declares, each operation, secrets, servers that misbehave
    #[command(after_help = TRIAL)]
    Test(TestArgs),
    /// Measure what a connector costs: compiling, loading, calls, memory
    #[command(after_help = BENCH)]
    Bench(BenchArgs),
    /// Sign a component: writes FILE.sig
    Sign(SignArgs),
    /// Make a pair of keys: PREFIX.key to sign with, PREFIX.pub for those who check
    Keygen(KeygenArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InspectArgs {
    /// The name of a connector, or the path of a component
    #[arg(value_name = "CONNECTOR|FILE", value_hint = ValueHint::FilePath)]
    pub connector: String,
    /// Everything as Markdown, for a ticket
    #[arg(long, conflicts_with_all = ["output", "json"])]
    pub markdown: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct LockArgs {
    /// The connectors to lock; all of your `plugins.toml` if none is named
    #[arg(value_name = "CONNECTOR")]
    pub connectors: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// Where the component is
    #[arg(value_name = "SOURCE", value_hint = ValueHint::FilePath)]
    pub source: String,
    /// What the connector and its backend are called; by default what the component is called
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A public key that must have signed it, now and whenever it is loaded; one of several is enough
    #[arg(long = "key", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keys: Vec<PathBuf>,
    /// A signer of `plugins.toml` who must have signed it; one of several is enough
    #[arg(long = "signer", value_name = "NAME")]
    pub signers: Vec<String>,
    /// Where an endpoint is: `kubernetes`, or the address of a service; can be given several times
    #[arg(long = "endpoint", value_name = "NAME=PLACE")]
    pub endpoints: Vec<String>,
    #[command(flatten)]
    pub fetch: FetchArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UpdateArgs {
    /// The connector
    #[arg(value_name = "CONNECTOR")]
    pub connector: String,
    /// Where the component is now; by default where it came from
    #[arg(value_name = "SOURCE", value_hint = ValueHint::FilePath)]
    pub source: Option<String>,
    #[command(flatten)]
    pub fetch: FetchArgs,
}

/// What `add` and `update` have in common.
#[derive(Debug, Args)]
pub(in crate::cli) struct FetchArgs {
    /// The SHA-256 that the component must have
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// Further certificate authorities of the server, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RemoveArgs {
    /// The connector
    #[arg(value_name = "CONNECTOR")]
    pub connector: String,
    /// Remove all its backends, not only the one of its name
    #[arg(long)]
    pub with_backends: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The connectors to check; all if none is named
    #[arg(value_name = "CONNECTOR")]
    pub connectors: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PushArgs {
    /// The component, or the name of a connector
    #[arg(value_name = "CONNECTOR|FILE", value_hint = ValueHint::FilePath)]
    pub component: String,
    /// Where to
    #[arg(value_name = "oci://HOST/REPOSITORY:TAG")]
    pub registry: String,
    /// Also sign it there, with this private key of P-256, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// Further certificate authorities of the registry, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SaveArgs {
    /// The component, or the name of a connector
    #[arg(value_name = "CONNECTOR|FILE", value_hint = ValueHint::FilePath)]
    pub component: String,
    /// Where to; by default `CONNECTOR.tar` in the current folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewArgs {
    /// What the connector is called: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language that it is written in
    #[arg(long, value_parser = language(), value_name = "LANGUAGE", default_value = "rust")]
    pub lang: &'static Language,
    /// The folder to make; by default one of the connector's name
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// The folder of an SDK to build with, instead of the published one
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub sdk: Option<PathBuf>,
}

/// The word of a language.
fn language() -> impl TypedValueParser<Value = &'static Language> {
    let words = PossibleValuesParser::new(LANGUAGES.iter().map(|language| language.word));
    // The parser before has refused every other word.
    words.map(|word| Language::of_word(&word).unwrap_or(LANGUAGES[0]))
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BuildArgs {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// The profile of Cargo for a connector in Rust, instead of `release`
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SignArgs {
    /// The component
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The private key of P-256, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct KeygenArgs {
    /// The beginning of both files' names
    #[arg(long, value_name = "PREFIX", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// The name of a connector or backend, or the path of a component
    #[arg(value_name = "CONNECTOR|FILE", value_hint = ValueHint::FilePath)]
    pub connector: String,
    /// The type of the connections to create; by default the first that can be made up
    #[arg(long = "type", value_name = "TYPE")]
    pub type_name: Option<String>,
    /// A visible field of the connections to create; can be given several times
    #[arg(long = "field", value_name = "FIELD=VALUE")]
    pub fields: Vec<String>,
    /// Write what was sent and what came back to a file, without secrets
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub record: Option<PathBuf>,
    /// Play what `--record` wrote: no network, no login
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["record", "type_name", "fields"]
    )]
    pub replay: Option<PathBuf>,
    /// Write the report as JUnit XML, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BenchArgs {
    /// The name of a connector or backend, or the path of a component
    #[arg(value_name = "CONNECTOR|FILE", value_hint = ValueHint::FilePath)]
    pub connector: String,
    /// How long each step is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DevArgs {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Try the component out after each build, as `plugin test` does; on the backend of `--backend`
    #[arg(long)]
    pub test: bool,
    /// What to run after each build
    #[arg(value_name = "COMMAND", last = true)]
    pub command: Vec<OsString>,
}
