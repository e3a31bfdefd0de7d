//! The administrator's policy, asked about one connector: facts are found out here, and decided in `policy`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::signatures::signatures_beside;
use crate::model::Error;
use crate::policy::Needs;
use crate::policy::admin::{
    BadPolicy, Candidate, Circumstances, ConfiguredBy, Finding, ListedKey, PolicySet, Proof, Signer,
};
use crate::settings::{ConnectorSettings, Settings};
use crate::signing::{PublicKey, Signature, Signed, signed_by};

/// What policy wants to know about a component and is not written in it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its digest, in lower-case hexadecimal.
    pub sha256: String,
    /// Where it comes from.
    pub source: String,
    /// How sure that is.
    pub source_proof: Proof,
    /// The listed keys by which it is signed.
    pub signers: Vec<Signer>,
}

/// Where a component is really read from. With a policy that is the place without links: a link could lead elsewhere a moment later.
///
/// # Errors
/// There is nothing.
pub fn place(settings: &Settings, connector: &ConnectorSettings) -> std::io::Result<PathBuf> {
    match settings.policy.is_empty() {
        true => Ok(connector.component.clone()),
        false => fs_err::canonicalize(&connector.component),
    }
}

/// A component that was read.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Where it was read from.
    pub place: &'a Path,
    /// Its digest, in lower-case hexadecimal.
    pub sha256: &'a str,
    /// What was signed.
    pub signed: Signed<'a>,
}

impl Facts {
    /// The facts about a component. Signatures are read only if policy lists keys, and keys only if there are signatures.
    ///
    /// # Errors
    /// A signature or a key cannot be read.
    pub fn of(
        settings: &Settings,
        connector: &ConnectorSettings,
        seen: Seen<'_>,
    ) -> Result<Self, Error> {
        let (source, source_proof) = source(connector, seen.place);
        Ok(Self {
            sha256: seen.sha256.to_owned(),
            source,
            source_proof,
            signers: match settings.policy.keys().is_empty() {
                true => Vec::new(),
                false => signers(&settings.policy, &signatures_beside(seen.place)?, seen.signed)?,
            },
        })
    }

    fn candidate<'a>(
        &'a self,
        connector: &'a ConnectorSettings,
        needs: &'a Needs,
    ) -> Candidate<'a> {
        Candidate {
            name: &connector.name,
            version: needs.version.as_deref(),
            sha256: &self.sha256,
            source: &self.source,
            source_proof: self.source_proof,
            configured_by: connector.configured_by,
            configured_in: &connector.source,
            needs,
            signers: &self.signers,
        }
    }
}

/// Decides whether a connector may run at all.
///
/// # Errors
/// Policy refuses it: which rule, in which file and line, and who may change it.
pub fn permit(
    settings: &Settings,
    connector: &ConnectorSettings,
    needs: &Needs,
    facts: &Facts,
) -> Result<(), Error> {
    let candidate = facts.candidate(connector, needs);
    settings.policy.decide(&candidate, &circumstances()?).map_err(|denial| {
        Error::from(denial)
            .hint(format!("`connhub policy explain {}` shows every rule", connector.name))
    })
}

/// A component that was fetched and is to be a connector of the user's.
#[derive(Clone, Copy)]
pub struct Newcomer<'a> {
    /// What the connector is to be called.
    pub name: &'a str,
    /// The file that is to configure it.
    pub configured_in: &'a str,
    /// Where it comes from, as its lock is to say.
    pub source: &'a str,
    /// Where it is to lie.
    pub place: &'a Path,
    /// Its digest, in lower-case hexadecimal.
    pub sha256: &'a str,
    /// What was signed.
    pub signed: Signed<'a>,
    /// The signatures that came along.
    pub signatures: &'a [Signature],
}

/// Decides whether a component could run once it is configured. It is what will be decided at each load, known before anything is written.
///
/// # Errors
/// Policy refuses it: which rule, in which file and line, and who may change it.
pub fn permit_newcomer(
    settings: &Settings,
    newcomer: Newcomer<'_>,
    needs: &Needs,
) -> Result<(), Error> {
    let policy = &settings.policy;
    if policy.is_empty() {
        return Ok(());
    }
    let fetched = Some(newcomer.source.to_owned());
    let (source, source_proof) = origin(fetched, ConfiguredBy::User, newcomer.place);
    let candidate = Candidate {
        name: newcomer.name,
        version: needs.version.as_deref(),
        sha256: newcomer.sha256,
        source: &source,
        source_proof,
        configured_by: ConfiguredBy::User,
        configured_in: newcomer.configured_in,
        needs,
        signers: &signers(policy, newcomer.signatures, newcomer.signed)?,
    };
    policy.decide(&candidate, &circumstances()?).map_err(Error::from)
}

/// What every rule says about a connector.
///
/// # Errors
/// A key or a signature cannot be read.
pub fn explain(
    settings: &Settings,
    connector: &ConnectorSettings,
    needs: &Needs,
    facts: &Facts,
) -> Result<Vec<Finding>, Error> {
    Ok(settings.policy.explain(&facts.candidate(connector, needs), &circumstances()?))
}

/// Who signed a component, of the keys that policy lists.
fn signers(
    policy: &PolicySet,
    signatures: &[Signature],
    signed: Signed<'_>,
) -> Result<Vec<Signer>, Error> {
    let mut signers = Vec::new();
    for listed in policy.keys().into_iter().filter(|_| !signatures.is_empty()) {
        let key = public_key(listed).map_err(|problem| {
            Error::refused(format!("the policy is not valid, so nothing may run: {problem}"))
        })?;
        if !signed_by([&key], signatures, signed).is_empty() {
            let (id, material) = (key.id().as_str().to_owned(), listed.material.clone());
            signers.push(Signer { id, material });
        }
    }
    Ok(signers)
}

/// Reads a key that a policy file lists.
///
/// # Errors
/// What is wrong with it, where, and what to write instead.
pub fn public_key(listed: &ListedKey) -> Result<PublicKey, BadPolicy> {
    PublicKey::parse(&listed.material).map_err(|error| BadPolicy {
        position: listed.position.clone(),
        problem: format!("the key `{}` cannot be used: {error}", listed.name),
        hint: Some(error.hint().to_owned()),
    })
}

/// Where a component comes from: what the lock says of one that was fetched, else where it lies. A lock is root's word if root configured
/// the connector beside it.
fn source(connector: &ConnectorSettings, place: &Path) -> (String, Proof) {
    let fetched = connector.locked.as_ref().and_then(|locked| locked.source.clone());
    origin(fetched, connector.configured_by, place)
}

fn origin(fetched: Option<String>, configured_by: ConfiguredBy, place: &Path) -> (String, Proof) {
    match fetched.filter(|source| source.contains("://") && !source.starts_with("file:")) {
        Some(source) if configured_by == ConfiguredBy::System => (source, Proof::Proven),
        Some(source) => (source, Proof::Claimed),
        None => (format!("file://{}", place.display()), Proof::Proven),
    }
}

fn circumstances() -> Result<Circumstances, Error> {
    let connhub = env!("CARGO_PKG_VERSION").parse().map_err(|error: semver::Error| {
        Error::refused("this connhub does not know its own version, which policy asks for")
            .because(error)
    })?;
    Ok(Circumstances { now: Timestamp::now(), connhub })
}
