//! Making a connection of what is stored in a backend without being one, and completing what is incomplete.

use super::{call_setting, explain, list, write};
use crate::model::{
    CallSetting, Connection, Error, Filter, Finding, Kind, Outcome, Patch, Verdict, Written,
};
use crate::plugins::Backend;

/// The word for a type that the backend is to find out.
pub const AUTO: &str = "auto";

/// What is to become a connection.
#[derive(Clone, Copy, Debug)]
pub struct Adoption<'a> {
    /// The name under which it is stored.
    pub name: &'a str,
    /// The type, or [`AUTO`].
    pub type_name: &'a str,
    /// Whether the backend only checks it.
    pub dry_run: bool,
}

/// Makes a connection of what is stored. No value of it is changed, or even read.
///
/// # Errors
/// The connector cannot do it, or what the backend says.
pub async fn adopt(
    backend: &mut Backend,
    scope: Option<&str>,
    adoption: Adoption<'_>,
) -> Result<Written, Error> {
    let Adoption { name, type_name, dry_run } = adoption;
    let mut target = backend.target(scope)?;
    target.dry_run = dry_run;
    let setting = CallSetting::Adopt(type_name.to_owned());
    let what = "make a connection of what is stored there already";
    call_setting::require(backend, &mut target, &setting, what).await?;
    let written = backend.connector.update(&target, name, &Patch::default(), None).await;
    let written = written.map_err(|error| explain(error, backend, scope, name))?;
    write::same_name(backend, name, &written.connection)?;
    Ok(written)
}

/// What became of a connection that had warnings.
#[derive(Debug)]
pub struct Completed {
    /// The connection as it was listed.
    pub name: String,
    /// Where it is.
    pub scope: Option<String>,
    /// What was done, or why not.
    pub result: Result<Written, Error>,
}

/// Lets the backend complete every connection of the scope that it warns about, by an update that changes nothing else.
///
/// # Errors
/// The connections cannot be listed. What fails for one of them is told with it.
pub async fn complete_all(
    backend: &mut Backend,
    scope: Option<&str>,
) -> Result<Vec<Completed>, Error> {
    let mut incomplete: Vec<Connection> = Vec::new();
    list(backend, scope, &Filter::default(), |page| {
        incomplete.extend(page.into_iter().filter(|one| !one.warnings.is_empty()));
        Ok(())
    })
    .await?;
    let mut completed = Vec::new();
    for Connection { name, scope: place, .. } in incomplete {
        let place = place.or_else(|| scope.map(str::to_owned));
        let result = complete(backend, place.as_deref(), &name).await;
        completed.push(Completed { name, scope: place, result });
    }
    Ok(completed)
}

async fn complete(
    backend: &mut Backend,
    scope: Option<&str>,
    name: &str,
) -> Result<Written, Error> {
    let target = backend.target(scope)?;
    let written = backend.connector.update(&target, name, &Patch::default(), None).await;
    let written = written.map_err(|error| explain(error, backend, scope, name))?;
    write::same_name(backend, name, &written.connection)?;
    Ok(written)
}

impl Completed {
    /// What became of it, as a finding of `check`; none if it went away since it was listed.
    pub fn finding(&self) -> Option<Finding> {
        let scope = self.scope.as_ref().map(|scope| format!("{scope}/")).unwrap_or_default();
        let (verdict, message) = match &self.result {
            Err(error) if error.kind == Kind::NotFound => return None,
            Err(error) => (Verdict::Bad, error.message.clone()),
            Ok(written) => outcome(written),
        };
        Some(Finding { subject: format!("connection `{scope}{}`", self.name), verdict, message })
    }
}

fn outcome(written: &Written) -> (Verdict, String) {
    let left = written.connection.warnings.join("; ");
    match (written.outcome == Outcome::Unchanged, left.is_empty()) {
        (false, true) => (Verdict::Good, "is complete now".to_owned()),
        (true, true) => (Verdict::Good, "is complete".to_owned()),
        (false, false) => (Verdict::Warning, format!("lacks less than before, but {left}")),
        (true, false) => (Verdict::Warning, left),
    }
}
