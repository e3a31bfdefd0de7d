//! Declared and granted: the decision before a connector is started.

use std::fmt;

use super::{CommandNeed, ContractVersion, Grants, Needs};

/// A capability that a component can import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Handles of secrets; always there.
    Secrets,
    /// Requests to named endpoints.
    Http,
    /// The sealed store.
    Vault,
    /// Programs of the grant.
    Command,
    /// Messages; always there.
    Log,
}

impl Capability {
    /// The name of its interface in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Http => "http",
            Self::Vault => "vault",
            Self::Command => "command",
            Self::Log => "log",
        }
    }
}

/// Why a connector is not started, and what would have to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is refused.
    pub message: String,
    /// What to add, where.
    pub hint: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// Decides whether a connector may start: the contract is known, every import is declared, and every need is granted.
///
/// # Errors
/// The first thing that is missing, with the line to add.
pub fn authorize(
    connector: &str,
    needs: &Needs,
    grants: &Grants,
    imports: &[Capability],
) -> Result<(), Refusal> {
    known_version(connector, needs.contract)?;
    declared(connector, needs, imports)?;
    endpoints_granted(connector, needs, grants)?;
    commands_granted(connector, needs, grants)?;
    let section = format!("[connectors.{connector}]");
    if let Some(vault) = needs.vault.as_ref().filter(|_| !grants.vault) {
        return Err(not_granted(
            connector,
            "vault",
            &vault.why,
            &format!("[connectors.{connector}.vault]"),
            grants,
        ));
    }
    if let Some(reveal) = needs.reveal.as_ref().filter(|_| !grants.reveal) {
        let lines = format!("{section} reveal = true");
        return Err(not_granted(connector, "reveal", &reveal.why, &lines, grants));
    }
    Ok(())
}

fn known_version(connector: &str, version: ContractVersion) -> Result<(), Refusal> {
    if version.is_supported() {
        return Ok(());
    }
    let (major, minor) = (super::CONTRACT_MAJOR, super::CONTRACT_MINOR);
    Err(Refusal {
        message: format!(
            "connector `{connector}` was built for contract {version}, and this connhub speaks {major}.0.0 to {major}.{minor}.x"
        ),
        hint: if version.major > major || (version.major == major && version.minor > minor) {
            "update connhub, or use an older version of the connector".to_owned()
        } else {
            "use a newer version of the connector".to_owned()
        },
    })
}

fn declared(connector: &str, needs: &Needs, imports: &[Capability]) -> Result<(), Refusal> {
    let missing = imports.iter().find(|import| match import {
        Capability::Http => needs.endpoints.is_empty(),
        Capability::Vault => needs.vault.is_none(),
        Capability::Command => needs.commands.is_empty(),
        Capability::Secrets | Capability::Log => false,
    });
    match missing {
        None => Ok(()),
        Some(import) => Err(Refusal {
            message: format!(
                "connector `{connector}` imports `{}` but does not declare that it needs it",
                import.as_str()
            ),
            hint: "its author has to declare it in the section `connhub:needs` of the component"
                .to_owned(),
        }),
    }
}

fn endpoints_granted(connector: &str, needs: &Needs, grants: &Grants) -> Result<(), Refusal> {
    let Some(need) = needs.endpoints.iter().find(|need| !grants.endpoints.contains_key(&need.name))
    else {
        return Ok(());
    };
    let rules: Vec<String> = need.allow.iter().map(|rule| format!("\"{rule}\"")).collect();
    let lines = format!(
        "[connectors.{connector}.endpoints.{}] kind = \"http\" allow = [{}]",
        need.name,
        rules.join(", ")
    );
    Err(not_granted(connector, &format!("endpoint `{}`", need.name), &need.why, &lines, grants))
}

fn commands_granted(connector: &str, needs: &Needs, grants: &Grants) -> Result<(), Refusal> {
    let is_missing =
        |need: &&CommandNeed| !need.optional && !grants.commands.contains_key(&need.name);
    let Some(need) = needs.commands.iter().find(is_missing) else { return Ok(()) };
    let lines = format!(
        "[connectors.{connector}.commands.{}] program = {:?} args = {:?}",
        need.name, need.program, need.args
    );
    Err(not_granted(connector, &format!("command `{}`", need.name), &need.why, &lines, grants))
}

fn not_granted(connector: &str, what: &str, why: &str, lines: &str, grants: &Grants) -> Refusal {
    Refusal {
        message: format!(
            "connector `{connector}` needs {what} ({why}), and {} does not grant it",
            grants.source
        ),
        hint: format!("to grant it, add to `plugins.toml`: {lines}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::policy::{CommandGrant, EndpointGrant, EndpointKind, MaskEncoding};

    fn grants(vault: bool, reveal: bool, endpoint: Option<&str>) -> Grants {
        let endpoints: BTreeMap<String, EndpointGrant> = endpoint
            .map(|name| {
                let grant = EndpointGrant {
                    kind: EndpointKind::Http,
                    allow: vec!["GET /**".to_owned()],
                    secrets_in: Vec::new(),
                    mask: Vec::new(),
                    mask_encoding: MaskEncoding::Text,
                    visible: Vec::new(),
                    omit: Vec::new(),
                    response_headers: Vec::new(),
                    source: "plugins.toml:9".to_owned(),
                };
                (name.to_owned(), grant)
            })
            .into_iter()
            .collect();
        let commands = BTreeMap::new();
        Grants { endpoints, commands, vault, reveal, source: "plugins.toml:3".to_owned() }
    }

    fn check(needs: &str, imports: &[Capability], grants: &Grants, expected: Result<(), &str>) {
        let needs = Needs::parse(&format!("contract = \"1.0.0\"\n{needs}")).unwrap();
        match (authorize("x", &needs, grants, imports), expected) {
            (Ok(()), Ok(())) => {}
            (Err(refusal), Err(words)) => {
                let text = format!("{} / {}", refusal.message, refusal.hint);
                assert!(text.contains(words), "{text}");
            }
            (result, expected) => panic!("{result:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn two_keys_are_needed() {
        use Capability::{Http, Log, Secrets, Vault};
        let endpoint = "[[endpoint]]\nname = \"a\"\nwhy = \"b\"\nallow = [\"GET /x\"]\n";
        let vault = "[vault]\nwhy = \"records\"\n";
        let reveal = "[reveal]\nwhy = \"signs\"\n";
        check("", &[Secrets, Log], &grants(false, false, None), Ok(()));
        check("", &[Vault], &grants(true, false, None), Err("does not declare"));
        check("", &[Http], &grants(false, false, Some("a")), Err("does not declare"));
        check(vault, &[Vault], &grants(false, false, None), Err("[connectors.x.vault]"));
        check(vault, &[Vault], &grants(true, false, None), Ok(()));
        check(endpoint, &[Http], &grants(false, false, Some("c")), Err("allow = [\"GET /x\"]"));
        check(endpoint, &[Http], &grants(false, false, Some("a")), Ok(()));
        check(reveal, &[], &grants(false, false, None), Err("reveal = true"));
        check(reveal, &[], &grants(false, true, None), Ok(()));
    }

    #[test]
    fn a_program_needs_two_keys_unless_it_can_be_done_without() {
        let need = "[[command]]\nname = \"c\"\nwhy = \"b\"\nprogram = \"acme\"\nargs = [[\"get\", \"{name}\"]]\n";
        let none = grants(false, false, None);
        let commands = [("c".to_owned(), CommandGrant::default())].into();
        let granted = Grants { commands, ..none.clone() };
        check("", &[Capability::Command], &granted, Err("does not declare"));
        check(
            need,
            &[Capability::Command],
            &none,
            Err("[connectors.x.commands.c] program = \"acme\" args = [[\"get\", \"{name}\"]]"),
        );
        check(need, &[Capability::Command], &granted, Ok(()));
        check(&format!("{need}optional = true\n"), &[Capability::Command], &none, Ok(()));
    }

    #[test]
    fn an_unknown_contract_is_refused_with_both_versions() {
        for version in ["2.0.0", "1.9.0", "0.1.0"] {
            let needs = Needs::parse(&format!("contract = \"{version}\"")).unwrap();
            let refusal = authorize("x", &needs, &grants(true, true, None), &[]).unwrap_err();
            assert!(refusal.message.contains(version) && refusal.message.contains("1.0.0"));
        }
    }
}
