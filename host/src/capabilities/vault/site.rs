//! Finding the store that the configuration names: in a folder, or on a server.

use super::config::VaultConfig;
use super::database::Database;
use super::error::VaultError;
use super::files;
use super::layout::Layout;
use super::postgres;

/// The store, not unlocked yet; none if there is none. Makes no store; for one on a server it makes the folder that its mark is in.
pub(super) fn existing(config: &VaultConfig) -> Result<Option<(Layout, Database)>, VaultError> {
    if let Some(server) = &config.server {
        let found = postgres::Database::find(server)?;
        let layout = match files::find_directory(&config.directory)? {
            Some(directory) => Layout::new(directory),
            None if found.is_some() => Layout::new(files::make_directory(&config.directory)?),
            None => return Ok(None),
        };
        let left = layout.mark();
        return match found {
            Some(found) => Ok(Some((layout, Database::Server(Box::new(found))))),
            None if left.exists() => {
                Err(VaultError::Gone { store: server.to_string().into(), left })
            }
            None => Ok(None),
        };
    }
    let Some(directory) = files::find_directory(&config.directory)? else { return Ok(None) };
    let layout = Layout::new(directory);
    if !layout.has_store()? {
        return Ok(None);
    }
    let database = Database::open(&layout.store())?;
    Ok(Some((layout, database)))
}
