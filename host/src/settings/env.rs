//! Every environment variable that the program itself reads.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Moves configuration, data, cache and state under one folder.
pub const HOME: &str = "CONNHUB_HOME";
/// A further `plugins.toml`, read last.
pub const PLUGINS: &str = "CONNHUB_PLUGINS";
/// Further policy files, which can only narrow; separated as in `PATH`.
pub const POLICY: &str = "CONNHUB_POLICY";
/// The backend that commands use when none is named.
pub const BACKEND: &str = "CONNHUB_BACKEND";
/// The scope that commands use when none is named.
pub const SCOPE: &str = "CONNHUB_SCOPE";
/// A file with the passphrase of the local store.
pub const PASSPHRASE_FILE: &str = "CONNHUB_PASSPHRASE_FILE";
/// What the user is called.
pub const USER_NAMES: [&str; 2] = ["LOGNAME", "USER"];
/// Kubernetes' list of kubeconfig files.
pub const KUBECONFIG: &str = "KUBECONFIG";
/// What Kubernetes tells a pod about its API server.
pub const SERVICE_HOST: &str = "KUBERNETES_SERVICE_HOST";
/// The port that belongs to it.
pub const SERVICE_PORT: &str = "KUBERNETES_SERVICE_PORT";
/// Proxies for `http://`, for `https://` and for both, and what is reached without one; each in both spellings.
pub const PROXIES: [(&str, &str); 4] = [
    ("http_proxy", "HTTP_PROXY"),
    ("https_proxy", "HTTPS_PROXY"),
    ("all_proxy", "ALL_PROXY"),
    ("no_proxy", "NO_PROXY"),
];
/// Where `podman login` and `docker login` keep logins of registries, instead of their usual places.
pub const REGISTRY_AUTH_FILE: &str = "REGISTRY_AUTH_FILE";
/// The folder of docker's configuration.
pub const DOCKER_CONFIG: &str = "DOCKER_CONFIG";
/// The folders in which programs are looked for by name.
pub const SEARCH: &str = "PATH";
/// The folder for what lasts as long as a session.
pub const RUNTIME_FOLDER: &str = "XDG_RUNTIME_DIR";
/// The bus on which a system keyring answers.
pub const SESSION_BUS: &str = "DBUS_SESSION_BUS_ADDRESS";
/// The Rust compiler, as Cargo takes it.
pub const RUSTC: &str = "RUSTC";
/// The same in the words of Cargo's configuration; the other counts before it.
pub const CARGO_BUILD_RUSTC: &str = "CARGO_BUILD_RUSTC";
/// Followed by the name of a field in upper case: the secret that `create` would otherwise ask for.
pub const SECRET_PREFIX: &str = "CONNHUB_SECRET_";
/// Anything but nothing: no colors (no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";
/// 0: no colors.
pub const CLICOLOR: &str = "CLICOLOR";
/// Anything but 0: colors even if the output is no terminal.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// The kind of terminal; `dumb` has no colors.
pub const TERM: &str = "TERM";

/// The path of the running program, if the system tells.
pub fn executable() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The current directory, if there still is one.
pub fn folder() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// The arguments of the process, the program's own name first.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// A copy of the environment, taken once at the start.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

/// Names only: values may be credentials.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The environment of the process. Variables whose names are not UTF-8 are of no use to us.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        Self { variables }
    }

    /// The names of the variables that hold secrets of connections.
    pub fn secret_variables(&self) -> Vec<String> {
        self.variables.keys().filter(|name| name.starts_with(SECRET_PREFIX)).cloned().collect()
    }

    /// The value of a variable, if it is set, not empty, and UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// The variables whose names begin like this, with their values, if those are UTF-8 and not empty.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.variables.iter().filter(move |(name, _)| name.starts_with(prefix));
        all.filter_map(|(name, value)| {
            Some((name.as_str(), value.to_str().filter(|value| !value.is_empty())?))
        })
    }

    /// The value of a variable as a path, if it is set and not empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let variables =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { variables }
    }
}
