//! `plugins.lock`: which component each connector is, by digest.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::model::{Error, Kind};

/// The file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockFile {
    /// Always 1.
    pub version: u32,
    /// By the connector's name.
    #[serde(default)]
    pub connectors: BTreeMap<String, Locked>,
}

/// What one connector is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Locked {
    /// The component, as `plugins.toml` names it.
    pub component: String,
    /// The SHA-256 of the component, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

impl LockFile {
    /// Reads the lock beside a `plugins.toml`. No file is an empty lock.
    pub fn beside(plugins: &Path) -> Result<Self, Error> {
        let path = plugins.with_file_name("plugins.lock");
        let text = match super::text::read_file(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(unreadable(&path).because(error)),
        };
        toml::from_str(&text).map_err(|error| unreadable(&path).because(error))
    }
}

fn unreadable(path: &Path) -> Error {
    Error::new(Kind::Refused, format!("the lock file `{}` cannot be read", path.display()))
        .hint("restore it, or write it again with `connhub plugin lock`")
}
