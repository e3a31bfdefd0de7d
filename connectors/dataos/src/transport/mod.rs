//! The two ways to the resource manager: its HTTP interface, which is not documented for the second generation, and the vendor's command
//! line, which is. The Depot Service and Heimdall are documented, and asked over HTTP by both.

mod ctl;
mod output;
mod printed;

pub(crate) use ctl::Ctl;

use connhub_sdk::Host;

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
