//! Connectors, what they need and what they are granted.

use serde::Serialize;

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
    /// The sealed store.
    pub vault: bool,
    /// The bytes of secrets.
    pub reveal: bool,
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
    /// What is in force; none if nothing.
    pub effective: Option<String>,
    /// Why the component needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is known about a component without running it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The connector; none for a file that is not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The path of the component.
    pub component: String,
    /// The file and line of its section; none for a file that is not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `locked`, `unlocked` or `changed`.
    pub state: &'static str,
    /// The digest of the file.
    pub sha256: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The version of the contract that it was built for.
    pub contract: String,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// Needs and grants.
    pub capabilities: Vec<CapabilityForm>,
    /// Whether it may start.
    pub may_start: bool,
    /// Why it may not start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What would have to change so that it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Inspection {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "connector",
        "component",
        "source",
        "state",
        "sha256",
        "size",
        "contract",
        "imports",
        "exports",
        "capabilities",
        "mayStart",
        "refusal",
        "hint",
    ];
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
