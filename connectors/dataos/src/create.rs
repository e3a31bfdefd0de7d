//! Creating a connection: the Secret first, the Depot second, and the Secret undone if the Depot fails.

use connhub_sdk::{Draft, Error, Host, IfExists, Json, Outcome, Target, Written};
use serde_json::Value;

use crate::client::{Client, Kind};
use crate::depot::Depot;
use crate::fault::Fault;
use crate::loaded::Loaded;
use crate::plan::Plan;
use crate::removal::{
    annotate, is_depot, left_over, remove, remove_secret_after, secret_words, undo_if_stored,
};
use crate::settings::Settings;
use crate::{duplicates, rehearsal, replace, wait};

/// Stores a connection.
pub(crate) fn create(
    host: &Host,
    target: &Target,
    draft: &Draft,
    if_exists: IfExists,
) -> Result<Written, Error> {
    let settings = Settings::of(target)?.settled(host);
    let client = Client::new(host, &settings);
    let plan = Plan::of(&settings, draft)?;
    if target.dry_run {
        return rehearsal::create(&client, &plan, draft, if_exists);
    }
    // Nothing is written where the name is taken. What makes names unique is DataOS' own refusal, later.
    if let Some(depot) = existing(&client, plan.name)? {
        return taken(&client, &plan, draft, if_exists, depot);
    }
    match write(&client, &plan)? {
        Attempt::Done(notes) => finish(&client, &plan, notes),
        Attempt::Taken(depot) => taken(&client, &plan, draft, if_exists, *depot),
    }
}

/// What is done about a Depot that has the name.
fn taken(
    client: &Client<'_>,
    plan: &Plan<'_>,
    draft: &Draft,
    if_exists: IfExists,
    depot: Depot,
) -> Result<Written, Error> {
    match if_exists {
        IfExists::Fail => Err(already_exists(client.settings, &depot)),
        IfExists::Keep => keep(client, plan, draft, depot),
        IfExists::Replace => replace::replace(client, plan, depot),
    }
}

/// Leaves what is there and says how it differs. DataOS shows no value of a Secret, so all that is in one counts as different.
pub(crate) fn keep(
    client: &Client<'_>,
    plan: &Plan<'_>,
    draft: &Draft,
    depot: Depot,
) -> Result<Written, Error> {
    let connection = Loaded::of(client, depot)?.connection(client.settings);
    let mut differences = connection.differences(draft, |_| false);
    // DataOS has none, so this is no difference that anybody could remove.
    differences.retain(|name| name != "display_name");
    Ok(Written::kept(connection, differences).with_notes(plan.notes.clone()))
}

/// The refusal of a name that is taken.
pub(crate) fn already_exists(settings: &Settings, depot: &Depot) -> Error {
    Error::AlreadyExists(format!("tenant `{}` has {}", settings.tenant, depot.title()))
}

enum Attempt {
    Done(Vec<String>),
    Taken(Box<Depot>),
}

/// What became of the Secret.
enum SecretStep {
    NotNeeded,
    /// It is new, and is deleted again if the Depot fails.
    New,
    /// An earlier run left it without a Depot. Its values are replaced when the Depot is ours.
    LeftBefore,
    /// The connection exists.
    Taken(Box<Depot>),
}

fn write(client: &Client<'_>, plan: &Plan<'_>) -> Result<Attempt, Error> {
    let step = put_secret(client, plan)?;
    let step = match step {
        SecretStep::Taken(depot) => return Ok(Attempt::Taken(depot)),
        step => step,
    };
    if let Some(depot) = put_depot(client, plan, &step)? {
        return Ok(Attempt::Taken(Box::new(depot)));
    }
    match step {
        SecretStep::LeftBefore => complete(client, plan).map(Attempt::Done),
        _ => Ok(Attempt::Done(Vec::new())),
    }
}

fn put_secret(client: &Client<'_>, plan: &Plan<'_>) -> Result<SecretStep, Error> {
    if plan.credentials.is_empty() {
        return Ok(SecretStep::NotNeeded);
    }
    match client.create(Kind::Secret, plan.secret_manifest()) {
        Ok(()) => Ok(SecretStep::New),
        Err(fault) if fault.is_taken() => secret_is_taken(client, plan),
        Err(fault) => Err(undo_uncertain_secret(client, plan, fault)),
    }
}

/// Whose the Secret of this name is: an existing connection's, an earlier run's, or somebody else's.
fn secret_is_taken(client: &Client<'_>, plan: &Plan<'_>) -> Result<SecretStep, Error> {
    if let Some(depot) = existing(client, plan.name)? {
        return Ok(SecretStep::Taken(Box::new(depot)));
    }
    let name = &plan.secret_name;
    let secret = client
        .read(Kind::Secret, name)
        .map_err(|fault| fault.into_error(&format!("read the Secret `{name}`")))?;
    let owner = secret.text("owner");
    let same_owner = match (&client.settings.owner, owner) {
        (Some(own), Some(owner)) => own == owner,
        _ => true,
    };
    if secret.is_secret_of(plan.name) && same_owner {
        let whole = client.make_whole(plan.secret_manifest());
        whole.map_err(|fault| {
            let words = secret_words(client.settings, name);
            let error = fault.into_error(&format!("complete {words}"));
            annotate(error, &format!("an earlier run had left it or a part of it ({words})"))
        })?;
        return Ok(SecretStep::LeftBefore);
    }
    let owner = owner.map(|owner| format!(" of `{owner}`")).unwrap_or_default();
    Err(Error::AlreadyExists(format!(
        "tenant `{}` has a Secret `{name}`{owner} that was not made for this connection; choose \
         another name, or another `secret-name` under `[backends.NAME.settings]`",
        client.settings.tenant
    )))
}

/// The Depot of this name, if the resource manager has one.
pub(crate) fn existing(client: &Client<'_>, name: &str) -> Result<Option<Depot>, Error> {
    match client.read(Kind::Depot, name) {
        Ok(resource) => Depot::of_resource(resource).map(Some),
        Err(fault) if fault.is_missing() => Ok(None),
        Err(fault) => Err(fault.into_error(&format!("read the Depot `{name}`"))),
    }
}

/// Deletes a Secret of which nobody knows whether it was stored, unless a connection uses it.
fn undo_uncertain_secret(client: &Client<'_>, plan: &Plan<'_>, fault: Fault) -> Error {
    let name = &plan.secret_name;
    let uncertain = fault.is_uncertain();
    let error = fault.into_error(&format!("create the Secret `{name}`"));
    match uncertain {
        true => undo_if_stored(client, (plan.name, name), error, |error| {
            undo_secret(client, plan, error)
        }),
        false => error,
    }
}

/// Creates the Depot. What it returns is the one that has the name already; then the Secret is undone.
fn put_depot(
    client: &Client<'_>,
    plan: &Plan<'_>,
    step: &SecretStep,
) -> Result<Option<Depot>, Error> {
    let manifest = plan.depot_manifest();
    let fault = match client.create(Kind::Depot, Json::from(Value::Object(manifest))) {
        Ok(()) => return Ok(None),
        Err(fault) if fault.is_uncertain() && was_created(client, plan) => return Ok(None),
        Err(fault) => fault,
    };
    let is_taken = fault.is_taken();
    let error = fault.into_error(&format!("create the Depot `{}`", plan.name));
    let undone = match step {
        SecretStep::New => undo_secret(client, plan, error.clone()),
        SecretStep::NotNeeded | SecretStep::LeftBefore | SecretStep::Taken(_) => error.clone(),
    };
    if !is_taken || undone != error {
        return Err(undone);
    }
    existing(client, plan.name)?.map(Some).ok_or(error)
}

/// Whether a Depot with just these fields and our Secret is there, after an answer that did not say.
fn was_created(client: &Client<'_>, plan: &Plan<'_>) -> bool {
    let found = existing(client, plan.name).ok().flatten();
    found.is_some_and(|depot| {
        let secrets = depot.secret_names(client.settings);
        let is_with_ours = match plan.credentials.is_empty() {
            true => secrets.is_empty(),
            false => secrets == [plan.secret_name.as_str()],
        };
        is_with_ours && depot.spec == plan.spec && depot.depot_type.native == plan.depot_type.native
    })
}

/// Deletes the Secret that was just made, and returns the error with what could not be undone.
fn undo_secret(client: &Client<'_>, plan: &Plan<'_>, error: Error) -> Error {
    match remove(client, Kind::Secret, &plan.secret_name) {
        Ok(()) => error,
        // Somebody else's Depot of this name has found it in the meantime, and it is theirs now.
        Err(fault) if fault.dependent().is_some_and(|id| is_depot(id, plan.name)) => error,
        Err(fault) => {
            let why = fault.into_error("delete it");
            left_over(client.settings, error, Kind::Secret, &plan.secret_name, &why)
        }
    }
}

/// Gives a Secret that an earlier run left its new values. The Depot was created first, so that of two runs at once one wins; it is
/// written again, because DataOS built it with the old values.
fn complete(client: &Client<'_>, plan: &Plan<'_>) -> Result<Vec<String>, Error> {
    let name = &plan.secret_name;
    if let Err(fault) = client.replace(Kind::Secret, name, plan.secret_manifest()) {
        let error = fault.into_error(&format!("replace the Secret `{name}`"));
        return Err(undo_depot(client, plan, error));
    }
    let mut notes =
        vec![format!("an earlier run had left the Secret `{name}`; its values were replaced")];
    let manifest = Json::from(Value::Object(plan.depot_manifest()));
    if let Err(fault) = client.replace(Kind::Depot, plan.name, manifest) {
        let why = fault.into_error("write the Depot again").message();
        notes.push(format!("the Depot may still use the old values of its Secret: {why}"));
    }
    Ok(notes)
}

fn undo_depot(client: &Client<'_>, plan: &Plan<'_>, error: Error) -> Error {
    match remove(client, Kind::Depot, plan.name) {
        Ok(()) => error,
        Err(fault) => {
            let why = fault.into_error("delete it");
            left_over(client.settings, error, Kind::Depot, plan.name, &why)
        }
    }
}

/// Waits for the Depot and says what a user should know. A Depot in error is undone.
fn finish(client: &Client<'_>, plan: &Plan<'_>, mut notes: Vec<String>) -> Result<Written, Error> {
    notes.splice(0..0, plan.notes.iter().cloned());
    notes.extend(duplicates::notes(client, plan));
    let connection = match wait::settled(client, plan.name, &mut notes) {
        Ok(depot) if depot.status.is_error() => return Err(undo_all(client, plan, &depot)),
        Ok(depot) => Loaded::of(client, depot)
            .map(|loaded| loaded.connection(client.settings))
            .or_else(|error| unread(plan, &error, &mut notes))?,
        Err(error) => unread(plan, &error, &mut notes)?,
    };
    Ok(Written::new(Outcome::Created, connection).with_notes(notes))
}

/// The connection as it was sent, since it is there and cannot be read.
fn unread(
    plan: &Plan<'_>,
    error: &Error,
    notes: &mut Vec<String>,
) -> Result<connhub_sdk::Connection, Error> {
    notes.push(format!("it was created, but could not be read back: {}", error.message()));
    plan.connection()
}

fn undo_all(client: &Client<'_>, plan: &Plan<'_>, depot: &Depot) -> Error {
    let trouble = depot.trouble().unwrap_or_default();
    let text = format!("the Depot `{}` ended in error, so it was removed: {trouble}", plan.name);
    let error = Error::Other(text);
    if let Err(fault) = remove(client, Kind::Depot, plan.name) {
        return left_over(
            client.settings,
            error,
            Kind::Depot,
            plan.name,
            &fault.into_error("delete it"),
        );
    }
    if plan.credentials.is_empty() {
        return error;
    }
    match remove_secret_after(client, plan.name, &plan.secret_name) {
        Ok(()) => error,
        Err(fault) => {
            let why = fault.into_error("delete it");
            left_over(client.settings, error, Kind::Secret, &plan.secret_name, &why)
        }
    }
}
