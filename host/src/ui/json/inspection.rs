//! What is known about a component without running it.

use serde::Serialize;

use super::plugin::{CapabilityForm, GrantsForm, SignerForm};
use super::policy::FindingForm;

/// A component, what it may do, and who answers for it.
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
    /// The version that it declares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What identifies the policy in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_hash: Option<String>,
    /// Who signed it.
    pub signatures: SignaturesForm,
    /// What it can reach at worst, in one line.
    pub at_worst: String,
    /// The tools that made it.
    pub toolchain: ToolchainForm,
    /// The packages that it is made of.
    pub sbom: SbomForm,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// Every single thing that it needs.
    pub needs: Vec<String>,
    /// What it wishes to be masked, and so does not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<String>,
    /// What it wishes to be masked and is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What `plugins.toml` grants; none for a file that is not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsForm>,
    /// Needs and grants.
    pub capabilities: Vec<CapabilityForm>,
    /// What each rule of the policy says.
    pub rules: Vec<FindingForm>,
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
        "version",
        "policyHash",
        "signatures",
        "atWorst",
        "toolchain",
        "sbom",
        "imports",
        "exports",
        "needs",
        "wishes",
        "warnings",
        "grants",
        "capabilities",
        "rules",
        "mayStart",
        "refusal",
        "hint",
    ];
}

/// The signatures that belong to a component.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignaturesForm {
    /// How many there are, whoever made them.
    pub count: usize,
    /// The known signers whose signatures are good.
    pub signers: Vec<SignerForm>,
    /// Why they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The tools that made a component, as it says.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolchainForm {
    /// The tools.
    pub tools: Vec<ToolForm>,
    /// Whether there are all of them: none is left out because it is too much or cannot be read.
    pub complete: bool,
}

/// A language, a tool or an SDK.
#[derive(Debug, Serialize)]
pub struct ToolForm {
    /// `language`, `processed-by` or `sdk`.
    pub role: String,
    /// What it is called.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// The packages that a component is made of, as it says.
#[derive(Debug, Default, Serialize)]
pub struct SbomForm {
    /// `present`, `absent` or `unreadable`.
    pub state: &'static str,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The packages, sorted by name.
    pub packages: Vec<PackageForm>,
}

/// A package.
#[derive(Debug, Serialize)]
pub struct PackageForm {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `crates.io`, `git`, `local`, `registry`, …
    pub source: String,
    /// `runtime` or `build`.
    pub kind: &'static str,
    /// Whether it is the component itself.
    pub root: bool,
}
