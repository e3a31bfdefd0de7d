//! Misuse of the sealed store.

use connhub_sdk::{Error, Host, Key, Selection, VaultError};

use crate::Given;

pub(crate) fn act(behavior: &str, given: &Given<'_>) -> Option<Result<String, Error>> {
    let result = match behavior {
        "vault-hoard" => hoard(given),
        "vault-insert" => insert(given),
        "vault-others" => others(given.host),
        "vault-scan" => scan(given),
        _ => return None,
    };
    Some(result.map_err(|error| error.of_connection("x")))
}

/// Opens a record again and again and keeps the handles.
fn hoard(given: &Given<'_>) -> Result<String, VaultError> {
    let vault = given.host.vault();
    let key = Key::new("hoard", "x");
    let secret = given.secret().map_err(|_| VaultError::Missing)?;
    let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), secret)).collect();
    if let Err(error) = vault.insert(&key, b"", &entries)
        && error != VaultError::Exists
    {
        return Err(error);
    }
    let mut kept = Vec::new();
    while kept.len() < 1_000_000 {
        kept.extend(vault.open(&key)?);
    }
    Ok("GOT a million handles".to_owned())
}

/// Writes a record as large as the settings say.
fn insert(given: &Given<'_>) -> Result<String, VaultError> {
    let name = "n".repeat(given.setting("name-length").parse().unwrap_or(1));
    let public = vec![b'p'; given.count()];
    let revision = given.host.vault().insert(&Key::new("", name), &public, &[])?;
    Ok(format!("GOT revision {revision}"))
}

/// Reads what another connector stored.
fn others(host: &Host) -> Result<String, VaultError> {
    let vault = host.vault();
    let page = vault.scan(&Selection::All, None, 1000)?;
    let foreign = page.entries.iter().filter(|entry| entry.key.name.contains("precious")).count();
    let direct =
        ["", "default", "local"].map(|scope| vault.get(&Key::new(scope, "precious")).is_ok());
    let opened = vault.open(&Key::new("default", "precious")).is_ok();
    Ok(format!("foreign records: {foreign} {direct:?} {opened}"))
}

/// Scans with the cursor and the limit that the settings name.
fn scan(given: &Given<'_>) -> Result<String, VaultError> {
    let cursor = Some(given.setting("cursor")).filter(|cursor| !cursor.is_empty());
    let page = given.host.vault().scan(&Selection::All, cursor, u32::MAX)?;
    Ok(format!("GOT {} records", page.entries.len()))
}
