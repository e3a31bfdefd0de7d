//! The two ways to the resource manager: its HTTP interface, which is not documented for the second generation, and the vendor's command
//! line, which is. The Depot Service and Heimdall are documented, and asked over HTTP by both.

mod ctl;
mod output;
mod printed;

use ctl::Ctl;

use connhub_sdk::Host;

use crate::client::ResourceManager;
use crate::http::Http;
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

impl Transport {
    /// Decides. `auto` asks the command line who is logged in, which changes nothing.
    pub(crate) fn manager<'a>(
        self,
        host: &'a Host,
        settings: &'a Settings,
    ) -> Box<dyn ResourceManager + 'a> {
        let ctl = Ctl { host, tenant: &settings.tenant };
        let is_ctl = match self {
            Self::Ctl => true,
            Self::Http => false,
            Self::Auto => host.is_installed(PROGRAM) && ctl.is_logged_in(),
        };
        if is_ctl { Box::new(ctl) } else { Box::new(Http::new(host, settings)) }
    }
}
