//! The part of a stored record that can be checked without opening it.

use super::crypto::{SEAL_BYTES, StoreKeys};
use super::database::Fault;
use super::place::{GROUP_HASH, GroupHash, KEY_HASH, KeyHash};

/// A record without its ciphertexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: KeyHash,
    pub(super) space: GroupHash,
    pub(super) scope: GroupHash,
    pub(super) revision: u64,
    pub(super) public_seal: [u8; SEAL_BYTES],
    pub(super) secret_seal: [u8; SEAL_BYTES],
}

const LEAF_BYTES: usize = KEY_HASH + 2 * GROUP_HASH + size_of::<u64>() + 2 * SEAL_BYTES;

impl Row {
    /// What the row adds to the sum of its bucket. A seal stands for its ciphertext: nobody
    /// without the key finds another ciphertext that the same seal opens.
    pub(super) fn leaf(&self, keys: &StoreKeys) -> u128 {
        let mut message = [0; LEAF_BYTES];
        let revision = self.revision.to_le_bytes();
        let fields: [&[u8]; 6] =
            [&self.key, &self.space, &self.scope, &revision, &self.public_seal, &self.secret_seal];
        let mut rest = message.as_mut_slice();
        for field in fields {
            let (head, tail) = rest.split_at_mut(field.len());
            head.copy_from_slice(field);
            rest = tail;
        }
        u128::from_le_bytes(keys.leaves.hash(&message))
    }
}

/// A number as databases have it.
pub(super) fn stored(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(|_| Fault::Damaged("a record has an impossible revision"))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::crypto::{KEY_BYTES, RawKey};
    use super::*;

    fn row() -> Row {
        Row {
            key: [1; KEY_HASH],
            space: [2; GROUP_HASH],
            scope: [3; GROUP_HASH],
            revision: 4,
            public_seal: [5; SEAL_BYTES],
            secret_seal: [6; SEAL_BYTES],
        }
    }

    #[test]
    fn every_field_changes_the_leaf() {
        let data_key = RawKey(Zeroizing::new([9; KEY_BYTES]));
        let keys = StoreKeys::new(&data_key, [0; 16], String::new());
        let changes: [fn(&mut Row); 6] = [
            |row| row.key[31] ^= 1,
            |row| row.space[0] ^= 1,
            |row| row.scope[15] ^= 1,
            |row| row.revision += 1,
            |row| row.public_seal[27] ^= 1,
            |row| row.secret_seal[0] ^= 1,
        ];
        assert_eq!(row().leaf(&keys), row().leaf(&keys));
        for (index, change) in changes.iter().enumerate() {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(changed.leaf(&keys), row().leaf(&keys), "field {index}");
        }
    }
}
