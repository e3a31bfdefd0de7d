//! The keys of a store and what is done with them.
//!
//! A master key wraps the data key of one store; the data key is expanded by HKDF-SHA256, salted
//! with the id of the store, into one key per purpose. Sealing is AES-256-GCM with random nonces:
//! a key may seal 2^32 messages before the chance of a repeated nonce passes 2^-32 (NIST SP
//! 800-38D, 8.3), so a store takes four thousand million writes.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag};
use ring::hkdf::{self, HKDF_SHA256, KeyType};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::encoding::Encoder;
use super::error::VaultError;
use super::header::Unwrapped;

/// The bytes of a nonce and a tag together.
pub(super) const SEAL_BYTES: usize = NONCE_LEN + 16;

/// The bytes of a master key and of a data key.
pub(super) const KEY_BYTES: usize = 32;

/// The version of the format, bound into everything that is sealed.
pub(super) const FORMAT: u64 = 1;

/// The bytes that what is bound to a seal or hashed for a name usually has at most.
const USUAL: usize = 128;

/// What tells a store from all others.
pub(super) type StoreId = [u8; 16];

/// A key of 256 bits that is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RawKey(pub(super) Zeroizing<[u8; KEY_BYTES]>);

impl RawKey {
    pub(super) fn random() -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        fill_random(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// The key, if there are exactly as many bytes as it has.
    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The AEAD key derived from this one for `purpose` in the store.
    pub(super) fn sealing_key(&self, store: &StoreId, purpose: &str) -> SealingKey {
        SealingKey(LessSafeKey::new(self.derive(store, purpose, &AES_256_GCM)))
    }

    /// The HMAC key derived from this one for `purpose` in the store.
    pub(super) fn hashing_key(&self, store: &StoreId, purpose: &str) -> HashingKey {
        HashingKey(self.derive(store, purpose, HMAC_SHA256))
    }

    fn derive<L, K>(&self, store: &StoreId, purpose: &str, length: L) -> K
    where
        L: KeyType,
        K: for<'a> From<hkdf::Okm<'a, L>>,
    {
        let extracted = hkdf::Salt::new(HKDF_SHA256, store).extract(self.0.as_slice());
        let info = [b"connhub vault 1: ", purpose.as_bytes()];
        let expanded = extracted.expand(&info, length);
        K::from(expanded.expect("a key is shorter than 255 hashes, the limit of HKDF"))
    }
}

/// Seals and opens messages.
///
/// `ring` does not wipe its expanded keys; they live as long as the store is open.
pub(super) struct SealingKey(LessSafeKey);

/// A sealed message. The seal is apart, so that it can be checked without reading the rest.
#[derive(Clone)]
pub(super) struct Sealed {
    /// The nonce, then the tag.
    pub(super) seal: [u8; SEAL_BYTES],
    /// As long as the message.
    pub(super) ciphertext: Vec<u8>,
}

impl SealingKey {
    /// Seals `message` in its own memory, together with `associated`, under a fresh random nonce.
    pub(super) fn seal(
        &self,
        associated: &[u8],
        mut message: Vec<u8>,
    ) -> Result<Sealed, VaultError> {
        let mut seal = [0; SEAL_BYTES];
        fill_random(&mut seal[..NONCE_LEN])?;
        let nonce = Nonce::try_assume_unique_for_key(&seal[..NONCE_LEN])
            .expect("the slice has the length of a nonce");
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(associated), &mut message)
            .expect("the limits keep a message far below the 64 GiB that the cipher takes");
        seal[NONCE_LEN..].copy_from_slice(tag.as_ref());
        Ok(Sealed { seal, ciphertext: message })
    }

    /// The message, wiped when dropped; none if anything differs from what was sealed.
    pub(super) fn open(&self, associated: &[u8], sealed: Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, tag) = sealed.seal.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let tag = Tag::try_from(tag).ok()?;
        let mut message = Zeroizing::new(sealed.ciphertext);
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(associated), tag, &mut message, 0..)
            .ok()?;
        Some(message)
    }
}

/// A keyed hash.
pub(super) struct HashingKey(hmac::Key);

impl HashingKey {
    /// The first `N` bytes of the hash, at most 32.
    pub(super) fn hash<const N: usize>(&self, message: &[u8]) -> [u8; N] {
        const { assert!(N <= 32, "SHA-256 has 32 bytes") };
        let tag = hmac::sign(&self.0, message);
        let mut hash = [0; N];
        hash.copy_from_slice(&tag.as_ref()[..N]);
        hash
    }
}

/// Compares in a time that depends on the lengths alone.
pub(super) fn same_bytes(one: &[u8], other: &[u8]) -> Result<bool, VaultError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    fill_random(key.as_mut_slice())?;
    let key = hmac::Key::new(HMAC_SHA256, key.as_slice());
    Ok(hmac::verify(&key, one, hmac::sign(&key, other).as_ref()).is_ok())
}

/// The keys of an open store and the user that they belong to.
pub(super) struct StoreKeys {
    pub(super) store: StoreId,
    pub(super) owner: String,
    pub(super) public: SealingKey,
    pub(super) secret: SealingKey,
    pub(super) state: SealingKey,
    pub(super) names: HashingKey,
    pub(super) leaves: HashingKey,
    pub(super) mark: HashingKey,
}

impl StoreKeys {
    /// Expands what a header unwrapped to.
    pub(super) fn of(unwrapped: Unwrapped, store: StoreId) -> Self {
        let Unwrapped { data_key, index_key, owner } = unwrapped;
        let index_key = index_key.as_ref().unwrap_or(&data_key);
        Self {
            store,
            owner,
            public: data_key.sealing_key(&store, "public group"),
            secret: data_key.sealing_key(&store, "secret group"),
            state: data_key.sealing_key(&store, "state"),
            names: index_key.hashing_key(&store, "names"),
            leaves: data_key.hashing_key(&store, "leaves"),
            // A mark outlives its data key: it is not written in the transaction that replaces it.
            mark: index_key.hashing_key(&store, "mark"),
        }
    }

    /// The keys of a store whose data key was never replaced.
    #[cfg(test)]
    pub(super) fn new(data_key: &RawKey, store: StoreId, owner: String) -> Self {
        Self::of(Unwrapped { data_key: data_key.clone(), index_key: None, owner }, store)
    }

    /// A byte string that starts with the format, the store and what the rest is about.
    pub(super) fn encoder(&self, subject: &str) -> Encoder {
        Encoder::with_capacity(USUAL).number(FORMAT).bytes(&self.store).bytes(subject.as_bytes())
    }
}

/// Fills the buffer with random bytes of the operating system.
pub(super) fn fill_random(buffer: &mut [u8]) -> Result<(), VaultError> {
    SystemRandom::new().fill(buffer).map_err(|ring::error::Unspecified| VaultError::Random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> SealingKey {
        RawKey(Zeroizing::new([first; KEY_BYTES])).sealing_key(&[7; 16], "test")
    }

    fn sealed() -> Sealed {
        key(1).seal(b"place", b"message".to_vec()).expect("randomness")
    }

    #[test]
    fn what_was_sealed_opens() {
        let opened = key(1).open(b"place", sealed()).expect("the same key and place");
        assert_eq!(opened.as_slice(), b"message");
    }

    #[test]
    fn two_seals_of_one_message_differ() {
        assert_ne!(sealed().seal, sealed().seal);
    }

    #[test]
    fn another_key_place_seal_or_ciphertext_does_not_open() {
        assert!(key(2).open(b"place", sealed()).is_none());
        assert!(key(1).open(b"other", sealed()).is_none());
        for index in 0..SEAL_BYTES {
            let mut sealed = sealed();
            sealed.seal[index] ^= 1;
            assert!(key(1).open(b"place", sealed).is_none(), "seal byte {index}");
        }
        let mut sealed = sealed();
        sealed.ciphertext[6] ^= 0x80;
        assert!(key(1).open(b"place", sealed).is_none());
    }

    #[test]
    fn purposes_and_stores_have_keys_of_their_own() {
        let raw = RawKey(Zeroizing::new([3; KEY_BYTES]));
        let hash = |store, purpose| raw.hashing_key(&[store; 16], purpose).hash::<32>(b"x");
        assert_eq!(hash(1, "a"), hash(1, "a"));
        assert_ne!(hash(1, "a"), hash(1, "b"));
        assert_ne!(hash(1, "a"), hash(2, "a"));
    }

    #[test]
    fn comparison_sees_equality_and_difference() {
        let check = |one: &[u8], other: &[u8], expected| {
            assert_eq!(same_bytes(one, other).expect("randomness"), expected);
        };
        check(b"", b"", true);
        check(b"abc", b"abc", true);
        check(b"abc", b"abd", false);
        check(b"abc", b"abcd", false);
    }
}
