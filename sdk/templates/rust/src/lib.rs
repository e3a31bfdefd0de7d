//! Keeps connections in the example store: an HTTP service with a list of items.
//!
//! Replace the requests and answers by those of your store. The login is not here: the host adds it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Field, Filter, Host, IfExists, Json,
    Operation, Outcome, Page, PageRequest, Removed, Request, Response, Secret, SecretField, Target,
    Written, path,
};
use serde::Deserialize;

connhub_sdk::export!(ExampleStore, needs = "needs.toml");

/// The endpoint's name in `needs.toml`.
const ENDPOINT: &str = "api";

/// The connector.
#[derive(Debug)]
pub struct ExampleStore;

/// An item of the store. Values of secrets are `***`, as the grant says.
#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Items {
    items: Vec<Item>,
}

impl Connector for ExampleStore {
    fn describe() -> Description {
        let version = env!("CARGO_PKG_VERSION");
        Description::new("example-store", version, "keeps connections in the example store")
            .with_any_type()
            .with_operations(&[
                Operation::Create,
                Operation::Get,
                Operation::ListConnections,
                Operation::Open,
                Operation::Delete,
            ])
    }

    fn create(
        host: &Host,
        target: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        if target.dry_run {
            return Err(Error::Unsupported("the store cannot try what it does not do".into()));
        }
        let name = &*draft.name;
        let request = match if_exists {
            IfExists::Replace => Request::put(path(["items", name])),
            // The store refuses a name that is taken: never look first, somebody may be quicker.
            IfExists::Fail | IfExists::Keep => Request::post("/items"),
        };
        match call(host, request.json(body(&draft)), name) {
            Ok(answer) => {
                let outcome =
                    if answer.status == 201 { Outcome::Created } else { Outcome::Replaced };
                Ok(Written::new(outcome, connection(item(host, name)?)))
            }
            Err(Error::AlreadyExists(_)) if if_exists == IfExists::Keep => {
                let there = connection(item(host, name)?);
                // Nobody can compare secrets here: they count as different.
                let differences = there.differences(&draft, |_| false);
                Ok(Written::kept(there, differences))
            }
            Err(error) => Err(error),
        }
    }

    fn list(host: &Host, _: &Target, filter: &Filter, page: &PageRequest) -> Result<Page, Error> {
        let items = call(host, Request::get("/items"), "")?.json::<Items>()?.items;
        let all = items.into_iter().map(connection).filter(|item| filter.matches(item));
        Page::of_all(all.collect(), page)
    }

    fn get(host: &Host, _: &Target, name: &str) -> Result<Connection, Error> {
        item(host, name).map(connection)
    }

    fn open(
        host: &Host,
        _: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let request = Request::get(path(["items", name])).with_handles();
        let mut answer = call(host, request, name)?;
        // Something that is no item must not look like one without secrets.
        answer.json::<Item>()?;
        let secrets = answer.take_secrets_below("/secrets").into_iter();
        let field = |(name, value): (String, Secret)| SecretField::new(name, value);
        SecretField::select(secrets.map(field).collect(), name, fields)
    }

    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let there = item(host, name).map(connection)?;
        there.expect_revision(expected)?;
        if !target.dry_run {
            call(host, Request::delete(path(["items", name])), name)?;
        }
        Ok(vec![Removed { kind: "item".into(), name: name.into(), scope: None }])
    }
}

fn item(host: &Host, name: &str) -> Result<Item, Error> {
    call(host, Request::get(path(["items", name])), name)?.json()
}

/// Sends a request about an item; an answer that is no success becomes the error that a user can act on.
fn call(host: &Host, request: Request<'_>, name: &str) -> Result<Response, Error> {
    let answer = host.send(ENDPOINT, request)?;
    match answer.status {
        200..=299 => Ok(answer),
        401 => Err(Error::Unauthenticated("the store does not accept the login".into())),
        403 => Err(Error::Forbidden("the store does not allow this login to do that".into())),
        404 => Err(Error::no_connection(name)),
        409 => Err(Error::AlreadyExists(format!("the store has an item `{name}`"))),
        422 => Err(Error::invalid("name", "must be letters, digits, `-`, `_` and `.`")),
        status => Err(Error::unavailable(format!("the store answered with status {status}"))),
    }
}

/// A secret is a value like any other; the host writes it in its place.
fn body(draft: &Draft) -> Json<'_> {
    let fields = draft.fields.iter().map(|field| (&*field.name, Json::from(&*field.value)));
    let secrets = draft.secrets.iter().map(|field| (&*field.name, Json::secret(&field.value)));
    Json::object([
        ("name", Json::from(&*draft.name)),
        ("type", Json::from(&*draft.type_)),
        ("fields", Json::object(fields)),
        ("secrets", Json::object(secrets)),
    ])
}

fn connection(item: Item) -> Connection {
    Connection {
        fields: item.fields.into_iter().map(|(name, value)| Field::new(name, value)).collect(),
        secret_names: item.secrets.into_keys().collect(),
        ..Connection::new(item.name, item.kind)
    }
}
