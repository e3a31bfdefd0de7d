//! What is visible of a connection, as bytes: its type and its fields, each text with its length before it.

use connhub_sdk::{Connection, Entry, Error, Field};

/// Writes the type and the fields.
pub(crate) fn encode(kind: &str, fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let texts = fields.iter().flat_map(|field| [field.name.as_str(), field.value.as_str()]);
    for text in std::iter::once(kind).chain(texts) {
        // The host bounds fields far below the limit of this number.
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// The connection of a record.
pub(crate) fn connection(entry: Entry) -> Result<Connection, Error> {
    let damaged = || Error::Other(format!("the record of `{}` cannot be read", entry.key.name));
    let mut texts = texts(&entry.public).ok_or_else(damaged)?.into_iter();
    let kind = texts.next().ok_or_else(damaged)?;
    let mut fields = Vec::new();
    while let Some(name) = texts.next() {
        fields.push(Field::new(name, texts.next().ok_or_else(damaged)?));
    }
    Ok(Connection {
        fields,
        secret_names: entry.secret_names,
        revision: Some(entry.revision.to_string()),
        ..Connection::new(entry.key.name, kind)
    })
}

fn texts(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        texts.push(String::from_utf8(text.to_vec()).ok()?);
        bytes = rest;
    }
    Some(texts)
}
