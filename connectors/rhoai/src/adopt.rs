//! Adopt: a Secret that is there already becomes a connection by its metadata. No value is read or written.

use connhub_sdk::{Error, Host, Outcome, Request, Target, Written, until_done};

use crate::ATTEMPTS;
use crate::api::{as_write, call, read_secret, secret_path, warnings};
use crate::mapping::{DOCKER_CONFIG_KEY, STOCK_TYPES, StockType, key_of, stock_type};
use crate::metadata::{DASHBOARD, DISPLAY_NAME, TRUE};
use crate::object::Object;
use crate::patch::SecretPatch;
use crate::read::found;
use crate::scope::project;
use crate::status::Place;
use crate::update::is_stale;
use crate::validate::{is_label_value, name_problems};

/// The word for a type that the keys decide.
const AUTO: &str = "auto";

/// The Kubernetes types of Secrets that hold what people put there. All others belong to something in the cluster.
const KINDS: [&str; 2] = ["Opaque", "kubernetes.io/dockerconfigjson"];

/// How Helm marks what it will change and delete.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const HELM_RELEASE: &str = "meta.helm.sh/release-name";

/// # Errors
///
/// If the Secret is not one to adopt, or its keys do not fit the type.
pub(crate) fn adopt(
    host: &Host,
    target: &Target,
    name: &str,
    type_: &str,
) -> Result<Written, Error> {
    let project = project(target)?;
    let problems = name_problems(name);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    until_done(name, ATTEMPTS, || {
        let there = found(host, project, name, read_secret(host, project, name))?;
        let type_ = adoptable(&there, name, type_)?;
        let changes = changes(&there, &type_, name);
        if changes.is_empty() {
            let connection = there.into_connection().ok_or_else(|| Error::no_connection(name))?;
            return Ok(Some(Written::unchanged(connection)));
        }
        let request = Request::patch(secret_path(project, name));
        let request = request.json_as("application/merge-patch+json", changes.into_body());
        match call(host, as_write(request, target)) {
            Ok(response) => {
                let after: Object = response.json()?;
                let connection =
                    after.into_connection().ok_or_else(|| Error::no_connection(name))?;
                let written = Written::new(Outcome::Updated, connection);
                Ok(Some(written.with_notes(warnings(&response))))
            }
            Err(failure) if is_stale(&failure) => Ok(None),
            Err(failure) => Err(failure.into_error(Place::secret(project, name).of_type(&type_))),
        }
    })
}

/// What a Secret lacks to be a connection of a type. A connection only gets what it lacks.
fn changes<'a>(there: &'a Object, type_: &'a str, name: &str) -> SecretPatch<'a> {
    let mut changes = SecretPatch::new(there, type_);
    if there.connection_type().is_some() {
        changes.complete_marks();
        return changes;
    }
    changes.label(DASHBOARD, Some(TRUE));
    changes.mark();
    if !there.annotations().contains_key(DISPLAY_NAME) {
        changes.annotation(DISPLAY_NAME, Some(name));
    }
    changes
}

/// The type that a Secret gets.
fn adoptable(there: &Object, name: &str, wanted: &str) -> Result<String, Error> {
    if there.is_being_deleted() {
        return Err(Error::Conflict(format!("the Secret `{name}` is being deleted")));
    }
    if let Some(type_) = there.connection_type() {
        return match wanted == AUTO || wanted == type_ {
            true => Ok(type_.to_owned()),
            false => Err(Error::invalid(
                "type",
                format!("`{name}` is a connection of type `{type_}`, and a type does not change"),
            )),
        };
    }
    if let Some(why) = why_not(there) {
        return Err(Error::Unsupported(format!("the Secret `{name}` {why}; it is left alone")));
    }
    match wanted {
        AUTO => by_keys(there),
        wanted => of_type(there, wanted),
    }
}

/// Why something else will go on to change the Secret, or nobody ever can.
fn why_not(there: &Object) -> Option<String> {
    let kind = there.kind.as_deref().unwrap_or("Opaque");
    if !KINDS.contains(&kind) {
        return Some(format!("is of the Kubernetes type `{kind}`, which the cluster uses itself"));
    }
    if let Some(owner) = there.owner() {
        return Some(format!("belongs to {owner}, which would undo the change"));
    }
    let by_helm = there.labels().get(MANAGED_BY).is_some_and(|by| by == "Helm");
    if by_helm || there.annotations().contains_key(HELM_RELEASE) {
        let message = "belongs to a release of Helm, which would undo the change: put the metadata into its chart";
        return Some(message.into());
    }
    let message =
        "is immutable, so its values could never be changed: create a connection of them instead";
    there.is_immutable().then(|| message.into())
}

/// The stock type whose keys are there.
fn by_keys(there: &Object) -> Result<String, Error> {
    let has = |key: &str| there.keys().any(|there| there == key);
    let is_of = |stock: &&&StockType| match stock.mapping.canonical {
        "oci" => has(DOCKER_CONFIG_KEY),
        "uri" => has("URI"),
        _ => there.keys().any(|key| key.starts_with("AWS_")),
    };
    let fitting: Vec<_> = STOCK_TYPES.iter().filter(is_of).collect();
    match fitting[..] {
        [stock] => of_type(there, stock.mapping.canonical),
        _ => {
            let keys: Vec<_> = there.keys().map(|key| format!("`{key}`")).collect();
            let keys = if keys.is_empty() { "none".into() } else { keys.join(", ") };
            let message = format!("its keys do not tell what it is ({keys}); say it by `--type`");
            Err(Error::invalid("type", message))
        }
    }
}

/// A type with everything that it cannot be without.
fn of_type(there: &Object, wanted: &str) -> Result<String, Error> {
    let Some(stock) = stock_type(wanted) else {
        return match is_label_value(wanted) {
            true => Ok(wanted.to_owned()),
            false => Err(Error::invalid("type", "is no name of a connection type")),
        };
    };
    // A login for a registry says itself which one it is for.
    let needed: Vec<&str> = match stock.mapping.canonical {
        "oci" => vec![DOCKER_CONFIG_KEY],
        _ => stock.required.iter().map(|(field, _)| key_of(wanted, field)).collect(),
    };
    let lacks = needed.into_iter().filter(|needed| !there.keys().any(|key| key == *needed));
    let lacks: Vec<_> = lacks.map(|key| format!("`{key}`")).collect();
    if lacks.is_empty() {
        return Ok(wanted.to_owned());
    }
    let message = format!("the Secret has no {}, which `{wanted}` needs", lacks.join(", "));
    Err(Error::invalid("type", message))
}
