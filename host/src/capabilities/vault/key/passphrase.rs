//! Master keys from passphrases, by Argon2id.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::model::Secret;

use super::super::crypto::{KEY_BYTES, RawKey, fill_random};
use super::super::encoding::{Decoder, Encoder};
use super::super::error::{Cause, VaultError};

/// Gives the passphrase: by asking for it, from a file, or from a command.
pub trait PassphraseReader: Send + Sync {
    /// The passphrase, as it is typed. Called while other processes wait for a store to be made.
    ///
    /// # Errors
    ///
    /// Says why there is none: no terminal, the user interrupted, the file cannot be read.
    fn read(&self, purpose: Purpose) -> Result<Secret, Cause>;
}

/// What a passphrase is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new store: a prompt asks twice.
    NewStore,
    /// A store that exists.
    Unlock,
}

/// A passphrase as the place of a key.
#[derive(Clone)]
pub struct Passphrase {
    /// Who gives it.
    pub reader: Arc<dyn PassphraseReader>,
    /// How long the kernel keeps the unlocked key, in whole seconds up to a day; none for not at
    /// all.
    pub cache: Option<Duration>,
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passphrase").field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// How a passphrase is made into a key; stored with the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; 16],
}

/// 64 MiB and three passes: the second recommendation of RFC 9106, on one lane, since the program
/// has one thread for it.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// The most that a stored setting may ask for. A forged one must not exhaust the machine.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 64;
const MAX_LANES: u32 = 16;

impl Stretch {
    /// The settings of today with a new salt.
    pub(super) fn new() -> Result<Self, VaultError> {
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        Ok(Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt })
    }

    /// The key that the passphrase gives; none if there is not enough memory.
    pub(super) fn key(&self, passphrase: &Secret) -> Option<RawKey> {
        let parameters =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES)).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        argon2.hash_password_into(passphrase.expose(), &self.salt, key.as_mut_slice()).ok()?;
        Some(RawKey(key))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Encoder::default()
            .number(self.memory_kib.into())
            .number(self.passes.into())
            .number(self.lanes.into())
            .bytes(&self.salt)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let mut number = |limit: u32| {
            let number = u32::try_from(decoder.number()?).ok()?;
            (1..=limit).contains(&number).then_some(number)
        };
        let (memory_kib, passes, lanes) =
            (number(MAX_MEMORY_KIB)?, number(MAX_PASSES)?, number(MAX_LANES)?);
        let salt = decoder.fixed()?;
        decoder.rest().is_empty().then_some(Self { memory_kib, passes, lanes, salt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(memory_kib: u32, passes: u32, lanes: u32) -> Stretch {
        Stretch { memory_kib, passes, lanes, salt: [2; 16] }
    }

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    #[test]
    fn passphrase_salt_and_settings_make_the_key() {
        let key = |stretch: &Stretch, text| stretch.key(&secret(text)).expect("enough memory");
        let first = key(&stretch(64, 1, 1), "horse");
        assert!(first == key(&stretch(64, 1, 1), "horse"));
        assert!(first != key(&stretch(64, 1, 1), "house"));
        assert!(first != key(&stretch(64, 2, 1), "horse"));
        let salted = Stretch { salt: [3; 16], ..stretch(64, 1, 1) };
        assert!(first != key(&salted, "horse"));
    }

    #[test]
    fn argon2id_is_the_one_of_the_reference_implementation() {
        // Computed by the C library: t=2, m=256 KiB, p=1, 32 bytes.
        let stretch = Stretch { memory_kib: 256, passes: 2, lanes: 1, salt: *b"somesaltsomesalt" };
        let key = stretch.key(&secret("password")).expect("enough memory");
        let hex: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "cab746b4621993fdc91ec50787980b414a90a692f0bc68dfe19f9c25b3cba9ec");
    }

    #[test]
    fn only_sane_settings_are_read() {
        let check = |settings: Stretch, good| {
            assert_eq!(Stretch::decode(&settings.encode()).is_some(), good, "{settings:?}");
        };
        check(Stretch::new().expect("random"), true);
        check(stretch(MAX_MEMORY_KIB, MAX_PASSES, MAX_LANES), true);
        check(stretch(MAX_MEMORY_KIB + 1, 3, 1), false);
        check(stretch(64, MAX_PASSES + 1, 1), false);
        check(stretch(64, 0, 1), false);
        check(stretch(64, 1, MAX_LANES + 1), false);
        assert_eq!(Stretch::decode(&[1; 27]), None);
    }
}
