use serde_json::{Value, json};

use super::authentication::Identity;
use super::managed_fields::Change;
use super::request_info::ResourceRequest;
use super::resource_type::{ResourceType, Scope};
use super::status::{Failure, FieldError, Subject, invalid_kind};
use super::store::Key;
use crate::serve::Request;

/// An authorized request for objects of a known type.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) info: &'a ResourceRequest,
    pub(super) of: &'static ResourceType,
    pub(super) user: &'a Identity,
    pub(super) now: String,
}

/// The parameters of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WriteOptions {
    pub(super) persist: Persist,
    pub(super) field_validation: FieldValidation,
    pub(super) manager: String,
}

/// Whether a write is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persist {
    Keep,
    DryRun,
}

/// What happens to fields that the server does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

/// The longest name of a manager that is taken from a user agent, in bytes.
const MAX_MANAGER: usize = 128;

impl<'a> Call<'a> {
    /// The namespace of the objects; empty for those of the cluster.
    pub(super) fn namespace(&self) -> &'a str {
        match self.of.scope {
            Scope::Namespaced => &self.info.namespace,
            Scope::Cluster => "",
        }
    }

    pub(super) fn key(&self, name: &str) -> Key {
        Key::new(self.of, self.namespace(), name)
    }

    pub(super) fn subject<'n>(&self, name: &'n str) -> Subject<'n> {
        Subject { group: self.of.group, resource: self.of.plural, name }
    }

    pub(super) fn api_version(&self) -> String {
        self.of.api_version(&self.info.version)
    }

    /// The object as it is shown: with `kind` and `apiVersion`.
    pub(super) fn shown(&self, mut object: Value) -> Value {
        object["kind"] = json!(self.of.kind);
        object["apiVersion"] = json!(self.api_version());
        object
    }

    pub(super) fn change<'c>(&'c self, manager: &'c str, api_version: &'c str) -> Change<'c> {
        Change { manager, api_version, time: &self.now }
    }
}

impl WriteOptions {
    /// Reads the parameters; `kind` is the name under which errors list them.
    pub(super) fn read(request: &Request, kind: &str) -> Result<Self, Failure> {
        let refuse = |field: &str, value: &str, supported: &[&str]| {
            let subject = Subject { group: "meta.k8s.io", resource: kind, name: "" };
            Err(invalid_kind(subject, &[FieldError::unsupported(field, value, supported)]))
        };
        let persist = match request.query("dryRun") {
            None | Some("") => Persist::Keep,
            Some("All") => Persist::DryRun,
            Some(other) => return refuse("dryRun", other, &["All"]),
        };
        let field_validation = match request.query("fieldValidation") {
            Some("Ignore") => FieldValidation::Ignore,
            None | Some("" | "Warn") => FieldValidation::Warn,
            Some("Strict") => FieldValidation::Strict,
            Some(other) => return refuse("fieldValidation", other, &["Ignore", "Strict", "Warn"]),
        };
        Ok(WriteOptions { persist, field_validation, manager: manager(request) })
    }
}

/// The name of the program that writes: the parameter, or the first part of its user agent.
fn manager(request: &Request) -> String {
    if let Some(manager) = request.query("fieldManager").filter(|manager| !manager.is_empty()) {
        return manager.to_owned();
    }
    let agent = request.header("user-agent").unwrap_or_default();
    let program = agent.split('/').next().unwrap_or_default();
    match program.get(..MAX_MANAGER).unwrap_or(program) {
        "" => String::from("unknown"),
        program => program.to_owned(),
    }
}
