//! Which keys signed a component.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

use super::key::{Key, KeyId, PublicKey};
use super::signature::{Form, Signature};

/// What was signed: the bytes and their SHA-256, which the caller has computed already.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The SHA-256 of `bytes`.
    pub sha256: &'a [u8; 32],
    /// The bytes, which are looked at only for a signature of minisign.
    pub bytes: &'a [u8],
}

/// The keys, of those given, that made one of the signatures; each once, in the order of the keys. Nothing that does not fit is an error:
/// a component may be signed by others, too.
pub fn signed_by<'a>(
    keys: impl IntoIterator<Item = &'a PublicKey>,
    signatures: &[Signature],
    signed: Signed<'_>,
) -> Vec<KeyId> {
    let mut ids: Vec<KeyId> = Vec::new();
    for key in keys {
        let made_one = || signatures.iter().any(|signature| verifies(key, signature, signed));
        if !ids.contains(key.id()) && made_one() {
            ids.push(key.id().clone());
        }
    }
    ids
}

/// An ECDSA signature has a twin that verifies as well, and signers write either; nothing here depends on a signature being the only one.
fn verifies(key: &PublicKey, signature: &Signature, signed: Signed<'_>) -> bool {
    match (&key.key, &signature.0) {
        (Key::P256(key), Form::P256(signature)) => {
            key.verify_prehash(signed.sha256, signature).is_ok()
        }
        (Key::P256(key), Form::Image(over)) => {
            over.component_sha256 == *signed.sha256
                && key.verify_prehash(&over.payload_sha256, &over.signature).is_ok()
        }
        // Old signatures are over the bytes themselves instead of their hash; what was signed is as certain.
        (Key::Minisign(key), Form::Minisign(signature)) => {
            key.verify(signed.bytes, signature, true).is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::PrivateKey;

    const MESSAGE: &[u8] = include_bytes!("testdata/message");
    const P256: &str = include_str!("testdata/p256.pub");
    const MINISIGN: &str = include_str!("testdata/minisign.pub");
    const DER: &[u8] = include_bytes!("testdata/message.der");
    const MINISIG: &str = include_str!("testdata/message.minisig");

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        digest.as_ref().try_into().unwrap()
    }

    fn check(key: &str, signature: &[u8], message: &[u8]) -> bool {
        let key = PublicKey::parse(key).unwrap();
        let Ok(signature) = Signature::parse(signature) else { return false };
        let sha256 = sha256(message);
        let signed = Signed { sha256: &sha256, bytes: message };
        let ids = signed_by([&key], &[signature], signed);
        assert!(ids.is_empty() || ids == [key.id().clone()]);
        !ids.is_empty()
    }

    #[test]
    fn what_openssl_and_minisign_signed_is_signed() {
        assert!(check(P256, DER, MESSAGE));
        assert!(check(MINISIGN, MINISIG.as_bytes(), MESSAGE));
        let legacy = include_bytes!("testdata/message-legacy.minisig");
        assert!(check(MINISIGN, legacy, MESSAGE));
    }

    #[test]
    fn another_message_key_or_form_is_not_signed() {
        assert!(!check(P256, DER, b"another"));
        assert!(!check(MINISIGN, MINISIG.as_bytes(), b"another"));
        assert!(!check(MINISIGN, DER, MESSAGE));
        assert!(!check(P256, MINISIG.as_bytes(), MESSAGE));
        let other = PrivateKey::generate().public_key().to_pem().unwrap();
        assert!(!check(&other, DER, MESSAGE));
    }

    #[test]
    fn no_flipped_bit_of_a_signature_is_accepted() {
        for bit in 0..DER.len() * 8 {
            let mut flipped = DER.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!check(P256, &flipped, MESSAGE), "bit {bit}");
        }
    }

    /// The comment of minisign is signed, too: a file name or time in it cannot be forged.
    #[test]
    fn the_trusted_comment_of_minisign_is_part_of_what_is_signed() {
        let line = MINISIG.lines().nth(2).unwrap();
        let forged = MINISIG.replace(line, &format!("{line}!"));
        assert!(!check(MINISIGN, forged.as_bytes(), MESSAGE));
        let first = MINISIG.lines().next().unwrap();
        let renamed = MINISIG.replace(first, "untrusted comment: anything");
        assert!(check(MINISIGN, renamed.as_bytes(), MESSAGE), "the untrusted comment is not");
    }

    #[test]
    fn each_key_counts_once_and_in_its_order() {
        let (one, two) = (PrivateKey::generate(), PrivateKey::generate());
        let sha256 = sha256(MESSAGE);
        let signature = |key: &PrivateKey| Signature::parse(&key.sign(&sha256).unwrap()).unwrap();
        let signatures = [signature(&two), signature(&one), signature(&one)];
        let keys = [one.public_key(), two.public_key(), one.public_key()];
        let signed = Signed { sha256: &sha256, bytes: MESSAGE };
        let ids = signed_by(&keys, &signatures, signed);
        assert_eq!(ids, [keys[0].id().clone(), keys[1].id().clone()]);
        assert!(signed_by(&keys, &[], signed).is_empty());
    }
}
