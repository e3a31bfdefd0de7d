//! The file of a recording: what a connector sent in a trial, and what came back, without a secret.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::{Error, Field, Kind};
use crate::operations::plugin::files::{Change, apply};
use crate::policy::{CommandNeed, EndpointGrant, EndpointKind, Grants, MaskEncoding, Needs};

/// The version of the form that is written and read.
const VERSION: u32 = 1;
/// What a file says that is a recording.
const KIND: &str = "Recording";
/// The most that a recording may have, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// The longest prefix of names.
const MAX_PREFIX: usize = 32;

/// A trial that can be played back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    kind: String,
    version: u32,
    /// The connector that was on trial.
    pub connector: String,
    /// What all names begin with that were created.
    pub prefix: String,
    /// The scope that it worked in.
    pub scope: Option<String>,
    /// The type of the connections that were created.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The values that were given for their fields.
    pub fields: BTreeMap<String, String>,
    /// The settings of the backend.
    pub settings: BTreeMap<String, String>,
    /// Whether the bytes of secrets were granted.
    pub reveal: bool,
    /// What was masked in the answers of each endpoint.
    pub endpoints: BTreeMap<String, Masks>,
    /// Masked values that hold a secret of the kit and more, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shapes: BTreeMap<String, Vec<Fragment>>,
    /// The calls, in the order in which they began.
    pub calls: Vec<Call>,
}

/// A piece of a value that holds a secret of the kit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fragment {
    /// What is around the secret: its shape, in other letters.
    Text(String),
    /// The name of the secret.
    Secret(String),
    /// Base64 of pieces.
    Base64(Vec<Fragment>),
}

/// What a grant keeps from a connector. A server that is made to misbehave is seen through it when a recording is played, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masks {
    mask: Vec<String>,
    base64: bool,
    visible: Vec<String>,
    omit: Vec<String>,
    headers: Vec<String>,
}

/// One call of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Who called: two work at the same time in one of the checks.
    pub by: String,
    /// The operation.
    pub operation: String,
    /// What was sent and came back, in order.
    pub exchanges: Vec<Exchange>,
}

/// A request and what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What the connector sent.
    pub request: Sent,
    /// What it got.
    pub end: End,
}

/// A request of a connector, before a login is added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The endpoint.
    pub endpoint: String,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Names and values.
    pub query: Vec<(String, String)>,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Whether masked values are asked for as handles.
    pub handles: bool,
    /// What is not wanted of the answer.
    pub omit: Vec<String>,
    /// The body, in pieces.
    pub body: Vec<Piece>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// Bytes that are no text, in base64.
    Bytes(String),
    /// The name of a secret, and how it is written.
    Secret(String, String),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// In an answer.
    Answer(Got),
    /// In none: the kind and the message.
    Failure(Trouble, String),
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    Denied,
    Unauthenticated,
    Config,
    Unreachable,
    TimedOut,
    TooLarge,
    Malformed,
    Invalid,
}

/// An answer as a connector sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Got {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, masked.
    pub body: Vec<Piece>,
    /// The places of the masked values, and the names of the secrets there.
    pub secrets: Vec<(String, String)>,
}

/// Where a trial took place, for its recording.
pub(super) struct Scene<'a> {
    pub(super) connector: &'a str,
    pub(super) prefix: &'a str,
    pub(super) scope: Option<String>,
    pub(super) type_name: String,
    pub(super) fields: &'a [Field],
    pub(super) settings: &'a [Field],
    pub(super) grants: &'a Grants,
}

/// What was taken down.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) calls: Vec<Call>,
    pub(super) shapes: BTreeMap<String, Vec<Fragment>>,
}

impl Recording {
    pub(super) fn new(scene: Scene<'_>, taken: Taken) -> Self {
        let map = |fields: &[Field]| {
            fields.iter().map(|field| (field.name.clone(), field.value.clone())).collect()
        };
        let endpoints = scene.grants.endpoints.iter();
        Self {
            kind: KIND.to_owned(),
            version: VERSION,
            connector: scene.connector.to_owned(),
            prefix: scene.prefix.to_owned(),
            scope: scene.scope,
            type_name: scene.type_name,
            fields: map(scene.fields),
            settings: map(scene.settings),
            reveal: scene.grants.reveal,
            endpoints: endpoints.map(|(name, grant)| (name.clone(), Masks::of(grant))).collect(),
            shapes: taken.shapes,
            calls: taken.calls,
        }
    }

    /// Reads a file, which may be a stranger's.
    ///
    /// # Errors
    /// It cannot be read, is too large, or is no recording of this version; with line and column.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let place = path.display();
        let failed = |error: std::io::Error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::Other,
            };
            Error::new(kind, "the recording cannot be read").because(error)
        };
        let file = fs_err::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Error::invalid(format!("`{place}` has more than {MAX_BYTES} bytes")));
        }
        Self::parse(&bytes).map_err(|why| {
            Error::invalid(format!("`{place}` is no recording that can be played: {why}"))
                .hint("make one with `connhub plugin test CONNECTOR --record FILE`")
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.kind != KIND || head.version != VERSION {
            let (kind, version) = (head.kind, head.version);
            return Err(format!("it is `{kind}` {version}, not `{KIND}` {VERSION}"));
        }
        let recording: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let prefix = &recording.prefix;
        let is_plain = prefix.starts_with(super::run::PREFIX)
            && prefix.len() <= MAX_PREFIX
            && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match is_plain {
            true => Ok(recording),
            false => Err("its `prefix` is not that of a trial".to_owned()),
        }
    }

    /// Writes a file that only its owner may read: an answer holds what the connector saw.
    ///
    /// # Errors
    /// It would be too large to be read again, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| {
            Error::new(Kind::Other, "the recording cannot be written").because(error)
        })?;
        text.push(b'\n');
        if text.len() as u64 > MAX_BYTES {
            let message = format!("the recording would have more than {MAX_BYTES} bytes");
            return Err(Error::invalid(message).hint("record in a scope with fewer connections"));
        }
        apply(vec![Change::private(path, text)])
    }

    /// What a component gets that is played a recording: everything that it needs, for there is no server that it could reach.
    pub(super) fn grants(&self, needs: &Needs, source: &str) -> Grants {
        let endpoints = needs.endpoints.iter().map(|need| {
            let masks = self.endpoints.get(&need.name).cloned().unwrap_or_default();
            let grant = EndpointGrant {
                kind: EndpointKind::Http,
                allow: need.allow.clone(),
                secrets_in: need.secrets_in.clone(),
                mask: masks.mask,
                mask_encoding: match masks.base64 {
                    true => MaskEncoding::Base64,
                    false => MaskEncoding::Text,
                },
                visible: masks.visible,
                omit: masks.omit,
                response_headers: masks.headers,
                source: source.to_owned(),
            };
            (need.name.clone(), grant)
        });
        Grants {
            endpoints: endpoints.collect(),
            commands: needs.commands.iter().map(CommandNeed::granted).collect(),
            vault: needs.vault.is_some(),
            reveal: self.reveal && needs.reveal.is_some(),
            source: source.to_owned(),
        }
    }

    /// The values that were given for fields.
    pub fn given(&self) -> Vec<Field> {
        listed(&self.fields)
    }

    /// The settings of the backend.
    pub(super) fn settings(&self) -> Vec<Field> {
        listed(&self.settings)
    }
}

impl Masks {
    fn of(grant: &EndpointGrant) -> Self {
        Self {
            mask: grant.mask.clone(),
            base64: grant.mask_encoding == MaskEncoding::Base64,
            visible: grant.visible.clone(),
            omit: grant.omit.clone(),
            headers: grant.response_headers.clone(),
        }
    }
}

fn listed(map: &BTreeMap<String, String>) -> Vec<Field> {
    map.iter().map(|(name, value)| Field { name: name.clone(), value: value.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"kind":"Recording","version":1,"connector":"acme","prefix":"kit234","scope":null,
        "type":"s3","fields":{},"settings":{},"reveal":false,"endpoints":{},
        "calls":[{"by":"one","operation":"get","exchanges":[
        {"request":{"endpoint":"api","method":"GET","path":"/x","query":[],"headers":[],"handles":true,"omit":[],
        "body":[{"text":"a"},{"secret":["kit-1","json-string"]}]},
        "end":{"answer":{"status":200,"headers":[],"body":[],"secrets":[["/data/key","other-1"]]}}},
        {"request":{"endpoint":"api","method":"GET","path":"/x","query":[],"headers":[],"handles":true,"omit":[],"body":[]},
        "end":{"failure":["timed-out","late"]}}]}]}"#;

    #[test]
    fn what_is_written_is_read_again() {
        let recording = Recording::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(recording.calls[0].exchanges.len(), 2);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording.json");
        recording.write(&path).unwrap();
        assert_eq!(Recording::read(&path).unwrap(), recording);
    }

    #[test]
    fn what_is_no_recording_is_refused_by_its_fault() {
        let check = |from: &str, to: &str, says: &str| {
            assert!(GOOD.contains(from), "{from}");
            let error = Recording::parse(GOOD.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.contains(says), "{from}: {error}");
        };
        check("\"version\":1", "\"version\":2", "`Recording` 2");
        check("\"kind\":\"Recording\"", "\"kind\":\"Trial\"", "`Trial` 1");
        check("kit234", "production", "`prefix`");
        check("kit234", "kit../x", "`prefix`");
        check("\"status\":200", "\"status\":70000", "line 6 column");
        check("timed-out", "bored", "line 8 column");
        check("\"handles\":true", "\"handel\":true", "handel");
        check("\"calls\":", "\"cells\":", "cells");
    }
}
