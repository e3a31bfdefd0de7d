//! From the settings to a master key.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::model::Secret;

use super::super::config::VaultConfig;
use super::super::crypto::{RawKey, StoreId};
use super::super::error::{Cause, VaultError};
use super::super::header::Header;
use super::passphrase::{Passphrase, Purpose, Stretch};
use super::{KeyKind, KeyPlace, cache, command, file, keyring, text};

/// Where the master key of a store comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// For a new store the system keyring, if it answers within 200 ms and is unlocked, else the
    /// file; for an existing store whichever of the two it was made with.
    Auto {
        /// The key file.
        file: PathBuf,
    },
    /// The system keyring.
    Keyring,
    /// A file of mode 0600, which is made together with a new store.
    File(PathBuf),
    /// A passphrase.
    Passphrase(Passphrase),
    /// What a program prints: a key as [`super::new_key_text`] makes it, or else a passphrase,
    /// which is stretched each time. Program and arguments, no shell.
    Command(Vec<String>),
    /// The store has members, and this user is one of them.
    Identity {
        /// The file with the user's identity, which is made together with a new store.
        file: PathBuf,
        /// What the others call the user, if the user is the one who makes the store.
        name: String,
        /// Where the master key of the identity comes from.
        key: Box<KeySource>,
    },
}

/// The key for a new store, and what the store has to record about it.
pub(in super::super) struct NewKey {
    pub(in super::super) key: RawKey,
    pub(in super::super) kind: KeyKind,
    pub(in super::super) stretch: Option<Stretch>,
}

/// The key for a store that is about to be made. Nothing else makes keys.
pub(in super::super) fn for_new_store(
    config: &VaultConfig,
    store: &StoreId,
) -> Result<NewKey, VaultError> {
    let plain = |key, kind| NewKey { key, kind, stretch: None };
    match &config.key {
        KeySource::Auto { file } => match new_in_ready_keyring(config, store)? {
            Some(key) => Ok(plain(key, KeyKind::Keyring)),
            None => Ok(plain(file::read_or_make(file)?, KeyKind::File)),
        },
        KeySource::Keyring => Ok(plain(new_in_keyring(config, store)?, KeyKind::Keyring)),
        KeySource::File(path) => Ok(plain(file::read_or_make(path)?, KeyKind::File)),
        KeySource::Passphrase(passphrase) => {
            let text = ask(passphrase, Purpose::NewStore)?;
            stretched(&text, KeyKind::Passphrase, KeyPlace::Passphrase)
        }
        KeySource::Command(argv) => {
            let (output, place) = run(argv)?;
            if !text::is_key(output.expose()) {
                return stretched(&output, KeyKind::Command, place);
            }
            Ok(plain(decode(output.expose(), place)?, KeyKind::Command))
        }
        KeySource::Identity { .. } => Ok(plain(RawKey::random()?, KeyKind::Members)),
    }
}

/// The new key for a store that exists. What the place has of the store already stays valid until [`settle`].
pub(in super::super) fn for_rotation(
    config: &VaultConfig,
    store: &StoreId,
) -> Result<NewKey, VaultError> {
    let plain = |key, kind| NewKey { key, kind, stretch: None };
    match &config.key {
        KeySource::File(path) => Ok(plain(file::renew(path)?, KeyKind::File)),
        KeySource::Keyring => Ok(plain(renew_in_keyring(config, store)?, KeyKind::Keyring)),
        // A place that keeps no key for us is asked as for a new store. `Auto` has been settled.
        _ => for_new_store(config, store),
    }
}

/// After a rotation: leaves the new key alone in its place, where it is ours to write. Older copies of the store are not opened by it.
pub(in super::super) fn settle(
    config: &VaultConfig,
    store: &StoreId,
    key: &RawKey,
) -> Result<(), VaultError> {
    match &config.key {
        KeySource::File(path) => file::keep_only(path, key),
        KeySource::Keyring => write_keyring(config, store, std::slice::from_ref(key)),
        _ => Ok(()),
    }
}

/// The key for a store that exists, from the kind of place that it was made with: those that may be it, the newest first.
pub(in super::super) fn for_existing_store(
    config: &VaultConfig,
    header: &Header,
    store: &Path,
) -> Result<(Vec<RawKey>, KeyPlace), VaultError> {
    match (header.kind, &config.key) {
        (KeyKind::Keyring, KeySource::Keyring | KeySource::Auto { .. }) => {
            existing_in_keyring(config, header, store)
        }
        (KeyKind::File, KeySource::File(path) | KeySource::Auto { file: path }) => {
            let place = KeyPlace::file(path);
            let keys = file::read(path)?.ok_or_else(|| missing(store, &place))?;
            Ok((keys, place))
        }
        (KeyKind::Passphrase, KeySource::Passphrase(passphrase)) => {
            let text = ask(passphrase, Purpose::Unlock)?;
            existing_stretched(header, &text, KeyPlace::Passphrase)
        }
        (KeyKind::Command, KeySource::Command(argv)) => {
            let (output, place) = run(argv)?;
            existing_stretched(header, &output, place)
        }
        (made, source) => {
            Err(VaultError::OtherKey { store: store.to_owned(), made, configured: source.words() })
        }
    }
}

/// The key that the kernel remembers, if the settings allow it and the store has a passphrase.
pub(in super::super) fn remembered(config: &VaultConfig, header: &Header) -> Option<RawKey> {
    match &config.key {
        KeySource::Passphrase(Passphrase { cache: Some(_), .. })
            if header.kind == KeyKind::Passphrase =>
        {
            cache::get(&header.store)
        }
        _ => None,
    }
}

/// Has the kernel remember a key that opened the store, if the settings ask for it.
pub(in super::super) fn remember(config: &VaultConfig, store: &StoreId, key: &RawKey) {
    if let KeySource::Passphrase(Passphrase { cache: Some(time), .. }) = &config.key {
        cache::put(store, key, *time);
    }
}

/// Whether the kernel remembers a key of the store.
pub(in super::super) fn is_remembered(store: &StoreId) -> bool {
    cache::get(store).is_some()
}

/// Has the kernel forget the key of a store.
pub(in super::super) fn forget(store: &StoreId) {
    cache::forget(store);
}

impl KeySource {
    /// The place itself, where the settings leave a choice and the store was made with this kind.
    pub(in super::super) fn settled(&self, kind: KeyKind) -> Self {
        match (self, kind) {
            (Self::Auto { .. }, KeyKind::Keyring) => Self::Keyring,
            (Self::Auto { file }, _) => Self::File(file.clone()),
            (source, _) => source.clone(),
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Auto { .. } => "the system keyring or a key file",
            Self::Keyring => "the system keyring",
            Self::File(_) => "a key file",
            Self::Passphrase(_) => "a passphrase",
            Self::Command(_) => "a key command",
            Self::Identity { .. } => "the identity of a member",
        }
    }
}

fn new_in_ready_keyring(
    config: &VaultConfig,
    store: &StoreId,
) -> Result<Option<RawKey>, VaultError> {
    match &config.session_bus {
        Some(address) if keyring::is_ready(address) => new_in_keyring(config, store).map(Some),
        _ => Ok(None),
    }
}

fn new_in_keyring(config: &VaultConfig, store: &StoreId) -> Result<RawKey, VaultError> {
    let key = RawKey::random()?;
    write_keyring(config, store, std::slice::from_ref(&key))?;
    Ok(key)
}

fn renew_in_keyring(config: &VaultConfig, store: &StoreId) -> Result<RawKey, VaultError> {
    let key = RawKey::random()?;
    let mut keys = read_keyring(bus(config)?, store)?.unwrap_or_default();
    keys.insert(0, key.clone());
    write_keyring(config, store, &keys)?;
    Ok(key)
}

fn write_keyring(config: &VaultConfig, store: &StoreId, keys: &[RawKey]) -> Result<(), VaultError> {
    let address = bus(config)?;
    keyring::write(address, store, keys).map_err(|source| silent(KeyPlace::Keyring, source))?;
    match read_keyring(address, store)? {
        Some(kept) if kept == keys => Ok(()),
        _ => Err(silent(KeyPlace::Keyring, "it did not keep the key".into())),
    }
}

fn existing_in_keyring(
    config: &VaultConfig,
    header: &Header,
    store: &Path,
) -> Result<(Vec<RawKey>, KeyPlace), VaultError> {
    let keys = read_keyring(bus(config)?, &header.store)?;
    let keys = keys.ok_or_else(|| missing(store, &KeyPlace::Keyring))?;
    Ok((keys, KeyPlace::Keyring))
}

fn read_keyring(address: &str, store: &StoreId) -> Result<Option<Vec<RawKey>>, VaultError> {
    let text = keyring::read(address, store).map_err(|source| silent(KeyPlace::Keyring, source))?;
    let decode_all = |text: Zeroizing<Vec<u8>>| {
        let place = KeyPlace::Keyring;
        text::decode_all(&text).map_err(|what| VaultError::KeyDamaged { place, what })
    };
    text.map(decode_all).transpose()
}

fn bus(config: &VaultConfig) -> Result<&str, VaultError> {
    let address = config.session_bus.as_deref();
    address.ok_or_else(|| silent(KeyPlace::Keyring, "there is no session bus".into()))
}

fn existing_stretched(
    header: &Header,
    output: &Secret,
    place: KeyPlace,
) -> Result<(Vec<RawKey>, KeyPlace), VaultError> {
    let key = match &header.stretch {
        Some(stretch) => stretch.key(output).ok_or_else(|| no_memory(place.clone()))?,
        None => decode(output.expose(), place.clone())?,
    };
    Ok((vec![key], place))
}

fn stretched(text: &Secret, kind: KeyKind, place: KeyPlace) -> Result<NewKey, VaultError> {
    let stretch = Stretch::new()?;
    let key = stretch.key(text).ok_or_else(|| no_memory(place))?;
    Ok(NewKey { key, kind, stretch: Some(stretch) })
}

fn ask(passphrase: &Passphrase, purpose: Purpose) -> Result<Secret, VaultError> {
    let read = passphrase.reader.read(purpose);
    let text = read.map_err(|source| silent(KeyPlace::Passphrase, source))?;
    if text.is_empty() {
        return Err(silent(KeyPlace::Passphrase, "it is empty".into()));
    }
    Ok(text)
}

fn run(argv: &[String]) -> Result<(Secret, KeyPlace), VaultError> {
    let place = KeyPlace::Command(argv.first().cloned().unwrap_or_default());
    match command::run(argv) {
        Ok(output) => Ok((output, place)),
        Err(source) => Err(silent(place, source)),
    }
}

fn decode(text: &[u8], place: KeyPlace) -> Result<RawKey, VaultError> {
    text::decode(text).map_err(|what| VaultError::KeyDamaged { place, what })
}

fn missing(store: &Path, place: &KeyPlace) -> VaultError {
    VaultError::KeyMissing { place: place.clone(), store: store.to_owned() }
}

fn no_memory(place: KeyPlace) -> VaultError {
    silent(place, "there is not enough memory to make a key of it".into())
}

fn silent(place: KeyPlace, source: Cause) -> VaultError {
    VaultError::KeyUnavailable { place, source }
}
