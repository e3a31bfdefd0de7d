//! What a test of a connection found.

use std::time::Duration;

/// A rung of the ladder that a test climbs, in the order in which they are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// What the connection says about where to go.
    Address,
    /// The name of the server has an address.
    Resolve,
    /// Something listens there.
    Connect,
    /// The connection is encrypted, and the certificate is right.
    Tls,
    /// What answers speaks the language of the type.
    Protocol,
    /// The login is accepted.
    Credential,
    /// The bucket, database or file that the connection names is there.
    Target,
}

impl Rung {
    /// The word, the same for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::Credential => "credential",
            Self::Target => "target",
        }
    }
}

/// How a rung, or a whole test, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    /// It holds.
    Ok,
    /// It does not.
    Failed,
    /// There is no way to tell.
    NotTestable,
}

impl TestStatus {
    /// The word, the same for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::NotTestable => "not-testable",
        }
    }
}

/// What was found at one rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    /// The rung.
    pub rung: Rung,
    /// How it ended.
    pub status: TestStatus,
    /// What was found, in words without secrets.
    pub message: String,
}

/// What a test found: the rungs that were reached, from the lowest to the highest. A rung that a connection does not have is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// The rungs.
    pub steps: Vec<TestStep>,
    /// How long it took.
    pub elapsed: Duration,
}

impl TestReport {
    /// A test that cannot be made, and why.
    pub fn not_testable(rung: Rung, message: impl Into<String>) -> Self {
        let step = TestStep { rung, status: TestStatus::NotTestable, message: message.into() };
        Self { steps: vec![step], elapsed: Duration::ZERO }
    }

    /// The test as a whole: failed if anything failed, otherwise not testable if anything could not be told.
    pub fn status(&self) -> TestStatus {
        let has = |status| self.steps.iter().any(|step| step.status == status);
        match (has(TestStatus::Failed), has(TestStatus::NotTestable) || self.steps.is_empty()) {
            (true, _) => TestStatus::Failed,
            (false, true) => TestStatus::NotTestable,
            (false, false) => TestStatus::Ok,
        }
    }

    /// The step that decided: the first that failed, or that could not be told, or the last.
    pub fn decisive(&self) -> Option<&TestStep> {
        let status = self.status();
        self.steps
            .iter()
            .find(|step| step.status == status && status != TestStatus::Ok)
            .or(self.steps.last())
    }

    /// What was found at a rung.
    pub fn step(&self, rung: Rung) -> Option<&TestStep> {
        self.steps.iter().find(|step| step.rung == rung)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_more_than_a_doubt_and_a_doubt_more_than_success() {
        use TestStatus::{Failed, NotTestable, Ok};
        let check = |statuses: &[TestStatus], expected, decisive: Option<&str>| {
            let step = |(index, status): (usize, &TestStatus)| TestStep {
                rung: Rung::Protocol,
                status: *status,
                message: index.to_string(),
            };
            let steps = statuses.iter().enumerate().map(step).collect();
            let report = TestReport { steps, elapsed: Duration::ZERO };
            assert_eq!(report.status(), expected, "{statuses:?}");
            assert_eq!(report.decisive().map(|step| step.message.as_str()), decisive);
        };
        check(&[], NotTestable, None);
        check(&[Ok, Ok], Ok, Some("1"));
        check(&[Ok, NotTestable, Ok], NotTestable, Some("1"));
        check(&[Ok, NotTestable, Failed], Failed, Some("2"));
    }
}
