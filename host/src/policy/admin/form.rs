//! The form of a policy file, as it is written. Unknown keys are errors: a rule that is misspelt must not be ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

/// A text and where it stands.
pub type Text = Spanned<String>;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileForm {
    pub version: Spanned<u32>,
    pub contact: Option<String>,
    pub expires: Option<Spanned<Datetime>>,
    pub min_connhub: Option<Text>,
    pub user_connectors: Option<Spanned<bool>>,
    pub audit_required: Option<Spanned<bool>>,
    pub signature_required: Option<Spanned<bool>>,
    pub sources: Option<Spanned<Vec<Text>>>,
    #[serde(default)]
    pub forbid: Vec<Text>,
    #[serde(default)]
    pub revoked_digests: Vec<Text>,
    #[serde(default)]
    pub revoked_keys: Vec<Text>,
    #[serde(default)]
    pub keys: BTreeMap<String, Spanned<KeyForm>>,
    #[serde(default)]
    pub allow: Vec<Spanned<AllowForm>>,
    #[serde(default)]
    pub ceiling: Vec<Spanned<CeilingForm>>,
}

/// `[keys.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyForm {
    pub pem: Option<String>,
    pub minisign: Option<String>,
}

/// `[[allow]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AllowForm {
    pub connectors: Vec<Text>,
    pub digests: Option<Spanned<Vec<Text>>>,
    pub signed_by: Option<Spanned<SignedByForm>>,
    pub sources: Option<Spanned<Vec<Text>>>,
    pub min_version: Option<Text>,
    pub max_version: Option<Text>,
    pub min_contract: Option<Text>,
    pub max_contract: Option<Text>,
    pub expires: Option<Spanned<Datetime>>,
}

/// `signed-by`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignedByForm {
    #[serde(default)]
    pub all_of: Vec<Text>,
    #[serde(default)]
    pub any_of: Vec<Text>,
    pub minimum: Option<Spanned<usize>>,
}

/// `[[ceiling]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CeilingForm {
    pub connectors: Option<Vec<Text>>,
    pub endpoints: Option<Vec<Text>>,
    pub origins: Option<Vec<Text>>,
    #[serde(default)]
    pub proxies: Vec<Text>,
    pub allow: Option<Vec<Text>>,
    pub namespaces: Option<Vec<Text>>,
    #[serde(default)]
    pub cluster_wide: Vec<Text>,
    pub secrets_in: Option<Vec<Text>>,
    #[serde(default)]
    pub mask: Vec<Text>,
    pub visible: Option<Vec<Text>>,
    pub response_headers: Option<Vec<Text>>,
    pub programs: Option<Vec<Text>>,
    #[serde(default)]
    pub limits: BTreeMap<String, Spanned<u32>>,
}
