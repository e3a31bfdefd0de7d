//! Who the members of a store are, and what each may do.

use std::fmt;

use super::super::encoding::{Decoder, Encoder};
use super::super::error::VaultError;
use super::super::key::PublicId;
use super::super::record::MAX_NAME;

/// The most members of a store. With more the header would no longer be a small row.
pub const MAX_MEMBERS: usize = 256;

/// The most owners. Every member remembers them.
pub(super) const MAX_OWNERS: usize = 32;

/// What a member may do. Each right has those before it in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To read.
    Use,
    /// To write records.
    Manage,
    /// To say who the members are, and to replace the keys.
    Own,
}

/// A member of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What the others call them; unique.
    pub name: String,
    /// What they may do.
    pub right: Right,
    /// Their public key, such as `age1…`; unique.
    pub key: String,
    /// Their role in the database, where the store is in a server.
    pub role: Option<String>,
}

/// The members of a store as one of the owners wrote them last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct List {
    /// Grows with every change.
    pub(super) edition: u64,
    /// The public key of the owner who wrote the list.
    pub(super) writer: PublicId,
    pub(super) members: Vec<Listed>,
}

/// A member, with the key as it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) right: Right,
    pub(super) key: PublicId,
    pub(super) role: Option<String>,
}

impl Right {
    fn number(self) -> u64 {
        match self {
            Self::Use => 1,
            Self::Manage => 2,
            Self::Own => 3,
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        [Self::Use, Self::Manage, Self::Own].into_iter().find(|right| right.number() == number)
    }

    /// The word for it, as it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Manage => "manage",
            Self::Own => "own",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl List {
    /// The list of a new store: its creator alone.
    pub(in super::super) fn of_creator(name: &str, key: PublicId) -> Self {
        let creator = Listed { name: name.to_owned(), right: Right::Own, key, role: None };
        Self { edition: 1, writer: key, members: vec![creator] }
    }

    /// The list of a store after a change that an owner makes.
    pub(super) fn next(&self, writer: PublicId, members: Vec<Listed>) -> Self {
        Self { edition: self.edition.saturating_add(1), writer, members }
    }

    pub(super) fn by_key(&self, key: &PublicId) -> Option<&Listed> {
        self.members.iter().find(|member| member.key == *key)
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = &PublicId> {
        self.members.iter().filter(|member| member.right == Right::Own).map(|member| &member.key)
    }

    /// As others see it.
    pub(super) fn told(&self) -> Vec<Member> {
        self.members.iter().map(Listed::told).collect()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let count = self.members.len() as u64;
        let encoder = Encoder::default().number(self.edition).bytes(&self.writer.0).number(count);
        let add = |encoder: Encoder, member: &Listed| {
            let role = member.role.as_deref().unwrap_or_default();
            let encoder = encoder.bytes(member.name.as_bytes()).number(member.right.number());
            encoder.bytes(&member.key.0).bytes(role.as_bytes())
        };
        self.members.iter().fold(encoder, add).finish()
    }

    /// None if it is not of the form that is written.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let (edition, writer) = (decoder.number()?, PublicId(decoder.fixed()?));
        let count =
            usize::try_from(decoder.number()?).ok().filter(|count| *count <= MAX_MEMBERS)?;
        let members = (0..count).map(|_| Listed::decode(&mut decoder)).collect::<Option<_>>()?;
        decoder.rest().is_empty().then_some(Self { edition, writer, members })
    }
}

impl Listed {
    /// A member who is to be added.
    ///
    /// # Errors
    ///
    /// The name, the key or the role is none.
    pub(super) fn of(member: Member) -> Result<Self, VaultError> {
        let Member { name, right, key, role } = member;
        check_name(&name)?;
        let refused = || {
            VaultError::Invalid {
            what: "that is no public key: it begins with `age1`, and `connhub vault identity` prints it"
                .to_owned(),
        }
        };
        let key = PublicId::parse(key.trim()).ok_or_else(refused)?;
        if role.as_ref().is_some_and(|role| role.is_empty() || role.len() > MAX_ROLE) {
            let what = format!("a role of the database has 1 to {MAX_ROLE} bytes");
            return Err(VaultError::Invalid { what });
        }
        if let Some(word) = role.as_deref().filter(|role| RESERVED_ROLES.contains(role)) {
            let what =
                format!("`{word}` is no role of one member: name the one that they log in with");
            return Err(VaultError::Invalid { what });
        }
        Ok(Self { name, right, key, role })
    }

    /// As others see it.
    pub(super) fn told(&self) -> Member {
        let (name, role) = (self.name.clone(), self.role.clone());
        Member { name, right: self.right, key: self.key.to_string(), role }
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Self> {
        let name = decoder.text()?.to_owned();
        let right = Right::from_number(decoder.number()?)?;
        let key = PublicId(decoder.fixed()?);
        let role = Some(decoder.text()?.to_owned()).filter(|role| !role.is_empty());
        Some(Self { name, right, key, role })
    }
}

/// The most bytes that PostgreSQL keeps of a name.
const MAX_ROLE: usize = 63;

/// What stands for everybody, or for nobody, where a role is named; quoting does not change that.
const RESERVED_ROLES: [&str; 2] = ["public", "none"];

/// A name is shown and typed: nothing in it needs to be quoted.
fn check_name(name: &str) -> Result<(), VaultError> {
    let is_plain = |c: char| c.is_alphanumeric() || "._@-+".contains(c);
    let starts_well = name.chars().next().is_some_and(char::is_alphanumeric);
    if starts_well && name.len() <= MAX_NAME && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(VaultError::Invalid {
        what: "the name of a member has letters, digits and `. _ @ - +`, and begins with a letter or a digit".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, key: &str) -> Member {
        Member { name: name.to_owned(), right: Right::Use, key: key.to_owned(), role: None }
    }

    #[test]
    fn what_is_encoded_is_decoded_and_nothing_else() {
        let mut list = List::of_creator("ada", PublicId([1; 32]));
        list.members.push(Listed {
            name: "bob".to_owned(),
            right: Right::Use,
            key: PublicId([2; 32]),
            role: Some("bob_role".to_owned()),
        });
        let bytes = list.encode();
        assert_eq!(List::decode(&bytes), Some(list));
        for length in 0..bytes.len() {
            assert_eq!(List::decode(&bytes[..length]), None);
        }
        assert_eq!(List::decode(&[bytes.as_slice(), b"x"].concat()), None);
    }

    #[test]
    fn names_and_keys_are_checked() {
        let key = PublicId([9; 32]).to_string();
        for good in ["ada", "ada.lovelace@example.com", "3po", "Ängström"] {
            assert!(Listed::of(member(good, &key)).is_ok(), "{good}");
        }
        for bad in ["", "-x", "a b", "a\n", "a`b", "a/b"] {
            assert!(Listed::of(member(bad, &key)).is_err(), "{bad}");
        }
        assert!(Listed::of(member("ada", "age1nothing")).is_err());
        for (role, is_good) in [("ada_login", true), ("", false), ("public", false)] {
            let member = Member { role: Some(role.to_owned()), ..member("ada", &key) };
            assert_eq!(Listed::of(member).is_ok(), is_good, "{role}");
        }
    }

    #[test]
    fn rights_are_ordered() {
        assert!(Right::Use < Right::Manage && Right::Manage < Right::Own);
        for right in [Right::Use, Right::Manage, Right::Own] {
            assert_eq!(Right::from_number(right.number()), Some(right));
        }
        assert_eq!(Right::from_number(0), None);
    }
}
