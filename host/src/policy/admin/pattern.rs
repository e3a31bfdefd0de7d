//! Names with wildcards: of connectors, endpoints, namespaces, and the beginnings of sources.

use std::fmt;

/// A name in which `*` stands for any run of characters, also for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a name must not be empty; write `*` for every name".to_owned());
        }
        match text.chars().find(|c| c.is_control() || c.is_whitespace()) {
            Some(c) => Err(format!("`{}` holds {c:?}, which no name has", text.escape_debug())),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        // `split` returns at least one piece.
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        let Some(last) = pieces.next_back() else {
            return rest.is_empty();
        };
        for piece in pieces {
            let Some(at) = rest.find(piece) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The beginning of the place that a component comes from: `ghcr.io/acme`, `https://example.com/connectors/`, `file:///usr/lib/`.
///
/// It ends where a part of the source ends: `ghcr.io/acme` is no beginning of `ghcr.io/acme-tools`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePrefix(String);

/// The scheme of a source that has none.
const REGISTRY: &str = "oci://";

impl SourcePrefix {
    /// Parses the beginning of a source. Without a scheme it is that of a registry.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let full = with_scheme(text);
        let place = full.split_once("://").map_or("", |(_, place)| place);
        if place.trim_matches('/').is_empty() {
            return Err(format!(
                "`{}` names no place; write for example `ghcr.io/acme/` or `file:///usr/lib/connhub/`",
                text.escape_debug()
            ));
        }
        if full.contains(|c: char| c.is_control() || c.is_whitespace() || c == '*') {
            return Err(format!(
                "`{}` must be the beginning of a source, without blanks and without `*`",
                text.escape_debug()
            ));
        }
        Ok(Self(full))
    }

    /// Whether a component from there comes from below this place.
    pub fn covers(&self, source: &str) -> bool {
        let source = with_scheme(source);
        // A path that climbs is below nothing.
        if source.split(['/', '\\']).any(|part| matches!(part, "." | "..")) {
            return false;
        }
        match source.strip_prefix(&self.0) {
            Some(rest) => {
                rest.is_empty() || self.0.ends_with('/') || rest.starts_with(['/', ':', '@', '?'])
            }
            None => false,
        }
    }
}

impl fmt::Display for SourcePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.strip_prefix(REGISTRY).unwrap_or(&self.0))
    }
}

fn with_scheme(text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("{REGISTRY}{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_characters() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let pattern = NamePattern::parse(pattern).unwrap();
            assert_eq!(pattern.matches(name), expected, "{pattern} and {name}");
        };
        check("lake", "lake", true);
        check("lake", "lakes", false);
        check("lake", "Lake", false);
        check("*", "", true);
        check("*", "anything", true);
        check("team-*", "team-a", true);
        check("team-*", "team-", true);
        check("team-*", "my-team-a", false);
        check("*-prod", "a-prod", true);
        check("*-prod", "a-prod-b", false);
        check("a*b*c", "abc", true);
        check("a*b*c", "a--b--c", true);
        check("a*b*c", "a--c--b", false);
        check("aa*aa", "aaa", false);
        check("a**b", "ab", true);
        for wrong in ["", "a b", "a\n"] {
            assert!(NamePattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_source_begins_at_a_whole_part() {
        let check = |prefix: &str, source: &str, expected: bool| {
            let prefix = SourcePrefix::parse(prefix).unwrap();
            assert_eq!(prefix.covers(source), expected, "{prefix} and {source}");
        };
        check("ghcr.io/acme", "oci://ghcr.io/acme/lake:1.0", true);
        check("ghcr.io/acme", "ghcr.io/acme", true);
        check("ghcr.io/acme", "ghcr.io/acme-evil/lake", false);
        check("ghcr.io/acme/", "ghcr.io/acme/lake@sha256:ab", true);
        check("ghcr.io/acme/", "ghcr.io/acme/../evil/lake", false);
        check("ghcr.io/acme/lake", "ghcr.io/acme/lake:2", true);
        check("ghcr.io", "ghcr.io.evil.com/lake", false);
        check("ghcr.io", "https://ghcr.io/lake", false);
        check("https://example.com/c/", "https://example.com/c/lake.wasm", true);
        check("file:///usr/lib/connhub/", "file:///usr/lib/connhub/lake.wasm", true);
        check("file:///usr/lib/connhub/", "file:///usr/lib/connhub/../../../home/x.wasm", false);
        check("file:///usr/lib/connhub", "file:///usr/lib/connhub-mine/x.wasm", false);
        for wrong in ["", "oci://", "file:///", "a b", "ghcr.io/*"] {
            assert!(SourcePrefix::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
