//! Projects, which are namespaces.

use connhub_sdk::{Error, Host, Level, Missing, Request, Setting, Target, path};

use crate::api::call;
use crate::metadata::{DASHBOARD, TRUE};
use crate::status::{Failure, Place};

/// The setting that names the project to work in.
pub(crate) const NAMESPACE: Setting =
    Setting::new("namespace", "", "the project to work in when none is named");

/// The project of an operation. The host has filled in that of the kubeconfig's context if the user named none.
pub(crate) fn project(target: &Target) -> Result<&str, Error> {
    let named = target.scope.as_deref().filter(|scope| !scope.is_empty());
    match named.or_else(|| target.setting(NAMESPACE.name)) {
        Some(project) => Ok(project),
        None => target.scope(),
    }
}

/// Whether a project is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    There,
    Absent,
    /// The login may not ask.
    Hidden,
}

/// Asks whether a project is there. Reading secrets does not tell: in a namespace that does not exist they are an empty list, not an error.
pub(crate) fn presence(host: &Host, project: &str) -> Result<Presence, Error> {
    let namespace = call(host, Request::get(path(["api", "v1", "namespaces", project])));
    if let Some(known) = known(namespace, project)? {
        return Ok(known);
    }
    let projects = ["apis", "project.openshift.io", "v1", "projects", project];
    Ok(known(call(host, Request::get(path(projects))), project)?.unwrap_or(Presence::Hidden))
}

/// Adds to an error that the project is not there how it is made.
pub(crate) fn explained(host: &Host, error: Error) -> Error {
    if let Error::NotFound(Missing::Scope(project)) = &error {
        tell_how_to_create(host, project);
    }
    error
}

/// The error for something that is not there: the project, if that is what is missing, else the connection.
pub(crate) fn nothing_there(host: &Host, project: &str, name: &str) -> Error {
    match presence(host, project) {
        Ok(Presence::Absent) => Error::no_scope(project),
        Ok(_) => Error::no_connection(name),
        Err(error) => error,
    }
}

/// Says how a project is made, which is not done here: it belongs to somebody, and has quotas and members.
fn tell_how_to_create(host: &Host, project: &str) {
    let projects = ["apis", "project.openshift.io", "v1", "projects", project];
    let is_openshift = match call(host, Request::get(path(projects))) {
        Err(failure) => !failure.refusal().is_some_and(crate::status::Refusal::is_unknown_kind),
        Ok(_) => true,
    };
    let (program, create) = match is_openshift {
        true => ("oc", "new-project"),
        false => ("kubectl", "create namespace"),
    };
    let message = format!(
        "projects are not created along with connections; to create this one, run `{program} {create} {project}`, then \
         `{program} label namespace {project} {DASHBOARD}={TRUE}`, so that the dashboard shows it"
    );
    host.log(Level::Warn, &message);
}

/// The projects that the login can see, by name: those of OpenShift, else all namespaces.
pub(crate) fn visible_projects(host: &Host) -> Result<Vec<String>, Failure> {
    let projects = call(host, Request::get("/apis/project.openshift.io/v1/projects"));
    let response = match projects {
        Err(Failure::Refused(refusal)) if refusal.is_unknown_kind() => {
            call(host, Request::get("/api/v1/namespaces"))?
        }
        other => other?,
    };
    let (_, projects) = response.json::<crate::object::ObjectList>()?.into_parts();
    let mut names: Vec<_> = projects.into_iter().map(|item| item.metadata.name).collect();
    names.sort_unstable();
    Ok(names)
}

/// What an answer about a project says; none if it leaves the question open.
fn known(
    answer: Result<connhub_sdk::Response, Failure>,
    project: &str,
) -> Result<Option<Presence>, Error> {
    match answer {
        Ok(_) => Ok(Some(Presence::There)),
        Err(Failure::Refused(refusal)) if refusal.is_not_found() => Ok(Some(Presence::Absent)),
        Err(Failure::Refused(refusal)) if refusal.is_forbidden() || refusal.is_unknown_kind() => {
            Ok(None)
        }
        Err(failure) => Err(failure.into_error(Place::project(project))),
    }
}
