//! The two ways to the resource manager, over each of which the suite runs.
//!
//! What is HTTP in both has tests that are not doubled: the Depot Service lists and hands out values, Heimdall says who is calling, and
//! certificates, proxies, paths and logins are those of the endpoint.

/// What the setting `transport` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    /// The command line, for which the program `dataos-ctl` of `connhub-tests` stands in.
    Ctl,
    /// The command line is there, and connhub decides.
    Auto,
}

impl Transport {
    /// Its word in `plugins.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Ctl => "ctl",
            Self::Auto => "auto",
        }
    }
}

/// Makes two tests of each of these functions, one for each way.
macro_rules! over_both {
    ($($test:ident),+ $(,)?) => {
        mod over_http {
            $(#[test] fn $test() { super::$test($crate::transport::Transport::Http); })+
        }
        mod over_ctl {
            $(#[test] fn $test() { super::$test($crate::transport::Transport::Ctl); })+
        }
    };
}
