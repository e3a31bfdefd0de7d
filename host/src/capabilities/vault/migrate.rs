//! Bringing the tables of a store on a server to another version, up or down. Records stay as they are.

use super::config::VaultConfig;
use super::database::Database;
use super::error::VaultError;
use super::header::Header;
use super::key::KeySource;
use super::lock::Lock;
use super::members;
use super::postgres::{self, NEWEST, OLDEST, ROLES};
use super::rows::RoleChange;
use super::site::existing;
use super::store::Store;
use super::unlock::{self, unlock};

/// A way from one version of the tables to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The version that they have.
    pub from: i32,
    /// The version that they are to have.
    pub to: i32,
    /// What is gone afterwards, the newest first. Nothing on the way up.
    pub losses: Vec<&'static str>,
}

impl Store {
    /// The way of the tables to a version, or to the newest one. None if there is no store.
    ///
    /// # Errors
    ///
    /// [`VaultError::Invalid`] for a store in a file and for a version that there is not, and those of [`Store::open_existing`].
    pub fn plan_migration(
        config: &VaultConfig,
        to: Option<i32>,
    ) -> Result<Option<Migration>, VaultError> {
        let to = to.unwrap_or(NEWEST);
        refuse_file(config)?;
        refuse_unknown(to)?;
        let Some((_, database)) = existing(config)? else { return Ok(None) };
        let from = on_server(&database)?.step()?;
        Ok(Some(Migration { from, to, losses: postgres::losses(from, to) }))
    }

    /// Brings the tables to another version, in one transaction. None if there is no store.
    ///
    /// On the way up the roles of members get again what their rights take, which is sealed in the store.
    ///
    /// # Errors
    ///
    /// [`VaultError::MayNot`] for everybody but owners, [`VaultError::Invalid`] if they have another version by now, a role that does not own
    /// the tables, and those of [`Store::open_existing`]. Nothing was changed then.
    pub fn migrate(config: &VaultConfig, way: &Migration) -> Result<Option<()>, VaultError> {
        refuse_file(config)?;
        let Some((layout, database)) = existing(config)? else { return Ok(None) };
        let _lock = Lock::acquire(&layout.lock())?;
        let (header, roles) = opened(config, &database)?;
        let gives_rights = way.from < ROLES && way.to >= ROLES;
        on_server(&database)?.migrate(way.from, way.to, |rows| {
            let there = unlock::read_header(rows, &database)?;
            if !there.is_same(&header) {
                let store = database.path().to_owned();
                return Err(VaultError::Rekeyed { store }.into());
            }
            roles.iter().filter(|_| gives_rights).try_for_each(|role| rows.change_role(role))
        })?;
        Ok(Some(()))
    }
}

/// What the store is opened with, and which roles have rights in it.
fn opened(
    config: &VaultConfig,
    database: &Database,
) -> Result<(Header, Vec<RoleChange>), VaultError> {
    match config.key {
        KeySource::Identity { .. } => members::roles(config, database),
        _ => Ok((unlock(config, database)?.header, Vec::new())),
    }
}

fn on_server(database: &Database) -> Result<&postgres::Database, VaultError> {
    database.server().ok_or_else(no_tables)
}

fn refuse_file(config: &VaultConfig) -> Result<(), VaultError> {
    config.server.as_ref().map(drop).ok_or_else(no_tables)
}

fn no_tables() -> VaultError {
    let what = "the local store is a file, which has no tables on a server to migrate; `url` in `[vault]` of plugins.toml names a server";
    VaultError::Invalid { what: what.to_owned() }
}

fn refuse_unknown(to: i32) -> Result<(), VaultError> {
    if (OLDEST..=NEWEST).contains(&to) {
        return Ok(());
    }
    let what = format!(
        "the tables of a store have a version from {OLDEST} to {NEWEST} in this program, not {to}; a newer program knows more"
    );
    Err(VaultError::Invalid { what })
}
