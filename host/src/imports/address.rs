//! Addresses that hold a login: `scheme://login:password@host:port/path?key=value`.

use percent_encoding::percent_decode_str;

use super::record::Record;
use crate::model::Secret;

/// Reads an address into a record, under the words that Airflow has for its parts.
///
/// # Errors
/// It is no such address. Nothing of it is repeated.
pub(super) fn read(text: &str, record: &mut Record) -> Result<(), &'static str> {
    let (scheme, rest) = text.trim().split_once("://").ok_or("it is no address")?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return Err("its scheme is none");
    }
    record.set("conn_type", Secret::from(scheme.to_ascii_lowercase().replace('-', "_")));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (login, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = host_and_port(place);
    for (key, value) in [("login", login), ("password", password), ("schema", path)] {
        record.set(key, decoded(value));
    }
    record.set("host", decoded(host));
    record.set("port", decoded(port));
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        record.set(&format!("extra.{key}"), Secret::from(value.into_owned()));
    }
    Ok(())
}

/// An IPv6 address stands in brackets; several hosts stay together.
fn host_and_port(place: &str) -> (&str, &str) {
    if let Some((host, after)) = place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, after.strip_prefix(':').unwrap_or_default());
    }
    match place.rsplit_once(':') {
        Some((host, port)) if !host.contains(',') => (host, port),
        _ => (place, ""),
    }
}

fn decoded(text: &str) -> Secret {
    Secret::new(percent_decode_str(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        let mut record = Record::new("a", String::new());
        let read = read(address, &mut record);
        let keys: Vec<&str> = record.keys().collect();
        let shown: Vec<String> =
            keys.iter().map(|key| format!("{key}={}", record.text(key).unwrap())).collect();
        let shown = read.map_or_else(str::to_owned, |()| shown.join(" "));
        assert_eq!(shown, expected, "{address}");
    }

    #[test]
    fn addresses_are_taken_apart() {
        check(
            "postgresql://u%40x:p%2Fw%3A%40@[::1]:5432/a%20b?sslmode=require",
            "conn_type=postgresql extra.sslmode=require host=::1 login=u@x password=p/w:@ port=5432 schema=a b",
        );
        check("my-type://host", "conn_type=my_type host=host");
        check("http://https%3A%2F%2Fh/", "conn_type=http host=https://h");
        check(
            "mongodb://u:p@a:1,b:2/db",
            "conn_type=mongodb host=a:1,b:2 login=u password=p schema=db",
        );
        check(
            "aws://:s%2B+k@/?a=b+c&d=%7B%7D",
            "conn_type=aws extra.a=b c extra.d={} password=s++k",
        );
        check("nothing", "it is no address");
        check("a b://c", "its scheme is none");
    }
}
