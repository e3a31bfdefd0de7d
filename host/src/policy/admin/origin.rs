//! Where a connection leads to, and patterns of such places: scheme, host and port.

use std::fmt;
use std::net::IpAddr;

/// Scheme, host and port of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Labels(Vec<String>),
}

impl Origin {
    /// The origin of a connection. An address in version 6 may stand in brackets. A scheme of unknown port needs one.
    pub fn new(scheme: &str, host: &str, port: Option<u16>) -> Option<Self> {
        let scheme = scheme.to_ascii_lowercase();
        let port = port.or_else(|| default_port(&scheme))?;
        Some(Self { scheme, host: Host::parse(host), port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Host::Address(address) => write!(f, "{address}")?,
            Host::Labels(labels) => f.write_str(&labels.join("."))?,
        }
        match default_port(&self.scheme) == Some(self.port) {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

impl Host {
    fn parse(host: &str) -> Self {
        let plain = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match plain.parse() {
            Ok(address) => Self::Address(address),
            Err(_) => {
                Self::Labels(host.to_ascii_lowercase().split('.').map(str::to_owned).collect())
            }
        }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        "socks5" | "socks5h" => Some(1080),
        _ => None,
    }
}

/// A pattern of origins: `https://*.example.com:8443`.
///
/// In the host `*` stands for exactly one label, and `**` as the first label for one or more. Neither stands for a part of a numeric
/// address. The port is the scheme's own if none is written; `:*` is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    text: String,
    scheme: String,
    host: HostPattern,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Address(IpAddr),
    /// Whether more labels may stand before, and the labels, none for any one.
    Labels(bool, Vec<Option<String>>),
}

impl OriginPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it and what it must look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = |problem: &str| format!("`{}` is not an origin: {problem}", text.escape_debug());
        let Some((scheme, place)) = text.split_once("://") else {
            return Err(bad("it must have a scheme, as in `https://*.example.com`"));
        };
        let Some(own) = default_port(scheme) else {
            return Err(bad("the scheme must be `https`, `http`, `socks5` or `socks5h`"));
        };
        if place.contains(['/', '?', '#', '@']) {
            return Err(bad("it must be scheme, host and port alone; paths belong into `allow`"));
        }
        let (host, port) = split_port(place, own).map_err(bad)?;
        let host = HostPattern::parse(host).map_err(bad)?;
        Ok(Self { text: text.to_owned(), scheme: scheme.to_owned(), host, port })
    }

    /// Whether an origin fits.
    pub fn matches(&self, origin: &Origin) -> bool {
        self.scheme == origin.scheme
            && self.port.is_none_or(|port| port == origin.port)
            && self.host.matches(&origin.host)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The host, and the port; none for any.
fn split_port(place: &str, own: u16) -> Result<(&str, Option<u16>), &'static str> {
    let after_brackets = place.find(']').map_or(0, |at| at + 1);
    let Some(colon) = place[after_brackets..].find(':').map(|at| at + after_brackets) else {
        return Ok((place, Some(own)));
    };
    let (host, port) = (&place[..colon], &place[colon + 1..]);
    match port {
        "*" => Ok((host, None)),
        _ => match port.parse() {
            Ok(port) if port > 0 => Ok((host, Some(port))),
            _ => Err("the port must be a number from 1 to 65535, or `*`"),
        },
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self, &'static str> {
        let labels = match Host::parse(host) {
            Host::Address(address) => return Ok(Self::Address(address)),
            Host::Labels(labels) => labels,
        };
        let more = labels.first().is_some_and(|first| first == "**");
        let rest = if more { &labels[1..] } else { &labels[..] };
        let labels: Vec<_> =
            rest.iter().map(|label| parse_label(label)).collect::<Result<_, _>>()?;
        match labels.is_empty() && !more {
            true => Err("it has no host"),
            false => Ok(Self::Labels(more, labels)),
        }
    }

    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Address(own), Host::Address(address)) => own == address,
            (Self::Labels(more, own), Host::Labels(labels)) => matches_labels(*more, own, labels),
            _ => false,
        }
    }
}

fn parse_label(label: &str) -> Result<Option<String>, &'static str> {
    if label == "*" {
        return Ok(None);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !label.is_empty() && label.chars().all(is_plain) {
        true => Ok(Some(label.to_owned())),
        false => Err(
            "each part of the host has letters, digits and hyphens, or is `*`; `**` can only come first",
        ),
    }
}

fn matches_labels(more: bool, own: &[Option<String>], labels: &[String]) -> bool {
    // Old resolvers read `127.1` and `0x7f.1` as addresses, which a wildcard must not lead to.
    let has_wildcard = more || own.iter().any(Option::is_none);
    let is_numeric =
        labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    if has_wildcard && is_numeric {
        return false;
    }
    let Some(before) = labels.len().checked_sub(own.len()) else {
        return false;
    };
    let is_length = if more { before > 0 } else { before == 0 };
    let mut pairs = own.iter().zip(&labels[before..]);
    is_length
        && labels.iter().all(|label| !label.is_empty())
        && pairs.all(|(own, label)| own.as_ref().is_none_or(|own| own == label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_match_label_by_label() {
        let check = |pattern: &str, origin: (&str, &str, Option<u16>), expected: bool| {
            let (scheme, host, port) = origin;
            let origin = Origin::new(scheme, host, port).unwrap();
            let pattern = OriginPattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(&origin), expected, "{pattern} and {origin}");
        };
        check("https://a.example.com", ("https", "a.example.com", None), true);
        check("https://a.example.com", ("https", "A.Example.COM", Some(443)), true);
        check("https://a.example.com", ("https", "a.example.com", Some(8443)), false);
        check("https://a.example.com:*", ("https", "a.example.com", Some(8443)), true);
        check("https://a.example.com:8443", ("https", "a.example.com", Some(8443)), true);
        check("https://a.example.com", ("http", "a.example.com", Some(443)), false);
        check("https://*.example.com", ("https", "a.example.com", None), true);
        check("https://*.example.com", ("https", "a.b.example.com", None), false);
        check("https://*.example.com", ("https", "example.com", None), false);
        check("https://*.example.com", ("https", "a.example.com.evil.org", None), false);
        check("https://*.example.com", ("https", "aexample.com", None), false);
        check("https://*.example.com", ("https", ".example.com", None), false);
        check("https://a.*.example.com", ("https", "a.b.example.com", None), true);
        check("https://**.example.com", ("https", "a.b.example.com", None), true);
        check("https://**.example.com", ("https", "example.com", None), false);
        check("https://**", ("https", "anything.org", None), true);
        check("https://a.example.com", ("https", "a.example.com.", None), false);
        check("http://127.0.0.1:8080", ("http", "127.0.0.1", Some(8080)), true);
        check("https://[::1]:6443", ("https", "[::1]", Some(6443)), true);
        check("https://[::1]:6443", ("https", "[0:0::1]", Some(6443)), true);
        check("https://*.*.*.*", ("https", "10.0.0.1", None), false);
        check("https://**", ("https", "10.0.0.1", None), false);
        check("https://**", ("https", "0x7f.1", None), false);
        check("https://**", ("https", "[::1]", None), false);
    }

    #[test]
    fn what_is_no_origin_is_said() {
        let check = |text: &str, words: &str| {
            let problem = OriginPattern::parse(text).unwrap_err();
            assert!(problem.contains(words), "{text}: {problem}");
        };
        check("example.com", "scheme");
        check("ftp://example.com", "`https`");
        check("https://", "each part");
        check("https://example.com/", "paths belong");
        check("https://user@example.com", "alone");
        check("https://exam*ple.com", "each part");
        check("https://a.**.com", "come first");
        check("https://a:0", "port");
        check("https://a:b", "port");
        check("https://a..b", "each part");
    }

    #[test]
    fn origins_are_shown_without_the_port_of_their_scheme() {
        let shown = |scheme, host, port| Origin::new(scheme, host, port).unwrap().to_string();
        assert_eq!(shown("HTTPS", "A.b", Some(443)), "https://a.b");
        assert_eq!(shown("http", "a", Some(8080)), "http://a:8080");
        assert_eq!(shown("https", "::1", Some(6443)), "https://[::1]:6443");
        assert_eq!(Origin::new("gopher", "a", None), None);
    }
}
