//! Connectors.

use std::borrow::Cow;

use super::Detail;
use crate::scrub::sanitize;
use crate::ui::json::{CapabilityForm, CommandForm, GrantsForm, PluginForm};
use crate::ui::style::Tone;
use crate::ui::table::{Cell, Table};

/// How much of a digest is shown where it only helps to recognize a file.
const SHORT_DIGEST: usize = 12;
/// The most that is shown of a name and of a reason that a component gives, in bytes.
const MAX_NAME: usize = 200;
const MAX_WHY: usize = 500;

/// A table of connectors.
pub fn plugins(plugins: &[PluginForm], detail: Detail) -> Table {
    let mut headers = vec!["CONNECTOR", "BACKENDS", "STATE", "SHA256", "GRANTS", "CONFIGURED IN"];
    if detail == Detail::Wide {
        headers.extend(["VERSION", "COMPONENT", "SUMMARY"]);
    }
    let mut table = Table::new(headers);
    for plugin in plugins {
        table.row(row(plugin, detail));
    }
    table
}

fn row(plugin: &PluginForm, detail: Detail) -> Vec<Cell<'_>> {
    let backends = plugin.backends.iter().map(|backend| match backend.is_default {
        true => format!("{} (default)", backend.name),
        false => backend.name.clone(),
    });
    let digest = plugin.sha256.as_deref().unwrap_or_default();
    let digest = match detail {
        Detail::Narrow => digest.get(..SHORT_DIGEST).unwrap_or_default(),
        Detail::Wide => digest,
    };
    let mut cells = vec![
        Cell::from(&*plugin.name),
        Cell::from(backends.collect::<Vec<_>>().join(", ")),
        Cell::toned(plugin.state, tone(plugin.state)),
        Cell::from(digest),
        Cell::from(grants(&plugin.grants)),
        Cell::from(&*plugin.source),
    ];
    if detail == Detail::Wide {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        cells.push(Cell::from(text(&plugin.version)));
        cells.push(Cell::from(&*plugin.component));
        cells.push(Cell::from(text(&plugin.summary)));
    }
    cells
}

fn tone(state: &str) -> Tone {
    match state {
        "locked" => Tone::Good,
        "unlocked" => Tone::Caution,
        _ => Tone::Bad,
    }
}

pub(super) fn grants(grants: &GrantsForm) -> String {
    let endpoints = grants.endpoints.iter().map(|endpoint| {
        let kind = endpoint.kind.unwrap_or_default();
        Cow::Owned(format!("{} ({kind}, {})", endpoint.name, counted(endpoint.allow.len(), "rule")))
    });
    let commands = grants.commands.iter().map(|command| {
        let CommandForm { name, program, args, .. } = command;
        Cow::Owned(format!("{name} (runs `{program}`, {})", counted(args.len(), "shape")))
    });
    let vault = grants.vault.then_some(Cow::Borrowed("vault"));
    let reveal = grants.reveal.then_some(Cow::Borrowed("reveal"));
    endpoints.chain(commands).chain(vault).chain(reveal).collect::<Vec<_>>().join(", ")
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Needs, grants and what is left of them. What policy does has a column only if it does something.
pub(super) fn capabilities(capabilities: &[CapabilityForm]) -> Table {
    let has_policy = capabilities.iter().any(|capability| capability.policy.is_some());
    let mut headers = vec!["CAPABILITY", "NEEDS", "GRANTED", "EFFECTIVE", "WHY"];
    if has_policy {
        headers.insert(3, "POLICY");
    }
    let mut table = Table::new(headers);
    for capability in capabilities {
        let text = |text: &'_ Option<String>| Cell::from(text.clone().unwrap_or_default());
        let mut cells = vec![
            Cell::from(sanitize(&capability.capability, MAX_NAME)),
            text(&capability.needs),
            text(&capability.granted),
            text(&capability.effective),
            Cell::from(
                sanitize(capability.why.as_deref().unwrap_or_default(), MAX_WHY).into_owned(),
            ),
        ];
        if has_policy {
            cells.insert(3, text(&capability.policy));
        }
        table.row(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::json::{BackendForm, EndpointForm};
    use crate::ui::style::Style;
    use crate::ui::table::Headers;

    #[test]
    fn a_connector_is_one_line() {
        let plugin = PluginForm {
            warnings: Vec::new(),
            name: "x".to_owned(),
            version: None,
            summary: None,
            component: "/x.wasm".to_owned(),
            state: "unlocked",
            sha256: Some("0123456789abcdef".to_owned()),
            size: Some(1),
            grants: GrantsForm {
                endpoints: vec![EndpointForm {
                    name: "api".to_owned(),
                    kind: Some("http"),
                    allow: vec!["GET /".to_owned()],
                    secrets_in: Vec::new(),
                    mask: Vec::new(),
                    why: None,
                }],
                commands: Vec::new(),
                vault: true,
                reveal: false,
            },
            backends: vec![BackendForm {
                name: "prod".to_owned(),
                scope: None,
                is_default: true,
                source: "f:9".to_owned(),
            }],
            source: "f:3".to_owned(),
        };
        let mut out = Vec::new();
        let list = [plugin];
        plugins(&list, Detail::Narrow).write(&mut out, Style::Plain, Headers::Hidden).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "x   prod (default)   unlocked   0123456789ab   api (http, 1 rule), vault   f:3\n"
        );
    }
}
