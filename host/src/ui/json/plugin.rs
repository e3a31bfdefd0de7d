//! Connectors, what they need and what they are granted.

use serde::Serialize;

use super::error::ErrorForm;
use crate::operations::plugin::Built;

/// A connector in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginForm {
    /// Its name.
    pub name: String,
    /// Its version; known only if it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it connects to; known only if it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The path of the component.
    pub component: String,
    /// `locked`, `unlocked`, `changed` or `missing`.
    pub state: &'static str,
    /// The digest of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The size of the file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What it may touch.
    pub grants: GrantsForm,
    /// What its component wishes to be masked and is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The backends that use it.
    pub backends: Vec<BackendForm>,
    /// The file and line of its section.
    pub source: String,
}

impl PluginForm {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &[
        "name",
        "version",
        "summary",
        "component",
        "state",
        "sha256",
        "size",
        "grants",
        "warnings",
        "backends",
        "source",
    ];
}

/// A backend of a connector.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendForm {
    /// Its name.
    pub name: String,
    /// The scope used when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whether commands use it when none is named.
    pub is_default: bool,
    /// The file and line of its section.
    pub source: String,
}

/// Grants.
#[derive(Debug, Default, Serialize)]
pub struct GrantsForm {
    /// The endpoints.
    pub endpoints: Vec<EndpointForm>,
    /// The programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandForm>,
    /// The sealed store.
    pub vault: bool,
    /// The bytes of secrets.
    pub reveal: bool,
}

/// The grant of a program.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandForm {
    /// Its name.
    pub name: String,
    /// Its path, or what is looked for in `PATH`.
    pub program: String,
    /// The shapes of its arguments.
    pub args: Vec<Vec<String>>,
    /// Where secrets may be placed.
    pub secrets_in: Vec<String>,
    /// The variables that it gets.
    pub environment: Vec<String>,
    /// Whether it may be given a standard input.
    pub input: bool,
}

/// The grant or the need of an endpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointForm {
    /// Its name.
    pub name: String,
    /// `kubernetes` or `http`; a need does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Methods and paths.
    pub allow: Vec<String>,
    /// Where secrets may be placed.
    pub secrets_in: Vec<String>,
    /// Which values of answers are masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<String>,
    /// Why it is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One capability of a component, as declared and as granted.
#[derive(Debug, Serialize)]
pub struct CapabilityForm {
    /// `vault`, `reveal`, `http cluster`, …
    pub capability: String,
    /// What the component declares; none if nothing.
    pub needs: Option<String>,
    /// What `plugins.toml` grants; none if nothing.
    pub granted: Option<String>,
    /// What policy makes of it; none if it does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What is in force; none if nothing.
    pub effective: Option<String>,
    /// Why the component needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What `plugin lock` has written.
#[derive(Debug, Serialize)]
pub struct LockResult {
    /// The lock file.
    pub file: String,
    /// The connectors in it that were locked now.
    pub items: Vec<LockedForm>,
}

/// A connector that was locked.
#[derive(Debug, Serialize)]
pub struct LockedForm {
    /// The connector.
    pub name: String,
    /// `locked`, `changed` or `unchanged`.
    pub outcome: &'static str,
    /// The digest of its component.
    pub sha256: String,
    /// The size of its component in bytes.
    pub size: u64,
}

impl LockedForm {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &["name", "outcome", "sha256", "size"];
}

/// Somebody who signed a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignerForm {
    /// The name in `plugins.toml`.
    pub name: String,
    /// The name of the key: `p256:…` or `minisign:…`.
    pub key: String,
}

/// What has become of a connector.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginChange {
    /// The connector.
    pub name: String,
    /// `added`, `updated`, `unchanged` or `removed`.
    pub outcome: &'static str,
    /// The `plugins.toml` that says so.
    pub file: String,
    /// Where the component came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The file of the component; empty if it stays with whoever put it there.
    pub component: String,
    /// The digest of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The version that the component declares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version that the component before it declared, if it was updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_version: Option<String>,
    /// The version of the contract that it was built for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// What it declares that it needs.
    pub needs: Vec<String>,
    /// The known signers who signed it.
    pub signed_by: Vec<SignerForm>,
    /// The backends that came or went along.
    pub backends: Vec<String>,
}

impl PluginChange {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "name",
        "outcome",
        "file",
        "source",
        "component",
        "sha256",
        "version",
        "previousVersion",
        "contract",
        "needs",
        "signedBy",
        "backends",
    ];
}

/// Whether a connector would be started as it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedForm<'a> {
    /// The connector.
    pub name: &'a str,
    /// The version that it declares; none if it would not be loaded or declares none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'a str>,
    /// The path of its component.
    pub component: String,
    /// `locked`, `unlocked`, `changed` or `missing`.
    pub state: &'static str,
    /// The digest of the component.
    pub sha256: Option<&'a str>,
    /// The known signers who signed it.
    pub signed_by: &'a [String],
    /// The signers of whom one must have signed it; nobody if none is asked for.
    pub must_be_signed_by: Vec<String>,
    /// Whether it would be started.
    pub ok: bool,
    /// What its component wishes to be masked and is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorForm<'a>>,
}

impl VerifiedForm<'_> {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &[
        "name",
        "version",
        "component",
        "state",
        "sha256",
        "signedBy",
        "mustBeSignedBy",
        "ok",
        "warnings",
        "error",
    ];
}

/// A project that was made.
#[derive(Debug, Serialize)]
pub struct ProjectForm {
    /// The name of the connector.
    pub name: String,
    /// The folder.
    pub folder: String,
    /// The files in it.
    pub files: Vec<String>,
}

impl ProjectForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["name", "folder", "files"];
}

/// A component that was built.
#[derive(Debug, Serialize)]
pub struct BuildForm {
    /// The file.
    pub component: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its digest.
    pub sha256: String,
    /// How many packages it is made of, if the tools tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<usize>,
}

impl BuildForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["component", "size", "sha256", "packages"];

    /// The size, and the packages if their number is known, for people.
    pub fn size_in_words(&self) -> String {
        match self.packages {
            Some(packages) => format!("{} bytes, {packages} packages", self.size),
            None => format!("{} bytes", self.size),
        }
    }
}

impl From<Built> for BuildForm {
    fn from(built: Built) -> Self {
        Self {
            component: built.component.display().to_string(),
            size: built.size,
            sha256: built.sha256,
            packages: built.packages,
        }
    }
}

/// A signature that was made.
#[derive(Debug, Serialize)]
pub struct SignatureForm {
    /// The component.
    pub file: String,
    /// The file with the signature.
    pub signature: String,
    /// The digest that was signed.
    pub sha256: String,
    /// The name of the key.
    pub key: String,
}

impl SignatureForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["file", "signature", "sha256", "key"];
}

/// A component that was put into a registry.
#[derive(Debug, Serialize)]
pub struct PushForm {
    /// The component.
    pub component: String,
    /// Its digest.
    pub sha256: String,
    /// Where it was pushed to.
    pub reference: String,
    /// The same with the digest of the image, which never changes.
    pub pinned: String,
    /// The name of the key that signed the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `pushed` or `unchanged`.
    pub outcome: &'static str,
}

impl PushForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] =
        &["component", "sha256", "reference", "pinned", "key", "outcome"];
}

/// A connector in one file.
#[derive(Debug, Serialize)]
pub struct SavedForm {
    /// What it is called.
    pub connector: String,
    /// The file.
    pub file: String,
    /// The digest of the component.
    pub sha256: String,
    /// The size of the file, in bytes.
    pub size: u64,
    /// The names of the files in it.
    pub files: Vec<String>,
}

impl SavedForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["connector", "file", "sha256", "size", "files"];
}

/// A pair of keys that was made.
#[derive(Debug, Serialize)]
pub struct KeyForm {
    /// The file with the private key.
    pub private: String,
    /// The file with the public key.
    pub public: String,
    /// The name of the key.
    pub key: String,
}

impl KeyForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["private", "public", "key"];
}

/// A `plugins.toml` of a folder.
#[derive(Debug, Serialize)]
pub struct TrustedForm {
    /// The file.
    pub file: String,
    /// `trusted`, `changed`, `missing` or `revoked`.
    pub state: &'static str,
    /// When it was trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

impl TrustedForm {
    /// Keys of an item.
    pub const KEYS: &'static [&'static str] = &["file", "state", "when"];
}
