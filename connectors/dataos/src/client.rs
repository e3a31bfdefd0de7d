//! What the connector asks of DataOS, whichever way there is.

use std::fmt;
use std::ops::Deref;

use connhub_sdk::{Host, Json, Secret};
use serde_json::Value;

use crate::fault::Fault;
use crate::http::Http;
use crate::resource::Resource;
use crate::settings::Settings;

/// DataOS, as one backend and one tenant of it. The calls are those of its [`Transport`].
#[derive(Debug)]
pub(crate) struct Client<'a> {
    pub(crate) host: &'a Host,
    pub(crate) settings: &'a Settings,
    transport: Box<dyn Transport + 'a>,
}

/// A way to DataOS. Everything else in the connector speaks to DataOS through it, so whatever can do these calls can take the place of HTTP.
pub(crate) trait Transport: fmt::Debug {
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

    /// Lists a part of the depots, in either form of the answer.
    fn catalog(&self, form: CatalogForm, offset: usize, limit: usize) -> Result<Vec<Value>, Fault>;

    /// Reads what the Depot Service knows about a depot.
    fn catalog_entry(&self, name: &str) -> Result<Value, Fault>;

    /// The values of the Secret that a depot uses for a purpose, as handles by their keys.
    fn secret_values(&self, depot: &str, purpose: &str) -> Result<Vec<(String, Secret)>, Fault>;

    /// Asks who is calling.
    fn authorize(&self) -> Result<Value, Fault>;
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
        Self { host, settings, transport: Box::new(Http::new(host, settings)) }
    }
}

impl<'a> Deref for Client<'a> {
    type Target = dyn Transport + 'a;

    fn deref(&self) -> &Self::Target {
        &*self.transport
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
