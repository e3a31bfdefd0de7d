//! Keeps connections in Red Hat OpenShift AI and Open Data Hub.
//!
//! A connection is a Kubernetes Secret with the labels and annotations by which the dashboard, model serving and Data Connect Hub know it
//! (`metadata.rs`). Values are keys of the Secret under the names of its connection type (`mapping.rs`).

mod adopt;
mod api;
mod check;
mod choices;
mod create;
mod custom;
mod delete;
mod list;
mod mapping;
mod metadata;
mod object;
mod patch;
mod read;
mod retype;
mod scope;
mod status;
#[cfg(test)]
mod tests;
mod update;
mod users;
mod validate;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Filter, Host, IfExists, Page, PageRequest,
    Patch, Removed, Report, SecretField, Setting, Target, Written,
};

connhub_sdk::export!(Rhoai, needs = "needs.toml");

/// How often a write without an expected revision is tried again because somebody else wrote first.
const ATTEMPTS: u32 = 5;

/// The connector.
#[derive(Debug)]
pub struct Rhoai;

impl Connector for Rhoai {
    fn describe() -> Description {
        let summary = "keeps connections in Red Hat OpenShift AI and Open Data Hub";
        Description::new("rhoai", env!("CARGO_PKG_VERSION"), summary)
            .with_types(mapping::STOCK_TYPES.iter().map(|stock| stock.mapping.supported()))
            .with_any_type()
            .with_scope("project", None)
            .with_settings([
                &scope::NAMESPACE,
                &custom::APPLICATIONS_NAMESPACE,
                &Setting::SHOW_USERS,
                &Setting::DETACH,
                &Setting::ADOPT,
            ])
    }

    fn check(host: &Host, target: &Target) -> Result<Report, Error> {
        check::check(host, target)
    }

    fn create(
        host: &Host,
        target: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        create::create(host, target, draft, if_exists)
    }

    fn list(
        host: &Host,
        target: &Target,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, Error> {
        list::list(host, target, filter, page)
    }

    fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
        read::get(host, target, name)
    }

    fn open(
        host: &Host,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        read::open(host, scope::project(target)?, name, fields)
    }

    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        match target.setting(Setting::ADOPT.name) {
            Some(type_) if !type_.is_empty() => adopt::adopt(host, target, name, type_),
            _ => update::update(host, target, name, &patch, expected),
        }
    }

    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        delete::delete(host, target, name, expected)
    }
}
