//! Changing who the members are, and replacing the keys that they have.

use super::super::config::VaultConfig;
use super::super::crypto::{RawKey, StoreKeys};
use super::super::database::Database;
use super::super::error::VaultError;
use super::super::header::{Extras, Header};
use super::super::key::{Identity, KeyKind, KeySource};
use super::super::layout::Layout;
use super::super::lock::Lock;
use super::super::rotate::{OldKey, Rotated, Rotation, renewed};
use super::super::rows::RoleChange;
use super::super::site::existing;
use super::super::store::Store;
use super::super::unlock::{self, Unlocked};
use super::list::{List, Listed, MAX_MEMBERS, MAX_OWNERS, Member, Right};
use super::pin::Pin;
use super::sealed::Members;
use super::{FORGED, Look, Opened, open, pin_file};

/// What is done to the members of a store.
#[derive(Clone, Debug)]
pub enum MemberChange {
    /// One more.
    Add(Member),
    /// One fewer: both keys of the store are replaced, and every record is sealed anew.
    Remove(String),
    /// Another right for one of them.
    SetRight(String, Right),
}

/// What was done to the members of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersChanged {
    /// The member whom it is about, as they are now, or were.
    pub member: Member,
    /// How many records were sealed anew.
    pub records: u64,
}

impl Store {
    /// The public key of this user; none if there is no identity.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its master key is not there.
    pub fn known_identity(config: &VaultConfig) -> Result<Option<String>, VaultError> {
        Ok(Identity::open(config)?.map(|identity| identity.public().to_string()))
    }

    /// The public key of this user, and whether the identity was made for this. None if the configuration has no identity.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or its master key is not there.
    pub fn identity(config: &VaultConfig) -> Result<Option<(String, bool)>, VaultError> {
        let made = Identity::open_or_make(config)?;
        Ok(made.map(|(identity, is_new)| (identity.public().to_string(), is_new)))
    }

    /// The members, in the order in which they were added; none if the store has none.
    ///
    /// # Errors
    ///
    /// They are not those that were sealed.
    pub fn members(&self) -> Result<Option<Vec<Member>>, VaultError> {
        let header = unlock::header(&self.database)?;
        let Some(members) = &header.extras.members else { return Ok(None) };
        let list = members.list(&self.keys);
        let list = list.ok_or_else(|| VaultError::damaged(self.database.path(), FORGED))?;
        Ok(Some(list.told()))
    }

    /// Which member the user is; none if the store has none.
    pub fn member_name(&self) -> Option<&str> {
        self.membership.as_ref().map(|membership| membership.name.as_str())
    }

    /// Changes the members. None if there is no store.
    ///
    /// # Errors
    ///
    /// [`VaultError::MayNot`] for everybody but owners, [`VaultError::NoSuchMember`], [`VaultError::MemberExists`], [`VaultError::Invalid`], and
    /// those of [`Store::open`]. Nothing was changed then.
    pub fn change_members(
        config: &VaultConfig,
        change: &MemberChange,
    ) -> Result<Option<MembersChanged>, VaultError> {
        let Some((layout, database)) = existing(config)? else { return Ok(None) };
        let _lock = Lock::acquire(&layout.lock())?;
        let opened = open_to_change(config, &database)?;
        let (members, member) = changed(&opened.list, change)?;
        // Who was removed had the keys. Everybody else has the right to.
        let rotation = match change {
            MemberChange::Remove(_) => Rotation::Both,
            MemberChange::Add(_) | MemberChange::SetRight(..) => Rotation::Master,
        };
        let role = role_change(&member, change);
        let records = rekey(config, (&layout, database), opened, members, rotation, role.as_ref())?;
        Ok(Some(MembersChanged { member, records }))
    }
}

/// New keys for a store with members: for [`Rotation::Both`] those of the store, wrapped for all members, and in any case the master key of the
/// user's own identity.
pub(in super::super) fn rotate(
    config: &VaultConfig,
    source: &KeySource,
    rotation: Rotation,
    old: OldKey,
) -> Result<Option<Rotated>, VaultError> {
    let Some((layout, database)) = existing(config)? else { return Ok(None) };
    let _lock = Lock::acquire(&layout.lock())?;
    let records = match rotation {
        Rotation::Master => open(config, &database, Look::Store).map(|_| 0)?,
        Rotation::Both => {
            let opened = open_to_change(config, &database)?;
            let members = opened.list.members.clone();
            rekey(config, (&layout, database), opened, members, rotation, None)?
        }
    };
    let rotated = Identity::rekey(config, source, rotation, old)?;
    Ok(rotated.map(|rotated| Rotated { records, ..rotated }))
}

/// The roles of members and their rights, for an owner of the store; and the header that says so.
pub(in super::super) fn roles(
    config: &VaultConfig,
    database: &Database,
) -> Result<(Header, Vec<RoleChange>), VaultError> {
    let Opened { unlocked, list, .. } = open_to_change(config, database)?;
    let change = |member: &Listed| {
        let right = Some(member.right);
        member.role.clone().map(|role| RoleChange { role, right })
    };
    Ok((unlocked.header, list.members.iter().filter_map(change).collect()))
}

fn open_to_change(config: &VaultConfig, database: &Database) -> Result<Opened, VaultError> {
    let opened = open(config, database, Look::Store)?;
    if let Some(membership) = &opened.unlocked.membership {
        membership.check(Right::Own)?;
    }
    Ok(opened)
}

/// Writes the header anew, for these members, with a new master key. Returns how many records were sealed anew.
fn rekey(
    config: &VaultConfig,
    (layout, database): (&Layout, Database),
    opened: Opened,
    members: Vec<Listed>,
    rotation: Rotation,
    role: Option<&RoleChange>,
) -> Result<u64, VaultError> {
    let Opened { unlocked, identity, list } = opened;
    let store = Store::assemble(config, database, unlocked.clone(), layout)?;
    let Unlocked { header: old, unwrapped, .. } = unlocked;
    let (fresh, master) = (renewed(unwrapped, rotation)?, RawKey::random()?);
    let header = Header::wrap(&fresh, &master, old.store, KeyKind::Members, None)?;
    let keys = StoreKeys::of(fresh.clone(), old.store);
    let next = list.next(identity.public(), members);
    let sealed = Members::write(&header, &keys, &master, &next, &identity)?;
    let header = header.with(Extras { members: Some(sealed), ..Extras::default() });
    let records = store.rewrite(&old, &header, fresh, rotation, role)?;
    Pin::of(&old.store, &next).write(&pin_file(config));
    Ok(records)
}

/// The members after a change, and the one whom it is about.
fn changed(list: &List, change: &MemberChange) -> Result<(Vec<Listed>, Member), VaultError> {
    let mut members = list.members.clone();
    let about = match change {
        MemberChange::Add(member) => {
            let added = Listed::of(member.clone())?;
            if let Some(there) = list.members.iter().find(|there| collides(there, &added)) {
                return Err(VaultError::MemberExists { name: there.name.clone() });
            }
            members.push(added.clone());
            added
        }
        MemberChange::Remove(name) => members.remove(position(list, name)?),
        MemberChange::SetRight(name, right) => {
            let member = &mut members[position(list, name)?];
            member.right = *right;
            member.clone()
        }
    };
    check(&members)?;
    Ok((members, about.told()))
}

/// What becomes of the role of a member.
fn role_change(member: &Member, change: &MemberChange) -> Option<RoleChange> {
    let right = match change {
        MemberChange::Add(_) | MemberChange::SetRight(..) => Some(member.right),
        MemberChange::Remove(_) => None,
    };
    member.role.clone().map(|role| RoleChange { role, right })
}

fn collides(there: &Listed, added: &Listed) -> bool {
    let same_role = added.role.is_some() && there.role == added.role;
    there.name == added.name || there.key == added.key || same_role
}

fn position(list: &List, name: &str) -> Result<usize, VaultError> {
    let found = list.members.iter().position(|member| member.name == name);
    found.ok_or_else(|| VaultError::NoSuchMember { name: name.to_owned() })
}

fn check(members: &[Listed]) -> Result<(), VaultError> {
    let owners = members.iter().filter(|member| member.right == Right::Own).count();
    let what = match owners {
        0 => "a store has at least one owner; give the right `own` to somebody else first".into(),
        _ if owners > MAX_OWNERS => format!("a store has at most {MAX_OWNERS} owners"),
        _ if members.len() > MAX_MEMBERS => format!("a store has at most {MAX_MEMBERS} members"),
        _ => return Ok(()),
    };
    Err(VaultError::Invalid { what })
}
