//! Tests of connections: stored ones, ones that are not stored yet, and ones with new secrets.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use super::write::{draft, same_name};
use super::{Input, Opened, Schema, Tester, Trial, explain};
use crate::consumers;
use crate::model::{
    Connection, Error, Patch, Rung, SecretField, TestReport, TestResult, TestStatus,
};
use crate::plugins::Backend;
use crate::probes::{self, Authorities};

/// How long a test takes at most, unless something else is asked for.
pub const TEST_LIMIT: Duration = Duration::from_secs(10);

/// What tests have in common.
#[derive(Default)]
pub struct Tests {
    limit: Option<Duration>,
    authorities: Authorities,
}

impl Tests {
    /// Tests that take no longer than this, each.
    pub fn within(limit: Duration) -> Self {
        Self { limit: Some(limit), authorities: Authorities::default() }
    }

    /// Tests a connection with these secrets. Nothing is written anywhere.
    pub async fn test(&self, connection: &Connection, secrets: &[SecretField]) -> TestReport {
        let opened = consumers::Opened { connection, secrets };
        probes::test(opened, self.limit.unwrap_or(TEST_LIMIT), &self.authorities).await
    }
}

impl Tester for Tests {
    fn test<'a>(
        &'a self,
        connection: &'a Connection,
        secrets: &'a [SecretField],
    ) -> Pin<Box<dyn Future<Output = Trial> + 'a>> {
        Box::pin(async { trial(&Self::test(self, connection, secrets).await) })
    }
}

/// What a test says about the secrets alone: whether a server cannot be reached, or a bucket is missing, is not their fault.
fn trial(report: &TestReport) -> Trial {
    match report.step(Rung::Credential) {
        Some(step) if step.status == TestStatus::Ok => Trial::Passed,
        Some(step) if step.status == TestStatus::Failed => Trial::Failed(step.message.clone()),
        Some(step) => Trial::NotTestable(step.message.clone()),
        None => {
            let step = report.decisive().map(|step| step.message.clone());
            Trial::NotTestable(step.unwrap_or_default())
        }
    }
}

/// Has the backend keep the result of a test of a connection, if it is still the one that was tested. Of a test that could not tell,
/// nothing is kept; then it answers false.
///
/// # Errors
/// The backend keeps no results, the connection was changed meanwhile, or what else the backend says.
pub async fn record(
    backend: &mut Backend,
    connection: &Connection,
    report: &TestReport,
) -> Result<bool, Error> {
    let works = match report.status() {
        TestStatus::Ok => true,
        TestStatus::Failed => false,
        TestStatus::NotTestable => return Ok(false),
    };
    let message = report.decisive().map(|step| format!("{}: {}", step.rung.word(), step.message));
    let result = TestResult {
        works,
        at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        message: message.unwrap_or_default(),
    };
    let at = result.at.clone();
    let patch = Patch { tested: Some(result), ..Patch::default() };
    let target = backend.target(connection.scope.as_deref())?;
    let (name, revision) = (&connection.name, connection.revision.as_deref());
    let written = backend.connector.update(&target, name, &patch, revision).await;
    let scope = connection.scope.as_deref();
    let written = written.map_err(|error| explain(error, backend, scope, name))?;
    same_name(backend, name, &written.connection)?;
    // A connector that does not know of tests changes nothing.
    match written.connection.tested {
        Some(kept) if kept.at == at => Ok(true),
        _ => Err(Error::invalid(format!("backend `{}` keeps no results of tests", backend.name))),
    }
}

/// The connection that an input describes, without storing it.
///
/// # Errors
/// Everything that is wrong with the input at once.
pub fn unsaved(
    backend: &str,
    scope: Option<String>,
    schema: &Schema,
    input: Input,
) -> Result<Opened, Error> {
    let draft = draft(schema, input)?;
    let connection = Connection {
        name: draft.name,
        scope,
        type_name: draft.type_name,
        fields: draft.fields,
        secret_names: draft.secrets.iter().map(|secret| secret.name.clone()).collect(),
        ..Connection::default()
    };
    Ok(Opened { backend: backend.to_owned(), connection, secrets: draft.secrets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TestStep;

    #[test]
    fn secrets_are_to_blame_for_logins_only() {
        use TestStatus::{Failed, NotTestable, Ok};
        let check = |steps: &[(Rung, TestStatus)], expected: Trial| {
            let step = |(rung, status): &(Rung, TestStatus)| TestStep {
                rung: *rung,
                status: *status,
                message: "why".to_owned(),
            };
            let steps = steps.iter().map(step).collect();
            let report = TestReport { steps, elapsed: Duration::ZERO };
            assert_eq!(trial(&report), expected, "{report:?}");
        };
        let why = || "why".to_owned();
        check(&[(Rung::Credential, Ok), (Rung::Target, Failed)], Trial::Passed);
        check(&[(Rung::Protocol, Ok), (Rung::Credential, Failed)], Trial::Failed(why()));
        check(&[(Rung::Credential, NotTestable)], Trial::NotTestable(why()));
        check(&[(Rung::Resolve, Failed)], Trial::NotTestable(why()));
        check(&[(Rung::Protocol, Ok)], Trial::NotTestable(why()));
        check(&[], Trial::NotTestable(String::new()));
    }
}
