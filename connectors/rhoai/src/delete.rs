//! Delete: only the very object that was looked at, and only if nothing uses it.

use connhub_sdk::{Error, Host, Json, Level, Removed, Request, Setting, Target, until_done};
use serde_json::json;

use crate::ATTEMPTS;
use crate::api::{call, secret_path};
use crate::object::Object;
use crate::read::read;
use crate::scope::project;
use crate::status::Place;
use crate::update::{check_revision, is_stale};
use crate::users::{Users, detach, with_done};

pub(crate) fn delete(
    host: &Host,
    target: &Target,
    name: &str,
    expected: Option<&str>,
) -> Result<Vec<Removed>, Error> {
    let project = project(target)?;
    let first = read(host, project, name)?;
    check_revision(&first, name, expected)?;
    let mut gone = free(host, target, project, name)?;
    let mut first = Some(first);
    let deleted = until_done(name, ATTEMPTS, || {
        let there = first.take().map_or_else(|| read(host, project, name), Ok)?;
        check_revision(&there, name, expected)?;
        let request = Request::delete(secret_path(project, name)).json(options(&there, target));
        match call(host, request) {
            Ok(_) => Ok(Some(())),
            Err(failure) if expected.is_none() && is_stale(&failure) => Ok(None),
            Err(failure) => Err(failure.into_error(Place::secret(project, name))),
        }
    });
    match deleted {
        Ok(()) => gone.push(removed(project, name)),
        Err(error) => return Err(with_done(error, &gone)),
    }
    Ok(gone)
}

/// Makes sure that nothing uses the connection: looks, or takes it out of everything. The cluster has no lock between this and the
/// deletion, so what begins to use it in between loses it.
fn free(host: &Host, target: &Target, project: &str, name: &str) -> Result<Vec<Removed>, Error> {
    let users = Users::of(host, project, name);
    if let Some(sentence) = users.unseen_sentence() {
        host.log(Level::Warn, &format!("`{name}`: {sentence}"));
    }
    if target.setting(Setting::DETACH.name) == Some("true") {
        return detach(host, target, project, name, users);
    }
    users.require_none(project)?;
    Ok(Vec::new())
}

/// Deletes just the object that was read.
pub(crate) fn options(there: &Object, target: &Target) -> Json<'static> {
    let mut options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {
            "uid": there.metadata.uid,
            "resourceVersion": there.metadata.resource_version,
        },
    });
    if target.dry_run {
        options["dryRun"] = json!(["All"]);
    }
    options.into()
}

fn removed(project: &str, name: &str) -> Removed {
    Removed { kind: "secret".into(), name: name.to_owned(), scope: Some(project.to_owned()) }
}
