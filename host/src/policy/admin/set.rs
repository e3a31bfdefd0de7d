//! All policy files that are in force. Each of them has to allow what happens, so a further file can only narrow.

use std::sync::Arc;

use super::candidate::{Candidate, Circumstances};
use super::ceiling::Ceiling;
use super::file::{Forbidden, PolicyFile, digest};
use super::finding::{Finding, RuleVerdict, findings};
use super::limits::LimitCeiling;
use super::position::{At, PolicyDenial};
use super::signer::{ListedKey, Signer};
use crate::policy::{Grants, Limits};

/// The policy files in force, the system's first. None at all allows everything.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    files: Vec<PolicyFile>,
}

impl PolicySet {
    /// Adds a file.
    pub fn add(&mut self, file: PolicyFile) {
        self.files.push(file);
    }

    /// The files, in order.
    pub fn files(&self) -> &[PolicyFile] {
        &self.files
    }

    /// Whether no policy is in force.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What identifies the policy in force: the SHA-256 over the SHA-256 of each file, in hexadecimal and one per line. None if there
    /// is no policy.
    pub fn hash(&self) -> Option<String> {
        let lines: String = self.files.iter().map(|file| format!("{}\n", file.sha256)).collect();
        (!self.is_empty()).then(|| digest(lines.as_bytes()))
    }

    /// Whether what happens has to be written down, or must not happen.
    pub fn audit_required(&self) -> bool {
        self.files.iter().any(|file| file.audit_required.as_ref().is_some_and(|own| own.value))
    }

    /// The keys whose signatures matter, each text once.
    pub fn keys(&self) -> Vec<&ListedKey> {
        let mut keys: Vec<&ListedKey> = Vec::new();
        for key in self.files.iter().flat_map(|file| file.keys.values()) {
            if !keys.iter().any(|known| known.material == key.material) {
                keys.push(key);
            }
        }
        keys
    }

    /// Decides whether a connector may run.
    ///
    /// # Errors
    /// The first rule that refuses it.
    pub fn decide(
        &self,
        candidate: &Candidate<'_>,
        circumstances: &Circumstances,
    ) -> Result<(), PolicyDenial> {
        let findings = self.explain(candidate, circumstances);
        let denial = findings.iter().find_map(|finding| finding.denial(candidate.name));
        denial.map_or(Ok(()), Err)
    }

    /// What every rule of every file says about a connector. It may run if none of them denies it.
    pub fn explain(
        &self,
        candidate: &Candidate<'_>,
        circumstances: &Circumstances,
    ) -> Vec<Finding> {
        let signers: Vec<&Signer> =
            candidate.signers.iter().filter(|signer| !self.is_revoked(signer)).collect();
        let of_file = |file| findings(file, candidate, &signers, circumstances);
        let mut all: Vec<Finding> = self.files.iter().flat_map(of_file).collect();
        all.extend(candidate.signers.iter().filter_map(|signer| self.revocation(signer)));
        all
    }

    /// What a connector may have at most of what it is granted. What depends on a request is in [`PolicySet::ceilings`].
    pub fn narrow(&self, connector: &str, grants: &Grants, limits: &Limits) -> (Grants, Limits) {
        let (mut grants, mut limits) = (grants.clone(), *limits);
        grants.reveal &= self.forbids(Forbidden::Reveal).is_none();
        grants.vault &= self.forbids(Forbidden::Vault).is_none();
        if self.forbids(Forbidden::Http).is_some() {
            grants.endpoints.clear();
        }
        if self.forbids(Forbidden::Command).is_some() {
            grants.commands.clear();
        }
        for ceiling in self.ceilings_of(connector) {
            for (name, grant) in &mut grants.endpoints {
                if ceiling.is_about_endpoint(name) {
                    ceiling.narrow(grant);
                }
            }
            for most in ceiling.limits() {
                most.apply(&mut limits);
            }
        }
        (grants, limits)
    }

    /// The ceilings of the limits of a connector: the key, the most, and whether that is less than what is configured.
    pub fn limits(&self, connector: &str, configured: &Limits) -> Vec<(&'static str, u32, bool)> {
        let all = self.ceilings_of(connector).flat_map(|ceiling| ceiling.limits());
        let lowers = |most: &LimitCeiling| {
            let mut limits = *configured;
            most.apply(&mut limits)
        };
        all.map(|most| (most.key, most.most, lowers(most))).collect()
    }

    /// The ceilings of the requests to an endpoint.
    pub fn ceilings(&self, connector: &str, endpoint: &str) -> Vec<Arc<Ceiling>> {
        let ceilings = self.ceilings_of(connector);
        ceilings.filter(|ceiling| ceiling.is_about_endpoint(endpoint)).map(Arc::clone).collect()
    }

    /// Checks the scope that a command works in; none stands for all of them at once.
    ///
    /// # Errors
    /// A ceiling does not allow it.
    pub fn check_scope(&self, connector: &str, scope: Option<&str>) -> Result<(), PolicyDenial> {
        self.ceilings_of(connector).try_for_each(|ceiling| ceiling.check_scope(scope))
    }

    /// Checks the program that a connector is about to run, by its absolute path.
    ///
    /// # Errors
    /// A ceiling does not allow it.
    pub fn check_program(&self, connector: &str, path: &str) -> Result<(), PolicyDenial> {
        self.ceilings_of(connector).try_for_each(|ceiling| ceiling.check_program(path))
    }

    /// The ceilings that say which programs a connector may run.
    pub fn program_ceilings<'s>(&'s self, connector: &'s str) -> Vec<&'s Ceiling> {
        let all = self.ceilings_of(connector).map(Arc::as_ref);
        all.filter(|ceiling| ceiling.limits_programs()).collect()
    }

    /// The rule that forbids something, and what to say.
    pub fn forbids(&self, what: Forbidden) -> Option<PolicyDenial> {
        let of_file = |file: &PolicyFile| {
            let At { position, .. } = file.forbid.iter().find(|own| own.value == what)?;
            let text = format!("policy forbids `{}`", what.as_str());
            Some(file.denial("forbid", position, text))
        };
        self.files.iter().find_map(of_file)
    }

    fn ceilings_of<'s>(&'s self, connector: &'s str) -> impl Iterator<Item = &'s Arc<Ceiling>> {
        let all = self.files.iter().flat_map(|file| &file.ceilings);
        all.filter(move |ceiling| ceiling.is_about(connector))
    }

    fn is_revoked(&self, signer: &Signer) -> bool {
        let mut revoked = self.files.iter().flat_map(|file| &file.revoked_keys);
        revoked.any(|key| key.value.is(signer))
    }

    /// That a signature does not count, as a finding.
    fn revocation(&self, signer: &Signer) -> Option<Finding> {
        let of_file = |file: &PolicyFile| {
            let At { position, .. } = file.revoked_keys.iter().find(|key| key.value.is(signer))?;
            Some(Finding {
                position: position.clone(),
                rule: "revoked-keys".to_owned(),
                verdict: RuleVerdict::Limits,
                detail: format!("the signature by key {} does not count", signer.id),
                who: file.source.who(),
            })
        };
        self.files.iter().find_map(of_file)
    }
}
