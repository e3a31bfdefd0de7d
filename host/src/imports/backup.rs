//! What is in a backup once it is decrypted: lines of JSON. The first says what it is, each further one is a connection as
//! `get --reveal -o json` shows it, and the last counts them. docs/import.md describes it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Content, Entry, Imported};
use crate::model::types::shown;
use crate::model::{Draft, Error, Field, Label, Secret, SecretField};

/// The version that is written. It changes if the meaning of a key does.
pub const VERSION: u32 = 1;
/// The longest line, in bytes: a connection has a few secrets of at most 1 MiB.
pub const LINE_LIMIT: usize = 32 << 20;

/// A line of any kind. Keys that are not known are ignored: later versions may add some.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    kind: String,
    #[serde(default)]
    version: u32,
    #[serde(default)]
    connections: usize,
    #[serde(default)]
    name: String,
    #[serde(default)]
    r#type: String,
    backend: Option<String>,
    scope: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    secret_values: BTreeMap<String, String>,
    #[serde(default)]
    secret_values_base64: BTreeMap<String, String>,
}

/// A backup that is being read, line by line.
#[derive(Debug, Default)]
pub struct Reading {
    line: usize,
    connections: usize,
    is_complete: bool,
}

impl Reading {
    /// Takes a line; `name` is that of the file. Returns the connection that it holds, if it holds one.
    ///
    /// # Errors
    /// It is no line of a backup, or of a version that is not known.
    pub fn take(&mut self, name: &str, text: &[u8]) -> Result<Option<Entry>, Error> {
        self.line += 1;
        let place = format!("{name}:{}", self.line);
        let fault = |what: &str| Error::invalid(format!("{place}: {what}"));
        let read: Result<Line, _> = serde_json::from_slice(text);
        // The message of the parser could repeat a value.
        let line = read.map_err(|_| fault("it is no line of a backup of connhub"))?;
        match (line.kind.as_str(), self.line, self.is_complete) {
            ("Backup", 1, _) if line.version == VERSION => Ok(None),
            ("Backup", 1, _) => Err(fault(&format!(
                "the backup is of version {}, and this program reads version {VERSION}",
                line.version
            ))
            .hint("use the version of connhub that wrote it, or a newer one")),
            (_, 1, _) => Err(fault("it is no backup of connhub")),
            ("Connection", _, false) => {
                self.connections += 1;
                line.into_entry(place).map(Some)
            }
            ("End", _, false) if line.connections == self.connections => {
                self.is_complete = true;
                Ok(None)
            }
            _ => Err(fault("it does not belong there: lines are missing or were added")),
        }
    }

    /// Everything was read.
    ///
    /// # Errors
    /// The last line is missing.
    pub fn end(&self, name: &str) -> Result<(), Error> {
        match self.is_complete {
            true => Ok(()),
            false => Err(Error::invalid(format!("{name}: the backup has no end"))),
        }
    }
}

impl Line {
    fn into_entry(self, place: String) -> Result<Entry, Error> {
        let text = self.secret_values.into_iter();
        let mut secrets: Vec<SecretField> =
            text.map(|(name, value)| SecretField { name, value: Secret::from(value) }).collect();
        for (name, value) in self.secret_values_base64 {
            let value = STANDARD.decode(value).map_err(|_| {
                Error::invalid(format!("{place}: the secret `{}` is not base64", shown(&name)))
            })?;
            secrets.push(SecretField { name, value: Secret::new(value) });
        }
        let field = |(name, value)| Field { name, value };
        let draft = Draft {
            name: self.name.clone(),
            type_name: self.r#type,
            fields: self.fields.into_iter().map(field).collect(),
            secrets,
            // One that only repeats the name was made by the backend.
            display_name: self.display_name.filter(|text| *text != self.name),
            description: self.description,
            labels: self.labels.into_iter().map(|(key, value)| Label { key, value }).collect(),
        };
        let imported =
            Imported { draft, files: Vec::new(), backend: self.backend, scope: self.scope };
        let content = Content::Connection(Box::new(imported));
        Ok(Entry { source: self.name, place, content, remarks: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Vec<String>, String> {
        let mut reading = Reading::default();
        let mut found = Vec::new();
        for line in lines {
            let entry = reading.take("b", line.as_bytes()).map_err(|error| error.message)?;
            found.extend(entry.map(|entry| entry.source));
        }
        reading.end("b").map_err(|error| error.message)?;
        Ok(found)
    }

    #[test]
    fn a_backup_is_whole_and_of_a_known_version() {
        const HEAD: &str = "{\"kind\":\"Backup\",\"version\":1}";
        const ONE: &str = "{\"kind\":\"Connection\",\"name\":\"a\",\"type\":\"s3\",\"secretValues\":{\"x\":\"hunter2\"},\"new\":1}";
        const END: &str = "{\"kind\":\"End\",\"connections\":1}";
        assert_eq!(read(&[HEAD, ONE, END]).unwrap(), ["a"]);
        let check = |lines: &[&str], words: &str| {
            let message = read(lines).unwrap_err();
            assert!(message.contains(words) && !message.contains("hunter2"), "{message}");
        };
        check(&[HEAD, ONE], "has no end");
        check(&[HEAD, END], "b:2: it does not belong there");
        check(&[HEAD, ONE, ONE, END], "b:4: it does not belong there");
        check(&[HEAD, ONE, END, ONE], "b:4: it does not belong there");
        check(&[ONE, END], "b:1: it is no backup");
        check(&["{\"kind\":\"Backup\",\"version\":2}"], "b:1: the backup is of version 2");
        check(&[HEAD, "hunter2"], "b:2: it is no line");
        check(&[HEAD, "{\"kind\":\"Connection\",\"fields\":[\"hunter2\"]}"], "b:2: it is no line");
        check(
            &[HEAD, "{\"kind\":\"Connection\",\"secretValuesBase64\":{\"k\":\"hunter2-\"}}"],
            "`k` is not base64",
        );
    }
}
