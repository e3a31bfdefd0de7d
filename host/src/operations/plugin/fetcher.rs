//! The network as the user's environment describes it: proxies, and logins of registries.

use std::path::PathBuf;

use crate::capabilities::http::Downloads;
use crate::fetch::{self, Credentials, Fetcher, Meter, Partials, Source};
use crate::model::Error;
use crate::plugins::proxies;
use crate::settings::{Settings, env};

/// The largest file of logins, in bytes.
const MAX_LOGINS: usize = 1 << 20;

/// What fetches a component from a source, and tells `meter` how far it is. Logins are read for a registry only.
///
/// # Errors
/// A file of logins cannot be read.
pub fn fetcher(
    source: &Source,
    settings: &Settings,
    ca_file: Option<PathBuf>,
    meter: Meter,
) -> Result<Fetcher, Error> {
    let proxy = proxies(&settings.environment);
    let downloads = Downloads { proxy, ca_file };
    let credentials = match source {
        Source::Registry(_) => credentials(settings)?,
        Source::File(_) | Source::Url(_) => Credentials::default(),
    };
    let partials = Partials { folder: Some(settings.paths.cache.join("downloads")) };
    Ok(Fetcher { downloads, credentials, partials, meter })
}

/// The logins of podman, then those of docker; a file that was named explicitly is the only one.
fn credentials(settings: &Settings) -> Result<Credentials, Error> {
    let mut credentials = Credentials::default();
    for path in login_files(settings) {
        let Some(json) = fetch::read(&path, MAX_LOGINS)? else { continue };
        credentials.add(&zeroize::Zeroizing::new(json)).map_err(|error| {
            Error::invalid(format!("`{}`: {error}", path.display()))
                .hint("log in again with `podman login` or `docker login`")
        })?;
    }
    Ok(credentials)
}

/// Where `podman login` and `docker login` keep them (containers-auth.json(5)).
fn login_files(settings: &Settings) -> Vec<PathBuf> {
    let environment = &settings.environment;
    if let Some(named) = environment.path(env::REGISTRY_AUTH_FILE) {
        return vec![named];
    }
    let home = &settings.paths.home;
    let runtime = environment.path(env::RUNTIME_FOLDER);
    let docker = environment.path(env::DOCKER_CONFIG).unwrap_or_else(|| home.join(".docker"));
    let runtime = runtime.map(|folder| folder.join("containers/auth.json"));
    let others = [home.join(".config/containers/auth.json"), docker.join("config.json")];
    runtime.into_iter().chain(others).collect()
}
