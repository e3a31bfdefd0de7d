//! Tokens that a private key signs: RS256 (RFC 7518 §3.3).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKey;
use ring::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

use crate::model::Secret;

/// A private key for signing.
pub struct Signer(RsaKey);

impl Signer {
    /// The key of a PEM text, in PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// It is no RSA key of 2048 bits or more. The text is not quoted.
    pub fn of_pem(pem: &[u8]) -> Result<Self, &'static str> {
        const UNUSABLE: &str = "the private key is no RSA key in PEM with at least 2048 bits";
        let key = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| UNUSABLE)? {
            PrivateKeyDer::Pkcs8(key) => RsaKey::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKey::from_der(key.secret_pkcs1_der()),
            _ => return Err(UNUSABLE),
        };
        key.map(Self).map_err(|_| UNUSABLE)
    }

    /// A signed token.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn token(&self, header: &Value, claims: &Value) -> Result<Secret, &'static str> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| "the private key cannot sign")?;
        Ok(Secret::from(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    /// The hash of the public key as Snowflake shows it: base64 of the SHA-256 of its SubjectPublicKeyInfo.
    pub fn fingerprint(&self) -> String {
        STANDARD.encode(digest(&SHA256, &public_key_info(self.0.public().as_ref())))
    }
}

/// A SubjectPublicKeyInfo (RFC 5280 §4.1) around an RSA public key.
fn public_key_info(key: &[u8]) -> Vec<u8> {
    // rsaEncryption, with NULL as its parameters.
    const ALGORITHM: [u8; 15] =
        [0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0];
    let bits = [&[0], key].concat();
    let bits = tagged(0x03, &bits);
    tagged(0x30, &[ALGORITHM.as_slice(), &bits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    match length {
        0..=127 => der.push(length as u8),
        128..=255 => der.extend([0x81, length as u8]),
        _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_der() {
        assert_eq!(tagged(4, &[7; 3]), [4, 3, 7, 7, 7]);
        assert_eq!(tagged(4, &[0; 200])[..3], [4, 0x81, 200]);
        assert_eq!(tagged(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn what_is_no_key_is_not_quoted() {
        for pem in [
            "",
            "hunter2",
            "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n",
        ] {
            let error = Signer::of_pem(pem.as_bytes()).err().unwrap();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
