//! The catalog of Flowfile: where it is, and where the key of its secrets is.

use std::path::{Path, PathBuf};

use super::source::Source;
use crate::imports::{self, Found};
use crate::model::{Error, Secret};
use crate::operations::flowfile::read_catalog;
use crate::settings::short_lived;

impl Source<'_> {
    /// The connections of its catalog.
    pub(super) fn flowfile(&self) -> Result<Found, Error> {
        let path = match &self.args.file {
            Some(path) => path.clone(),
            None => self.flowfile_place()?,
        };
        self.warn_if_open(&path);
        let catalog = read_catalog(&path, &short_lived(&self.app.environment))?;
        let key = self.flowfile_key()?;
        let name = path.display().to_string();
        let found = imports::flowfile(&name, catalog.rows, &catalog.secrets, key.as_ref());
        if key.is_none() && !catalog.secrets.is_empty() {
            self.app.console.talk().warning(
                "the key of Flowfile's secrets was not found; name it with `--key FILE`, or the folder that holds `.secret_key`",
            );
        }
        Ok(found)
    }

    fn flowfile_place(&self) -> Result<PathBuf, Error> {
        let environment = &self.app.environment;
        let url = environment.text("FLOWFILE_DATABASE_URL");
        if let Some(path) = url.and_then(|url| url.strip_prefix("sqlite:///")) {
            return Ok(path.into());
        }
        if let Some(path) = environment.path("FLOWFILE_DB_PATH") {
            return Ok(path);
        }
        let storage = environment.path("FLOWFILE_STORAGE_DIR");
        let storage = storage.map_or_else(|| self.home(".flowfile"), Ok)?;
        self.first_of(vec![storage.join("database/flowfile_catalog.db")])
    }

    /// The master key: from the flag, from the variable of a container, or from the store of a desktop.
    fn flowfile_key(&self) -> Result<Option<imports::FlowfileKey>, Error> {
        let environment = &self.app.environment;
        if let Some(path) = &self.args.key {
            let found = match path.is_dir() {
                true => self.flowfile_store(path),
                false => imports::FlowfileKey::of_text(&self.secret_file(path)?),
            };
            let none = || Error::invalid(format!("`{}` holds no key of Flowfile", path.display()));
            return found.ok_or_else(none).map(Some);
        }
        if let Some(text) = environment.text("FLOWFILE_MASTER_KEY") {
            return Ok(imports::FlowfileKey::of_text(&Secret::from(text.to_owned())));
        }
        let named = ["FLOWFILE_SECURE_STORAGE_PATH", "SECURE_STORAGE_PATH"];
        let folders = named.iter().filter_map(|name| environment.path(name));
        // The second is where Flowfile keeps it in its package mode.
        let folders = folders.chain([self.home(".config/flowfile")?, "/tmp/.flowfile".into()]);
        let mut found = folders.filter_map(|folder| self.flowfile_store(&folder));
        Ok(found.next())
    }

    fn flowfile_store(&self, folder: &Path) -> Option<imports::FlowfileKey> {
        let key = self.secret_file(&folder.join(".secret_key")).ok()?;
        let store = self.secret_file(&folder.join("flowfile.json.enc")).ok()?;
        imports::FlowfileKey::of_store(&key, store.expose())
    }
}
