//! Unlocked keys in the keyring of the kernel: never on a disk, gone after a time or at a reboot.
//!
//! The kernel shows the key to processes of the same user. Where it keeps none (a container without
//! the system calls, another operating system) nothing is cached and the passphrase is asked again.

#[cfg(target_os = "linux")]
pub(super) use self::kernel::{forget, get, put};

#[cfg(not(target_os = "linux"))]
pub(super) use self::nowhere::{forget, get, put};

#[cfg(target_os = "linux")]
mod kernel {
    use std::time::Duration;

    use linux_keyutils::{
        Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission,
    };
    use zeroize::Zeroizing;

    use super::super::super::crypto::{KEY_BYTES, RawKey, StoreId};

    /// The cached key of the store.
    pub(in super::super) fn get(store: &StoreId) -> Option<RawKey> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        let length = find(store).ok()?.read(&mut *bytes).ok()?;
        (length == KEY_BYTES).then_some(RawKey(bytes))
    }

    /// Caches the key for a time, at least a second. A kernel that refuses leaves nothing behind.
    pub(in super::super) fn put(store: &StoreId, key: &RawKey, time: Duration) {
        if try_put(store, key, time).is_err() {
            forget(store);
        }
    }

    /// Removes the key of the store.
    pub(in super::super) fn forget(store: &StoreId) {
        // A key that is not there needs no removal.
        find(store).and_then(|key| key.invalidate()).unwrap_or_default();
    }

    fn try_put(store: &StoreId, key: &RawKey, time: Duration) -> Result<(), KeyError> {
        let seconds = usize::try_from(time.as_secs()).unwrap_or(usize::MAX).clamp(1, 86_400);
        let added = keyring()?.add_key(&description(store), key.0.as_slice())?;
        let permissions = KeyPermissionsBuilder::builder()
            .posessor(Permission::ALL)
            .user(Permission::VIEW | Permission::READ | Permission::SEARCH | Permission::SETATTR)
            .build();
        added.set_timeout(seconds)?;
        added.set_perms(permissions)
    }

    fn find(store: &StoreId) -> Result<Key, KeyError> {
        keyring()?.search(&description(store))
    }

    fn keyring() -> Result<KeyRing, KeyError> {
        KeyRing::from_special_id(KeyRingIdentifier::User, false)
    }

    fn description(store: &StoreId) -> String {
        format!("connhub:vault:{}", super::super::text_id(store))
    }
}

#[cfg(not(target_os = "linux"))]
mod nowhere {
    use std::time::Duration;

    use super::super::super::crypto::{RawKey, StoreId};

    /// No key: there is no cache.
    pub(in super::super) fn get(_: &StoreId) -> Option<RawKey> {
        None
    }

    /// Keeps nothing.
    pub(in super::super) fn put(_: &StoreId, _: &RawKey, _: Duration) {}

    /// Has nothing to remove.
    pub(in super::super) fn forget(_: &StoreId) {}
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::super::super::crypto::{RawKey, fill_random};
    use super::*;

    #[test]
    fn a_cached_key_is_the_same_until_it_is_forgotten_or_late() {
        let mut store = [0; 16];
        fill_random(&mut store).expect("random");
        let key = RawKey::random().expect("random");
        assert!(get(&store).is_none());
        put(&store, &key, Duration::from_secs(60));
        let kept = get(&store);
        assert!(kept.is_none() || kept == Some(key.clone()), "another key came back");
        forget(&store);
        assert!(get(&store).is_none());
        put(&store, &key, Duration::from_secs(1));
        sleep(Duration::from_millis(2100));
        assert!(get(&store).is_none(), "it outlived its time");
    }
}
