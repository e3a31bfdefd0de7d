//! What a member remembers of a store: which one it is, and who its owners were.
//!
//! Whoever writes in the database can put a whole store of their own in the place of this one, with the public keys of its members, and an older state of its
//! members. What they cannot do is to write for an owner. So the first look at a store is believed, and from then on a list of members has to come
//! from an owner whom the last one named. The file is no secret; who can write it can do anything that its user can.

use std::fmt::Write as _;
use std::path::Path;

use super::super::crypto::StoreId;
use super::super::error::VaultError;
use super::super::files;
use super::super::key::{PublicId, text_id};
use super::list::List;

/// What the file begins with.
const MAGIC: &str = "connhub-members-1";

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Pin {
    store: String,
    edition: u64,
    owners: Vec<PublicId>,
}

/// What a list of members is to one who remembers another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Succession {
    /// The same, or written by an owner who is remembered.
    Sound,
    /// Of another store.
    OtherStore,
    /// Older than what is remembered.
    Older,
    /// Written by somebody who was no owner.
    OtherOwner,
}

impl Pin {
    pub(super) fn of(store: &StoreId, list: &List) -> Self {
        let owners = list.owners().copied().collect();
        Self { store: text_id(store), edition: list.edition, owners }
    }

    /// What is remembered; none if it is the first look.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, VaultError> {
        let Some(contents) = files::read_private(path)? else { return Ok(None) };
        let read = std::str::from_utf8(&contents).ok().and_then(Self::decode);
        let what = "it does not say which store was here";
        read.map(Some).ok_or_else(|| VaultError::damaged(path, what))
    }

    /// Remembers it. A guard and no part of the store: where it cannot be written, the next look is compared with what is there.
    pub(in super::super) fn write(&self, path: &Path) {
        let mut text = format!("{MAGIC} {} {}\n", self.store, self.edition);
        for owner in &self.owners {
            writeln!(text, "{owner}").unwrap_or_default();
        }
        files::replace(path, text.as_bytes()).unwrap_or_default();
    }

    /// How a list follows what is remembered.
    pub(super) fn succession(&self, store: &StoreId, list: &List) -> Succession {
        if self.store != text_id(store) {
            return Succession::OtherStore;
        }
        match list.edition {
            edition if edition < self.edition => Succession::Older,
            _ if !self.owners.contains(&list.writer) => Succession::OtherOwner,
            _ => Succession::Sound,
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut words = lines.next()?.split(' ');
        if words.next()? != MAGIC {
            return None;
        }
        let (store, edition) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
        let owners = lines.map(PublicId::parse).collect::<Option<Vec<_>>>()?;
        (!owners.is_empty()).then_some(Self { store, edition, owners })
    }
}

#[cfg(test)]
mod tests {
    use super::super::list::{Listed, Right};
    use super::*;

    fn owner(first: u8) -> Listed {
        let (name, key) = (format!("o{first}"), PublicId([first; 32]));
        Listed { name, right: Right::Own, key, role: None }
    }

    #[test]
    fn what_is_remembered_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pin");
        assert_eq!(Pin::read(&path).expect("none"), None);
        let pin = Pin::of(&[3; 16], &List::of_creator("ada", PublicId([7; 32])));
        pin.write(&path);
        assert_eq!(Pin::read(&path).expect("there"), Some(pin));
        fs_err::write(&path, "connhub-members-1 00 1\n").expect("written");
        assert!(Pin::read(&path).is_err());
    }

    #[test]
    fn only_owners_who_are_remembered_name_new_ones() {
        let first = List::of_creator("ada", PublicId([1; 32]));
        let pin = Pin::of(&[3; 16], &first);
        let check = |store, list: &List, expected| {
            assert_eq!(pin.succession(&[store; 16], list), expected, "{list:?}");
        };
        check(3, &first, Succession::Sound);
        check(4, &first, Succession::OtherStore);
        let by_owner = first.next(PublicId([1; 32]), vec![owner(1), owner(2)]);
        check(3, &by_owner, Succession::Sound);
        let by_other = first.next(PublicId([2; 32]), vec![owner(2)]);
        check(3, &by_other, Succession::OtherOwner);
        let later = Pin::of(&[3; 16], &by_owner);
        assert_eq!(later.succession(&[3; 16], &first), Succession::Older);
        let after = by_owner.next(PublicId([2; 32]), vec![owner(2)]);
        assert_eq!(later.succession(&[3; 16], &after), Succession::Sound);
    }
}
