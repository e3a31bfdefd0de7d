//! A second way to the data key, for the day on which the master key is lost: wrapped for a recipient of age, whose identity lies elsewhere.
//!
//! The wrapped keys are in the header. So that nobody puts a recipient of their own beside them, who would get the next data key at the next
//! rotation, the recipient is sealed with the data key, bound to what was wrapped for it.

use age::x25519::{Identity, Recipient};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::config::VaultConfig;
use super::create::wrap;
use super::crypto::{KEY_BYTES, RawKey, SEAL_BYTES, Sealed, StoreKeys};
use super::database::Fault;
use super::encoding::{Decoder, Encoder};
use super::error::VaultError;
use super::header::{Extras, Header, Unwrapped};
use super::key::{self, KeySource};
use super::lock::Lock;
use super::rotate::{Rotated, Rotation};
use super::site;
use super::store::Store;
use super::unlock::{self, Unlocked, unlock};

/// The most bytes that are wrapped for a recipient: two keys and the name of an owner, and what age adds.
const MAX_WRAPPED: usize = 4096;

/// The second way to the data key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Recovery {
    /// The seal of the recipient.
    seal: [u8; SEAL_BYTES],
    /// The recipient, sealed.
    recipient: Vec<u8>,
    /// A file of age.
    wrapped: Vec<u8>,
}

/// No key is in it that could be read.
impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recovery")
    }
}

impl Recovery {
    /// Wraps the keys of a store for a recipient.
    fn wrap(
        keys: &StoreKeys,
        unwrapped: &Unwrapped,
        recipient: &Recipient,
    ) -> Result<Self, VaultError> {
        let wrapped = age::encrypt(recipient, &encode(unwrapped)).map_err(|error| {
            let what =
                format!("the keys of the store cannot be wrapped for the recipient: {error}");
            VaultError::Invalid { what }
        })?;
        let text = recipient.to_string().into_bytes();
        let sealed = keys.state.seal(&associated(keys, &wrapped), text)?;
        Ok(Self { seal: sealed.seal, recipient: sealed.ciphertext, wrapped })
    }

    /// The recipient, if it is the one that the store was given.
    fn recipient(&self, keys: &StoreKeys) -> Result<Recipient, Fault> {
        let sealed = Sealed { seal: self.seal, ciphertext: self.recipient.clone() };
        let opened = keys.state.open(&associated(keys, &self.wrapped), sealed);
        let text = opened.and_then(|text| String::from_utf8(text.to_vec()).ok());
        text.and_then(|text| text.parse().ok()).ok_or(FORGED)
    }

    /// The same for keys that take the place of those of the store.
    pub(super) fn renewed(
        &self,
        old: &StoreKeys,
        new: &StoreKeys,
        unwrapped: &Unwrapped,
    ) -> Result<Self, Fault> {
        Ok(Self::wrap(new, unwrapped, &self.recipient(old)?)?)
    }

    /// The keys; none if the identity is another one.
    fn unwrap(&self, identity: &Identity) -> Option<Unwrapped> {
        decode(&Zeroizing::new(age::decrypt(identity, &self.wrapped).ok()?))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let encoder = Encoder::default().bytes(&self.seal).bytes(&self.recipient);
        encoder.bytes(&self.wrapped).finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let seal = decoder.bytes()?.try_into().ok()?;
        let (recipient, wrapped) = (decoder.bytes()?.to_vec(), decoder.bytes()?.to_vec());
        let is_whole = decoder.rest().is_empty() && wrapped.len() <= MAX_WRAPPED;
        is_whole.then_some(Self { seal, recipient, wrapped })
    }
}

/// Refuses a recovery key for a new store that can have none, before anything is made.
pub(super) fn check_new(config: &VaultConfig) -> Result<(), VaultError> {
    config.recovery.as_ref().map_or(Ok(()), |_| refuse_members(config))
}

/// The header of a new store with the recovery key that is wanted.
pub(super) fn give(
    config: &VaultConfig,
    header: Header,
    keys: &StoreKeys,
    unwrapped: &Unwrapped,
) -> Result<Header, VaultError> {
    let Some(recipient) = &config.recovery else { return Ok(header) };
    let recovery = Some(Recovery::wrap(keys, unwrapped, recipient)?);
    let extras = Extras { recovery, ..header.extras.clone() };
    Ok(header.with(extras))
}

impl Store {
    /// Gives the store a recovery key, or takes it away. Whether it had one before; none if there is no store.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`], and a disk that cannot be written. Nothing was changed then.
    pub fn set_recovery(
        config: &VaultConfig,
        recipient: Option<&Recipient>,
    ) -> Result<Option<bool>, VaultError> {
        refuse_members(config)?;
        let Some((layout, database)) = site::existing(config)? else { return Ok(None) };
        let _lock = Lock::acquire(&layout.lock())?;
        let Unlocked { header, unwrapped, .. } = unlock(config, &database)?;
        let keys = StoreKeys::of(unwrapped.clone(), header.store);
        let recovery = recipient.map(|recipient| Recovery::wrap(&keys, &unwrapped, recipient));
        let recovery = recovery.transpose()?;
        let had = database.write(|connection| {
            let there = unlock::read_header(connection, &database)?;
            if !there.is_same(&header) {
                let store = database.path().to_owned();
                return Err(VaultError::Rekeyed { store }.into());
            }
            let extras = Extras { recovery: recovery.clone(), ..there.extras.clone() };
            let had = there.extras.recovery.is_some();
            unlock::write_header(connection, &there.with(extras))?;
            Ok(had)
        })?;
        Ok(Some(had))
    }

    /// Whether there is no store yet, and one with a recovery key could be made.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`] without its key, and a store with members.
    pub fn check_init(config: &VaultConfig) -> Result<bool, VaultError> {
        refuse_members(config)?;
        Ok(site::existing(config)?.is_none())
    }

    /// Whether the store opens and could have a recovery key. None if there is no store.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open_existing`], and a store with members.
    pub fn check_recovery(config: &VaultConfig) -> Result<Option<()>, VaultError> {
        refuse_members(config)?;
        Ok(Self::open_existing(config)?.map(drop))
    }

    /// The recipient of the recovery key, such as `age1…`; none if there is no recovery key.
    ///
    /// # Errors
    ///
    /// It is not the one that the store was given.
    pub fn recovery(&self) -> Result<Option<String>, VaultError> {
        self.database.read(|connection| {
            let header = unlock::read_header(connection, &self.database)?;
            let recipient = header.extras.recovery.map(|recovery| recovery.recipient(&self.keys));
            Ok(recipient.transpose()?.map(|recipient| recipient.to_string()))
        })
    }

    /// Gives the store a new master key from `source`, by its recovery key. None if there is no store.
    ///
    /// # Errors
    ///
    /// The store has no recovery key, the identity is not the one of it, `source` gives no key, or the disk cannot be written.
    pub fn recover(
        config: &VaultConfig,
        identity: &Identity,
        source: &KeySource,
    ) -> Result<Option<Rotated>, VaultError> {
        refuse_members(config)?;
        let Some((layout, database)) = site::existing(config)? else { return Ok(None) };
        let _lock = Lock::acquire(&layout.lock())?;
        let header = unlock::header(&database)?;
        let Some(recovery) = &header.extras.recovery else { return Err(no_recovery()) };
        let unwrapped = recovery.unwrap(identity).ok_or_else(other_identity)?;
        unlock::check_owner(config, &unwrapped, &database)?;
        let unlocked =
            Unlocked { header: header.clone(), unwrapped: unwrapped.clone(), membership: None };
        let store = Self::assemble(config, database, unlocked, &layout)?;
        // Nothing is written unless the keys open the store.
        store.verify()?;
        let target = VaultConfig { key: source.settled(header.kind), ..config.clone() };
        let new = key::for_rotation(&target, &header.store)?;
        let wrapped = wrap(&unwrapped, &new, header.store)?;
        store.rewrite(&header, &wrapped, unwrapped, Rotation::Master, None)?;
        key::forget(&header.store);
        key::remember(&target, &header.store, &new.key);
        Ok(Some(Rotated { records: 0, from: header.kind, to: new.kind, is_new_master: true }))
    }
}

const FORGED: Fault = Fault::Damaged("its recovery key is not the one that it was given");

/// A store with members needs no second way: it has as many as members.
fn refuse_members(config: &VaultConfig) -> Result<(), VaultError> {
    match config.key {
        KeySource::Identity { .. } => Err(VaultError::Invalid {
            what: "a store with members has no recovery key: another owner lets you in again; for the day on which \
                   none can, add one more owner whose identity lies in a safe"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

fn associated(keys: &StoreKeys, wrapped: &[u8]) -> Vec<u8> {
    keys.encoder("recovery").bytes(digest(&SHA256, wrapped).as_ref()).finish()
}

/// The keys of a store and its owner, in memory of exactly the right size.
fn encode(unwrapped: &Unwrapped) -> Zeroizing<Vec<u8>> {
    let Unwrapped { data_key, index_key, owner } = unwrapped;
    let index_key: &[u8] = index_key.as_ref().map_or(&[], |key| key.0.as_slice());
    let encoder = Encoder::with_capacity(3 * 4 + 2 * KEY_BYTES + owner.len());
    let encoder = encoder.bytes(data_key.0.as_slice()).bytes(index_key).bytes(owner.as_bytes());
    Zeroizing::new(encoder.finish())
}

fn decode(bytes: &[u8]) -> Option<Unwrapped> {
    let mut decoder = Decoder::new(bytes);
    let data_key = RawKey::from_slice(decoder.bytes()?)?;
    let index_key = match decoder.bytes()? {
        [] => None,
        key => Some(RawKey::from_slice(key)?),
    };
    let owner = decoder.text()?.to_owned();
    decoder.rest().is_empty().then_some(Unwrapped { data_key, index_key, owner })
}

fn no_recovery() -> VaultError {
    let what = "the store has no recovery key; `connhub vault recovery create` makes one while the store opens".to_owned();
    VaultError::Invalid { what }
}

fn other_identity() -> VaultError {
    VaultError::Invalid {
        what: "the identity is not the one of the store's recovery key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::crypto::StoreId;
    use super::*;

    fn unwrapped(index_key: Option<RawKey>) -> Unwrapped {
        let data_key = RawKey(Zeroizing::new([7; KEY_BYTES]));
        Unwrapped { data_key, index_key, owner: "ada".to_owned() }
    }

    fn keys(store: StoreId) -> StoreKeys {
        StoreKeys::of(unwrapped(None), store)
    }

    #[test]
    fn an_identity_gets_the_keys_back_and_another_one_does_not() {
        let (identity, other) = (Identity::generate(), Identity::generate());
        for index_key in [None, Some(RawKey(Zeroizing::new([8; KEY_BYTES])))] {
            let there = unwrapped(index_key);
            let recovery = Recovery::wrap(&keys([1; 16]), &there, &identity.to_public());
            let recovery = Recovery::decode(&recovery.expect("wrapped").encode()).expect("read");
            let back = recovery.unwrap(&identity).expect("its own");
            assert!(back.data_key == there.data_key && back.index_key == there.index_key);
            assert_eq!(back.owner, "ada");
            assert!(recovery.unwrap(&other).is_none());
        }
    }

    #[test]
    fn a_recipient_is_bound_to_the_store_and_to_what_was_wrapped() {
        let identity = Identity::generate();
        let wrap = || Recovery::wrap(&keys([1; 16]), &unwrapped(None), &identity.to_public());
        let (recovery, other) = (wrap().expect("wrapped"), wrap().expect("wrapped"));
        assert!(recovery.recipient(&keys([1; 16])).is_ok());
        assert!(recovery.recipient(&keys([2; 16])).is_err());
        let mixed = Recovery { wrapped: other.wrapped, ..recovery };
        assert!(mixed.recipient(&keys([1; 16])).is_err());
    }
}
