//! Addresses: URIs, hosts, hosts with ports.

use std::net::Ipv6Addr;

use url::Url;

use super::suggest;

/// The URI in its normal form. With `schemes`, it is the address of a service: only these schemes, no query, no slash at
/// the end. The error repeats a value only to correct one that has nothing but the characters of a plain address.
pub(super) fn uri(value: &str, schemes: &[String]) -> Result<String, String> {
    let Some((scheme, rest)) = value.split_once("://") else {
        return Err(missing_scheme(value, schemes));
    };
    if value.contains(['\\', '"', '<', '>', '`', ' ']) || rest.is_empty() {
        return Err("is not a valid URI".to_owned());
    }
    let url = Url::parse(value).map_err(|error| format!("is not a valid URI: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a login before the `@`, since it is shown in lists".to_owned());
    }
    if !schemes.is_empty() {
        check_service(&url, schemes)?;
    }
    let rest = if schemes.is_empty() { rest } else { rest.trim_end_matches('/') };
    Ok(format!("{}://{rest}", scheme.to_ascii_lowercase()))
}

/// The name or address of a machine.
pub(super) fn host(value: &str) -> Result<String, String> {
    if value.contains("://") {
        let name = Url::parse(value).ok().and_then(|url| url.host_str().map(str::to_owned));
        let name = name.filter(|name| is_host(name));
        return Err(match name {
            Some(name) => format!("must be a host without a scheme; write `{name}`"),
            None => "must be a host without a scheme".to_owned(),
        });
    }
    if is_host(value) {
        return Ok(value.to_owned());
    }
    match split_port(value) {
        Some((name, Some(port))) if is_host(name) && is_port(port) => Err(format!(
            "must be a host without a port; write `{name}` here and `{port}` into `port`"
        )),
        _ => Err(BAD_HOST.to_owned()),
    }
}

/// A host, with a port or without.
pub(super) fn address(value: &str) -> Result<String, String> {
    if let Some((_, rest)) = value.split_once("://") {
        let rest = rest.trim_end_matches('/');
        return Err(match address(rest) {
            Ok(plain) => format!("must be HOST:PORT without a scheme; write `{plain}`"),
            Err(_) => "must be HOST:PORT without a scheme".to_owned(),
        });
    }
    match split_port(value) {
        Some((name, None)) if is_host(name) => Ok(value.to_owned()),
        Some((name, Some(port))) if is_host(name) && is_port(port) => Ok(value.to_owned()),
        _ => Err("must be HOST:PORT, such as `db1.example.com:9092`".to_owned()),
    }
}

const BAD_HOST: &str = "must be a host name such as `db.example.com` or an IP address";

fn missing_scheme(value: &str, schemes: &[String]) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '[' | ']');
    // Without a dot or a colon it may be anything, even a secret in the wrong field.
    let begins_with_host = value.split('/').next().is_some_and(|authority| {
        let is_sure = authority.contains(['.', ':']) || authority == "localhost";
        is_sure && address(authority).is_ok()
    });
    let Some(scheme) = schemes.first() else {
        return "must begin with a scheme, such as `https://`".to_owned();
    };
    if begins_with_host && value.chars().all(is_plain) {
        let value = value.trim_end_matches('/');
        return format!("must begin with a scheme; write `{scheme}://{value}`");
    }
    let schemes = schemes.iter().map(|scheme| format!("{scheme}://"));
    let schemes: Vec<String> = schemes.collect();
    let schemes = suggest::listed(schemes.iter().map(String::as_str), "or");
    format!("must begin with {schemes}")
}

fn check_service(url: &Url, schemes: &[String]) -> Result<(), String> {
    if !schemes.iter().any(|scheme| scheme == url.scheme()) {
        let schemes = suggest::listed(schemes.iter().map(String::as_str), "or");
        return Err(format!("must have the scheme {schemes}"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("must name a host".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must be the address alone, without `?` and `#`".to_owned());
    }
    Ok(())
}

/// The host and the port; none if there is more than one colon outside of brackets.
fn split_port(value: &str) -> Option<(&str, Option<&str>)> {
    if value.starts_with('[') {
        let end = value.find(']')? + 1;
        let port = match &value[end..] {
            "" => None,
            rest => Some(rest.strip_prefix(':')?),
        };
        return Some((&value[..end], port));
    }
    match value.split_once(':') {
        None => Some((value, None)),
        Some((_, port)) if port.contains(':') => None,
        Some((name, port)) => Some((name, Some(port))),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Underscores are no part of host names by the letter of RFC 952, yet in use inside of container networks.
fn is_host(text: &str) -> bool {
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if bracketed.unwrap_or(text).parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    let is_label = |label: &str| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (1..=63).contains(&label.len()) && !label.starts_with('-') && label.bytes().all(is_allowed)
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        parse: impl Fn(&str) -> Result<String, String>,
        value: &str,
        expected: Result<&str, &str>,
    ) {
        let actual = parse(value);
        assert_eq!(actual.as_deref().map_err(String::as_str), expected, "{value:?}");
    }

    #[test]
    fn addresses_of_services() {
        let schemes = ["https", "http"].map(str::to_owned);
        let endpoint = |value: &str| uri(value, &schemes);
        check(endpoint, "https://minio:9000/", Ok("https://minio:9000"));
        check(endpoint, "HTTP://minio/a/", Ok("http://minio/a"));
        check(endpoint, "https://[::1]:9000", Ok("https://[::1]:9000"));
        check(
            endpoint,
            "minio.example.com:9000/",
            Err("must begin with a scheme; write `https://minio.example.com:9000`"),
        );
        check(endpoint, "hunter2", Err("must begin with `https://` or `http://`"));
        check(endpoint, "localhost", Err("must begin with a scheme; write `https://localhost`"));
        check(endpoint, "user:hunter2@minio", Err("must begin with `https://` or `http://`"));
        check(endpoint, "s3://bucket", Err("must have the scheme `https` or `http`"));
        check(
            endpoint,
            "https://user:hunter2@minio",
            Err("must not hold a login before the `@`, since it is shown in lists"),
        );
        check(
            endpoint,
            "https://minio/?a=b",
            Err("must be the address alone, without `?` and `#`"),
        );
        check(endpoint, "https://", Err("is not a valid URI"));
        check(endpoint, "https://a b", Err("is not a valid URI"));
        check(endpoint, "https://minio:99999", Err("is not a valid URI: invalid port number"));
    }

    #[test]
    fn uris_in_general() {
        let any = |value: &str| uri(value, &[]);
        for value in [
            "https://example.com/model/?download=true#v1",
            "hf://org/model",
            "s3://bucket/dir/",
            "oci://quay.io/acme/model@sha256:0a1b",
            "pvc://claim/path",
            "file:///srv/model",
        ] {
            check(any, value, Ok(value));
        }
        check(any, "example.com", Err("must begin with a scheme, such as `https://`"));
        check(any, "mailto:a@example.com", Err("must begin with a scheme, such as `https://`"));
    }

    #[test]
    fn hosts() {
        for value in [
            "db",
            "db.example.com",
            "db_1.internal.",
            "10.0.0.1",
            "::1",
            "[fe80::1]",
            "xn--bcher-kva.example",
        ] {
            check(host, value, Ok(value));
        }
        check(
            host,
            "https://db.example.com:1/x",
            Err("must be a host without a scheme; write `db.example.com`"),
        );
        check(
            host,
            "db:5432",
            Err("must be a host without a port; write `db` here and `5432` into `port`"),
        );
        for value in ["", "a b", "db/sales", "a..b", "-a", "user@db", "db:x"] {
            check(host, value, Err(BAD_HOST));
        }
    }

    #[test]
    fn addresses_of_nodes() {
        for value in ["db1:27017", "cluster0.mongodb.net", "[::1]:9092", "10.0.0.1:1"] {
            check(address, value, Ok(value));
        }
        check(
            address,
            "http://es:9200/",
            Err("must be HOST:PORT without a scheme; write `es:9200`"),
        );
        check(address, "http://u:hunter2@es", Err("must be HOST:PORT without a scheme"));
        for value in ["db:0", "db:65536", "db:", ":1", "a:1:2", "[::1", "[::1]x", "u:p@db:1"] {
            check(address, value, Err("must be HOST:PORT, such as `db1.example.com:9092`"));
        }
    }
}
