//! Who a user is among the members of stores: a secret key of age, in a file that is sealed as a store is.
//!
//! The file has the form of a store's header: what is wrapped in it is no data key but the secret. So it has the same places for its master key, the
//! kernel remembers that key in the same way, and it is replaced by the same order of steps. One identity opens all stores of which its user is a member.

use std::path::Path;

use age::x25519;
use bech32::primitives::hrp::Hrp;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::super::config::VaultConfig;
use super::super::crypto::{KEY_BYTES, RawKey, StoreId, fill_random};
use super::super::error::VaultError;
use super::super::files::{self, Publication};
use super::super::header::{Header, HeaderFault, NEWEST, Unwrapped};
use super::super::lock::Lock;
use super::super::rotate::{OldKey, Rotated, Rotation};
use super::{KeyKind, KeySource, source};

/// What the text of a secret key begins with.
const SECRET_PREFIX: &str = "age-secret-key-";

/// What the text of a public key begins with.
const PUBLIC_PREFIX: &str = "age";

/// The bytes of the text of a secret key, and some more.
const SECRET_TEXT: usize = 96;

/// The secret key of a user.
pub(in super::super) struct Identity(RawKey);

/// The public key of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct PublicId(pub(in super::super) [u8; KEY_BYTES]);

impl Identity {
    /// The identity of this user; none if there is none yet.
    pub(in super::super) fn open(config: &VaultConfig) -> Result<Option<Self>, VaultError> {
        let Some((inner, path)) = parts(config) else { return Ok(None) };
        let Some(header) = read(path)? else { return Ok(None) };
        Self::unwrap(&inner, &header, path).map(Some)
    }

    /// The identity of this user, which is made together with its master key if there is none. Whether it was made.
    pub(in super::super) fn open_or_make(
        config: &VaultConfig,
    ) -> Result<Option<(Self, bool)>, VaultError> {
        let Some((inner, path)) = parts(config) else { return Ok(None) };
        if let Some(identity) = Self::open(config)? {
            return Ok(Some((identity, false)));
        }
        let folder = files::folder_of(path);
        if !folder.exists() {
            files::make_directory(folder)?;
        }
        let _lock = Lock::of_folder(folder)?;
        if let Some(identity) = Self::open(config)? {
            return Ok(Some((identity, false)));
        }
        let mut id = StoreId::default();
        fill_random(&mut id)?;
        let new = source::for_new_store(&inner, &id)?;
        let identity = Self(RawKey::random()?);
        let header =
            Header::wrap(&identity.wrapped(&inner), &new.key, id, new.kind, new.stretch.clone())?;
        match files::publish(path, &header.encode())? {
            Publication::Done => source::remember(&inner, &id, &new.key),
            Publication::Taken => return Err(damaged(path, "it appeared while it was made")),
        }
        Ok(Some((identity, true)))
    }

    /// Gives the identity a new master key from `to`, and leaves the identity what it is.
    pub(in super::super) fn rekey(
        config: &VaultConfig,
        to: &KeySource,
        rotation: Rotation,
        old: OldKey,
    ) -> Result<Option<Rotated>, VaultError> {
        let Some((inner, path)) = parts(config) else { return Ok(None) };
        let Some(header) = read(path)? else { return Ok(None) };
        let identity = Self::unwrap(&inner, &header, path)?;
        let target = VaultConfig { key: to.settled(header.kind), ..inner.clone() };
        let new = source::for_rotation(&target, &header.store)?;
        let is_new_master = header.unwrap(&new.key).is_none();
        if rotation == Rotation::Master && !is_new_master {
            let what = "the key command prints the key that the identity has already".to_owned();
            return Err(VaultError::Invalid { what });
        }
        let wrapped = Header::wrap(
            &identity.wrapped(&inner),
            &new.key,
            header.store,
            new.kind,
            new.stretch.clone(),
        )?;
        {
            let _lock = Lock::of_folder(files::folder_of(path))?;
            files::replace(path, &wrapped.encode())?;
        }
        source::forget(&header.store);
        source::remember(&target, &header.store, &new.key);
        if old == OldKey::Forgotten {
            source::settle(&target, &header.store, &new.key)?;
        }
        Ok(Some(Rotated { records: 0, from: header.kind, to: new.kind, is_new_master }))
    }

    /// The public key.
    pub(in super::super) fn public(&self) -> PublicId {
        PublicId(PublicKey::from(&self.secret()).to_bytes())
    }

    /// What a file of age holds; none if it was not written for this identity.
    pub(in super::super) fn decrypt(&self, file: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(String::with_capacity(SECRET_TEXT));
        let prefix = Hrp::parse_unchecked(SECRET_PREFIX);
        bech32::encode_upper_to_fmt::<bech32::Bech32, _>(&mut *text, prefix, self.0.0.as_slice())
            .ok()?;
        let identity: x25519::Identity = text.parse().ok()?;
        age::decrypt(&identity, file).ok().map(Zeroizing::new)
    }

    /// What only this user and the one with the other key can know; none for a key that gives the same to everybody.
    pub(in super::super) fn shared_with(&self, other: &PublicId) -> Option<RawKey> {
        let shared = self.secret().diffie_hellman(&PublicKey::from(other.0));
        shared.was_contributory().then(|| RawKey(Zeroizing::new(shared.to_bytes())))
    }

    #[cfg(test)]
    pub(in super::super) fn random() -> Self {
        Self(RawKey::random().expect("random"))
    }

    fn secret(&self) -> StaticSecret {
        StaticSecret::from(*self.0.0)
    }

    fn wrapped(&self, config: &VaultConfig) -> Unwrapped {
        let owner = config.owner.clone();
        Unwrapped { data_key: self.0.clone(), index_key: None, owner }
    }

    fn unwrap(config: &VaultConfig, header: &Header, path: &Path) -> Result<Self, VaultError> {
        if let Some(key) = source::remembered(config, header) {
            if let Some(unwrapped) = header.unwrap(&key) {
                return Ok(Self(unwrapped.data_key));
            }
            source::forget(&header.store);
        }
        let (masters, place) = source::for_existing_store(config, header, path)?;
        for master in masters {
            if let Some(unwrapped) = header.unwrap(&master) {
                source::remember(config, &header.store, &master);
                return Ok(Self(unwrapped.data_key));
            }
        }
        Err(VaultError::WrongKey { place, store: path.to_owned() })
    }
}

impl PublicId {
    /// The key of a text such as `age1…`.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        // What age itself does not take nothing can be wrapped for.
        let recipient: x25519::Recipient = text.parse().ok()?;
        let (prefix, bytes) = bech32::decode(&recipient.to_string()).ok()?;
        let is_public = prefix.to_lowercase() == PUBLIC_PREFIX;
        bytes.try_into().ok().filter(|_| is_public).map(Self)
    }

    /// The recipient for which age writes.
    pub(in super::super) fn recipient(&self) -> Option<x25519::Recipient> {
        self.to_string().parse().ok()
    }
}

impl std::fmt::Display for PublicId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let prefix = Hrp::parse_unchecked(PUBLIC_PREFIX);
        let mut text = String::with_capacity(SECRET_TEXT);
        bech32::encode_lower_to_fmt::<bech32::Bech32, _>(&mut text, prefix, &self.0)
            .map_err(|_| std::fmt::Error)?;
        f.write_str(&text)
    }
}

/// What the file of the identity says without its key; none if there is none.
pub(in super::super) fn header(config: &VaultConfig) -> Result<Option<Header>, VaultError> {
    parts(config).map_or(Ok(None), |(_, path)| read(path))
}

/// The settings for the identity's own master key, where the key of the store comes from an identity.
pub(in super::super) fn parts(config: &VaultConfig) -> Option<(VaultConfig, &Path)> {
    match &config.key {
        KeySource::Identity { file, key, .. } => {
            Some((VaultConfig { key: (**key).clone(), ..config.clone() }, file))
        }
        _ => None,
    }
}

fn read(path: &Path) -> Result<Option<Header>, VaultError> {
    let Some(contents) = files::read_private(path)? else { return Ok(None) };
    match Header::decode(&contents) {
        Ok(header) if header.kind != KeyKind::Members => Ok(Some(header)),
        Err(HeaderFault::Unsupported(version)) => {
            let store = path.to_owned();
            Err(VaultError::Unsupported { store, version, supported: NEWEST })
        }
        _ => Err(damaged(path, "it is no identity")),
    }
}

fn damaged(path: &Path, what: &'static str) -> VaultError {
    VaultError::IdentityDamaged { file: path.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_an_identity_only_it_can_read() {
        let (ada, bob) = (Identity::random(), Identity::random());
        let file = age::encrypt(&ada.public().recipient().expect("a key"), b"hello").expect("done");
        assert_eq!(ada.decrypt(&file).expect("its own").as_slice(), b"hello");
        assert!(bob.decrypt(&file).is_none());
    }

    #[test]
    fn the_public_key_is_the_one_of_age() {
        let age = x25519::Identity::generate();
        let text = age.to_public().to_string();
        let public = PublicId::parse(&text).expect("a key");
        assert_eq!(public.to_string(), text);
        for bad in ["", "age1", "AGE-SECRET-KEY-1", &text[1..], &text.to_uppercase()[4..]] {
            assert_eq!(PublicId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn two_know_the_same_and_a_third_does_not() {
        let [ada, bob, eve] = [(); 3].map(|()| Identity::random());
        let shared = ada.shared_with(&bob.public()).expect("a key");
        assert!(bob.shared_with(&ada.public()) == Some(shared.clone()));
        assert!(eve.shared_with(&ada.public()) != Some(shared));
        assert!(ada.shared_with(&PublicId([0; KEY_BYTES])).is_none());
    }
}
