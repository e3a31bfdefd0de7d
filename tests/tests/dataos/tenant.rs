//! A tenant, and a user of the program who may create connections in it.

use std::path::Path;

use connhub_tests::cli::TestEnv;

use crate::instance::Instance;
use crate::transport::Transport;

/// The variable that names what `plugins.toml` has to say to reach a real DataOS. Credentials that it takes from the environment
/// have names that begin with `DATAOS_`.
const VARIABLE: &str = "CONNHUB_TEST_DATAOS";

/// The DataOS is a real one if `CONNHUB_TEST_DATAOS` names it.
pub enum Tenant {
    StandIn(Instance),
    Real(TestEnv),
}

impl Tenant {
    /// `settings` are further ones of the stand-in; a real DataOS has its own, and its own transport.
    pub fn new(transport: Transport, settings: &str) -> Self {
        match std::env::var_os(VARIABLE) {
            Some(path) if !path.is_empty() => Self::Real(real(Path::new(&path))),
            _ => {
                let instance = Instance::new(transport);
                instance.set(settings);
                Self::StandIn(instance)
            }
        }
    }

    pub fn env(&self) -> &TestEnv {
        match self {
            Self::StandIn(instance) => &instance.env,
            Self::Real(env) => env,
        }
    }

    /// The stand-in, if the DataOS is none that is real.
    pub fn stand_in(&self) -> Option<&Instance> {
        match self {
            Self::StandIn(instance) => Some(instance),
            Self::Real(_) => None,
        }
    }
}

fn real(path: &Path) -> TestEnv {
    let fragment = fs_err::read_to_string(path).expect("CONNHUB_TEST_DATAOS names a file");
    let variables = std::env::vars().filter(|(name, _)| name.starts_with("DATAOS_"));
    let env = variables.fold(TestEnv::new(), |env, (name, value)| env.with_variable(&name, &value));
    env.plugins(&format!("version = 1\ndefault-backend = \"dataos\"\n{fragment}"));
    env
}

/// A name that no other run has.
pub fn fresh_name() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("connhubtest{:x}", now.unwrap_or_default().as_nanos())
}
