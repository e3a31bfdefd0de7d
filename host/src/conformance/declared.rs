//! What a component declares, looked at without running it.

use super::book::Book;
use crate::policy::{Capability, CommandNeed, Grants, Needs, Shapes, authorize};

/// What was read from a component, and what it is granted.
#[derive(Clone, Copy)]
pub struct Declarations<'a> {
    /// The connector, for messages.
    pub connector: &'a str,
    /// What it says that it needs.
    pub needs: &'a Needs,
    /// What it imports.
    pub imports: &'a [Capability],
    /// What it is granted; none if it is looked at without a configuration.
    pub grants: Option<&'a Grants>,
}

/// Makes the checks that take no running.
pub fn declared(book: &mut Book, declarations: Declarations<'_>) {
    let Declarations { connector, needs, grants, imports } = declarations;
    book.note("declared.contract", contract(needs));
    book.note("declared.version", version(needs));
    book.note("declared.imports", undeclared(needs, imports));
    book.note("declared.needs", unused(needs, imports));
    book.note("declared.reasons", reasons(needs));
    match &needs.reveal {
        None => book.conclude("declared.reveal", Ok(())),
        Some(reveal) => book.skip(
            "declared.reveal",
            format!("it declares `reveal`, so a person has to judge the reason: {}", reveal.why),
        ),
    }
    match grants {
        None => book.skip("declared.grants", "no configuration grants anything to it"),
        Some(grants) => {
            let decided = authorize(connector, needs, grants, imports);
            book.note("declared.grants", decided.map_err(|refusal| refusal.message));
        }
    }
}

fn contract(needs: &Needs) -> Result<(), String> {
    match needs.contract.is_supported() {
        true => Ok(()),
        false => {
            Err(format!("it was built for contract {}, which is not spoken here", needs.contract))
        }
    }
}

fn version(needs: &Needs) -> Result<(), String> {
    match needs.version.as_deref() {
        None => Err("`needs.toml` has no `version`".to_owned()),
        Some(version) => semver::Version::parse(version)
            .map(drop)
            .map_err(|error| format!("`version = \"{version}\"` is no semantic version: {error}")),
    }
}

fn undeclared(needs: &Needs, imports: &[Capability]) -> Result<(), String> {
    let missing: Vec<&str> = imports
        .iter()
        .filter_map(|import| match import {
            Capability::Http if needs.endpoints.is_empty() => Some("`http` without an endpoint"),
            Capability::Vault if needs.vault.is_none() => Some("`vault`"),
            Capability::Command if needs.commands.is_empty() => Some("`command` without a program"),
            _ => None,
        })
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!("it imports {} and does not declare that", missing.join(" and "))),
    }
}

fn unused(needs: &Needs, imports: &[Capability]) -> Result<(), String> {
    let declared = [
        (Capability::Http, !needs.endpoints.is_empty(), "endpoints"),
        (Capability::Vault, needs.vault.is_some(), "`vault`"),
        (Capability::Command, !needs.commands.is_empty(), "programs"),
        (Capability::Secrets, needs.reveal.is_some(), "`reveal`"),
    ];
    let unused = declared
        .iter()
        .filter(|(import, is_declared, _)| *is_declared && !imports.contains(import));
    let unused: Vec<&str> = unused.map(|(_, _, words)| *words).collect();
    match unused.is_empty() {
        true => Ok(()),
        false => Err(format!("it declares {} and imports nothing of it", unused.join(" and "))),
    }
}

fn reasons(needs: &Needs) -> Result<(), String> {
    let reasons = [("vault", &needs.vault), ("reveal", &needs.reveal)];
    let own = reasons.iter().filter_map(|(name, need)| Some((*name, need.as_ref()?.why.as_str())));
    let endpoints = needs.endpoints.iter().map(|need| (need.name.as_str(), need.why.as_str()));
    let commands = needs.commands.iter().map(|need| (need.name.as_str(), need.why.as_str()));
    let empty: Vec<&str> = own
        .chain(endpoints)
        .chain(commands)
        .filter(|(_, why)| why.trim().is_empty())
        .map(|(name, _)| name)
        .collect();
    let idle = needs.endpoints.iter().find(|endpoint| endpoint.allow.is_empty());
    match (empty.is_empty(), idle) {
        (false, _) => Err(format!("`why` is empty for {}", empty.join(", "))),
        (true, Some(endpoint)) => {
            Err(format!("endpoint `{}` declares no request in `allow`", endpoint.name))
        }
        (true, None) => needs.commands.iter().try_for_each(shapes),
    }
}

fn shapes(need: &CommandNeed) -> Result<(), String> {
    let name = &need.name;
    match Shapes::parse(&need.args) {
        Ok(_) if need.args.is_empty() => Err(format!("command `{name}` declares no `args`")),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("command `{name}`: {error}")),
    }
}
