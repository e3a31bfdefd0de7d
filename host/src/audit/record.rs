//! One line of the log as data. Names only: no field of it can hold a value.

use serde::{Deserialize, Serialize};

use crate::model::{Error, Kind, Usage};
use crate::scrub::{Scrubber, sanitize};

/// The version of the form. It changes only if the meaning of a key does.
pub const VERSION: u32 = 1;

/// The longest name in a record, in bytes, and the longest text of a denial.
const MAX_NAME: usize = 256;
const MAX_DENIAL: usize = 512;
/// The most names of fields; more than any type has.
const MAX_FIELDS: usize = 64;

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// [`VERSION`].
    pub v: u32,
    /// The number of the line, from 1, without gaps.
    pub seq: u64,
    /// When, in RFC 3339 and UTC.
    pub time: String,
    /// What the line is about.
    pub event: Stage,
    /// Who.
    pub user: User,
    /// The name of the machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The command of `connhub` that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What was done: `create`, `open`, `update`, `delete`, `start`, `plugin lock`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// The project, tenant or folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The name of the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The names of the fields that were changed or revealed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// The hash of the policy in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The endpoints that requests were sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<EndpointRecord>,
    /// The programs that were run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramRecord>,
    /// The keys of the limits that were hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// What was refused, in words; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denials: Vec<String>,
    /// How it ended; none for an attempt and a mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Ended>,
    /// From start to end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The line that announced this operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// What the log found wrong with itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// The SHA-256 of the line before.
    pub prev: String,
    /// The keyed sum over everything before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// An operation is about to begin.
    Attempt,
    /// An operation ended.
    #[default]
    Outcome,
    /// The log was not as it was left.
    Mark,
}

impl Stage {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Outcome => "outcome",
            Self::Mark => "mark",
        }
    }
}

/// The user of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The effective user id.
    pub uid: u32,
    /// Its name, if the system knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user who logged in, if the kernel knows and it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_uid: Option<u32>,
}

/// Which code it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorId {
    /// The name in `plugins.toml`.
    pub name: String,
    /// The SHA-256 of the component; none if it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The ids of the keys that signed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
}

/// What was exchanged with one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointRecord {
    /// The name that the connector uses.
    pub name: String,
    /// Scheme, host and port.
    pub origin: String,
    /// Requests, repetitions included.
    pub requests: u64,
    /// Bytes of bodies that were sent.
    pub sent: u64,
    /// Bytes of bodies that came back.
    pub received: u64,
}

/// What was done with one program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramRecord {
    /// The name that the connector uses.
    pub name: String,
    /// Its path.
    pub program: String,
    /// How often it was started.
    pub runs: u64,
    /// Bytes of the files and the standard input that it was given.
    pub sent: u64,
    /// Bytes that were read of what it printed.
    pub received: u64,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// In one word of three.
    pub result: Result,
    /// What was done: `created`, `kept`, `revealed`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<String>,
    /// The code of the error, as in the JSON form of errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The exit code that belongs to it.
    pub exit_code: u8,
}

/// The end of an operation in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Result {
    /// It was done.
    Done,
    /// It was not allowed: by `connhub` itself, or by the backend.
    Denied,
    /// It failed otherwise.
    Failed,
}

impl Result {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// What the log found when it was about to be continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What.
    pub found: MarkKind,
    /// How many bytes it concerns.
    pub bytes: u64,
}

/// What was not as it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// The last line was cut off, as by a crash; it was removed.
    Torn,
    /// There are lines that nobody with the key has written.
    Foreign,
    /// Lines that were written are not there.
    Missing,
    /// The file that says how the chain ends was removed or changed.
    Head,
}

impl MarkKind {
    /// What it means, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Torn => "a line that a crash had cut off was removed before this one",
            Self::Foreign => "lines that are not the log's own were found before this one",
            Self::Missing => "lines were missing when this one was written",
            Self::Head => "the head was gone or changed when this one was written",
        }
    }
}

impl Ended {
    /// A success, with what was done.
    pub fn done(did: &str) -> Self {
        Self { result: Result::Done, did: Some(did.to_owned()), code: None, exit_code: 0 }
    }

    /// A failure.
    pub fn failed(error: &Error) -> Self {
        let result = match error.kind {
            Kind::Refused | Kind::Forbidden => Result::Denied,
            _ => Result::Failed,
        };
        let code = Some(error.kind.code().to_owned());
        Self { result, did: None, code, exit_code: error.kind.exit_code() }
    }
}

impl Record {
    /// An operation, with nothing known about it yet.
    pub fn of(operation: &str) -> Self {
        Self { operation: Some(operation.to_owned()), ..Self::default() }
    }

    /// Adds what a call used and was refused.
    pub fn count(&mut self, usage: &Usage) {
        let endpoint = |(name, used): (&String, &crate::model::EndpointUsage)| EndpointRecord {
            name: name.clone(),
            origin: used.origin.clone(),
            requests: used.requests,
            sent: used.sent,
            received: used.received,
        };
        self.endpoints = usage.endpoints.iter().map(endpoint).collect();
        let program = |(name, used): (&String, &crate::model::CommandUsage)| ProgramRecord {
            name: name.clone(),
            program: used.program.clone(),
            runs: used.runs,
            sent: used.sent,
            received: used.received,
        };
        self.programs = usage.commands.iter().map(program).collect();
        self.limits.extend(usage.limits.iter().map(|key| (*key).to_owned()));
        self.denials.extend(usage.denials.iter().cloned());
        let more = usage.denied.saturating_sub(usage.denials.len() as u64);
        if more > 0 {
            self.denials.push(format!("and {more} more"));
        }
    }

    /// Adds how it ended. The words of a refusal say which rule it was.
    pub fn end(&mut self, error: Option<&Error>, did: &str) {
        let Some(error) = error else {
            self.outcome = Some(Ended::done(did));
            return;
        };
        if let Some(limit) = error.limit.filter(|limit| !self.limits.iter().any(|l| l == limit)) {
            self.limits.push(limit.to_owned());
        }
        if error.kind == Kind::Refused && !self.denials.contains(&error.message) {
            self.denials.push(error.message.clone());
        }
        self.outcome = Some(Ended::failed(error));
    }

    /// Takes out secrets and whatever steers a terminal, and cuts what is too long.
    pub fn clean(&mut self, scrubber: &Scrubber) {
        self.fields.truncate(MAX_FIELDS);
        let names = [
            &mut self.command,
            &mut self.operation,
            &mut self.backend,
            &mut self.scope,
            &mut self.connection,
        ];
        for text in names.into_iter().flatten().chain(&mut self.fields) {
            clean(text, scrubber, MAX_NAME);
        }
        for endpoint in &mut self.endpoints {
            clean(&mut endpoint.name, scrubber, MAX_NAME);
            clean(&mut endpoint.origin, scrubber, MAX_NAME);
        }
        for program in &mut self.programs {
            clean(&mut program.name, scrubber, MAX_NAME);
            clean(&mut program.program, scrubber, MAX_NAME);
        }
        for text in &mut self.denials {
            clean(text, scrubber, MAX_DENIAL);
        }
    }

    /// How it ended, if it did.
    pub fn result(&self) -> Option<Result> {
        self.outcome.as_ref().map(|ended| ended.result)
    }
}

fn clean(text: &mut String, scrubber: &Scrubber, max: usize) {
    let scrubbed = scrubber.text(text);
    let clean = sanitize(&scrubbed, max).replace(['\n', '\t'], " ");
    if clean != *text {
        *text = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn nothing_secret_and_nothing_that_steers_a_terminal_is_left() {
        let mut scrubber = Scrubber::default();
        scrubber.add(&Secret::from("hunter2hunter2".to_owned()));
        let mut record = Record {
            connection: Some("hunter2hunter2".to_owned()),
            scope: Some("a\x1b[2Jb\nc".to_owned()),
            fields: vec!["x".repeat(1000)],
            denials: vec!["may not send `GET /hunter2hunter2`".to_owned()],
            ..Record::of("create")
        };
        record.clean(&scrubber);
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("\\u001b"), "{text}");
        assert!(!text.contains('\x1b') && !text.contains("\\n"), "{text}");
        assert!(record.fields[0].len() <= MAX_NAME);
    }

    #[test]
    fn an_end_says_what_was_refused_and_which_limit_was_hit() {
        let mut record = Record::of("list");
        let usage = Usage { denials: vec!["a".to_owned()], denied: 9, ..Usage::default() };
        record.count(&usage);
        record.end(Some(&Error::refused("b").hit("requests")), "");
        assert_eq!(record.denials, ["a", "and 8 more", "b"]);
        assert_eq!(record.limits, ["requests"]);
        assert_eq!(record.result(), Some(Result::Denied));
        let failed = |kind| Ended::failed(&Error::new(kind, "x")).result;
        assert_eq!(failed(Kind::Forbidden), Result::Denied);
        assert_eq!(failed(Kind::Exists), Result::Failed);
    }

    #[test]
    fn a_record_of_a_newer_program_can_be_read() {
        let text = r#"{"v":1,"seq":3,"time":"t","event":"outcome","user":{"uid":1},"host":"h","pid":2,"new":1,"prev":"p"}"#;
        let record: Record = serde_json::from_str(text).unwrap();
        assert_eq!((record.seq, record.user.uid), (3, 1));
    }
}
