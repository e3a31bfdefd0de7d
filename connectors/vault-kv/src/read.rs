//! Get and open.

use connhub_sdk::{Connection, Error, Secret, SecretField};
use serde::Deserialize;

use crate::api::{Part, Store};
use crate::entry::{Live, Stored, whole_seconds};
use crate::fault::Fault;
use crate::validate::check_name;

pub(crate) fn get(store: &Store<'_>, name: &str) -> Result<Connection, Error> {
    let live = live(store, name)?;
    let mut connection = live.connection(&store.settings, &store.folder, name);
    if connection.created_at.is_none() {
        connection.created_at = created_time(store, name);
    }
    Ok(connection)
}

pub(crate) fn open(
    store: &Store<'_>,
    name: &str,
    fields: &[String],
) -> Result<Vec<SecretField>, Error> {
    check_name(name)?;
    let (stored, mut answer) = store.open(name).map_err(|fault| cannot_read(store, fault, name))?;
    let live = live_of(stored, name)?;
    let field = |(key, value): (String, Secret)| {
        SecretField::new(store.settings.field_names.field(live.custom.type_(), &key), value)
    };
    let all = answer.take_secrets_below("/data/data").into_iter().map(field).collect();
    SecretField::select(all, name, fields)
}

/// What is stored under a name, if it was not deleted.
pub(crate) fn live(store: &Store<'_>, name: &str) -> Result<Live, Error> {
    check_name(name)?;
    let stored = store.read(name).map_err(|fault| cannot_read(store, fault, name))?;
    live_of(stored, name)
}

pub(crate) fn cannot_read(store: &Store<'_>, fault: Fault, name: &str) -> Error {
    let right = format!("`read` on `{}`", store.shown(Part::Data, name));
    fault.into_error(&format!("read `{name}`"), &right)
}

fn live_of(stored: Stored, name: &str) -> Result<Live, Error> {
    match stored {
        Stored::Live(live) => Ok(live),
        Stored::Nothing | Stored::Deleted(_) => Err(Error::no_connection(name)),
    }
}

/// When the first version was written. Nobody needs it so much that a login without that right should fail.
fn created_time(store: &Store<'_>, name: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        data: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        created_time: String,
    }
    let request = connhub_sdk::Request::get(store.path(Part::Metadata, name));
    let answer = store.call(request).ok()?.json::<Answer>().ok()?;
    Some(whole_seconds(&answer.data.created_time))
}
