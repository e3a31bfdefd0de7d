//! The two ways to the resource manager: its HTTP interface, which is not documented for the second generation, and the vendor's command
//! line, which is. The Depot Service and Heimdall are documented, and asked over HTTP by both.

mod ctl;
mod output;
mod printed;

pub(crate) use ctl::Ctl;

use std::cell::OnceCell;

use connhub_sdk::{Host, Json};

use crate::client::{Kind, ResourceManager};
use crate::fault::Fault;
use crate::http::Http;
use crate::resource::Resource;
use crate::settings::Settings;

/// The name of the program that `needs.toml` declares.
const PROGRAM: &str = "ctl";

/// What the setting `transport` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// The command line where it is installed, granted and logged in, else HTTP.
    Auto,
    Ctl,
    Http,
}

/// The way that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Ctl,
    Http,
}

/// Both ways, one of which is taken when a resource is first asked for: reading the Depot Service needs no decision.
#[derive(Debug)]
pub(crate) struct Ways<'a> {
    host: &'a Host,
    transport: Transport,
    http: Http<'a>,
    ctl: Ctl<'a>,
    way: OnceCell<Way>,
}

impl<'a> Ways<'a> {
    pub(crate) fn new(host: &'a Host, settings: &'a Settings) -> Self {
        let ctl = Ctl { host, tenant: &settings.tenant, generation: settings.generation };
        let (http, transport) = (Http::new(host, settings), settings.transport);
        Self { host, transport, http, ctl, way: OnceCell::new() }
    }

    fn taken(&self) -> &dyn ResourceManager {
        match self.way.get_or_init(|| self.transport.way(self.host, &self.ctl)) {
            Way::Ctl => &self.ctl,
            Way::Http => &self.http,
        }
    }
}

impl ResourceManager for Ways<'_> {
    fn create(&self, kind: Kind, manifest: Json<'_>) -> Result<(), Fault> {
        self.taken().create(kind, manifest)
    }

    fn read(&self, kind: Kind, name: &str) -> Result<Resource, Fault> {
        self.taken().read(kind, name)
    }

    fn replace(&self, kind: Kind, name: &str, manifest: Json<'_>) -> Result<(), Fault> {
        self.taken().replace(kind, name, manifest)
    }

    fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        self.taken().remove(kind, name)
    }

    fn validate(&self, manifest: Json<'_>) -> Result<(), Fault> {
        self.taken().validate(manifest)
    }
}

impl Transport {
    /// Decides. `auto` asks the command line who is logged in, which changes nothing.
    pub(crate) fn way(self, host: &Host, ctl: &Ctl<'_>) -> Way {
        match self {
            Self::Ctl => Way::Ctl,
            Self::Http => Way::Http,
            Self::Auto if host.is_installed(PROGRAM) && ctl.is_logged_in() => Way::Ctl,
            Self::Auto => Way::Http,
        }
    }
}
