//! Delete: only the very object that was looked at.

use connhub_sdk::{Error, Host, Json, Removed, Request, Target, until_done};
use serde_json::json;

use crate::ATTEMPTS;
use crate::api::{call, secret_path};
use crate::object::Object;
use crate::read::read;
use crate::scope::project;
use crate::status::Place;
use crate::update::{check_revision, is_stale};

pub(crate) fn delete(
    host: &Host,
    target: &Target,
    name: &str,
    expected: Option<&str>,
) -> Result<Vec<Removed>, Error> {
    let project = project(target)?;
    until_done(name, ATTEMPTS, || {
        let there = read(host, project, name)?;
        check_revision(&there, name, expected)?;
        let request = Request::delete(secret_path(project, name)).json(options(&there, target));
        match call(host, request) {
            Ok(_) => Ok(Some(removed(project, name))),
            Err(failure) if expected.is_none() && is_stale(&failure) => Ok(None),
            Err(failure) => Err(failure.into_error(Place::secret(project, name))),
        }
    })
}

fn options(there: &Object, target: &Target) -> Json<'static> {
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

fn removed(project: &str, name: &str) -> Vec<Removed> {
    vec![Removed { kind: "secret".into(), name: name.to_owned(), scope: Some(project.to_owned()) }]
}
