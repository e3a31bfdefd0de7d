//! What the connector asks of DataOS, whichever way there is.

use std::fmt;
use std::ops::Deref;

use connhub_sdk::{Error, Host, Json, Secret};
use serde_json::Value;

use crate::fault::Fault;
use crate::first::First;
use crate::http::Http;
use crate::resource::Resource;
use crate::settings::{Generation, Settings};
use crate::transport::Ways;

/// DataOS, as one backend and one tenant of it. Resources are read and written by its [`ResourceManager`]; the Depot Service and Heimdall are
/// documented, and asked over HTTP.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    pub(crate) host: &'a Host,
    pub(crate) settings: &'a Settings,
    http: Http<'a>,
    resources: Resources<'a>,
}

/// The resource manager of either generation.
#[derive(Debug)]
enum Resources<'a> {
    First(First<'a>),
    Second(Ways<'a>),
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

    /// Adds what is missing of a Secret that is there, and changes nothing of the rest. Only a Secret of several resources can be there in part.
    fn make_whole(&self, _manifest: Json<'_>) -> Result<(), Fault> {
        Ok(())
    }

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
        let ways = Ways::new(host, settings);
        let resources = match settings.generation {
            Generation::First => Resources::First(First { ways, settings }),
            Generation::Second => Resources::Second(ways),
        };
        Self { host, settings, http: Http::new(host, settings), resources }
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
        if self.settings.generation == Generation::First {
            let text = format!(
                "the first generation of DataOS hands out all values of the Secrets of `{depot}` in one text, which cannot be \
                 taken apart where nobody sees it"
            );
            return Err(Error::Unsupported(text).into());
        }
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
        match &self.resources {
            Resources::First(first) => first,
            Resources::Second(ways) => ways,
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
