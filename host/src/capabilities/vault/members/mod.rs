//! Stores with members: the key of such a store is held for each of them, wrapped for their public key, and nowhere else.

mod change;
mod list;
mod pin;
mod sealed;

use std::path::PathBuf;

pub use self::change::{MemberChange, MembersChanged};
pub(super) use self::change::{roles, rotate};
pub(super) use self::list::List;
pub use self::list::{MAX_MEMBERS, Member, Right};
pub(super) use self::pin::Pin;
use self::pin::Succession;
pub(super) use self::sealed::Members;

use super::config::VaultConfig;
use super::crypto::{RawKey, StoreKeys};
use super::database::Database;
use super::error::VaultError;
use super::header::{Extras, Header, Unwrapped};
use super::key::{Identity, KeyKind, KeySource};
use super::unlock::{self, Unlocked};

/// The owner of all stores with members: their records belong to nobody in particular.
pub(super) const OWNER: &str = "members";

/// Who the user is among the members of an open store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) name: String,
    pub(super) right: Right,
}

/// What is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The store itself, which has to follow what is remembered of it.
    Store,
    /// A copy, which is meant to be older.
    Copy,
}

/// What a member sees of a store.
struct Opened {
    unlocked: Unlocked,
    identity: Identity,
    list: List,
}

impl Membership {
    /// Refuses what the user has no right to.
    pub(super) fn check(&self, needed: Right) -> Result<(), VaultError> {
        if self.right >= needed {
            return Ok(());
        }
        Err(VaultError::MayNot { name: self.name.clone(), right: self.right, needed })
    }
}

/// Opens a store as one of its members.
pub(super) fn unlock(
    config: &VaultConfig,
    database: &Database,
    look: Look,
) -> Result<Unlocked, VaultError> {
    Ok(open(config, database, look)?.unlocked)
}

/// The members of a store that is made: its creator alone, whose identity is made if there is none; and what is to be remembered of it once it is
/// there. None if it is to have no members.
pub(super) fn found(
    config: &VaultConfig,
    header: Header,
    unwrapped: &Unwrapped,
    master: &RawKey,
) -> Result<(Header, Option<(Membership, Pin)>), VaultError> {
    let KeySource::Identity { name, .. } = &config.key else { return Ok((header, None)) };
    let Some((identity, _)) = Identity::open_or_make(config)? else { return Ok((header, None)) };
    let keys = StoreKeys::of(unwrapped.clone(), header.store);
    let list = List::of_creator(name, identity.public());
    let members = Members::write(&header, &keys, master, &list, &identity)?;
    let pin = Pin::of(&header.store, &list);
    let membership = Membership { name: name.clone(), right: Right::Own };
    // On a server only owners write the header, and whoever writes a record keeps its past.
    let history = config.server.is_some();
    let extras = Extras { members: Some(members), history, ..Extras::default() };
    let header = header.with(extras);
    Ok((header, Some((membership, pin))))
}

fn open(config: &VaultConfig, database: &Database, look: Look) -> Result<Opened, VaultError> {
    let file = pin_file(config);
    // What is remembered comes first: the store that is read afterwards can only be ahead of it.
    let remembered = match look {
        Look::Store => Pin::read(&file)?,
        Look::Copy => None,
    };
    let header = unlock::header(database)?;
    let opened = open_header(config, database, header)?;
    let store = &opened.unlocked.header.store;
    let succession =
        remembered.as_ref().map_or(Succession::Sound, |pin| pin.succession(store, &opened.list));
    if succession != Succession::Sound {
        return Err(usurped(database, file, succession, &opened.list));
    }
    let now = Pin::of(store, &opened.list);
    if look == Look::Store && remembered.as_ref() != Some(&now) {
        now.write(&file);
    }
    Ok(opened)
}

fn open_header(
    config: &VaultConfig,
    database: &Database,
    header: Header,
) -> Result<Opened, VaultError> {
    let store = || database.path().to_owned();
    let Some(members) = header.extras.members.clone().filter(|_| header.kind == KeyKind::Members)
    else {
        let configured = "the identity of a member";
        return Err(VaultError::OtherKey { store: store(), made: header.kind, configured });
    };
    let identity = Identity::open(config)?;
    let identity = identity.ok_or_else(|| VaultError::NoIdentity { store: store() })?;
    let key = identity.public();
    let not_member = || VaultError::NotMember { store: store(), key: key.to_string() };
    let master = members.master(&identity).ok_or_else(not_member)?;
    let forged = || VaultError::damaged(database.path(), FORGED);
    let unwrapped = header.unwrap(&master).ok_or_else(forged)?;
    let keys = StoreKeys::of(unwrapped.clone(), header.store);
    let list = members.list(&keys).ok_or_else(forged)?;
    if !members.is_proven(&header, &list, &identity) {
        return Err(forged());
    }
    let own = list.by_key(&key).ok_or_else(forged)?;
    let membership = Some(Membership { name: own.name.clone(), right: own.right });
    Ok(Opened { unlocked: Unlocked { header, unwrapped, membership }, identity, list })
}

const FORGED: &str = "its members are not those that an owner has written";

/// Where what is known of the store is remembered.
pub(super) fn pin_file(config: &VaultConfig) -> PathBuf {
    config.directory.join("store.members")
}

fn usurped(database: &Database, pin: PathBuf, succession: Succession, list: &List) -> VaultError {
    let what = match succession {
        Succession::OtherStore => "it is another store than the one that was here".to_owned(),
        Succession::Older => {
            "its members are those of an earlier time: somebody who is none any more could read it"
                .to_owned()
        }
        Succession::OtherOwner | Succession::Sound => format!(
            "its members were written by `{}`, who was no owner when it was last opened here",
            list.writer
        ),
    };
    VaultError::Usurped { store: database.path().to_owned(), pin, what }
}
