//! The administrator's policy.

use serde::Serialize;

use super::plugin::CapabilityForm;

/// The policy in force.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyForm {
    /// What identifies it; none if no policy is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Whether operations are refused that cannot be written to the audit log.
    pub audit_required: bool,
    /// The files, the system's first.
    pub files: Vec<PolicyFileForm>,
}

impl PolicyForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["hash", "auditRequired", "files"];
}

/// A policy file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyFileForm {
    /// Its path.
    pub path: String,
    /// `system` or `further`.
    pub keeper: &'static str,
    /// Who can change it, as a sentence.
    pub changed_by: String,
    /// The digest of its text.
    pub sha256: String,
    /// Its rules in the order of their lines.
    pub rules: Vec<RuleForm>,
}

/// A rule.
#[derive(Debug, Serialize)]
pub struct RuleForm {
    /// File and line.
    pub source: String,
    /// The key.
    pub rule: String,
    /// What it says.
    pub text: String,
}

/// What policy makes of one connector.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationForm {
    /// The connector.
    pub connector: String,
    /// The path of its component.
    pub component: String,
    /// The digest of the component.
    pub sha256: String,
    /// Where the component comes from.
    pub source: String,
    /// The ids of the listed keys by which it is signed.
    pub signers: Vec<String>,
    /// What identifies the policy in force; none if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_hash: Option<String>,
    /// Whether policy lets it run.
    pub allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Which rule refuses it, and who may change that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What each rule says.
    pub rules: Vec<FindingForm>,
    /// Needs, grants and what is left of them.
    pub capabilities: Vec<CapabilityForm>,
    /// The ceilings of limits.
    pub limits: Vec<LimitForm>,
}

impl ExplanationForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &[
        "connector",
        "component",
        "sha256",
        "source",
        "signers",
        "policyHash",
        "allowed",
        "refusal",
        "hint",
        "rules",
        "capabilities",
        "limits",
    ];
}

/// What one rule says about a connector.
#[derive(Debug, Serialize)]
pub struct FindingForm {
    /// File and line.
    pub source: String,
    /// The key.
    pub rule: String,
    /// `allows`, `denies`, `limits` or `no match`.
    pub verdict: &'static str,
    /// Why.
    pub detail: String,
}

/// A ceiling of a limit.
#[derive(Debug, Serialize)]
pub struct LimitForm {
    /// The key in `plugins.toml`, with its unit.
    pub key: &'static str,
    /// The most that it may be.
    pub most: u32,
    /// Whether that is less than what is configured.
    pub lowers: bool,
}

/// A policy file that was checked.
#[derive(Debug, Serialize)]
pub struct PolicyCheckForm {
    /// The file.
    pub file: String,
    /// Whether it could be put into force.
    pub valid: bool,
    /// What is wrong with it.
    pub problems: Vec<PolicyProblemForm>,
    /// What is hardly meant.
    pub advice: Vec<PolicyProblemForm>,
}

impl PolicyCheckForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["file", "valid", "problems", "advice"];
}

/// A problem in a policy file.
#[derive(Debug, Serialize)]
pub struct PolicyProblemForm {
    /// File and line.
    pub source: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Why a connector may not run.
#[derive(Debug, Serialize)]
pub struct RefusalForm {
    /// The connector.
    pub connector: String,
    /// Whether anything is in the way.
    pub denied: bool,
    /// Everything that is in the way.
    pub reasons: Vec<ReasonForm>,
}

impl RefusalForm {
    /// Keys of the document.
    pub const KEYS: &'static [&'static str] = &["connector", "denied", "reasons"];
}

/// One thing that is in the way.
#[derive(Debug, Serialize)]
pub struct ReasonForm {
    /// `lock`, `policy` or `grant`.
    pub by: &'static str,
    /// What.
    pub message: String,
    /// What would have to change, and by whom.
    pub hint: String,
}
