//! `[[allow]]`: which connectors may run. One rule that fits is enough.

use jiff::Timestamp;
use semver::Version;

use super::candidate::{Candidate, Proof};
use super::form::AllowForm;
use super::pattern::{NamePattern, SourcePrefix};
use super::position::{At, Position};
use super::reader::Reader;
use super::signer::{Keys, SignedBy, Signer};
use crate::policy::ContractVersion;

/// One rule. Everything that it names must fit.
#[derive(Clone, Debug)]
pub struct AllowRule {
    /// Its line.
    pub position: Position,
    /// The connectors that it is about.
    pub connectors: Vec<NamePattern>,
    digests: Option<Vec<String>>,
    signed_by: Option<SignedBy>,
    sources: Option<Vec<SourcePrefix>>,
    version: Range<Version>,
    contract: Range<(u32, u32, u32)>,
    expires: Option<At<Timestamp>>,
}

/// An inclusive range, open at either side.
#[derive(Clone, Debug)]
struct Range<T> {
    min: Option<T>,
    max: Option<T>,
}

/// Whether a rule lets a connector run.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// It is about this connector, and something does not fit.
    Lacks(String),
    /// It is about other connectors.
    Other,
}

impl AllowRule {
    /// Whether the rule lets the candidate run. `signers` are those that count.
    pub fn fit(&self, candidate: &Candidate<'_>, signers: &[&Signer], now: Timestamp) -> Fit {
        if !self.connectors.iter().any(|pattern| pattern.matches(candidate.name)) {
            return Fit::Other;
        }
        let lacks = self
            .expired(now)
            .or_else(|| self.digest(candidate))
            .or_else(|| self.signed_by.as_ref().and_then(|wanted| wanted.missing(signers)))
            .or_else(|| self.source(candidate))
            .or_else(|| self.version(candidate))
            .or_else(|| self.contract(candidate));
        lacks.map_or(Fit::Fits, Fit::Lacks)
    }

    /// Whether the rule says more than a name, which anybody can give to any component.
    pub fn is_about_more_than_a_name(&self) -> bool {
        self.pins() || self.sources.is_some()
    }

    /// Whether the rule says which component it must be, so that where it came from is no matter of trust.
    pub fn pins(&self) -> bool {
        self.digests.is_some() || self.signed_by.is_some()
    }

    /// What it says, for people.
    pub fn summary(&self) -> String {
        let digests = self.digests.as_ref().map(|own| format!("digests: {}", own.join(", ")));
        let signed_by = self.signed_by.as_ref().map(|own| format!("signed by {own}"));
        let sources = self.sources.as_ref().map(|own| format!("sources: {}", joined(own)));
        let version =
            |key: &str, own: &Option<Version>| own.as_ref().map(|v| format!("{key}: {v}"));
        let contract = |key: &str, own: &Option<(u32, u32, u32)>| {
            own.map(|(major, minor, patch)| format!("{key}: {major}.{minor}.{patch}"))
        };
        [
            Some(joined(&self.connectors)),
            digests,
            signed_by,
            sources,
            version("min-version", &self.version.min),
            version("max-version", &self.version.max),
            contract("min-contract", &self.contract.min),
            contract("max-contract", &self.contract.max),
            self.expires.as_ref().map(|own| format!("expires: {}", own.value)),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
    }

    fn expired(&self, now: Timestamp) -> Option<String> {
        let end = self.expires.as_ref().filter(|end| end.value < now)?;
        Some(format!("the rule ended at {}", end.value))
    }

    fn digest(&self, candidate: &Candidate<'_>) -> Option<String> {
        let digests = self.digests.as_ref()?;
        let is_listed = digests.iter().any(|digest| digest == candidate.sha256);
        (!is_listed).then(|| format!("its sha256 {} is not listed", candidate.sha256))
    }

    fn source(&self, candidate: &Candidate<'_>) -> Option<String> {
        let sources = self.sources.as_ref()?;
        let source = candidate.source;
        if !sources.iter().any(|prefix| prefix.covers(source)) {
            return Some(format!("it comes from {source}"));
        }
        match candidate.source_proof {
            Proof::Proven => None,
            Proof::Claimed if self.pins() => None,
            Proof::Claimed => Some(format!(
                "that it comes from {source} is only what a lock says that root does not own; the rule would need a digest or a signer"
            )),
        }
    }

    fn version(&self, candidate: &Candidate<'_>) -> Option<String> {
        if self.version.is_open() {
            return None;
        }
        let Some(version) = candidate.version else {
            return Some("it does not declare its version".to_owned());
        };
        match Version::parse(version) {
            Ok(found) => self.version.misses(&found, "version", version),
            Err(_) => Some(format!("its version `{}` is none", version.escape_debug())),
        }
    }

    fn contract(&self, candidate: &Candidate<'_>) -> Option<String> {
        let found = candidate.needs.contract;
        self.contract.misses(&triple(found), "contract", &found.to_string())
    }

    pub fn read(
        form: &AllowForm,
        position: Position,
        keys: &Keys,
        reader: &mut Reader<'_>,
    ) -> Self {
        if form.connectors.is_empty() {
            reader.problem(
                position.clone(),
                "`connectors` is empty; name them, or write `[\"*\"]` for all",
            );
        }
        let signed_by = form.signed_by.as_ref().map(|wanted| {
            let position = reader.position(wanted);
            SignedBy::read(wanted.get_ref(), &position, keys, reader)
        });
        let mut version = |text| reader.optional(text, parse_version).map(|at| at.value);
        let versions = Range {
            min: version(form.min_version.as_ref()),
            max: version(form.max_version.as_ref()),
        };
        let mut contract = |text| reader.optional(text, parse_contract).map(|at| at.value);
        let contracts = Range {
            min: contract(form.min_contract.as_ref()),
            max: contract(form.max_contract.as_ref()),
        };
        Self {
            connectors: reader.values(&form.connectors, NamePattern::parse),
            digests: reader.selection(form.digests.as_ref(), "digests", parse_digest),
            signed_by,
            sources: reader.selection(form.sources.as_ref(), "sources", SourcePrefix::parse),
            version: versions,
            contract: contracts,
            expires: reader.end(form.expires.as_ref()),
            position,
        }
    }
}

impl<T: PartialOrd> Range<T> {
    fn is_open(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    fn misses(&self, found: &T, what: &str, shown: &str) -> Option<String> {
        let is_older = self.min.as_ref().is_some_and(|min| found < min);
        let is_newer = self.max.as_ref().is_some_and(|max| found > max);
        match (is_older, is_newer) {
            (true, _) => Some(format!("its {what} {shown} is older than the rule's minimum")),
            (_, true) => Some(format!("its {what} {shown} is newer than the rule's maximum")),
            _ => None,
        }
    }
}

/// Texts with commas between them.
pub fn joined<T: ToString>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// A SHA-256 in hexadecimal, with or without its name before it.
pub fn parse_digest(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    match digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        true => Ok(digits.to_ascii_lowercase()),
        false => Err(format!(
            "`{}` is not a SHA-256, which has 64 hexadecimal digits; `connhub plugin inspect` shows that of a component",
            text.escape_debug()
        )),
    }
}

pub fn parse_version(text: &str) -> Result<Version, String> {
    Version::parse(text)
        .map_err(|_| format!("`{}` is not a version such as `1.4.0`", text.escape_debug()))
}

fn parse_contract(text: &str) -> Result<(u32, u32, u32), String> {
    let version: Result<ContractVersion, _> = text.parse();
    version.map(triple).map_err(|error| error.to_string())
}

fn triple(version: ContractVersion) -> (u32, u32, u32) {
    (version.major, version.minor, version.patch)
}
