//! Lists, from the Depot Service in either of its path forms and either form of the answer.

use connhub_sdk::{Connection, Error, Filter, Host, Page, PageRequest, Target};
use serde_json::Value;

use crate::client::{CatalogForm, Client, Kind};
use crate::depot::Depot;
use crate::fault::Fault;
use crate::fields::Keys;
use crate::loaded::connection_of;
use crate::resource::label_of;
use crate::settings::{Owners, Settings};

/// The vendor's own clients ask for so many.
const LARGEST_PAGE: usize = 100;
/// Labels take a request for each depot, so pages are smaller then.
const LARGEST_LABELED_PAGE: usize = 25;

/// A page of the connections of a tenant.
pub(crate) fn list(
    host: &Host,
    target: &Target,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, Error> {
    if filter.all_scopes {
        let text = "DataOS lists one tenant at a time; name it with `-n TENANT`";
        return Err(Error::Unsupported(text.into()));
    }
    let settings = Settings::of(target)?;
    let client = Client::new(host, &settings);
    let largest = if filter.labels.is_empty() { LARGEST_PAGE } else { LARGEST_LABELED_PAGE };
    let limit = usize::try_from(page.limit).unwrap_or(largest).clamp(1, largest);
    let cursor = Cursor::of(page)?;
    let owner = wanted_owner(&client)?;
    let (entries, next) = fetch(&client, cursor, limit)?;
    let depots = entries.iter().map(Depot::of_catalog);
    let mut items = Vec::new();
    for depot in depots {
        let depot = depot?;
        if owner.as_ref().is_none_or(|owner| depot.owners.contains(owner)) {
            items.extend(shown(&client, depot, filter)?);
        }
    }
    Ok(Page { items, cursor: next.map(|next| next.text()) })
}

/// Whose depots are wanted; none for all. The Depot Service has no parameter for it.
fn wanted_owner(client: &Client<'_>) -> Result<Option<String>, Error> {
    let settings = client.settings;
    if settings.owners == Owners::All {
        return Ok(None);
    }
    if let Some(owner) = &settings.owner {
        return Ok(Some(owner.clone()));
    }
    let answer = client.authorize().map_err(|fault| fault.into_error("say who is calling"))?;
    let caller = answer.pointer("/result/id").and_then(Value::as_str).map(str::to_owned);
    caller.map(Some).ok_or_else(|| {
        Error::wrong_setting(
            "owners",
            "is `own`, and DataOS does not say who is calling; set `owner` to your user id too",
        )
    })
}

/// The connection, if it is wanted.
fn shown(
    client: &Client<'_>,
    mut depot: Depot,
    filter: &Filter,
) -> Result<Option<Connection>, Error> {
    if !filter.types.is_empty() && !filter.types.contains(&depot.depot_type.name) {
        return Ok(None);
    }
    if !filter.labels.is_empty() {
        // The Depot Service knows no tags.
        depot.tags = tags(client, &depot.name)?;
        let labels: Vec<_> = depot.tags.iter().map(|tag| label_of(tag)).collect();
        if !filter.labels.iter().all(|wanted| wanted.matches(&labels)) {
            return Ok(None);
        }
    }
    Ok(Some(connection_of(&depot, client.settings, Keys::Unknown)))
}

fn tags(client: &Client<'_>, name: &str) -> Result<Vec<String>, Error> {
    match client.read(Kind::Depot, name) {
        Ok(resource) => Ok(resource.tags().into_iter().map(str::to_owned).collect()),
        Err(fault) if fault.is_missing() || fault.is_forbidden() => Ok(Vec::new()),
        Err(fault) => Err(fault.into_error(&format!("read the tags of the Depot `{name}`"))),
    }
}

/// Where a page starts, and how the one before was got.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    form: CatalogForm,
    offset: usize,
    /// The first depot of all. A server that knows no offset sends it again on each page.
    first: Option<String>,
}

impl Cursor {
    fn of(page: &PageRequest) -> Result<Self, Error> {
        let Some(text) = &page.cursor else {
            return Ok(Self { form: CatalogForm::Tenants, offset: 0, first: None });
        };
        let broken = || Error::Other(format!("`{text}` is no cursor of this list"));
        let mut parts = text.splitn(3, ':');
        let form = match parts.next() {
            Some("tenants") => CatalogForm::Tenants,
            Some("older") => CatalogForm::Older,
            _ => return Err(broken()),
        };
        let offset = parts.next().and_then(|offset| offset.parse().ok()).ok_or_else(broken)?;
        Ok(Self {
            form,
            offset,
            first: parts.next().filter(|name| !name.is_empty()).map(str::to_owned),
        })
    }

    fn text(&self) -> String {
        let form = match self.form {
            CatalogForm::Tenants => "tenants",
            CatalogForm::Older => "older",
        };
        format!("{form}:{}:{}", self.offset, self.first.as_deref().unwrap_or_default())
    }
}

fn fetch(
    client: &Client<'_>,
    cursor: Cursor,
    limit: usize,
) -> Result<(Vec<Value>, Option<Cursor>), Error> {
    let tenant = &client.settings.tenant;
    let refused = |fault: Fault| list_error(fault, tenant);
    match client.catalog(cursor.form, cursor.offset, limit) {
        Ok(entries) => Ok(cut(entries, cursor, limit)),
        // Neither form of the path says that a tenant is absent, so the older one is asked as well.
        Err(fault) if fault.is_missing() && cursor == Cursor::start() => {
            let older = Cursor { form: CatalogForm::Older, ..cursor };
            let entries = client.catalog(older.form, 0, limit).map_err(|second| {
                refused(if fault.is_missing_for_sure() { fault } else { second })
            })?;
            Ok(cut(entries, older, limit))
        }
        Err(fault) => Err(refused(fault)),
    }
}

impl Cursor {
    fn start() -> Self {
        Self { form: CatalogForm::Tenants, offset: 0, first: None }
    }
}

/// The entries of the page, and where the next one starts. A server that sends everything at once is cut into pages here.
fn cut(entries: Vec<Value>, cursor: Cursor, limit: usize) -> (Vec<Value>, Option<Cursor>) {
    let name = entries.first().and_then(|entry| entry.get("name")).and_then(Value::as_str);
    let first = cursor.first.clone().or_else(|| name.map(str::to_owned));
    let next = |offset| Some(Cursor { form: cursor.form, offset, first: first.clone() });
    let count = entries.len();
    if count > limit {
        let end = cursor.offset.saturating_add(limit);
        let rest = entries.into_iter().skip(cursor.offset).take(limit).collect();
        return (rest, if end < count { next(end) } else { None });
    }
    let starts_again = cursor.offset > 0 && name.is_some() && name == cursor.first.as_deref();
    match count {
        _ if starts_again => (Vec::new(), None),
        full if full == limit => (entries, next(cursor.offset + limit)),
        _ => (entries, None),
    }
}

fn list_error(fault: Fault, tenant: &str) -> Error {
    if fault.is_missing_for_sure() {
        return Error::no_scope(tenant);
    }
    fault.into_error(&format!("list the depots of the tenant `{tenant}`"))
}
