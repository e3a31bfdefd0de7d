//! The JSON form of everything that is shown, described in `docs/output.md`.
//!
//! The forms borrow from what they show: a list of many connections is written item by item, without a copy.

mod arriving;
mod audit;
mod backup;
mod bench;
mod check;
mod connection;
mod difference;
mod error;
mod history;
mod import;
mod inspection;
mod location;
mod members;
mod packed;
mod plugin;
mod policy;
mod result;
mod test;
mod trial;
mod types;
mod vault;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::format::Structured;
use crate::model::Error;

pub use arriving::{ArrivingList, Piece};
pub use audit::{AuditList, AuditReport, RECORD_KEYS};
pub use backup::{BackupEnd, BackupHead};
pub use bench::{BenchForm, PaceForm};
pub use check::Checked;
pub(in crate::ui) use check::word as verdict_word;
pub use connection::{
    CONNECTION_KEYS, ChangeForm, ConnectionForm, ConnectionList, Entry, REVEALED_KEYS, RevealedForm,
};
pub use difference::Differs;
pub use error::{BackendError, ErrorForm};
pub use history::{HistoryForm, VersionForm};
pub use import::ImportForm;
pub use inspection::{Inspection, PackageForm, SbomForm, SignaturesForm, ToolForm, ToolchainForm};
pub use location::LocationForm;
pub use members::MembersForm;
pub use packed::PackedItems;
pub use plugin::{
    BackendForm, BuildForm, CapabilityForm, CommandForm, EndpointForm, GrantsForm, KeyForm,
    LockResult, LockedForm, PluginChange, PluginForm, ProjectForm, PushForm, SavedForm,
    SignatureForm, SignerForm, TrustedForm, VerifiedForm,
};
pub use policy::{
    ExplanationForm, FindingForm, LimitForm, PolicyCheckForm, PolicyFileForm, PolicyForm,
    PolicyProblemForm, ReasonForm, RefusalForm, RuleForm,
};
pub(in crate::ui) use result::word as outcome_word;
pub use result::{Deleted, Rotated, Wrote};
pub use test::Tested;
pub use trial::{CheckForm, TrialForm};
pub use types::TypeForm;
pub use vault::{VaultResult, VaultStatus, key_kind_word};

/// Changes only if the meaning of a key changes. New keys do not change it.
const API_VERSION: &str = "connhub/v1";

/// One JSON document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<T> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    body: T,
}

/// The body of a document that lists things.
#[derive(Serialize)]
pub struct Items<'a, T> {
    /// What was found.
    pub items: Vec<T>,
    /// What failed meanwhile.
    pub errors: Vec<BackendError<'a>>,
}

impl<T: Serialize> Document<T> {
    /// A document of a kind.
    pub fn new(kind: &'static str, body: T) -> Self {
        Self { api_version: API_VERSION, kind, body }
    }

    /// Writes the document as JSON in one line.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write_line(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")
    }

    /// Writes the document in one of the forms for programs.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, form: &Structured, out: &mut dyn Write) -> io::Result<()> {
        write(self, form, out)
    }
}

/// Writes any value in one of the forms for programs.
///
/// # Errors
/// `out` cannot be written.
pub fn write<T: Serialize>(
    value: &T,
    form: &Structured,
    mut out: &mut dyn Write,
) -> io::Result<()> {
    match form {
        Structured::Json => pretty(value, out),
        Structured::Yaml => serde_saphyr::to_io_writer(&mut out, value).map_err(yaml_error),
        Structured::JsonPath(path) => path.write(&serde_json::to_value(value)?, out),
        Structured::Keys(keys) => pretty(&picked(serde_json::to_value(value)?, keys), out),
    }
}

/// Refuses a key that the documents do not have.
///
/// # Errors
/// Names the keys that there are.
pub fn check_keys(form: Option<&Structured>, known: &[&str]) -> Result<(), Error> {
    let Some(Structured::Keys(keys)) = form else {
        return Ok(());
    };
    match keys.iter().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Error::invalid(format!("there is no JSON key `{key}`"))
            .hint(format!("the keys are {}", known.join(", ")))),
    }
}

fn pretty<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// A closed pipe has to stay recognizable.
fn yaml_error(error: serde_saphyr::ser_error::Error) -> io::Error {
    match error {
        serde_saphyr::ser_error::Error::IO { error } => error,
        other => io::Error::other(other),
    }
}

fn picked(value: Value, keys: &[String]) -> Value {
    let pick = |mut object: Value| {
        let value_of = |key: &String| (key.clone(), object[key.as_str()].take());
        Value::Object(keys.iter().map(value_of).collect::<Map<_, _>>())
    };
    match value {
        Value::Object(mut document) => match document.remove("items") {
            Some(Value::Array(items)) => items.into_iter().map(pick).collect(),
            _ => pick(Value::Object(document)),
        },
        other => other,
    }
}

/// Keys and values as a JSON object, in their order.
struct Pairs<I>(I);

impl<'a, I> Serialize for Pairs<I>
where
    I: Iterator<Item = (&'a str, &'a str)> + Clone,
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

#[cfg(test)]
mod tests;
