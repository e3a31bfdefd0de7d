//! Check, list, get and open.

use connhub_sdk::{
    Connection, Entry, Error, Filter, Finding, Host, Key, Page, PageRequest, Report, SecretField,
    Selection, Target, VaultError, Verdict,
};

use crate::folder;
use crate::record::{Record, connection};

pub(crate) fn check(host: &Host) -> Result<Report, Error> {
    let (verdict, message) = match host.vault().scan(&Selection::All, None, 1) {
        Ok(page) if page.entries.is_empty() => (Verdict::Good, "can be read; it is empty".into()),
        Ok(_) => (Verdict::Good, "can be opened and read".into()),
        Err(VaultError::Unusable(message) | VaultError::Other(message)) => (Verdict::Bad, message),
        Err(error) => return Err(error.of_connection("check")),
    };
    Ok(Report {
        user: None,
        platform: Some("encrypted local store".into()),
        findings: vec![Finding::new("store", verdict, message)],
    })
}

/// Lists a page of the store. A page holds less than was asked for where the filter drops some, and a folder exists as soon as something is
/// in it, so that none is ever reported as missing.
pub(crate) fn list(
    host: &Host,
    target: &Target,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, Error> {
    let selection = match filter.all_scopes {
        true => Selection::All,
        false => Selection::Scope(folder(target).to_owned()),
    };
    let found = host
        .vault()
        .scan(&selection, page.cursor.as_deref(), page.limit.max(1))
        .map_err(|error| error.of_connection("list"))?;
    let items = found.entries.into_iter().map(readable);
    Ok(Page { items: items.filter(|item| filter.matches(item)).collect(), cursor: found.cursor })
}

pub(crate) fn get(host: &Host, key: &Key) -> Result<Connection, Error> {
    connection(host.vault().get(key).map_err(|error| error.of_connection(&key.name))?)
}

pub(crate) fn open(host: &Host, key: &Key, fields: &[String]) -> Result<Vec<SecretField>, Error> {
    let opened = host.vault().open(key).map_err(|error| error.of_connection(&key.name))?;
    let all = opened.into_iter().map(|(name, value)| SecretField { name, value }).collect();
    SecretField::select(all, &key.name, fields)
}

/// One record that cannot be read does not hide the others.
fn readable(entry: Entry) -> Connection {
    let Entry { key, public, secret_names, revision } = entry;
    match Record::decode(&key.name, &public) {
        Ok(record) => record.into_connection(key, secret_names, revision),
        Err(error) => Connection {
            scope: Some(key.scope),
            status: Some("unreadable".into()),
            warnings: vec![error.message()],
            ..Connection::new(key.name, "unknown")
        },
    }
}
