//! The secret fields of a connection, as handles.

use connhub_sdk::{Error, Host, SecretField, Target};

use crate::client::Client;
use crate::depot::Depot;
use crate::removal::annotate;
use crate::settings::{Generation, Settings};

/// What helps where values are not handed out.
const COPY: &str =
    "to use them here, create the connection in another backend too, such as with `-b local`";

/// Reads secret fields: those named, or all.
pub(crate) fn open(
    host: &Host,
    target: &Target,
    name: &str,
    fields: &[String],
) -> Result<Vec<SecretField>, Error> {
    let settings = Settings::of(target)?;
    let client = Client::new(host, &settings);
    let depot = Depot::read(&client, name)?;
    if depot.references.is_empty() {
        return SecretField::select(Vec::new(), name, fields);
    }
    let Some(purpose) = depot.purpose(&settings) else {
        return Err(Error::Unsupported(format!(
            "the Depot `{name}` has no Secret for `{}`, which the setting `purposes` asks for; it has {}",
            settings.purposes.text(),
            depot.uses()
        )));
    };
    let values = client.secret_values(name, purpose).map_err(|fault| {
        let error = fault.into_error(&format!("read the credentials of the Depot `{name}`"));
        match settings.generation {
            Generation::First => annotate(error, COPY),
            Generation::Second => error,
        }
    })?;
    let keys: Vec<String> = values.iter().map(|(key, _)| key.clone()).collect();
    let names = depot.depot_type.names_of_keys(&settings, &keys);
    let name_of = |key: &String| {
        // A value that is there under several keys is given once, under the first.
        names.iter().find(|(_, keys)| keys.first() == Some(&key)).map(|(name, _)| name.clone())
    };
    let all = values
        .into_iter()
        .filter_map(|(key, value)| Some(SecretField { name: name_of(&key)?, value }));
    SecretField::select(all.collect(), name, fields)
}
