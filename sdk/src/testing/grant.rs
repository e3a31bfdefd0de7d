//! The part of a `plugins.toml` that a test needs: what the endpoints of one connector allow and mask.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::fake::secret_places;
use crate::{Argument, Command, CommandError, Encoding, HttpError, Part};

/// Fails the test unless the grants of a connector in a `plugins.toml` are just what it declares in its `needs.toml`: a grant that is not
/// declared has no effect, and a need that is not granted fails at run time. What it wishes to be masked has to be, and more may be; no more of it
/// may be shown.
///
/// # Panics
///
/// If they differ, or one of the texts cannot be read.
pub fn assert_declared(plugins_toml: &str, connector: &str, needs_toml: &str) {
    #[derive(Deserialize)]
    struct Needs {
        #[serde(default)]
        endpoint: Vec<Need>,
        #[serde(default)]
        command: Vec<CommandNeed>,
        vault: Option<toml::Table>,
    }
    #[derive(Deserialize)]
    struct Need {
        name: String,
        #[serde(flatten)]
        endpoint: Endpoint,
    }
    #[derive(Deserialize)]
    struct CommandNeed {
        name: String,
        #[serde(flatten)]
        command: Program,
    }
    let grant = Grant::of_connector(plugins_toml, connector);
    let needs: Needs = toml::from_str(needs_toml).expect("needs.toml is valid");
    assert_eq!(grant.vault.is_some(), needs.vault.is_some(), "the vault");
    let declared: BTreeMap<_, _> =
        needs.endpoint.into_iter().map(|need| (need.name, need.endpoint)).collect();
    let names =
        |endpoints: &BTreeMap<String, Endpoint>| endpoints.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&grant.endpoints), names(&declared), "the endpoints");
    for (name, granted) in &grant.endpoints {
        assert_eq!(sorted(&granted.allow), sorted(&declared[name].allow), "allow of {name}");
        let places = sorted(&declared[name].secrets_in);
        assert_eq!(sorted(&granted.secrets_in), places, "secrets-in of {name}");
        let unmasked = declared[name].mask.iter().find(|wish| !granted.mask.contains(wish));
        assert_eq!(unmasked, None, "`mask` of {name} lacks what `needs.toml` wishes");
        if !declared[name].mask.is_empty() {
            let (own, wished) = (granted.mask_encoding, declared[name].mask_encoding);
            assert_eq!(own, wished, "mask-encoding of {name}");
            let shown = granted.visible.iter().find(|step| !declared[name].visible.contains(step));
            assert_eq!(shown, None, "`visible` of {name} has what `needs.toml` does not");
        }
    }
    let mut declared: BTreeMap<_, _> =
        needs.command.into_iter().map(|need| (need.name, need.command)).collect();
    let mut granted = grant.commands;
    granted.values_mut().chain(declared.values_mut()).for_each(|program| program.args.sort());
    assert_eq!(granted, declared, "the commands");
}

fn sorted(rules: &[String]) -> Vec<&str> {
    let mut rules: Vec<_> = rules.iter().map(String::as_str).collect();
    rules.sort_unstable();
    rules
}

/// The grants of one connector.
#[derive(Debug, Deserialize)]
pub(crate) struct Grant {
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    #[serde(default)]
    pub(crate) commands: BTreeMap<String, Program>,
    vault: Option<toml::Table>,
}

/// The grant of one endpoint. The host checks the keys that are not needed here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Endpoint {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    secrets_in: Vec<String>,
    #[serde(default)]
    pub(crate) mask: Vec<String>,
    #[serde(default)]
    pub(crate) mask_encoding: MaskEncoding,
    #[serde(default)]
    pub(crate) visible: Vec<String>,
    #[serde(default)]
    pub(crate) omit: Vec<String>,
    #[serde(default)]
    response_headers: Vec<String>,
}

/// The grant of one program.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Program {
    program: String,
    args: Vec<Vec<String>>,
    #[serde(default)]
    secrets_in: Vec<String>,
    #[serde(default)]
    environment: Vec<String>,
    #[serde(default)]
    input: bool,
}

/// How masked values are encoded in answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MaskEncoding {
    #[default]
    Text,
    Base64,
}

impl Grant {
    /// Reads `[connectors.NAME]` of a `plugins.toml`.
    pub(crate) fn of_connector(plugins_toml: &str, connector: &str) -> Self {
        #[derive(Deserialize)]
        struct Plugins {
            connectors: BTreeMap<String, Grant>,
        }
        let mut plugins: Plugins = toml::from_str(plugins_toml).expect("plugins.toml is valid");
        plugins.connectors.remove(connector).expect("plugins.toml has a section for the connector")
    }

    pub(crate) fn endpoint(&self, name: &str) -> Result<&Endpoint, HttpError> {
        let missing = || HttpError::Denied(format!("no endpoint `{name}` is granted"));
        self.endpoints.get(name).ok_or_else(missing)
    }
}

impl Grant {
    /// Refuses a call that no shape allows.
    pub(crate) fn check_command(
        &self,
        name: &str,
        command: &Command<'_>,
    ) -> Result<(), CommandError> {
        let denied = |text: String| Err(CommandError::Denied(text));
        let Some(program) = self.commands.get(name) else {
            return denied(format!("no command `{name}` is granted"));
        };
        if !program.args.iter().any(|shape| fits(shape, &command.arguments)) {
            return denied(format!("no shape of `{name}` allows {:?}", command.arguments));
        }
        if !command.input.is_empty() && !program.input {
            return denied(format!("`{name}` may not be given a standard input"));
        }
        let files = command.files.iter().map(|(_, content)| content);
        let documents = files.filter(|content| !program.may_be_a_secret(content));
        documents.chain([&command.input]).try_for_each(|content| program.check_secrets(content))
    }
}

impl Program {
    /// Whether a file is nothing but one secret, and may be.
    fn may_be_a_secret(&self, content: &[Part<'_>]) -> bool {
        matches!(content, [Part::Secret { encoding: Encoding::Raw, .. }])
            && self.secrets_in.iter().any(|place| place == "whole-file")
    }

    fn check_secrets(&self, content: &[Part<'_>]) -> Result<(), CommandError> {
        if self.secrets_in.iter().any(String::is_empty) {
            return Ok(());
        }
        let places = secret_places(content).map_err(|error| {
            CommandError::Denied(format!("a file with secrets is not JSON: {error}"))
        })?;
        let is_granted =
            |place: &str| self.secrets_in.iter().any(|pattern| matches_pointer(pattern, place));
        match places.iter().find(|place| !is_granted(place)) {
            Some(place) => {
                Err(CommandError::Denied(format!("no rule allows a secret at `{place}` of a file")))
            }
            None => Ok(()),
        }
    }
}

/// Whether arguments fit a shape, place by place.
fn fits(shape: &[String], arguments: &[Argument]) -> bool {
    let fit = |(place, argument): (&String, &Argument)| match argument {
        Argument::File(_) => place == "{file}",
        Argument::Text(text) => fits_text(place, text),
    };
    shape.len() == arguments.len() && shape.iter().zip(arguments).all(fit)
}

fn fits_text(place: &str, text: &str) -> bool {
    let Some((before, rest)) = place.split_once('{') else { return place == text };
    let (gap, after) = rest.split_once('}').expect("the brace of a shape is closed");
    let inner = text.strip_prefix(before).and_then(|text| text.strip_suffix(after));
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    inner.is_some_and(|inner| match gap {
        "file" => false,
        "name" => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            is_end(inner.chars().next())
                && is_end(inner.chars().last())
                && inner.chars().all(is_plain)
        }
        "number" => !inner.is_empty() && inner.chars().all(|c| c.is_ascii_digit()),
        words => words.split('|').any(|word| word == inner),
    })
}

impl Endpoint {
    /// Refuses a request that no rule allows.
    pub(crate) fn check_request(&self, method: &str, path: &str) -> Result<(), HttpError> {
        let allowed = self.allow.iter().any(|rule| {
            rule.split_once(' ')
                .is_some_and(|(allowed, pattern)| allowed == method && matches_path(pattern, path))
        });
        if allowed {
            return Ok(());
        }
        Err(HttpError::Denied(format!("no rule allows `{method} {path}`")))
    }

    /// Refuses a secret at a place that no rule allows.
    pub(crate) fn check_secret_place(&self, pointer: &str) -> Result<(), HttpError> {
        if self.secrets_in.iter().any(|pattern| matches_pointer(pattern, pointer)) {
            return Ok(());
        }
        Err(HttpError::Denied(format!("no rule allows a secret at `{pointer}`")))
    }

    pub(crate) fn passes_header(&self, name: &str) -> bool {
        name.starts_with("content-") || self.response_headers.iter().any(|header| header == name)
    }
}

/// Whether a path is one of a pattern: `*` is one segment that is not empty, `**` at the end any rest.
pub(crate) fn matches_path(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix("/**") {
        Some(prefix) => {
            let count = prefix.split('/').count();
            let segments: Vec<_> = path.split('/').collect();
            segments.len() > count && same_segments(prefix, &segments[..count].join("/"))
        }
        None => same_segments(pattern, path),
    }
}

/// Whether a JSON pointer is one of a pattern in which `*` is any one member or element.
pub(crate) fn matches_pointer(pattern: &str, pointer: &str) -> bool {
    same_segments(pattern, pointer)
}

fn same_segments(pattern: &str, text: &str) -> bool {
    let mut segments = text.split('/');
    let all_match =
        pattern.split('/').all(|wanted| {
            segments.next().is_some_and(|found| {
                if wanted == "*" { !found.is_empty() } else { wanted == found }
            })
        });
    all_match && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_fit_shapes() {
        let shape = ["get", "-t", "{a|b}", "-n", "{name}", "--wait={number}s"].map(str::to_owned);
        let check = |texts: [&str; 6], expected: bool| {
            let arguments = texts.map(|text| Argument::Text(text.to_owned()));
            assert_eq!(fits(&shape, &arguments), expected, "{texts:?}");
        };
        check(["get", "-t", "a", "-n", "x.y", "--wait=3s"], true);
        check(["get", "-t", "c", "-n", "x.y", "--wait=3s"], false);
        check(["get", "-t", "a", "-n", "--force", "--wait=3s"], false);
        check(["get", "-t", "a", "-n", "x/y", "--wait=3s"], false);
        check(["get", "-t", "a", "-n", "x", "--wait=s"], false);
        assert!(fits(&["{file}".to_owned()], &[Argument::File("a".into())]));
        assert!(!fits(&["{name}".to_owned()], &[Argument::File("a".into())]));
    }

    #[test]
    fn paths_match_segment_by_segment() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
        };
        check("/version", "/version", true);
        check("/version", "/version/x", false);
        check("/a/*/b", "/a/x/b", true);
        check("/a/*/b", "/a//b", false);
        check("/a/*/b", "/a/x/y/b", false);
        check("/a/**", "/a/x", true);
        check("/a/**", "/a/x/y", true);
        check("/a/**", "/a", false);
        check("/a/**", "/ab/x", false);
    }
}
