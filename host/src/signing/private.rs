//! Private keys, for those who sign without openssl or cosign.

use p256::SecretKey;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};

use super::key::PublicKey;
use crate::model::Secret;

/// A key of P-256 that signs. It is wiped from memory when dropped.
pub struct PrivateKey(SigningKey);

/// Why a text is no private key that can be used, or why it did not sign. The text is never part of it.
#[derive(Debug, thiserror::Error)]
pub enum PrivateKeyError {
    /// It is protected by a passphrase.
    #[error("it is protected by a passphrase")]
    Encrypted,
    /// It is a key of cosign, which only cosign can open.
    #[error("it is a key of cosign, which only cosign can open")]
    Cosign,
    /// Anything else.
    #[error("it is no private key of P-256 in PEM")]
    Unknown,
    /// The signature could not be computed.
    #[error("the key cannot sign")]
    Sign(#[source] p256::ecdsa::Error),
}

impl PrivateKeyError {
    /// What to type instead.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Encrypted => {
                "sign with `openssl dgst -sha256 -sign KEY -out FILE.sig FILE`, which asks for the passphrase"
            }
            Self::Cosign => {
                "sign with `cosign sign-blob --key KEY --new-bundle-format=false --output-signature FILE.sig FILE`"
            }
            _ => "make a pair of keys with `connhub plugin keygen --out PREFIX`",
        }
    }
}

impl PrivateKey {
    /// A new key from the system's random numbers.
    pub fn generate() -> Self {
        Self(SigningKey::from(SecretKey::generate()))
    }

    /// Reads a private key in PEM: PKCS#8 as `openssl genpkey` writes it, or the older form of `openssl ecparam -genkey`.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(text: &Secret) -> Result<Self, PrivateKeyError> {
        let text = std::str::from_utf8(text.expose()).map_err(|_| PrivateKeyError::Unknown)?;
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY") || text.contains(",ENCRYPTED") {
            return Err(PrivateKeyError::Encrypted);
        }
        if text.contains("-----BEGIN ENCRYPTED ") {
            return Err(PrivateKeyError::Cosign);
        }
        let block = |label: &str| text.find(&format!("-----BEGIN {label}-----"));
        let key = match (block("PRIVATE KEY"), block("EC PRIVATE KEY")) {
            (Some(start), _) => SecretKey::from_pkcs8_pem(text[start..].trim_end()).ok(),
            (None, Some(start)) => SecretKey::from_sec1_pem(text[start..].trim_end()).ok(),
            (None, None) => None,
        };
        key.map(|key| Self(SigningKey::from(key))).ok_or(PrivateKeyError::Unknown)
    }

    /// The key in PEM, as PKCS#8.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn to_pem(&self) -> Result<Secret, PrivateKeyError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| PrivateKeyError::Unknown)?;
        Ok(Secret::new(pem.as_bytes().to_vec()))
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::p256(*self.0.verifying_key())
    }

    /// A signature in DER over something with this SHA-256. The same key and digest give the same signature (RFC 6979): no random
    /// number can be bad.
    ///
    /// # Errors
    /// The signature could not be computed.
    pub fn sign(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, PrivateKeyError> {
        let signature: DerSignature = self.0.sign_prehash(sha256).map_err(PrivateKeyError::Sign)?;
        Ok(signature.as_bytes().to_vec())
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey(*** of {})", self.public_key().id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PrivateKey, PrivateKeyError> {
        PrivateKey::parse(&Secret::from(text.to_owned()))
    }

    #[test]
    fn a_key_survives_its_file() {
        let key = PrivateKey::generate();
        let read = PrivateKey::parse(&key.to_pem().unwrap()).unwrap();
        assert_eq!(read.public_key(), key.public_key());
        assert_ne!(PrivateKey::generate().public_key(), key.public_key());
        assert!(key.to_pem().unwrap().expose().starts_with(b"-----BEGIN PRIVATE KEY-----\n"));
    }

    #[test]
    fn keys_of_openssl_are_read() {
        let public = PublicKey::parse(include_str!("testdata/p256.pub")).unwrap();
        assert_eq!(parse(include_str!("testdata/p256.key")).unwrap().public_key(), public);
        assert_eq!(parse(include_str!("testdata/p256-sec1.key")).unwrap().public_key(), public);
    }

    #[test]
    fn other_keys_are_refused_in_words() {
        let check = |text: &str, words: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        };
        check("", "no private key");
        check("-----BEGIN ENCRYPTED PRIVATE KEY-----", "passphrase");
        check("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "passphrase");
        check("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----", "cosign");
        check(include_str!("testdata/p256.pub"), "no private key");
        check(&include_str!("testdata/p256.key").replace('M', "N"), "no private key");
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = PrivateKey::generate();
        assert!(format!("{key:?}").starts_with("PrivateKey(*** of p256:"));
    }
}
