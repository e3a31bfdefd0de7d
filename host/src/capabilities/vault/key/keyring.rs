//! Master keys in the system keyring, by the Secret Service of the session.
//!
//! The service is another process and may ask the user to unlock it, so each use has a thread of
//! its own and a limit of time.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use secret_service::EncryptionType;
use secret_service::blocking::{Item, SecretService};
use zeroize::Zeroizing;

use super::super::crypto::{RawKey, StoreId};
use super::super::error::Cause;
use super::{text, text_id};

/// How long the service may take to say that it is there and unlocked, before a key file is made.
const PROBE_TIME_OUT: Duration = Duration::from_millis(200);

/// How long it may take with a person who types the password of the keyring.
const TIME_OUT: Duration = Duration::from_secs(60);

const CONTENT_TYPE: &str = "text/plain";

/// Whether the service at the address is ready to keep a key without asking anybody.
pub(super) fn is_ready(address: &str) -> bool {
    let address = address.to_owned();
    let probe = move || {
        let service = connect(&address)?;
        Ok(!service.get_default_collection()?.is_locked()?)
    };
    within(PROBE_TIME_OUT, probe).unwrap_or(false)
}

/// The text of the key of the store; none if the keyring has no such entry.
pub(super) fn read(address: &str, store: &StoreId) -> Result<Option<Zeroizing<Vec<u8>>>, Cause> {
    let (address, id) = (address.to_owned(), text_id(store));
    within(TIME_OUT, move || {
        let service = connect(&address)?;
        let found = service.search_items(attributes(&id))?;
        let item = found.unlocked.first().or(found.locked.first());
        item.map(open_item).transpose()
    })
}

/// Keeps the keys of a store, the newest first, in the place of those that are there.
pub(super) fn write(address: &str, store: &StoreId, keys: &[RawKey]) -> Result<(), Cause> {
    let (address, id, key) = (address.to_owned(), text_id(store), text::encode_all(keys));
    within(TIME_OUT, move || {
        let service = connect(&address)?;
        let collection = service.get_default_collection()?;
        collection.ensure_unlocked().or_else(|_| collection.unlock())?;
        let label = "connhub: key of the local store";
        collection.create_item(label, attributes(&id), &key, true, CONTENT_TYPE)?;
        Ok(())
    })
}

fn connect(address: &str) -> Result<SecretService<'static>, Cause> {
    let connection = zbus::blocking::connection::Builder::address(address)?.build()?;
    Ok(SecretService::connect_with_existing(EncryptionType::Dh, connection)?)
}

fn open_item(item: &Item<'_>) -> Result<Zeroizing<Vec<u8>>, Cause> {
    if item.is_locked()? {
        item.unlock()?;
    }
    Ok(Zeroizing::new(item.get_secret()?))
}

fn attributes(id: &str) -> HashMap<&str, &str> {
    HashMap::from([("application", "connhub"), ("vault", id)])
}

fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    let (sender, receiver) = mpsc::channel();
    // Nobody listens when the time is over.
    thread::spawn(move || sender.send(work()).unwrap_or_default());
    // The only other reason not to hear from the thread is that it panicked.
    receiver.recv_timeout(limit).ok().ok_or("it does not answer in time")?
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::time::Instant;

    use super::*;

    #[test]
    fn no_service_and_a_silent_one_are_not_ready_soon() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bus");
        let address = format!("unix:path={}", path.display());
        assert!(!is_ready(&address));
        let silent = UnixListener::bind(&path).expect("bound");
        let start = Instant::now();
        assert!(!is_ready(&address));
        assert!(start.elapsed() < Duration::from_secs(2));
        drop(silent);
        assert!(!is_ready("nonsense"));
    }
}
