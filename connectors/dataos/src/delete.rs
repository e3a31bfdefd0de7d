//! Deleting a connection: the Depot first, then the Secret that was made for it.

use connhub_sdk::{Error, Host, Level, Removed, Target};

use crate::client::{Client, Kind};
use crate::create::existing;
use crate::fault::Fault;
use crate::loaded::{Loaded, UsedSecret};
use crate::removal::{annotate, remove_secret_after, secret_words};
use crate::settings::Settings;

/// Deletes a connection and returns what was removed.
pub(crate) fn delete(
    host: &Host,
    target: &Target,
    name: &str,
    expected: Option<&str>,
) -> Result<Vec<Removed>, Error> {
    let settings = Settings::of(target)?;
    let client = Client::new(host, &settings);
    let Some(depot) = existing(&client, name)? else {
        return remove_left_secret(&client, target, name);
    };
    let loaded = Loaded::of(&client, depot)?;
    loaded.check_revision(expected)?;
    let (own, others): (Vec<_>, Vec<_>) =
        loaded.secrets.iter().partition(|secret| secret.is_own(&settings, name));
    let mut all = vec![removed(&client, Kind::Depot, name)];
    all.extend(own.iter().map(|secret| removed(&client, Kind::Secret, &secret.name)));
    if target.dry_run {
        return Ok(all);
    }
    remove_depot(&client, name, &own)?;
    for secret in &others {
        tell_left(&client, secret, "it was not made for this connection");
    }
    for secret in own {
        if !remove_secret(&client, name, &secret.name)? {
            all.retain(|one| one.kind != Kind::Secret.word() || one.name != secret.name);
        }
    }
    Ok(all)
}

fn remove_depot(client: &Client<'_>, name: &str, secrets: &[&UsedSecret]) -> Result<(), Error> {
    let fault = match client.remove(Kind::Depot, name) {
        Ok(()) => return Ok(()),
        Err(fault) if fault.is_missing() => return Ok(()),
        Err(fault) => fault,
    };
    let uncertain = fault.is_uncertain();
    let error = fault.into_error(&format!("delete the Depot `{name}`"));
    if !uncertain {
        return Err(error);
    }
    // A lost answer: what counts is whether it is gone.
    match existing(client, name) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(error),
        Err(_) => Err(annotate(error, &unknown(client, name, secrets))),
    }
}

fn unknown(client: &Client<'_>, depot: &str, secrets: &[&UsedSecret]) -> String {
    let words = |secret: &&UsedSecret| secret_words(client.settings, &secret.name);
    let names: Vec<_> = secrets.iter().map(words).collect();
    let rest = match names.is_empty() {
        true => String::new(),
        false => format!(", and {} is there", names.join(", ")),
    };
    format!(
        "whether the Depot `{depot}` was deleted is unknown{rest}; run the same command again to \
         complete it"
    )
}

/// Deletes a Secret after its Depot. One that another Depot uses stays, and is not among what was removed.
fn remove_secret(client: &Client<'_>, depot: &str, secret: &str) -> Result<bool, Error> {
    let Err(fault) = remove_secret_after(client, depot, secret) else {
        return Ok(true);
    };
    if let Some(user) = fault.dependent() {
        let message = format!("the Secret `{secret}` was left, because `{user}` uses it");
        client.host.log(Level::Warn, &message);
        return Ok(false);
    }
    if fault.is_uncertain() && is_gone(client, secret) {
        return Ok(true);
    }
    Err(half_done(client, fault, depot, secret))
}

fn is_gone(client: &Client<'_>, secret: &str) -> bool {
    client.read(Kind::Secret, secret).is_err_and(|fault| fault.is_missing())
}

fn half_done(client: &Client<'_>, fault: Fault, depot: &str, secret: &str) -> Error {
    let words = secret_words(client.settings, secret);
    let error = fault.into_error(&format!("delete {words}"));
    let text = format!(
        "the Depot `{depot}` was deleted, {words} was not; run the same command again to complete it"
    );
    annotate(error, &text)
}

/// Completes a deletion that stopped after the Depot.
fn remove_left_secret(
    client: &Client<'_>,
    target: &Target,
    name: &str,
) -> Result<Vec<Removed>, Error> {
    let secret = client.settings.secret_name_of(name);
    match client.read(Kind::Secret, &secret) {
        Ok(left) if left.is_secret_of(name) => {}
        Ok(_) => return Err(Error::no_connection(name)),
        Err(fault) if fault.is_missing() || fault.is_forbidden() => {
            return Err(Error::no_connection(name));
        }
        Err(fault) => return Err(fault.into_error(&format!("read the Secret `{secret}`"))),
    }
    if !target.dry_run {
        client
            .remove(Kind::Secret, &secret)
            .map_err(|fault| fault.into_error(&format!("delete the Secret `{secret}`")))?;
    }
    Ok(vec![removed(client, Kind::Secret, &secret)])
}

fn tell_left(client: &Client<'_>, secret: &UsedSecret, why: &str) {
    let message = format!("the Secret `{}` was left, because {why}", secret.name);
    client.host.log(Level::Warn, &message);
}

fn removed(client: &Client<'_>, kind: Kind, name: &str) -> Removed {
    Removed {
        kind: kind.word().to_owned(),
        name: name.to_owned(),
        scope: Some(client.settings.tenant.clone()),
    }
}
