//! What the connector asks of DataOS, whichever way there is.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;

use connhub_sdk::{Host, Json, Secret};
use serde_json::Value;

use crate::fault::Fault;
use crate::http::Http;
use crate::resource::Resource;
use crate::settings::Settings;
use crate::transport::{Ctl, Way};

/// DataOS, as one backend and one tenant of it. Resources are read and written by its [`ResourceManager`]; the Depot Service and Heimdall are
/// documented, and asked over HTTP.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    pub(crate) host: &'a Host,
    pub(crate) settings: &'a Settings,
    http: Http<'a>,
    ctl: Ctl<'a>,
    /// Decided when a resource is first asked for: reading the Depot Service needs no decision.
    way: OnceCell<Way>,
}

/// A way to the resource manager. Everything else in the connector speaks to it through this, so whatever can do these calls can be the way.
pub(crate) trait ResourceManager: fmt::Debug {
    /// Creates a resource. A name that is taken is a fault.
    fn create(&self, kind: Kind, manifest: Json<'_>) -> Result<(), Fault>;

    /// Reads a resource, a Secret without its values.
    fn read(&self, kind: Kind, name: &str) -> Result<Resource, Fault>;

    /// Replaces a resource.
    fn replace(&self, kind: Kind, name: &str, manifest: Json<'_>) -> Result<(), Fault>;

    /// Deletes a resource.
    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault>;

    /// Has a manifest checked, without storing it. A way that has no such check says that it is missing.
    fn validate(&self, manifest: Json<'_>) -> Result<(), Fault>;
}

/// The kinds of resources that a connection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Secret,
    Depot,
}

/// Which of its two path forms the Depot Service is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CatalogForm {
    /// With the tenant in the path.
    Tenants,
    /// Without, as in the first generation.
    Older,
}

impl<'a> Client<'a> {
    pub(crate) fn new(host: &'a Host, settings: &'a Settings) -> Self {
        let ctl = Ctl { host, tenant: &settings.tenant };
        Self { host, settings, http: Http::new(host, settings), ctl, way: OnceCell::new() }
    }

    /// Lists a part of the depots, in either form of the answer.
    pub(crate) fn catalog(
        &self,
        form: CatalogForm,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Value>, Fault> {
        self.http.catalog(form, offset, limit)
    }

    /// Reads what the Depot Service knows about a depot.
    pub(crate) fn catalog_entry(&self, name: &str) -> Result<Value, Fault> {
        self.http.catalog_entry(name)
    }

    /// The values of the Secret that a depot uses for a purpose, as handles by their keys.
    pub(crate) fn secret_values(
        &self,
        depot: &str,
        purpose: &str,
    ) -> Result<Vec<(String, Secret)>, Fault> {
        self.http.secret_values(depot, purpose)
    }

    /// Asks Heimdall who is calling.
    pub(crate) fn authorize(&self) -> Result<Value, Fault> {
        self.http.authorize()
    }
}

impl<'a> Deref for Client<'a> {
    type Target = dyn ResourceManager + 'a;

    fn deref(&self) -> &Self::Target {
        match self.way.get_or_init(|| self.settings.transport.way(self.host, &self.ctl)) {
            Way::Ctl => &self.ctl,
            Way::Http => &self.http,
        }
    }
}

impl Kind {
    /// What DataOS calls it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::Depot => "Depot",
        }
    }

    /// The word in manifests and paths.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Depot => "depot",
        }
    }
}
