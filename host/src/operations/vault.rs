//! The local store as a whole: what its key is, new keys, copies, and whether it is as it was written.

use std::path::Path;
use std::time::Duration;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use jiff::Timestamp;

use crate::capabilities::vault::{self, Store, VaultError};
use crate::model::{Error, Kind, Secret};
use crate::plugins::{KeySource, VaultConfig};

pub use crate::capabilities::vault::{
    KeyKind, KeyState, Member, MemberChange, MembersChanged, Migration, OldKey, Present, Restored,
    Right, Rotated, Rotation, Status,
};

/// What can be said of the store; none if there is none. Asks nobody, and changes nothing.
///
/// # Errors
/// The store cannot be read, or others can reach its files.
pub fn status(config: &VaultConfig) -> Result<Option<Status>, Error> {
    Ok(vault::status(config)?)
}

/// Has the kernel forget the key of the store. Whether it knew one.
///
/// # Errors
/// There is no store, or it cannot be read.
pub fn lock(config: &VaultConfig) -> Result<bool, Error> {
    existing(config, vault::lock(config))
}

/// Asks for the passphrase, and has the kernel remember the key for a time, at most a day. Whether it does.
///
/// # Errors
/// There is no store, its key is no passphrase, or the passphrase is wrong.
pub fn unlock(config: &VaultConfig, time: Duration) -> Result<bool, Error> {
    existing(config, vault::unlock_for(config, time))
}

/// Opens every record of the store, or of a copy of it. Returns their number.
///
/// # Errors
/// There is no store, it does not open, or something is not as it was written.
pub fn verify(config: &VaultConfig, copy: Option<&Path>) -> Result<u64, Error> {
    if let Some(copy) = copy {
        return Ok(Store::check_copy(config, copy)?);
    }
    let opened = existing(config, Store::open_existing(config))?;
    Ok(opened.verify()?)
}

/// Gives the store new keys; the master key from `source`.
///
/// # Errors
/// There is no store, it does not open, `source` gives no key, or the disk is full. The old key opens it then.
pub fn rotate(
    config: &VaultConfig,
    source: &KeySource,
    rotation: Rotation,
    old: OldKey,
) -> Result<Rotated, Error> {
    existing(config, Store::rotate(config, source, rotation, old))
}

/// Makes the store. Returns the recipient of its recovery key, if `config` names one.
///
/// # Errors
/// There is a store already, there is no key for it, or it cannot be written. Nothing was changed then.
pub fn init(config: &VaultConfig) -> Result<Option<String>, Error> {
    let made = Store::init(config)?.ok_or_else(|| there_already(config))?;
    Ok(made.recovery()?)
}

/// Refuses what [`init`] with a recovery key would refuse, as far as it can be known before.
///
/// # Errors
/// There is a store already, or one of its kind has no recovery key.
pub fn check_init(config: &VaultConfig) -> Result<(), Error> {
    if Store::check_init(config)? { Ok(()) } else { Err(there_already(config)) }
}

fn there_already(config: &VaultConfig) -> Error {
    let place = config.place();
    Error::new(Kind::Exists, format!("there is a local store in `{}` already", place.display()))
        .hint("a recovery key for a store that is there: `connhub vault recovery create`")
}

/// Refuses a store that cannot get a recovery key now.
///
/// # Errors
/// There is no store, it does not open, or it is of a kind without a recovery key.
pub fn check_recovery(config: &VaultConfig) -> Result<(), Error> {
    existing(config, Store::check_recovery(config))
}

/// A new recovery key that opens nothing yet: its identity, and the recipient for [`create_recovery`].
pub fn recovery_identity() -> (Secret, String) {
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    (Secret::from(identity.to_string().expose_secret().to_owned()), recipient)
}

/// Gives the store a recovery key, for a recipient of age. Whether there was one before, which opens the store no longer.
///
/// # Errors
/// There is no store, it does not open, or the text is no recipient.
pub fn create_recovery(config: &VaultConfig, recipient: &str) -> Result<bool, Error> {
    let recipient = super::sealed::recipient(recipient)?;
    existing(config, Store::set_recovery(config, Some(&recipient)))
}

/// Takes the recovery key away. Whether there was one.
///
/// # Errors
/// There is no store, or it does not open.
pub fn remove_recovery(config: &VaultConfig) -> Result<bool, Error> {
    existing(config, Store::set_recovery(config, None))
}

/// The recipient of the recovery key; none if there is no recovery key.
///
/// # Errors
/// There is no store, it does not open, or the recovery key is not the one that it was given.
pub fn recovery(config: &VaultConfig) -> Result<Option<String>, Error> {
    Ok(existing(config, Store::open_existing(config))?.recovery()?)
}

/// Gives the store a new master key from `source`, by the identity of its recovery key.
///
/// # Errors
/// The text is no identity, or not the one; there is no store, or it has no recovery key.
pub fn recover(
    config: &VaultConfig,
    identity: &Secret,
    source: &KeySource,
) -> Result<Rotated, Error> {
    let lines = std::str::from_utf8(identity.expose()).unwrap_or_default().lines();
    let mut lines = lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identity: Option<Identity> = lines.next().and_then(|line| line.parse().ok());
    let identity = identity.filter(|_| lines.next().is_none()).ok_or_else(|| {
        Error::invalid("that is no identity of age")
            .hint("it is one line that begins with `AGE-SECRET-KEY-1`; `vault recovery create` has printed it")
    })?;
    existing(config, Store::recover(config, &identity, source))
}

/// Writes a sealed copy of the store. Returns the number of its records, all of which were opened.
///
/// # Errors
/// There is no store, something is not as it was written, there is a file already, or the disk is full.
pub fn backup(config: &VaultConfig, to: &Path, present: Present) -> Result<u64, Error> {
    existing(config, Store::backup(config, to, present))
}

/// Removes past versions of connections: all, or those that ended before a moment. Returns their number.
///
/// # Errors
/// There is no store, it does not open, or it cannot be written.
pub fn clear_history(config: &VaultConfig, before: Option<Timestamp>) -> Result<u64, Error> {
    let mut opened = existing(config, Store::open_existing(config))?;
    let before = before.map(|before| u64::try_from(before.as_second()).unwrap_or_default());
    Ok(opened.clear_history(before)?)
}

/// Makes the store of a copy, all of which is opened before.
///
/// # Errors
/// The copy does not open, there is a store already, or the disk is full. Nothing was changed then.
pub fn restore(config: &VaultConfig, from: &Path, present: Present) -> Result<Restored, Error> {
    Ok(Store::restore(config, from, present)?)
}

/// The public key of this user; none if there is no identity yet.
///
/// # Errors
/// The identity does not open.
pub fn known_identity(config: &VaultConfig) -> Result<Option<String>, Error> {
    Ok(Store::known_identity(config)?)
}

/// The public key of this user, and whether the identity was made for it.
///
/// # Errors
/// The identity does not open, or cannot be written.
pub fn identity(config: &VaultConfig) -> Result<(String, bool), Error> {
    Store::identity(config)?.ok_or_else(no_members)
}

/// The members of the store, and which of them the user is.
///
/// # Errors
/// There is no store, it does not open, or it has no members.
pub fn members(config: &VaultConfig) -> Result<(Vec<Member>, String), Error> {
    let store = existing(config, Store::open_existing(config))?;
    let members = store.members()?.ok_or_else(no_members)?;
    Ok((members, store.member_name().unwrap_or_default().to_owned()))
}

/// Changes the members of the store.
///
/// # Errors
/// There is no store, it does not open, it has no members, the user is no owner, or the change makes no sense. Nothing was changed then.
pub fn change_members(
    config: &VaultConfig,
    change: &MemberChange,
) -> Result<MembersChanged, Error> {
    if !matches!(config.key, KeySource::Identity { .. }) {
        return Err(no_members());
    }
    existing(config, Store::change_members(config, change))
}

/// The way of the tables of a store on a server to a version, or to the newest one.
///
/// # Errors
/// There is no store, it is a file, or there is no such version.
pub fn plan_migration(config: &VaultConfig, to: Option<i32>) -> Result<Migration, Error> {
    existing(config, Store::plan_migration(config, to))
}

/// Brings the tables of a store on a server to another version.
///
/// # Errors
/// There is no store, it does not open, the user is no owner, or their role does not own the tables. Nothing was changed then.
pub fn migrate(config: &VaultConfig, way: &Migration) -> Result<(), Error> {
    existing(config, Store::migrate(config, way))
}

fn no_members() -> Error {
    Error::new(Kind::Invalid, "the local store is your own and has no members").hint(
        "a store gets members when it is made: `members = true` in `[vault]` of plugins.toml; docs/team.md",
    )
}

fn existing<T>(config: &VaultConfig, done: Result<Option<T>, VaultError>) -> Result<T, Error> {
    done?.ok_or_else(|| {
        let place = config.place();
        Error::new(Kind::NotFound, format!("there is no local store in `{}`", place.display()))
            .hint("the first connection makes it: `connhub create NAME --type TYPE`")
    })
}
