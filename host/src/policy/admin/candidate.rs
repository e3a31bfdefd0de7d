//! What a decision is about: facts, found out by others.

use jiff::Timestamp;
use semver::Version;

use super::signer::Signer;
use crate::policy::Needs;

/// A connector that is about to run.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its name in `plugins.toml`.
    pub name: &'a str,
    /// The version that the component declares.
    pub version: Option<&'a str>,
    /// The digest of the component, in lower-case hexadecimal.
    pub sha256: &'a str,
    /// Where the component comes from: `oci://…`, `https://…`, or `file:///…` for one that was put there by hand.
    pub source: &'a str,
    /// How sure that is.
    pub source_proof: Proof,
    /// Who configured it.
    pub configured_by: ConfiguredBy,
    /// The file and line of its section in `plugins.toml`.
    pub configured_in: &'a str,
    /// What the component declares that it needs.
    pub needs: &'a Needs,
    /// The listed keys by which it is signed.
    pub signers: &'a [Signer],
}

/// How sure it is where a component comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It lies there, or root wrote it down.
    Proven,
    /// A file says so that others than root can write.
    Claimed,
}

/// Whose word makes something a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfiguredBy {
    /// A file of the system or of the installation, which only root can write.
    System,
    /// Any other file.
    User,
}

/// What a decision depends on besides the connector.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The time.
    pub now: Timestamp,
    /// The version of this program.
    pub connhub: Version,
}
