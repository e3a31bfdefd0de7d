//! Other Depots that use a Secret whose values were replaced. That a Depot takes up new values by itself is not documented, so they are
//! written again.

use connhub_sdk::{Error, Json};
use serde_json::Value;

use crate::catalog;
use crate::change::changeable;
use crate::client::{Client, Kind};
use crate::depot::Depot;

/// Depots written again at most, each with two requests.
const MOST: usize = 50;

/// Writes them again, and tells which those are and which have to be written by somebody else.
pub(crate) fn write_again(client: &Client<'_>, depot: &str, secret: &str) -> Vec<String> {
    let depots = match catalog::depots(client) {
        Ok(depots) => depots,
        Err(fault) => {
            let why = fault.into_error("list depots").message();
            return vec![format!(
                "whether other Depots use the Secret `{secret}` is unknown ({why}); they may have its \
                 old values until they are applied again"
            )];
        }
    };
    let is_part = catalog::is_part(&depots);
    let uses_it =
        |other: &Depot| other.secret_names(client.settings).iter().any(|one| one == secret);
    let others: Vec<_> =
        depots.into_iter().filter(|other| other.name != depot && uses_it(other)).collect();
    let mut notes: Vec<String> =
        others.iter().take(MOST).map(|other| note(client, &other.name, secret)).collect();
    if let Some(more) = others.len().checked_sub(MOST).filter(|more| *more > 0) {
        notes.push(format!("{more} further Depots use the Secret `{secret}`; apply them again"));
    }
    if is_part {
        notes.push(format!(
            "the tenant has too many Depots to look through; those that use the Secret `{secret}` may have its old values until \
             they are applied again"
        ));
    }
    notes
}

fn note(client: &Client<'_>, other: &str, secret: &str) -> String {
    match write_one(client, other) {
        Ok(()) => {
            format!(
                "the Depot `{other}` uses the Secret `{secret}` too, and was written again for its new values"
            )
        }
        Err(error) => format!(
            "the Depot `{other}` uses the Secret `{secret}` too, and may still have its old values ({}); \
             apply it again",
            error.message()
        ),
    }
}

fn write_one(client: &Client<'_>, name: &str) -> Result<(), Error> {
    let failed = |doing: &str| format!("{doing} the Depot `{name}`");
    let resource =
        client.read(Kind::Depot, name).map_err(|fault| fault.into_error(&failed("read")))?;
    let manifest = changeable(&Depot::of_resource(resource)?)?;
    client
        .replace(Kind::Depot, name, Json::from(Value::Object(manifest)))
        .map_err(|fault| fault.into_error(&failed("write")))
}
