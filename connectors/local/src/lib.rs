//! Keeps connections in the encrypted store of this machine.
//!
//! A connection is one record of the vault: what is visible in the encoding of `record.rs`, each secret field a secret of the record. The
//! host seals both.

mod change;
mod create;
mod read;
mod record;
#[cfg(test)]
mod tests;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Filter, Host, IfExists, Key, Page,
    PageRequest, Patch, Removed, Report, SecretField, Target, Written,
};

connhub_sdk::export!(Local, needs = "needs.toml");

/// The folder of connections for which none is named.
const DEFAULT_FOLDER: &str = "default";

/// How often a write is tried again because somebody else wrote first. Each such failure means that another write was done.
const ATTEMPTS: u32 = 100;

/// The connector.
#[derive(Debug)]
pub struct Local;

impl Connector for Local {
    fn describe() -> Description {
        let summary = "keeps connections in the encrypted store of this machine";
        Description::new("local", env!("CARGO_PKG_VERSION"), summary)
            .with_any_type()
            .with_scope("folder", Some(DEFAULT_FOLDER))
    }

    fn check(host: &Host, _: &Target) -> Result<Report, Error> {
        read::check(host)
    }

    fn create(
        host: &Host,
        target: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        create::create(host, target, &draft, if_exists)
    }

    fn list(
        host: &Host,
        target: &Target,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, Error> {
        read::list(host, target, filter, page)
    }

    fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
        read::get(host, &key(target, name))
    }

    fn open(
        host: &Host,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        read::open(host, &key(target, name), fields)
    }

    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        change::update(host, target, &key(target, name), &patch, expected)
    }

    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        change::delete(host, target, &key(target, name), expected)
    }
}

fn folder(target: &Target) -> &str {
    target.scope.as_deref().filter(|scope| !scope.is_empty()).unwrap_or(DEFAULT_FOLDER)
}

fn key(target: &Target, name: &str) -> Key {
    Key::new(folder(target), name)
}
