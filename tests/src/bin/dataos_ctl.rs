//! Stands in for `dataos-ctl`: talks to a stand-in DataOS and prints what the documents show, in the form that its configuration names.
//!
//! It reads `$HOME/.dataos/standin.json`, a [`Configuration`]. Each call is added to `$HOME/.dataos/calls`, one JSON list of arguments a
//! line.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fs_err::OpenOptions;
use serde::Deserialize;
use serde_json::Value;

/// How it behaves.
#[derive(Deserialize)]
#[serde(default)]
struct Configuration {
    /// Where DataOS is: `http://127.0.0.1:PORT`.
    url: String,
    /// The login; without one nobody is logged in.
    token: Option<String>,
    /// `terminal` or `pairs`: how the logger writes.
    form: String,
    /// `stdout` or `stderr`: where it writes.
    stream: String,
    /// `real` or `zero`: what the exit code says.
    codes: String,
    /// The only type of resource that it knows; all if none.
    only: Option<String>,
    /// Never ends.
    hangs: bool,
    /// The path below which depots are kept, where they are not among the other resources.
    depots: Option<String>,
    /// What goes wrong in single calls.
    faults: Vec<Fault>,
}

/// One call that goes wrong.
#[derive(Deserialize)]
struct Fault {
    /// The number of the line that it adds to `calls`, from one.
    call: usize,
    kind: FaultKind,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum FaultKind {
    /// Nothing is done, which the text says; the exit code says success.
    RefusedWithSuccess,
    /// Nothing is done and nothing is said.
    SilentFailure,
    /// All is done, which the text says; the exit code says failure.
    DoneWithFailure,
    /// All is done; half of the output comes, and the exit code of a failure.
    Cut,
    /// All is done; half of the output comes, and the exit code of success.
    CutWithSuccess,
    /// All is done; a signal ends it before it says so.
    Killed,
    /// All is done; it never ends.
    Hangs,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: None,
            form: "terminal".to_owned(),
            stream: "stdout".to_owned(),
            codes: "real".to_owned(),
            only: None,
            hangs: false,
            depots: None,
            faults: Vec::new(),
        }
    }
}

/// What one call came to: what is printed, and whether it went well.
struct Said {
    lines: Vec<(&'static str, String)>,
    /// What is data, on the standard output.
    printed: String,
    is_good: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default().join(".dataos");
    let configuration = configuration(&folder);
    let number = note(&folder, &arguments);
    if configuration.hangs {
        hang();
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let call = Call { configuration: &configuration, words: &words };
    match configuration.faults.iter().find(|fault| fault.call == number) {
        Some(fault) => go_wrong(&call, fault.kind),
        None => {
            let said = call.answer();
            said.print(&configuration, Extent::All);
            said.code(&configuration)
        }
    }
}

fn hang() -> ! {
    loop {
        std::thread::park();
    }
}

fn go_wrong(call: &Call<'_>, kind: FaultKind) -> ExitCode {
    let said = match kind {
        FaultKind::SilentFailure => return ExitCode::FAILURE,
        FaultKind::RefusedWithSuccess => {
            Said::failed("Forbidden - forbidden: not today".to_owned(), "apply...error")
        }
        _ => call.answer(),
    };
    let extent = match kind {
        FaultKind::Cut | FaultKind::CutWithSuccess => Extent::Half,
        FaultKind::Killed => std::process::abort(),
        FaultKind::Hangs => hang(),
        _ => Extent::All,
    };
    said.print(call.configuration, extent);
    match kind {
        FaultKind::Cut | FaultKind::DoneWithFailure => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// How much of the output comes.
#[derive(Clone, Copy)]
enum Extent {
    All,
    Half,
}

fn configuration(folder: &Path) -> Configuration {
    let text = fs_err::read_to_string(folder.join("standin.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Adds a call to those before, and returns its number.
fn note(folder: &Path, arguments: &[String]) -> usize {
    let line = serde_json::json!(arguments);
    let path = folder.join("calls");
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(&path) {
        let _ = writeln!(file, "{line}");
    }
    fs_err::read_to_string(path).unwrap_or_default().lines().count()
}

struct Call<'a> {
    configuration: &'a Configuration,
    words: &'a [&'a str],
}

impl Call<'_> {
    fn answer(&self) -> Said {
        match self.words {
            ["version", ..] => Said::printed("dataos-ctl version 2.27.8\n".to_owned()),
            ["user", "get"] => self.user(),
            ["resource", "create", ..] => self.apply("POST", "created"),
            ["resource", "update", ..] => self.apply("PUT", "updated"),
            ["resource", "apply", ..] if self.has("-l") => self.lint(),
            ["resource", "get", ..] => self.get(),
            ["resource", "delete", ..] => self.delete(),
            _ => Said::failed("unknown command".to_owned(), "apply...error"),
        }
    }

    fn user(&self) -> Said {
        match self.configuration.token {
            Some(_) => Said::printed(
                "      NAME     │     ID      │  TYPE  \n───────────────┼─────────────┼────────\n  A. User      │ auser       │ person \n"
                    .to_owned(),
            ),
            None => {
                let refusal = r#"{"allow":false,"error":{"message":"missing auth tokens","status":401}}"#;
                Said::failed(format!("Unauthorized - {refusal}"), "user get...error")
            }
        }
    }

    fn apply(&self, method: &str, outcome: &str) -> Said {
        let manifest = match self.manifest() {
            Ok(manifest) => manifest,
            Err(problem) => return Said::failed(problem, "apply...error"),
        };
        let of = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
        let (name, kind) = (of("name"), of("type"));
        if self.configuration.only.as_ref().is_some_and(|only| *only != kind) {
            return Said::failed(format!("unknown type '{kind}'"), "apply...nothing");
        }
        let path = match method {
            "POST" => self.base(&kind),
            _ => format!("{}/{kind}/{name}", self.base(&kind)),
        };
        let id = format!("{name}:{}:{kind}", of("version"));
        match self.ask(method, &path, Some(&manifest)) {
            Ok(_) => Said::lines(&[
                "apply...",
                &format!("applying {id}...{outcome}"),
                "apply...complete",
            ]),
            Err(problem) => {
                let mut said = Said::failed(problem, "apply...error");
                said.lines.insert(1, ("INFO", format!("applying {id}...error")));
                said
            }
        }
    }

    fn lint(&self) -> Said {
        let manifest = self.manifest();
        match manifest.and_then(|manifest| {
            self.ask("POST", &format!("{}/validate", self.base("")), Some(&manifest))
        }) {
            Ok(_) => Said::lines(&["apply...complete"]),
            Err(problem) => Said::failed(problem, "apply...error"),
        }
    }

    fn get(&self) -> Said {
        let (kind, name) = (self.option("-t"), self.option("-n"));
        match self.ask("GET", &format!("{}/{kind}/{name}", self.base(kind)), None) {
            Ok(resource) => {
                let version = resource["version"].as_str().unwrap_or_default();
                let yaml = serde_saphyr::to_string(&resource).unwrap_or_default();
                let mut said = Said::lines(&["get...", "get...complete"]);
                let ids = format!("# {name}:{version}:{kind}\n# {kind}:{version}:{name}");
                said.printed = format!("\n---\n{ids}\n{yaml}\n");
                said
            }
            Err(problem) if problem.starts_with("Not Found") => {
                let mut said = Said::lines(&["get...", "get...nothing"]);
                said.printed = "\n  NAME | VERSION | TYPE | STATUS | RUNTIME | OWNER \n".to_owned();
                said
            }
            Err(problem) => Said::failed(problem, "get...error"),
        }
    }

    fn delete(&self) -> Said {
        let (kind, name) = (self.option("-t"), self.option("-n"));
        let id = format!("{name}:{}:{kind}", self.option("-v"));
        match self.ask("DELETE", &format!("{}/{kind}/{name}", self.base(kind)), None) {
            Ok(_) => Said::lines(&[
                "delete...",
                &format!("deleting {id}...deleted"),
                "delete...complete",
            ]),
            Err(problem) if problem.starts_with("Not Found") => {
                Said::lines(&["delete...", &format!("deleting {id}...nothing"), "delete...nothing"])
            }
            Err(problem) => Said::failed(problem, "delete...error"),
        }
    }

    /// The manifest, in which variables are replaced unless that is switched off, and files by what is in them.
    fn manifest(&self) -> Result<Value, String> {
        let text = fs_err::read_to_string(self.option("-f")).map_err(|error| error.to_string())?;
        let text = match self.has("--disable-interpolation") {
            true => text,
            false => regex_lite::Regex::new(r"\$\w*")
                .map_or(text.clone(), |variable| variable.replace_all(&text, "").into_owned()),
        };
        let mut manifest: Value =
            serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
        for place in ["/secret/files", "/instance-secret/files"] {
            let files = manifest.pointer_mut(place).and_then(Value::as_object_mut);
            for path in files.into_iter().flat_map(|files| files.values_mut()) {
                let content = fs_err::read_to_string(path.as_str().unwrap_or_default());
                *path = content.map_err(|error| error.to_string())?.into();
            }
        }
        Ok(manifest)
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn option(&self, flag: &str) -> &str {
        let at = self.words.iter().position(|word| *word == flag);
        at.and_then(|at| self.words.get(at + 1)).copied().unwrap_or_default()
    }

    /// The path below which resources of a type are.
    fn base(&self, kind: &str) -> String {
        match &self.configuration.depots {
            Some(path) if kind == "depot" => path.clone(),
            // What belongs to no workspace, in the first generation.
            _ if !self.has("-w") => "/poros/api/v1/resources".to_owned(),
            _ => format!("/poros/api/v1/workspaces/{}/resources", self.option("-w")),
        }
    }

    /// Asks Poros, and says its refusal as the real one does.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.configuration.url);
        // The words of the language that the real one is written in.
        let broken = |_| format!("{method} \"{url}\": EOF");
        let (status, answer) = self.send(method, path, body).map_err(broken)?;
        let parsed: Value = serde_json::from_str(&answer).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(parsed);
        }
        let reason = match status {
            400 => "Invalid Parameter",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            504 => "Gateway Timeout",
            _ => "Internal Server Error",
        };
        let message =
            ["/error/message", "/message"].iter().find_map(|at| parsed.pointer(at)?.as_str());
        match status {
            401 => Err(format!("{reason} - {answer}")),
            _ => Err(format!("{reason} - {}", message.unwrap_or(&answer))),
        }
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, String)> {
        let address = self.configuration.url.trim_start_matches("http://").trim_end_matches('/');
        let body = body.map(Value::to_string).unwrap_or_default();
        let token = self.configuration.token.clone().unwrap_or_default();
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        Ok((status.ok_or_else(wrong)?, body.to_owned()))
    }
}

impl Said {
    fn printed(text: String) -> Self {
        Self { lines: Vec::new(), printed: text, is_good: true }
    }

    fn lines(lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| ("INFO", (*line).to_owned())).collect();
        Self { lines, printed: String::new(), is_good: true }
    }

    fn failed(problem: String, end: &str) -> Self {
        let lines = vec![("ERROR", problem), ("ERROR", end.to_owned())];
        Self { lines, printed: String::new(), is_good: false }
    }

    fn print(&self, configuration: &Configuration, extent: Extent) {
        let text: String = self.lines.iter().map(|line| shown(configuration, line)).collect();
        // A reader that is gone is no fault of ours.
        let _ = match configuration.stream.as_str() {
            "stderr" => io::stderr().write_all(extent.of(&text)),
            _ => io::stdout().write_all(extent.of(&text)),
        };
        let _ = io::stdout().write_all(extent.of(&self.printed));
    }

    fn code(&self, configuration: &Configuration) -> ExitCode {
        match self.is_good || configuration.codes == "zero" {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}

/// A line of the logger.
fn shown(configuration: &Configuration, (level, line): &(&str, String)) -> String {
    match configuration.form.as_str() {
        "pairs" => format!(
            "time=\"2026-11-26T10:00:00Z\" level={} msg={:?}\n",
            level.to_lowercase(),
            format!("🔧 {line}")
        ),
        _ => format!("{level:.4}[0001] 🔧 {line}\n"),
    }
}

impl Extent {
    fn of(self, text: &str) -> &[u8] {
        match self {
            Self::All => text.as_bytes(),
            Self::Half => &text.as_bytes()[..text.len() / 2],
        }
    }
}
