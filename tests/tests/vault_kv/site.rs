//! A store, and a user of the program who may keep connections in it.

use std::path::Path;

use connhub_tests::cli::TestEnv;

use crate::instance::Instance;

/// The variable that names what `plugins.toml` has to say to reach a real server. Credentials that it takes from the environment have
/// names that begin with `VAULT_`.
const VARIABLE: &str = "CONNHUB_TEST_VAULT";

/// The server is a real one if `CONNHUB_TEST_VAULT` names it.
pub enum Site {
    StandIn(Instance),
    Real(TestEnv),
}

impl Site {
    pub fn new() -> Self {
        match std::env::var_os(VARIABLE) {
            Some(path) if !path.is_empty() => Self::Real(real(Path::new(&path))),
            _ => Self::StandIn(Instance::new()),
        }
    }

    pub fn env(&self) -> &TestEnv {
        match self {
            Self::StandIn(instance) => &instance.env,
            Self::Real(env) => env,
        }
    }
}

fn real(path: &Path) -> TestEnv {
    let fragment = fs_err::read_to_string(path).expect("CONNHUB_TEST_VAULT names a file");
    let variables = std::env::vars().filter(|(name, _)| name.starts_with("VAULT_"));
    let env = variables.fold(TestEnv::new(), |env, (name, value)| env.with_variable(&name, &value));
    env.plugins(&format!("version = 1\ndefault-backend = \"vault-kv\"\n{fragment}"));
    env
}

/// A folder that no other run has.
pub fn fresh_folder() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("connhub-test/{:x}", now.unwrap_or_default().as_nanos())
}
