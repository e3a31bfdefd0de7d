//! Public keys and how they are named.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, LineEnding};

/// The longest text that is looked at; a PEM of P-256 has 178 bytes.
const MAX_TEXT: usize = 8 << 10;
/// The bytes of a minisign key: algorithm, number of the key, the key itself.
const MINISIGN_BYTES: usize = 42;
const MINISIGN_KEY: std::ops::Range<usize> = 10..42;

/// The name of a public key: its kind and the SHA-256 of all of it, so that nobody can make a second key of the same name.
///
/// `p256:HEX` is over the key's `SubjectPublicKeyInfo` in DER with an uncompressed point, which is what
/// `openssl pkey -pubin -outform DER | sha256sum` prints. `minisign:HEX` is over the 32 bytes of the Ed25519 key: the number that minisign gives
/// a key is chosen by whoever makes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    fn of(kind: &str, key: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, key);
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{kind}:{hex}"))
    }

    /// Reads a name as it is printed.
    ///
    /// # Errors
    /// It is no kind of key that is known, or not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("p256:").or_else(|| text.strip_prefix("minisign:"));
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match digits {
            Some(digits) if digits.len() == 64 && digits.bytes().all(is_digit) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(KeyError::Id),
        }
    }

    /// `p256:…` or `minisign:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    pub(super) key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    P256(VerifyingKey),
    Minisign(minisign_verify::PublicKey),
}

/// Why a text is no public key that can be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Too long to be a key.
    #[error("it has more than 8 KiB")]
    TooLong,
    /// It begins with a PEM block of another kind.
    #[error("it holds a {0}, not a public key")]
    OtherPem(&'static str),
    /// A PEM block of a key that is not on the curve P-256, or damaged.
    #[error("it is no public key of P-256")]
    P256(#[source] p256::pkcs8::spki::Error),
    /// Neither PEM nor minisign.
    #[error("it is neither a public key in PEM nor a public key of minisign")]
    Unknown,
    /// Not the name of a key.
    #[error("it is not `p256:` or `minisign:` and 64 lower-case hexadecimal digits")]
    Id,
}

impl KeyError {
    /// What to type to get a key that can be used.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherPem("certificate") => {
                "take the key out of it with `openssl x509 -in FILE -pubkey -noout`"
            }
            Self::OtherPem("private key") => {
                "take the public half of it with `openssl pkey -in FILE -pubout`"
            }
            _ => "make a pair of keys with `connhub plugin keygen --out PREFIX`",
        }
    }
}

impl PublicKey {
    /// Reads a public key: a PEM `SubjectPublicKeyInfo` of P-256, the file of a minisign key, or its second line alone.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_TEXT {
            return Err(KeyError::TooLong);
        }
        match text.find("-----BEGIN ") {
            Some(start) => Self::pem(text[start..].trim_end()),
            None => Self::minisign(text),
        }
    }

    pub(super) fn p256(key: VerifyingKey) -> Self {
        // The encoding of a key that was read cannot fail; if it did, the key would get a name that fits nothing.
        let der = key.to_public_key_der().map(|der| der.as_bytes().to_vec()).unwrap_or_default();
        Self { id: KeyId::of("p256", &der), key: Key::P256(key) }
    }

    /// The name of the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key as PEM, if it is one of P-256.
    pub fn to_pem(&self) -> Option<String> {
        match &self.key {
            Key::P256(key) => key.to_public_key_pem(LineEnding::LF).ok(),
            Key::Minisign(_) => None,
        }
    }

    fn pem(text: &str) -> Result<Self, KeyError> {
        if let Some(other) = other_pem(text) {
            return Err(KeyError::OtherPem(other));
        }
        VerifyingKey::from_public_key_pem(text).map(Self::p256).map_err(KeyError::P256)
    }

    fn minisign(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (first, second) = (lines.next().unwrap_or_default(), lines.next());
        let line = match second {
            Some(second) if first.starts_with("untrusted comment:") => second,
            Some(_) => return Err(KeyError::Unknown),
            None => first,
        };
        let bytes = STANDARD.decode(line).map_err(|_| KeyError::Unknown)?;
        if lines.next().is_some() || bytes.len() != MINISIGN_BYTES {
            return Err(KeyError::Unknown);
        }
        let key = minisign_verify::PublicKey::from_base64(line).map_err(|_| KeyError::Unknown)?;
        Ok(Self { id: KeyId::of("minisign", &bytes[MINISIGN_KEY]), key: Key::Minisign(key) })
    }
}

/// What a PEM block holds that is no public key.
fn other_pem(text: &str) -> Option<&'static str> {
    let label = text.strip_prefix("-----BEGIN ")?.split("-----").next()?;
    match label {
        "PUBLIC KEY" => None,
        "CERTIFICATE" => Some("certificate"),
        label if label.ends_with("PRIVATE KEY") => Some("private key"),
        _ => Some("PEM block of another kind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`.
    const PEM: &str = include_str!("testdata/p256.pub");
    const MINISIGN: &str = include_str!("testdata/minisign.pub");

    #[test]
    fn a_key_is_named_by_all_of_it() {
        let key = PublicKey::parse(PEM).unwrap();
        // openssl pkey -pubin -in p256.pub -outform DER | sha256sum
        let id = include_str!("testdata/p256.id").trim();
        assert_eq!(key.id().as_str(), format!("p256:{id}"));
        assert_eq!(key.to_pem().unwrap(), PEM);
        assert_eq!(&KeyId::parse(key.id().as_str()).unwrap(), key.id());
        let crlf = format!("a comment\r\n{}\r\n", PEM.replace('\n', "\r\n"));
        assert_eq!(PublicKey::parse(&crlf).unwrap(), key);
        let compressed = PublicKey::parse(include_str!("testdata/p256-compressed.pub")).unwrap();
        assert_eq!(compressed.id(), key.id(), "one key has one name, however it is written");
    }

    #[test]
    fn a_minisign_key_is_a_file_or_a_line_and_its_number_is_not_its_name() {
        let file = PublicKey::parse(MINISIGN).unwrap();
        let line = MINISIGN.lines().nth(1).unwrap();
        assert_eq!(PublicKey::parse(line).unwrap().id(), file.id());
        assert!(file.id().as_str().starts_with("minisign:"), "{}", file.id());
        let mut bytes = STANDARD.decode(line).unwrap();
        bytes[2] ^= 1;
        assert_eq!(PublicKey::parse(&STANDARD.encode(&bytes)).unwrap().id(), file.id());
        bytes[10] ^= 1;
        assert_ne!(PublicKey::parse(&STANDARD.encode(&bytes)).unwrap().id(), file.id());
        assert_eq!(file.to_pem(), None);
    }

    #[test]
    fn what_is_no_public_key_is_refused_in_words() {
        let check = |text: &str, words: &str| {
            let error = PublicKey::parse(text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        };
        check("", "neither");
        check("RWQ", "neither");
        check(&format!("{MINISIGN}more\n"), "neither");
        check(&"x".repeat(9000), "8 KiB");
        check("-----BEGIN CERTIFICATE-----\n", "a certificate");
        check("-----BEGIN EC PRIVATE KEY-----\n", "a private key");
        check(include_str!("testdata/p384.pub"), "P-256");
        check(&PEM.replace('M', "N"), "P-256");
        assert!(KeyError::OtherPem("certificate").hint().contains("x509"));
    }

    #[test]
    fn names_are_strict() {
        let hex = "a".repeat(64);
        assert!(KeyId::parse(&format!("p256:{hex}")).is_ok());
        for wrong in [&hex, &format!("p256:{}", &hex[1..]), &format!("p256:{}", hex.to_uppercase())]
        {
            assert!(KeyId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
