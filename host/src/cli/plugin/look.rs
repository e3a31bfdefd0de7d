//! A connector, looked at without running it: what its component declares, and what policy says about it.

use std::path::PathBuf;

use crate::cli::plugin::describe::{capabilities, limit_by_policy};
use crate::model::Error;
use crate::operations::{self, Digest, Inspected};
use crate::plugins::{self, Facts, Seen, Signed};
use crate::policy::admin::{Finding, PolicySet, RuleVerdict};
use crate::settings::{ConnectorSettings, Settings};
use crate::ui::json::CapabilityForm;

/// What was seen.
pub(in crate::cli) struct Look {
    /// Where it was read from.
    pub place: PathBuf,
    pub digest: Digest,
    /// What was read.
    pub bytes: Vec<u8>,
    pub inspected: Inspected,
    pub facts: Facts,
    /// What each rule says; empty without a policy.
    pub findings: Vec<Finding>,
}

/// Looks at a configured connector.
pub(in crate::cli) fn look(
    settings: &Settings,
    connector: &ConnectorSettings,
) -> Result<Look, Error> {
    let place = plugins::component_place(settings, connector);
    let place = place.unwrap_or_else(|_| connector.component.clone());
    let (digest, inspected, bytes) = operations::inspect(&place)?;
    let signed = Signed { sha256: &digest.bytes, bytes: &bytes };
    let seen = Seen { place: &place, sha256: &digest.sha256, signed };
    let facts = Facts::of(settings, connector, seen)?;
    let findings = plugins::explain(settings, connector, &inspected.needs, &facts)?;
    Ok(Look { place, digest, bytes, inspected, facts, findings })
}

impl Look {
    /// Needs, grants and what policy leaves of them: nothing at all if the connector may not run.
    pub fn capabilities(
        &self,
        connector: &ConnectorSettings,
        policy: &PolicySet,
    ) -> Vec<CapabilityForm> {
        let needs = &self.inspected.needs;
        let mut rows = capabilities(needs, &connector.grants);
        if policy.is_empty() {
            return rows;
        }
        rows.iter_mut().for_each(|row| limit_by_policy(row, &connector.name, needs, policy));
        if self.findings.iter().any(|finding| finding.verdict == RuleVerdict::Denies) {
            rows.iter_mut().for_each(|row| row.effective = None);
        }
        rows
    }
}
