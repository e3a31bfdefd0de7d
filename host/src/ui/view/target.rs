//! Where a connection leads, in one word for a table.

use std::borrow::Cow;

use crate::model::Connection;

/// Fields that say where it is, the most telling first.
const PLACES: [&str; 9] =
    ["uri", "url", "endpoint", "host", "brokers", "nodes", "account", "account_name", "project_id"];
/// Fields that say what is there, the most telling first.
const THINGS: [&str; 7] =
    ["bucket", "container", "database", "dataset", "index", "service_name", "warehouse"];

/// `minio.example.com/sales`, `db.example.com:5432/orders`; empty if no field says it.
pub fn target(connection: &Connection) -> Cow<'_, str> {
    let place = PLACES.iter().find_map(|name| value(connection, name).map(|value| (*name, value)));
    let thing = THINGS.iter().find_map(|name| value(connection, name));
    match (place, thing) {
        (Some(("uri", uri)), _) => Cow::Borrowed(uri),
        (Some(("host", host)), thing) => with_port(connection, host, thing),
        (Some((_, place)), Some(thing)) => Cow::Owned(format!("{}/{thing}", short(place))),
        (Some((_, place)), None) => Cow::Borrowed(short(place)),
        (None, Some(thing)) => Cow::Borrowed(thing),
        (None, None) => connection.address.as_deref().map(Cow::Borrowed).unwrap_or_default(),
    }
}

fn with_port<'a>(connection: &Connection, host: &'a str, thing: Option<&str>) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(host);
    if let Some(port) = value(connection, "port") {
        text = Cow::Owned(format!("{text}:{port}"));
    }
    if let Some(thing) = thing {
        text = Cow::Owned(format!("{text}/{thing}"));
    }
    text
}

fn value<'a>(connection: &'a Connection, name: &str) -> Option<&'a str> {
    let field = connection.fields.iter().find(|field| field.name == name)?;
    Some(field.value.as_str()).filter(|value| !value.is_empty())
}

fn short(address: &str) -> &str {
    let address = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))
        .unwrap_or(address);
    address.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Field;

    #[test]
    fn the_telling_fields_are_found() {
        let check = |fields: &[(&str, &str)], expected: &str| {
            let field = |(name, value): &(&str, &str)| Field {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            };
            let connection = Connection {
                fields: fields.iter().map(field).collect(),
                address: Some("x://a".to_owned()),
                ..Connection::default()
            };
            assert_eq!(target(&connection), expected);
        };
        check(&[("endpoint", "https://minio:9000/"), ("bucket", "raw")], "minio:9000/raw");
        check(&[("bucket", "raw"), ("region", "x")], "raw");
        check(&[("host", "db"), ("port", "5432"), ("database", "sales")], "db:5432/sales");
        check(&[("host", "db")], "db");
        check(&[("uri", "https://a/b?c")], "https://a/b?c");
        check(&[("brokers", "k1:9092,k2:9092")], "k1:9092,k2:9092");
        check(&[("account_name", "acme"), ("container", "raw")], "acme/raw");
        check(&[("endpoint", "")], "x://a");
    }
}
