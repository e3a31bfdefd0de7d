//! Keeps connections in DataOS, each as a Secret and a Depot.
//!
//! The Secret holds the credentials, the Depot the rest and a reference to the Secret. What goes where for which source is data
//! (`sources`); a type that is not in the table is carried through. DataOS' resource manager (Poros) is written to and read, the Depot
//! Service lists and hands out credentials as handles, Heimdall says who is calling.
//!
//! Nothing about the resource manager of the second generation is documented as an HTTP interface. Paths are therefore settings, answers
//! may lack everything, and errors are told apart by their status and by the few texts that are documented (`fault`).

mod adopt;
mod advice;
mod catalog;
mod change;
mod check;
mod client;
mod create;
mod credentials;
mod delete;
mod dependants;
mod depot;
mod depot_type;
mod duplicates;
mod fault;
mod fields;
mod first;
mod http;
mod list;
mod loaded;
mod names;
mod open;
mod plan;
mod purposes;
mod rehearsal;
mod removal;
mod replace;
mod resource;
mod settings;
mod sources;
mod spec;
#[cfg(test)]
mod tests;
mod transport;
mod update;
mod wait;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Filter, Host, IfExists, Page, PageRequest,
    Patch, Removed, Report, SecretField, Target, Written,
};

use client::Client;
use loaded::Loaded;
use settings::Settings;
use sources::{SOURCES, Source};

connhub_sdk::export!(DataOs, needs = "needs.toml");

/// The connector.
#[derive(Debug)]
pub struct DataOs;

impl Connector for DataOs {
    fn describe() -> Description {
        let summary = "keeps connections in DataOS, each as a Secret and a Depot";
        Description::new("dataos", env!("CARGO_PKG_VERSION"), summary)
            .with_types(SOURCES.iter().map(Source::supported))
            .with_any_type()
            .with_scope("tenant", None)
            .with_settings(settings::SETTINGS)
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
        create::create(host, target, &draft, if_exists)
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
        let settings = Settings::of(target)?;
        let client = Client::new(host, &settings);
        Ok(Loaded::read(&client, name)?.connection(&settings))
    }

    fn open(
        host: &Host,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        open::open(host, target, name, fields)
    }

    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        update::update(host, target, name, &patch, expected)
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
