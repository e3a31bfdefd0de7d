//! What must hold of any bytes that a store could hold.

use zeroize::Zeroizing;

use super::group::{decode_public, decode_secrets, encode_public, encode_secrets};
use super::header::Header;
use super::record::NamedSecret;
use crate::model::Secret;

/// Reads bytes as everything that is read after it was unsealed, and as the head of a store.
///
/// # Panics
/// Something can be read that is not written like this: two encodings would mean the same.
pub fn check_bytes(bytes: &[u8]) {
    if let Some(group) = decode_public(bytes) {
        let named = |name: String| NamedSecret { name, value: Secret::default() };
        let secrets: Vec<_> = group.secret_names.into_iter().map(named).collect();
        assert_eq!(encode_public(&group.key, &secrets, &group.public), bytes);
    }
    let secret = Zeroizing::new(bytes.to_vec());
    if let Some(secrets) = decode_secrets(&secret) {
        assert_eq!(encode_secrets(&secrets), bytes);
    }
    let head = Header::with_checksum(bytes);
    if let Ok(header) = Header::decode(&head) {
        assert_eq!(header.encode(), head);
    }
}
