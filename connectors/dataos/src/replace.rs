//! Putting a connection in the place of one that exists.

use connhub_sdk::{Error, Outcome, Written};
use serde_json::{Map, Value, json};

use crate::change::{Change, SecretChange, changeable, finish, not_ours, planned};
use crate::client::{Client, Kind};
use crate::depot::Depot;
use crate::loaded::{Loaded, SecretState, UsedSecret};
use crate::plan::{Plan, describe};
use crate::purposes::references;
use crate::removal::remove_secret_after;

/// Replaces the Depot and its credentials. What others wrote into the manifest (owner, layer, own keys) stays.
pub(crate) fn replace(
    client: &Client<'_>,
    plan: &Plan<'_>,
    depot: Depot,
) -> Result<Written, Error> {
    let before = changeable(&depot)?;
    let loaded = Loaded::of(client, depot)?;
    let (secret_name, secret) = secret_change(client, plan, &loaded)?;
    let after = new_manifest(client, plan, &loaded.depot, before.clone(), secret_name.as_deref());
    let mut notes = plan.notes.clone();
    let planned = planned(after.clone())?;
    Change { name: plan.name, before, after, secret }.apply(client, &mut notes)?;
    for old in loaded.covered(client.settings) {
        if loaded.serves_others(client.settings, old) {
            continue;
        }
        if Some(&old.name) != secret_name.as_ref() {
            notes.extend(drop_secret(client, plan, old));
        }
    }
    finish(client, &planned, Outcome::Replaced, notes)
}

/// Which Secret holds the new values: the connection's own, else a new one. One that others may use is left alone.
fn secret_change<'a>(
    client: &Client<'_>,
    plan: &Plan<'a>,
    loaded: &Loaded,
) -> Result<(Option<String>, SecretChange<'a>), Error> {
    if plan.credentials.is_empty() {
        return Ok((None, SecretChange::Keep));
    }
    let is_own = |secret: &&&UsedSecret| {
        let there = matches!(secret.state, SecretState::There(_));
        let shared = loaded.serves_others(client.settings, secret);
        there && !shared && secret.is_own(client.settings, plan.name)
    };
    let name = match loaded.covered(client.settings).iter().find(is_own) {
        Some(own) => own.name.clone(),
        None => plan.secret_name.clone(),
    };
    if loaded
        .secrets
        .iter()
        .any(|used| used.name == name && loaded.serves_others(client.settings, used))
    {
        return Err(Error::Unsupported(format!(
            "the Secret `{name}` serves purposes that the setting `purposes` leaves alone ({}); give \
             the new one another `secret-name` under `[backends.NAME.settings]`",
            loaded.depot.uses()
        )));
    }
    let manifest = plan.secret_manifest_named(&name);
    let change = match client.read(Kind::Secret, &name) {
        Ok(secret) if secret.is_secret_of(plan.name) || loaded.has(&name) => {
            SecretChange::Replace { name: name.clone(), manifest }
        }
        Ok(_) => {
            return Err(not_ours(client.settings, &name));
        }
        Err(fault) if fault.is_missing() => SecretChange::Create { name: name.clone(), manifest },
        Err(fault) => return Err(fault.into_error(&format!("read the Secret `{name}`"))),
    };
    Ok((Some(name), change))
}

fn new_manifest(
    client: &Client<'_>,
    plan: &Plan<'_>,
    depot: &Depot,
    mut manifest: Map<String, Value>,
    secret: Option<&str>,
) -> Map<String, Value> {
    let key = if manifest.contains_key("spec") { "spec" } else { "depot" };
    let mut body = match manifest.remove(key) {
        Some(Value::Object(body)) => body,
        _ => Map::new(),
    };
    body.insert("type".into(), json!(plan.depot_type.native));
    body.insert("spec".into(), Value::Object(plan.spec.clone()));
    match secret {
        Some(secret) => {
            let uses = references(client.settings, &depot.references, secret);
            body.insert("secrets".into(), uses)
        }
        None => body.remove("secrets"),
    };
    describe(&mut manifest, &mut body, plan.description);
    manifest.insert("tags".into(), json!(plan.tags));
    manifest.insert(key.into(), Value::Object(body));
    manifest
}

/// Deletes a Secret that the connection does not use any more, and says what is left.
fn drop_secret(client: &Client<'_>, plan: &Plan<'_>, old: &UsedSecret) -> Option<String> {
    let name = &old.name;
    if !old.is_own(client.settings, plan.name) {
        return Some(format!("the Secret `{name}` that it used before was left as it is"));
    }
    let fault = remove_secret_after(client, plan.name, name).err()?;
    let why = fault.into_error("delete it").message();
    Some(format!("the Secret `{name}` that it used before could not be deleted: {why}"))
}
