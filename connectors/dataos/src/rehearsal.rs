//! Dry runs: DataOS checks the manifests and stores nothing.

use connhub_sdk::{Draft, Error, IfExists, Json, Outcome, Written};
use serde_json::Value;

use crate::client::{Client, Kind};
use crate::create::{already_exists, existing, keep};
use crate::fault::Fault;
use crate::plan::Plan;

/// What `create` would do.
pub(crate) fn create(
    client: &Client<'_>,
    plan: &Plan<'_>,
    draft: &Draft,
    if_exists: IfExists,
) -> Result<Written, Error> {
    let outcome = match (existing(client, plan.name)?, if_exists) {
        (None, _) => Outcome::Created,
        (Some(depot), IfExists::Fail) => return Err(already_exists(client.settings, &depot)),
        (Some(depot), IfExists::Keep) => return keep(client, plan, draft, depot),
        (Some(_), IfExists::Replace) => Outcome::Replaced,
    };
    let mut notes = plan.notes.clone();
    if !plan.credentials.is_empty() {
        validate(client, Kind::Secret, plan.secret_manifest(), None, &mut notes)?;
    }
    let secret = client.settings.secret_id(&plan.secret_name);
    let depot = Json::from(Value::Object(plan.depot_manifest()));
    validate(client, Kind::Depot, depot, Some(&secret), &mut notes)?;
    Ok(Written::new(outcome, plan.connection()?).with_notes(notes))
}

/// Has DataOS check a manifest. A server without such a check, and a Secret that does not exist yet, are no errors but notes.
pub(crate) fn validate(
    client: &Client<'_>,
    kind: Kind,
    manifest: Json<'_>,
    absent_secret: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    let speaks_of_secret =
        |fault: &Fault| absent_secret.is_some_and(|secret| fault.mentions(secret));
    let note = match client.validate(manifest) {
        Ok(()) => return Ok(()),
        Err(fault) if fault.is_missing() => "this DataOS checks no manifests without storing them",
        Err(fault) if !fault.is_forbidden() && speaks_of_secret(&fault) => {
            "DataOS cannot check the Depot before its Secret exists"
        }
        Err(fault) => {
            return Err(fault.into_error(&format!("accept the {}", kind.title())));
        }
    };
    if !notes.iter().any(|known| known == note) {
        notes.push(note.to_owned());
    }
    Ok(())
}
