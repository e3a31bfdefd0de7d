//! Where records are in a store: keyed hashes that stand for names.

use super::crypto::StoreKeys;
use super::record::{Key, Space};

/// The bytes of the hash of a record's key.
pub(super) const KEY_HASH: usize = 32;

/// The bytes of the hashes by which records are selected.
pub(super) const GROUP_HASH: usize = 16;

/// The hash of owner, connector, scope and name: the unique place of a record.
pub(super) type KeyHash = [u8; KEY_HASH];

/// The hash of owner and connector, or of owner, connector and scope.
pub(super) type GroupHash = [u8; GROUP_HASH];

impl StoreKeys {
    /// The unique place of a record. Since the hash is keyed and free of collisions, whatever is
    /// bound to it is bound to the owner, the connector, the scope and the name.
    pub(super) fn key_hash(&self, space: &Space, key: &Key) -> KeyHash {
        let message = self
            .encoder("key")
            .bytes(self.owner.as_bytes())
            .bytes(space.connector.as_bytes())
            .bytes(key.scope.as_bytes())
            .bytes(key.name.as_bytes());
        self.names.hash(&message.finish())
    }

    /// What the records of a space have in common.
    pub(super) fn space_hash(&self, space: &Space) -> GroupHash {
        let message =
            self.encoder("space").bytes(self.owner.as_bytes()).bytes(space.connector.as_bytes());
        self.names.hash(&message.finish())
    }

    /// What the records of a scope have in common.
    pub(super) fn scope_hash(&self, space: &Space, scope: &str) -> GroupHash {
        let message = self
            .encoder("scope")
            .bytes(self.owner.as_bytes())
            .bytes(space.connector.as_bytes())
            .bytes(scope.as_bytes());
        self.names.hash(&message.finish())
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::crypto::{KEY_BYTES, RawKey};
    use super::*;

    fn keys(owner: &str) -> StoreKeys {
        StoreKeys::new(&RawKey(Zeroizing::new([1; KEY_BYTES])), [2; 16], owner.to_owned())
    }

    fn hash(owner: &str, connector: &str, scope: &str, name: &str) -> KeyHash {
        let key = Key { scope: scope.to_owned(), name: name.to_owned() };
        keys(owner).key_hash(&Space { connector: connector.to_owned() }, &key)
    }

    #[test]
    fn every_part_of_a_place_counts() {
        let all = [
            hash("ada", "local", "team", "sales"),
            hash("bob", "local", "team", "sales"),
            hash("ada", "other", "team", "sales"),
            hash("ada", "local", "", "sales"),
            hash("ada", "local", "team", "sale"),
            hash("ada", "local", "teams", "ales"),
            hash("ada", "localteam", "", "sales"),
        ];
        let distinct: std::collections::BTreeSet<KeyHash> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
