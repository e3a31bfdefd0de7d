//! A record as it is stored, and its way there and back.

use zeroize::Zeroizing;

use super::bucket::Found;
use super::crypto::{Sealed, SealingKey, StoreKeys};
use super::database::Fault;
use super::error::VaultError;
use super::group;
use super::place::KeyHash;
use super::record::{Entry, Key, NamedSecret, Space};
use super::row::Row;
use super::rows::Rows;

/// A record that is ready to be stored.
pub(super) struct SealedRecord {
    pub(super) row: Row,
    public: Vec<u8>,
    secret: Vec<u8>,
}

/// A row with both its ciphertexts.
pub(super) struct Held {
    pub(super) row: Row,
    pub(super) public: Vec<u8>,
    pub(super) secret: Vec<u8>,
}

/// A row with both its ciphertexts, on their way to the database.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) row: &'a Row,
    pub(super) public: &'a [u8],
    pub(super) secret: &'a [u8],
}

impl Held {
    /// What there is, to be stored.
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts { row: &self.row, public: &self.public, secret: &self.secret }
    }
}

/// Both groups of a record as they were before they were sealed.
struct Opened {
    public: Zeroizing<Vec<u8>>,
    secret: Zeroizing<Vec<u8>>,
}

/// What makes a record, before it is sealed.
pub(super) struct Contents<'a> {
    pub(super) space: &'a Space,
    pub(super) key: &'a Key,
    pub(super) revision: u64,
    pub(super) public: &'a [u8],
    pub(super) secrets: &'a [NamedSecret],
}

impl SealedRecord {
    /// Seals both groups of fields, each bound to its place and revision.
    pub(super) fn seal(keys: &StoreKeys, contents: &Contents<'_>) -> Result<Self, VaultError> {
        let Contents { space, key, revision, public, secrets } = *contents;
        let place = keys.key_hash(space, key);
        let public = group::encode_public(key, secrets, public);
        let public = keys.public.seal(&associated(keys, PUBLIC, &place, revision), public)?;
        let secret = group::encode_secrets(secrets);
        let secret = keys.secret.seal(&associated(keys, SECRET, &place, revision), secret)?;
        let row = Row {
            key: place,
            space: keys.space_hash(space),
            scope: keys.scope_hash(space, &key.scope),
            revision,
            public_seal: public.seal,
            secret_seal: secret.seal,
        };
        Ok(Self { row, public: public.ciphertext, secret: secret.ciphertext })
    }

    /// Seals what a row holds with other keys, at the same place and revision.
    pub(super) fn reseal(old: &StoreKeys, new: &StoreKeys, held: Held) -> Result<Self, Fault> {
        let Held { row, public, secret } = held;
        let opened = open_groups(old, &row, public, secret)?;
        let seal = |key: &SealingKey, group, message: &[u8]| {
            key.seal(&associated(new, group, &row.key, row.revision), message.to_vec())
        };
        let public = seal(&new.public, PUBLIC, &opened.public)?;
        let secret = seal(&new.secret, SECRET, &opened.secret)?;
        let row = Row { public_seal: public.seal, secret_seal: secret.seal, ..row };
        Ok(Self { row, public: public.ciphertext, secret: secret.ciphertext })
    }

    /// The row with both its ciphertexts.
    pub(super) fn into_held(self) -> Held {
        Held { row: self.row, public: self.public, secret: self.secret }
    }

    /// Adds the row of the record.
    pub(super) fn insert(&self, rows: &dyn Rows) -> Result<(), Fault> {
        expect_one(rows.insert(self.parts())?)
    }

    /// Puts the row in the place of the one with its key.
    pub(super) fn update(&self, rows: &dyn Rows) -> Result<(), Fault> {
        expect_one(rows.update(self.parts())?)
    }

    fn parts(&self) -> Parts<'_> {
        Parts { row: &self.row, public: &self.public, secret: &self.secret }
    }
}

/// Removes the row with the key.
pub(super) fn delete(rows: &dyn Rows, key: &KeyHash) -> Result<(), Fault> {
    expect_one(rows.delete(key)?)
}

/// The visible part of a record that was found.
pub(super) fn open_entry(keys: &StoreKeys, found: Found) -> Result<Entry, Fault> {
    let Found { row, ciphertext } = found;
    let associated = associated(keys, PUBLIC, &row.key, row.revision);
    let sealed = Sealed { seal: row.public_seal, ciphertext };
    let opened = keys.public.open(&associated, sealed).ok_or(NOT_SEALED)?;
    let group = group::decode_public(&opened).ok_or(NOT_SEALED)?;
    Ok(Entry {
        key: group.key,
        public: group.public,
        secret_names: group.secret_names,
        revision: row.revision,
    })
}

/// Opens everything of a record, to see that it can be.
pub(super) fn check(keys: &StoreKeys, held: Held) -> Result<(), Fault> {
    let Held { row, public, secret } = held;
    let opened = open_groups(keys, &row, public, secret)?;
    group::decode_public(&opened.public).ok_or(NOT_SEALED)?;
    group::decode_secrets(&opened.secret).ok_or(NOT_SEALED)?;
    Ok(())
}

fn open_groups(
    keys: &StoreKeys,
    row: &Row,
    public: Vec<u8>,
    secret: Vec<u8>,
) -> Result<Opened, Fault> {
    let open = |key: &SealingKey, group, seal, ciphertext| {
        let associated = associated(keys, group, &row.key, row.revision);
        key.open(&associated, Sealed { seal, ciphertext }).ok_or(NOT_SEALED)
    };
    Ok(Opened {
        public: open(&keys.public, PUBLIC, row.public_seal, public)?,
        secret: open(&keys.secret, SECRET, row.secret_seal, secret)?,
    })
}

/// The secrets of a record that was found.
pub(super) fn open_secrets(keys: &StoreKeys, found: Found) -> Result<Vec<NamedSecret>, Fault> {
    let Found { row, ciphertext } = found;
    let associated = associated(keys, SECRET, &row.key, row.revision);
    let sealed = Sealed { seal: row.secret_seal, ciphertext };
    let opened = keys.secret.open(&associated, sealed).ok_or(NOT_SEALED)?;
    group::decode_secrets(&opened).ok_or(NOT_SEALED)
}

const PUBLIC: &str = "public";
const SECRET: &str = "secret";

const NOT_SEALED: Fault = Fault::Damaged("a record is not the one that was sealed");

/// What a group of fields is bound to. The hash of the key stands for owner, connector, scope and
/// name (see [`StoreKeys::key_hash`]), so that a list can open rows whose names it does not know.
fn associated(keys: &StoreKeys, group: &str, place: &KeyHash, revision: u64) -> Vec<u8> {
    keys.encoder(group).bytes(place).number(revision).finish()
}

fn expect_one(changed: u64) -> Result<(), Fault> {
    match changed {
        1 => Ok(()),
        _ => Err(Fault::Damaged("a record that was found cannot be changed")),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Secret;

    use super::super::crypto::{KEY_BYTES, RawKey};
    use super::*;

    fn keys(store: u8) -> StoreKeys {
        let data_key = RawKey(Zeroizing::new([1; KEY_BYTES]));
        StoreKeys::new(&data_key, [store; 16], "ada".to_owned())
    }

    fn sealed(connector: &str, name: &str, revision: u64) -> SealedRecord {
        let contents = Contents {
            space: &Space { connector: connector.to_owned() },
            key: &Key { scope: "team".to_owned(), name: name.to_owned() },
            revision,
            public: b"public",
            secrets: &[NamedSecret {
                name: "password".to_owned(),
                value: Secret::from("hunter2".to_owned()),
            }],
        };
        SealedRecord::seal(&keys(1), &contents).expect("randomness")
    }

    /// Whether the two groups of `record` open in the row of `place`.
    fn opens(keys: &StoreKeys, record: &SealedRecord, place: &Row) -> (bool, bool) {
        let row = Row {
            public_seal: record.row.public_seal,
            secret_seal: record.row.secret_seal,
            ..place.clone()
        };
        let found =
            |ciphertext: &Vec<u8>| Found { row: row.clone(), ciphertext: ciphertext.clone() };
        let public = open_entry(keys, found(&record.public)).is_ok();
        (public, open_secrets(keys, found(&record.secret)).is_ok())
    }

    #[test]
    fn a_group_opens_at_its_place_and_nowhere_else() {
        let record = sealed("local", "sales", 1);
        let at = |place: SealedRecord| opens(&keys(1), &record, &place.row);
        assert_eq!(at(sealed("local", "sales", 1)), (true, true));
        assert_eq!(at(sealed("local", "archive", 1)), (false, false));
        assert_eq!(at(sealed("local", "sales", 2)), (false, false));
        assert_eq!(at(sealed("other", "sales", 1)), (false, false));
        assert_eq!(opens(&keys(2), &record, &record.row), (false, false));
    }

    #[test]
    fn the_groups_of_a_record_are_not_exchanged() {
        let mut record = sealed("local", "sales", 1);
        std::mem::swap(&mut record.row.public_seal, &mut record.row.secret_seal);
        std::mem::swap(&mut record.public, &mut record.secret);
        let row = record.row.clone();
        assert_eq!(opens(&keys(1), &record, &row), (false, false));
    }
}
