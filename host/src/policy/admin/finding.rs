//! Rule by rule: what a policy file says about one connector.

use super::allow::{AllowRule, Fit, joined};
use super::candidate::{Candidate, Circumstances, ConfiguredBy, Proof};
use super::file::PolicyFile;
use super::position::{At, PolicyDenial, Position};
use super::signer::Signer;

/// What one rule says about a connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where the rule stands.
    pub position: Position,
    /// The key of the rule.
    pub rule: String,
    /// What follows from it.
    pub verdict: RuleVerdict,
    /// Why, in a few words.
    pub detail: String,
    /// Who may change the rule.
    pub who: String,
}

/// What follows from one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleVerdict {
    /// As far as it goes the connector may run.
    Allows,
    /// The connector may not run.
    Denies,
    /// It is about something else.
    NoMatch,
    /// The connector may run, with less than it is granted.
    Limits,
}

impl RuleVerdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allows => "allows",
            Self::Denies => "denies",
            Self::NoMatch => "no match",
            Self::Limits => "limits",
        }
    }
}

impl Finding {
    /// The refusal, if it is one.
    pub fn denial(&self, connector: &str) -> Option<PolicyDenial> {
        (self.verdict == RuleVerdict::Denies).then(|| PolicyDenial {
            what: format!("policy does not let connector `{connector}` run: {}", self.detail),
            rule: self.rule.clone(),
            position: self.position.clone(),
            who: self.who.clone(),
        })
    }
}

/// What every rule of a file says about a connector. `signers` are those that count.
pub fn findings(
    file: &PolicyFile,
    candidate: &Candidate<'_>,
    signers: &[&Signer],
    circumstances: &Circumstances,
) -> Vec<Finding> {
    let judge = Judge { file, candidate, signers, circumstances };
    let mut findings = Vec::new();
    findings.extend(judge.expiry());
    findings.extend(judge.program());
    findings.extend(judge.revoked_digests());
    findings.extend(judge.user_connectors());
    findings.extend(judge.sources());
    findings.extend(judge.signature());
    findings.extend(judge.forbidden());
    findings.extend(judge.allow());
    findings.extend(judge.ceilings());
    findings
}

struct Judge<'a> {
    file: &'a PolicyFile,
    candidate: &'a Candidate<'a>,
    signers: &'a [&'a Signer],
    circumstances: &'a Circumstances,
}

impl Judge<'_> {
    fn say(
        &self,
        rule: &str,
        position: &Position,
        problem: Option<String>,
        otherwise: &str,
    ) -> Finding {
        let verdict = if problem.is_some() { RuleVerdict::Denies } else { RuleVerdict::Allows };
        self.finding(rule, position, verdict, problem.unwrap_or_else(|| otherwise.to_owned()))
    }

    fn finding(
        &self,
        rule: &str,
        position: &Position,
        verdict: RuleVerdict,
        detail: String,
    ) -> Finding {
        Finding {
            position: position.clone(),
            rule: rule.to_owned(),
            verdict,
            detail,
            who: self.file.source.who(),
        }
    }

    fn expiry(&self) -> Option<Finding> {
        let At { value, position } = self.file.expires.as_ref()?;
        let is_over = *value < self.circumstances.now;
        let problem = is_over.then(|| format!("the policy file ended at {value}"));
        Some(self.say("expires", position, problem, &format!("until {value}")))
    }

    fn program(&self) -> Option<Finding> {
        let At { value, position } = self.file.min_connhub.as_ref()?;
        let own = &self.circumstances.connhub;
        let problem =
            (own < value).then(|| format!("this is connhub {own}, and {value} is the least"));
        Some(self.say("min-connhub", position, problem, &format!("this is connhub {own}")))
    }

    fn revoked_digests(&self) -> Option<Finding> {
        let revoked = &self.file.revoked_digests;
        let hit = revoked.iter().find(|digest| digest.value == self.candidate.sha256);
        let position = &hit.or(revoked.first())?.position;
        let problem = hit.map(|digest| format!("its sha256 {} is revoked", digest.value));
        Some(self.say("revoked-digests", position, problem, "it is none of them"))
    }

    fn user_connectors(&self) -> Option<Finding> {
        let At { position, .. } = self.file.user_connectors.as_ref().filter(|own| !own.value)?;
        let problem = (self.candidate.configured_by == ConfiguredBy::User).then(|| {
            format!(
                "users may not add connectors, and {} is not a file that only root can write",
                self.candidate.configured_in
            )
        });
        Some(self.say("user-connectors", position, problem, "the system configures it"))
    }

    fn sources(&self) -> Option<Finding> {
        let At { value, position } = self.file.sources.as_ref()?;
        let Candidate { source, source_proof, .. } = self.candidate;
        let problem = match value.iter().any(|prefix| prefix.covers(source)) {
            false => Some(format!("it comes from {source}")),
            true if *source_proof == Proof::Claimed && !self.is_pinned() => Some(format!(
                "that it comes from {source} is only what a lock says that root does not own, and no `[[allow]]` with a digest or a signer fits"
            )),
            true => None,
        };
        Some(self.say("sources", position, problem, &format!("it comes from {source}")))
    }

    /// Whether a rule lets it run that says which component it must be.
    fn is_pinned(&self) -> bool {
        let fits = |rule: &AllowRule| {
            rule.pins()
                && rule.fit(self.candidate, self.signers, self.circumstances.now) == Fit::Fits
        };
        self.file.allow.iter().any(fits)
    }

    fn signature(&self) -> Option<Finding> {
        let At { position, .. } = self.file.signature_required.as_ref().filter(|own| own.value)?;
        let is_own =
            |signer: &&&Signer| self.file.keys.values().any(|key| key.material == signer.material);
        let found = self.signers.iter().find(is_own);
        let problem =
            found.is_none().then(|| "no key that the policy lists has signed it".to_owned());
        let signer = found.map_or("", |signer| signer.id.as_str());
        Some(self.say(
            "signature-required",
            position,
            problem,
            &format!("key {signer} has signed it"),
        ))
    }

    fn forbidden(&self) -> Vec<Finding> {
        let one = |forbidden: &At<super::Forbidden>| {
            let word = forbidden.value.as_str();
            let is_needed = forbidden.value.is_needed(self.candidate.needs);
            let problem = is_needed.then(|| format!("it needs `{word}`, which is forbidden"));
            self.say("forbid", &forbidden.position, problem, &format!("it does not need `{word}`"))
        };
        self.file.forbid.iter().map(one).collect()
    }

    fn allow(&self) -> Vec<Finding> {
        let now = self.circumstances.now;
        let mut findings = Vec::new();
        let mut nearest = None;
        let mut is_allowed = false;
        for rule in &self.file.allow {
            let fit = rule.fit(self.candidate, self.signers, now);
            is_allowed |= fit == Fit::Fits;
            let (verdict, detail) = match fit {
                Fit::Fits => (RuleVerdict::Allows, "it fits".to_owned()),
                Fit::Other => {
                    (RuleVerdict::NoMatch, format!("it is about {}", joined(&rule.connectors)))
                }
                Fit::Lacks(what) => {
                    nearest.get_or_insert((rule.position.clone(), what.clone()));
                    (RuleVerdict::NoMatch, what)
                }
            };
            findings.push(self.finding("allow", &rule.position, verdict, detail));
        }
        if !is_allowed {
            let (position, detail) = match nearest {
                Some((position, what)) => (position, format!("no `[[allow]]` fits: {what}")),
                None => (self.file.top(), "no `[[allow]]` is about it".to_owned()),
            };
            findings.push(self.finding("allow", &position, RuleVerdict::Denies, detail));
        }
        findings
    }

    fn ceilings(&self) -> Vec<Finding> {
        let one = |ceiling: &std::sync::Arc<super::Ceiling>| {
            let (verdict, detail) = match ceiling.is_about(self.candidate.name) {
                true => (RuleVerdict::Limits, ceiling.summary()),
                false => (RuleVerdict::NoMatch, "it is about other connectors".to_owned()),
            };
            self.finding("ceiling", &ceiling.position, verdict, detail)
        };
        self.file.ceilings.iter().map(one).collect()
    }
}
