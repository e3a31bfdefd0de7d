//! Keeps connections in the key-value store of HashiCorp Vault and OpenBao (KV version 2).
//!
//! A connection is a secret of the store: its fields are the keys of the data, so that other readers of the store can use them, and what is
//! known about it (type, description, labels) is custom metadata. The login is the host's: see the README for the endpoint's configuration.
//!
//! The interface is that of the public documentation: <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2> and
//! <https://openbao.org/api-docs/secret/kv/kv-v2/>.

mod api;
mod check;
mod create;
mod delete;
mod entry;
mod fault;
mod list;
mod metadata;
mod place;
mod read;
mod settings;
#[cfg(test)]
mod tests;
mod update;
mod validate;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Filter, Host, IfExists, Page, PageRequest,
    Patch, Removed, Report, SecretField, Target, Written,
};

use api::Store;

connhub_sdk::export!(VaultKv, needs = "needs.toml");

/// How often a write without an expected revision is tried again because somebody else wrote first.
const ATTEMPTS: u32 = 5;

/// The connector.
#[derive(Debug)]
pub struct VaultKv;

impl Connector for VaultKv {
    fn describe() -> Description {
        let summary = "keeps connections in the key-value store of HashiCorp Vault and OpenBao";
        Description::new("vault-kv", env!("CARGO_PKG_VERSION"), summary)
            .with_any_type()
            .with_scope("folder", None)
            .with_settings(settings::SETTINGS)
    }

    fn check(host: &Host, target: &Target) -> Result<Report, Error> {
        check::check(&Store::new(host, target)?)
    }

    fn create(
        host: &Host,
        target: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        create::create(&Store::new(host, target)?, &draft, if_exists, target.dry_run)
    }

    fn list(
        host: &Host,
        target: &Target,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, Error> {
        list::list(&Store::new(host, target)?, filter, page)
    }

    fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
        read::get(&Store::new(host, target)?, name)
    }

    fn open(
        host: &Host,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        read::open(&Store::new(host, target)?, name, fields)
    }

    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        update::update(&Store::new(host, target)?, name, &patch, expected, target.dry_run)
    }

    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        delete::delete(&Store::new(host, target)?, name, expected, target.dry_run)
    }
}
