//! A component, for a person who judges it. Whatever it says of itself is shown with everything visible that would steer the terminal.

use std::io::{self, Write};

use super::Detail;
use super::plugins::capabilities;
use crate::model::on_one_line;
use crate::scrub::sanitize;
use crate::ui::json::{
    FindingForm, Inspection, PackageForm, SbomForm, SignaturesForm, ToolchainForm,
};
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// The most that is shown of a name that a component gives, in bytes.
const MAX_NAME: usize = 200;
/// The most that is shown of a sentence with words of a component in it, in bytes.
const MAX_LINE: usize = 2000;

/// Writes what is known about a component.
///
/// # Errors
/// `out` cannot be written.
pub fn inspection(
    inspection: &Inspection,
    detail: Detail,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    for (name, value) in facts(inspection) {
        let blanks = 15 - name.len() - 1;
        writeln!(out, "{}:{:blanks$}{value}", style.paint(Tone::Strong, name), "")?;
    }
    writeln!(out)?;
    capabilities(&inspection.capabilities).write(out, style, headers)?;
    names("Imports", &inspection.imports, out, style)?;
    names("Exports", &inspection.exports, out, style)?;
    match detail {
        Detail::Narrow => Ok(()),
        Detail::Wide => wide(inspection, out, style, headers),
    }
}

/// What is said in one line each, safe to show.
pub(super) fn facts(inspection: &Inspection) -> Vec<(&'static str, String)> {
    let lines = [
        ("Connector", inspection.connector.clone()),
        ("Component", Some(inspection.component.clone())),
        ("Configured in", inspection.source.clone()),
        ("SHA-256", Some(format!("{} ({})", inspection.sha256, inspection.state))),
        ("Size", Some(format!("{} bytes", inspection.size))),
        ("Signed by", Some(signed_by(&inspection.signatures))),
        ("Version", inspection.version.clone()),
        ("Contract", Some(inspection.contract.clone())),
        ("Made with", Some(made_with(&inspection.toolchain))),
        ("SBOM", Some(sbom(&inspection.sbom))),
        ("Policy", inspection.policy_hash.clone()),
        ("May start", Some(may_start(inspection))),
        ("Hint", inspection.hint.clone()),
        ("At worst", Some(inspection.at_worst.clone())),
        ("Warning", Some(inspection.warnings.join("; ")).filter(|text| !text.is_empty())),
    ];
    let shown = |(name, value): (&'static str, Option<String>)| Some((name, line(&value?)));
    lines.into_iter().filter_map(shown).collect()
}

/// A text on one line, so that nothing in it passes for a line of its own.
fn line(text: &str) -> String {
    sanitize(text, MAX_LINE).replace(['\n', '\t'], " ")
}

fn signed_by(signatures: &SignaturesForm) -> String {
    let SignaturesForm { count, signers, problem } = signatures;
    if let Some(problem) = problem {
        return format!("nobody can tell: {problem}");
    }
    let names: Vec<String> =
        signers.iter().map(|signer| format!("{} ({})", signer.name, signer.key)).collect();
    match (names.is_empty(), count) {
        (false, _) => names.join(", "),
        (true, 0) => "nobody; there is no signature beside it".to_owned(),
        (true, 1) => "nobody whose key is known; there is 1 signature beside it".to_owned(),
        (true, count) => {
            format!("nobody whose key is known; there are {count} signatures beside it")
        }
    }
}

fn made_with(toolchain: &ToolchainForm) -> String {
    let mut tools: Vec<String> = toolchain
        .tools
        .iter()
        .map(|tool| sanitize(format!("{} {}", tool.name, tool.version).trim_end(), MAX_NAME).into())
        .collect();
    if !toolchain.complete {
        tools.push("and more that cannot be read".to_owned());
    }
    match tools.is_empty() {
        true => "it does not say".to_owned(),
        false => tools.join(", "),
    }
}

fn sbom(sbom: &SbomForm) -> String {
    match (&sbom.problem, sbom.state, sbom.packages.len()) {
        (Some(problem), ..) => format!("unreadable: {problem}"),
        (None, "absent", _) => "none; it does not say what it is made of".to_owned(),
        (None, _, 1) => "1 package".to_owned(),
        (None, _, count) => format!("{count} packages"),
    }
}

fn may_start(inspection: &Inspection) -> String {
    match &inspection.refusal {
        None => "yes".to_owned(),
        Some(refusal) => format!("no: {refusal}"),
    }
}

fn names(title: &str, names: &[String], out: &mut dyn Write, style: Style) -> io::Result<()> {
    writeln!(out, "\n{}:", style.paint(Tone::Strong, title))?;
    names.iter().try_for_each(|name| writeln!(out, "  {}", line(name)))
}

/// Everything that is left out where a screen is short.
fn wide(
    inspection: &Inspection,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    names("Needs", &inspection.needs, out, style)?;
    if !inspection.wishes.is_empty() {
        names("Wishes not to see", &inspection.wishes, out, style)?;
    }
    names("Grants", &granted(inspection), out, style)?;
    if !inspection.rules.is_empty() {
        writeln!(out)?;
        rules(&inspection.rules).write(out, style, headers)?;
    }
    if !inspection.sbom.packages.is_empty() {
        writeln!(out)?;
        packages(&inspection.sbom.packages).write(out, style, headers)?;
    }
    Ok(())
}

/// Every single thing that is granted, in the form of needs.
pub(super) fn granted(inspection: &Inspection) -> Vec<String> {
    let Some(grants) = &inspection.grants else { return Vec::new() };
    let capabilities = [("vault", grants.vault), ("reveal", grants.reveal)];
    let capabilities = capabilities.into_iter().filter(|(_, is)| *is);
    let mut list: Vec<String> = capabilities.map(|(name, _)| name.to_owned()).collect();
    for endpoint in &grants.endpoints {
        let name = &endpoint.name;
        list.extend(endpoint.allow.iter().map(|rule| format!("http {name}: {rule}")));
        let pointers = endpoint.secrets_in.iter();
        list.extend(pointers.map(|pointer| format!("http {name}: secrets in {pointer}")));
        list.extend(endpoint.mask.iter().map(|pointer| format!("http {name}: mask {pointer}")));
    }
    for command in &grants.commands {
        let name = &command.name;
        list.push(format!("command {name}: program {}", command.program));
        list.extend(
            command.args.iter().map(|shape| format!("command {name}: {}", on_one_line(shape))),
        );
        let pointers = command.secrets_in.iter();
        list.extend(pointers.map(|pointer| format!("command {name}: secrets in {pointer}")));
        let variables = command.environment.iter();
        list.extend(variables.map(|variable| format!("command {name}: environment {variable}")));
        list.extend(command.input.then(|| format!("command {name}: standard input")));
    }
    list
}

fn rules(rules: &[FindingForm]) -> Table {
    let mut table = Table::new(vec!["VERDICT", "RULE", "WHERE", "WHY"]);
    for rule in rules {
        let cells = [rule.verdict, &*rule.rule, &*rule.source, &*rule.detail];
        table.row(cells.map(|text| Cell::from(sanitize(text, MAX_NAME).into_owned())));
    }
    table
}

fn packages(packages: &[PackageForm]) -> Table {
    let mut table = Table::new(vec!["PACKAGE", "VERSION", "FROM"]);
    for package in packages {
        let cells = [&package.name, &package.version, &package.source];
        table.row(cells.map(|text| Cell::from(sanitize(text, MAX_NAME).into_owned())));
    }
    table
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ui::json::{CapabilityForm, GrantsForm, ToolForm};

    pub(in crate::ui::view) fn hostile() -> Inspection {
        Inspection {
            wishes: Vec::new(),
            warnings: Vec::new(),
            connector: Some("x".to_owned()),
            component: "/x.wasm".to_owned(),
            source: None,
            state: "changed",
            sha256: "ab".to_owned(),
            size: 7,
            contract: "1.0.0".to_owned(),
            version: Some("1`|\n".to_owned()),
            policy_hash: None,
            signatures: SignaturesForm { count: 2, ..SignaturesForm::default() },
            at_worst: "sends GET to `a\u{1b}[2J`".to_owned(),
            toolchain: ToolchainForm {
                tools: vec![ToolForm {
                    role: "language".to_owned(),
                    name: "C\u{9b}".to_owned(),
                    version: String::new(),
                }],
                complete: false,
            },
            sbom: SbomForm {
                state: "present",
                problem: None,
                packages: vec![PackageForm {
                    name: "serde".to_owned(),
                    version: "1.0.2".to_owned(),
                    source: "crates.io".to_owned(),
                    kind: "runtime",
                    root: false,
                }],
            },
            imports: vec!["connhub:connector/vault@1.0.0".to_owned(), "wasi:\u{1b}[2J".to_owned()],
            exports: Vec::new(),
            needs: vec!["http a: GET /\u{202e}".to_owned()],
            grants: Some(GrantsForm { vault: true, ..GrantsForm::default() }),
            rules: Vec::new(),
            capabilities: vec![CapabilityForm {
                capability: "vault".to_owned(),
                needs: Some("yes".to_owned()),
                granted: None,
                policy: None,
                effective: None,
                why: Some("keeps <b>`records`|\u{9b}\n# yes".to_owned()),
            }],
            may_start: false,
            refusal: Some("it is not granted".to_owned()),
            hint: Some("grant it".to_owned()),
        }
    }

    fn shown(detail: Detail) -> String {
        let mut out = Vec::new();
        inspection(&hostile(), detail, &mut out, Style::Plain, Headers::Shown).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn needs_and_grants_stand_side_by_side() {
        let text = shown(Detail::Narrow);
        assert!(
            text.contains("May start:     no: it is not granted\nHint:          grant it\n"),
            "{text}"
        );
        assert!(text.contains("vault        yes     -         -           keeps <b>"), "{text}");
        assert!(
            text.contains("Imports:\n  connhub:connector/vault@1.0.0\n  wasi:␛[2J\n"),
            "{text}"
        );
        assert!(!text.contains("PACKAGE"), "{text}");
    }

    #[test]
    fn what_a_component_says_steers_nothing() {
        let text = shown(Detail::Wide);
        for words in [
            "Made with:     C\\u{9b}, and more that cannot be read\n",
            "SBOM:          1 package\n",
            "At worst:      sends GET to `a␛[2J`\n",
            "Signed by:     nobody whose key is known; there are 2 signatures beside it\n",
            "Needs:\n  http a: GET /\\u{202e}\n",
            "Grants:\n  vault\n",
            "serde     1.0.2     crates.io\n",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn what_is_not_known_is_said() {
        let mut seen = hostile();
        seen.sbom = SbomForm { state: "absent", ..SbomForm::default() };
        seen.toolchain = ToolchainForm { tools: Vec::new(), complete: true };
        seen.signatures = SignaturesForm::default();
        let facts = facts(&seen);
        let fact = |name: &str| &facts.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!(fact("SBOM"), "none; it does not say what it is made of");
        assert_eq!(fact("Made with"), "it does not say");
        assert_eq!(fact("Signed by"), "nobody; there is no signature beside it");
        seen.sbom.problem = Some("it is a bomb".to_owned());
        assert_eq!(sbom(&seen.sbom), "unreadable: it is a bomb");
    }
}
