//! The resource manager by the vendor's command line.
//!
//! `--disable-interpolation` is always given, since a `$` in a value is a `$`. `--force` and `--unSanitize` never are, and no shape of the
//! grant allows them: the one breaks what depends on a resource, the other prints secrets.

use connhub_sdk::{
    Command, CommandError, CommandOutcome, Encoding, Error, Host, HttpError, Json, Part,
};
use serde_json::Value;

use super::PROGRAM;
use super::output::{Line, Outcome, apart, complaint, lines, outcome};
use super::printed::{self, Found};
use crate::client::{Kind, ResourceManager};
use crate::fault::Fault;
use crate::first::{SECRET_TYPE, SECRET_VERSION};
use crate::plan::VERSION;
use crate::resource::Resource;
use crate::settings::Generation;

/// The name of the file with a manifest. It holds JSON, of which every reader of YAML knows what it means.
const MANIFEST: &str = "manifest.yaml";

/// The command line, in one tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctl<'a> {
    pub(crate) host: &'a Host,
    pub(crate) tenant: &'a str,
    pub(crate) generation: Generation,
}

/// How a run ended, as far as that is told.
enum Ran {
    Done(CommandOutcome),
    /// There was nothing to do.
    Nothing,
}

impl Ctl<'_> {
    /// Whether somebody is logged in.
    pub(crate) fn is_logged_in(&self) -> bool {
        let asked = self.host.run(PROGRAM, Command::new(["user", "get"]));
        asked.is_ok_and(|outcome| {
            let lines = all_lines(&outcome);
            outcome.exit_code == Some(0) && complaint(&lines).is_none()
        })
    }
}

impl ResourceManager for Ctl<'_> {
    fn create(&self, _: Kind, manifest: Json<'_>) -> Result<(), Fault> {
        self.write("create", manifest)
    }

    fn replace(&self, _: Kind, _: &str, manifest: Json<'_>) -> Result<(), Fault> {
        self.write("update", manifest)
    }

    fn validate(&self, manifest: Json<'_>) -> Result<(), Fault> {
        let command = self.on_manifest(&["resource", "apply", "-l"], manifest);
        self.run("resource apply -l", command).map(drop)
    }

    fn read(&self, kind: Kind, name: &str) -> Result<Resource, Fault> {
        let command = Command::new(["resource", "get"]).args(self.named(kind, name)).args(["-d"]);
        let Ran::Done(outcome) = self.run("resource get", command)? else {
            return Err(missing("resource get", kind, name));
        };
        let printed = &outcome.stdout;
        if printed.truncated {
            return Err(Error::unavailable("dataos-ctl printed more than can be read").into());
        }
        match printed::found(&printed.text) {
            Found::Whole(found) if found["name"] == name => Ok(Resource::of(found)?),
            // Whoever took another resource for this one would write it back.
            Found::Whole(_) => Err(unclear("resource get", "printed another resource")),
            Found::Nothing => Err(missing("resource get", kind, name)),
            // Whoever took this for the resource would write it back without its end.
            Found::Broken => Err(unclear("resource get", "broke off in what it printed")),
        }
    }

    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        let command = Command::new(["resource", "delete"]).args(self.named(kind, name));
        match self.run("resource delete", command)? {
            Ran::Done(_) => Ok(()),
            Ran::Nothing => Err(missing("resource delete", kind, name)),
        }
    }
}

impl Ctl<'_> {
    /// The arguments that name a resource.
    fn named<'n>(&'n self, kind: Kind, name: &'n str) -> Vec<&'n str> {
        let (word, version) = match (self.generation, kind) {
            (Generation::First, Kind::Secret) => (SECRET_TYPE, SECRET_VERSION),
            _ => (kind.word(), VERSION),
        };
        let words = ["-t", word, "-n", name, "-v", version];
        words.into_iter().chain(self.workspace()).collect()
    }

    /// Resources of the first generation belong to no workspace.
    fn workspace(&self) -> Vec<&str> {
        match self.generation {
            Generation::First => Vec::new(),
            Generation::Second => vec!["-w", self.tenant],
        }
    }

    fn write(&self, verb: &str, manifest: Json<'_>) -> Result<(), Fault> {
        let doing = format!("resource {verb}");
        match self.run(&doing, self.on_manifest(&["resource", verb], manifest))? {
            Ran::Done(_) => Ok(()),
            Ran::Nothing => Err(Error::unavailable(format!(
                "`dataos-ctl {doing}` says that it has done nothing, and not why"
            ))
            .into()),
        }
    }

    fn on_manifest<'j>(&self, words: &[&str], manifest: Json<'j>) -> Command<'j> {
        let (manifest, files) = files_apart(manifest);
        let mut command = Command::new(words.iter().copied())
            .args(["--disable-interpolation"])
            .args(self.workspace())
            .args(["-f"])
            .file(MANIFEST, manifest.into_parts());
        command.files.extend(files);
        command
    }

    /// Runs it. What it says about the outcome counts before its exit code.
    fn run(&self, doing: &str, command: Command<'_>) -> Result<Ran, Fault> {
        let ended = self.host.run(PROGRAM, command).map_err(fault)?;
        let lines = all_lines(&ended);
        match (outcome(&lines), complaint(&lines), ended.exit_code) {
            (Some(Outcome::Done), ..) => Ok(Ran::Done(ended)),
            (Some(Outcome::Nothing), None, _) => Ok(Ran::Nothing),
            (None, None, Some(0)) => Ok(Ran::Done(ended)),
            // It may have been done before it broke off.
            (None, None, None) => Err(unclear(doing, "was ended by a signal")),
            (None, None, Some(code)) => {
                Err(unclear(doing, &format!("ended with code {code} and does not say why")))
            }
            (_, said, code) => Err(self.refused(doing, said, code)),
        }
    }

    fn refused(&self, doing: &str, said: Option<&str>, code: Option<i32>) -> Fault {
        let request = format!("dataos-ctl {doing}");
        match said {
            Some(said) if said.to_ascii_lowercase().contains("unknown type") => {
                self.too_old(said).into()
            }
            Some(said) => Fault::said(&request, said),
            None => {
                let code = code.map_or("a signal".to_owned(), |code| format!("code {code}"));
                let text = format!("`{request}` ended with {code} and does not say why");
                Error::unavailable(text).into()
            }
        }
    }

    /// A command line of another generation than the server does not know its types.
    fn too_old(&self, said: &str) -> Error {
        let version = self.host.run(PROGRAM, Command::new(["version"]));
        let version = version.map(|outcome| outcome.stdout.text).unwrap_or_default();
        let version: Vec<&str> = version.split_whitespace().collect();
        let version = match version.is_empty() {
            true => "it does not tell its version".to_owned(),
            false => format!("its version: {}", version.join(" ")),
        };
        Error::Unsupported(format!(
            "the installed dataos-ctl does not fit this DataOS ({said}; {version}); update it, or write \
             `transport = \"http\"` under `[backends.NAME.settings]`"
        ))
    }
}

/// Files beside the manifest, by their names.
type Files<'j> = Vec<(String, Vec<Part<'j>>)>;

/// A manifest that names files beside it in the place of what they hold: of `files` of a Secret the command line reads the paths. It runs in the folder of
/// the manifest, so a plain name is a path.
fn files_apart(manifest: Json<'_>) -> (Json<'_>, Files<'_>) {
    let mut files = Vec::new();
    let name = match &manifest {
        Json::Object(members) if members.iter().any(|(key, _)| key == SECRET_TYPE) => SECRET_TYPE,
        _ => "secret",
    };
    let manifest = member(manifest, name, |body| {
        member(body, "files", |content| match content {
            Json::Object(contents) => {
                let named = contents.into_iter().map(|(key, value)| {
                    let name = format!("file-{}", files.len());
                    files.push((name.clone(), whole(value)));
                    (key, Json::from(name.as_str()))
                });
                Json::Object(named.collect())
            }
            other => other,
        })
    });
    (manifest, files)
}

/// The document with one member changed, if it is there.
fn member<'j>(
    document: Json<'j>,
    name: &str,
    change: impl FnOnce(Json<'j>) -> Json<'j>,
) -> Json<'j> {
    let Json::Object(mut members) = document else { return document };
    if let Some(at) = members.iter().position(|(key, _)| key == name) {
        let (key, value) = members.remove(at);
        members.insert(at, (key, change(value)));
    }
    Json::Object(members)
}

/// A file that holds this value and nothing else.
fn whole(value: Json<'_>) -> Vec<Part<'_>> {
    match value {
        Json::SecretText(value) => vec![Part::Secret { value, encoding: Encoding::Raw }],
        Json::Plain(Value::String(text)) => vec![Part::Bytes(text.into_bytes())],
        other => other.into_parts(),
    }
}

fn all_lines(outcome: &CommandOutcome) -> Vec<Line> {
    let (before, _) = apart(&outcome.stdout.text);
    [lines(before), lines(&outcome.stderr.text)].concat()
}

/// A run of which nobody knows what it did.
fn unclear(doing: &str, what: &str) -> Fault {
    Fault::Host(HttpError::Unreachable(format!("`dataos-ctl {doing}` {what}")))
}

fn missing(doing: &str, kind: Kind, name: &str) -> Fault {
    let said = format!("Not Found - there is no {} `{name}`", kind.title());
    Fault::said(&format!("dataos-ctl {doing}"), &said)
}

/// Only what did not end may have been done.
fn fault(error: CommandError) -> Fault {
    match error {
        CommandError::TimedOut(text) => Fault::Host(HttpError::TimedOut(text)),
        CommandError::Denied(text) => Fault::Host(HttpError::Denied(text)),
        other => Fault::Other(other.into()),
    }
}
