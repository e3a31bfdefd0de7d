//! Detached signatures, as they lie in files and registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa;

use super::image::OverImage;

/// The longest signature that is looked at; a minisign file with a long comment stays far below.
pub const MAX_SIGNATURE_BYTES: usize = 8 << 10;
/// The first byte of a sequence in DER.
const DER_SEQUENCE: u8 = 0x30;

/// A signature over a component.
#[derive(Clone)]
pub struct Signature(pub(super) Form);

#[derive(Clone)]
pub(super) enum Form {
    P256(ecdsa::Signature),
    Minisign(Box<minisign_verify::Signature>),
    /// Over a document that names the component.
    Image(OverImage),
}

/// Why bytes are no signature that can be checked.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// Too long to be a signature.
    #[error("it is too long to be a signature")]
    TooLong,
    /// A bundle of Sigstore, which holds certificates and entries of a log.
    #[error("it is a Sigstore bundle, and only plain signatures are checked")]
    Bundle,
    /// A minisign file that is damaged.
    #[error("it is a damaged signature of minisign")]
    Minisign(#[source] minisign_verify::Error),
    /// A document of [`ImageSignatures`](super::ImageSignatures) that is damaged.
    #[error("it is not what was kept of an image")]
    Image(#[source] serde_json::Error),
    /// Anything else.
    #[error("it is neither an ECDSA signature in DER or base64 nor a signature of minisign")]
    Unknown,
}

impl SignatureError {
    /// What to type to get a signature that can be checked.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Bundle => {
                "sign it again with `cosign sign-blob --key KEY --new-bundle-format=false --output-signature FILE.sig FILE`"
            }
            _ => "sign it again with `connhub plugin sign FILE --key KEY`",
        }
    }
}

impl Signature {
    /// Reads a signature: DER, its base64, or a file of minisign. Surrounding white space does not count in texts.
    ///
    /// # Errors
    /// It is something else, or not exactly what an encoder writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(SignatureError::TooLong);
        }
        if bytes.first() == Some(&DER_SEQUENCE) {
            return p256(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| SignatureError::Unknown)?.trim();
        if text.starts_with('{') {
            return Err(SignatureError::Bundle);
        }
        if text.starts_with("untrusted comment:") {
            let read = minisign_verify::Signature::decode(text);
            return read
                .map(|read| Self(Form::Minisign(Box::new(read))))
                .map_err(SignatureError::Minisign);
        }
        // `openssl base64` breaks its lines.
        let text: String = text.split(['\n', '\r']).collect();
        p256(&STANDARD.decode(text).map_err(|_| SignatureError::Unknown)?)
    }
}

fn p256(der: &[u8]) -> Result<Signature, SignatureError> {
    let read = ecdsa::Signature::from_der(der);
    read.map(|read| Signature(Form::P256(read))).map_err(|_| SignatureError::Unknown)
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Form::P256(_) => "Signature(p256)",
            Form::Minisign(_) => "Signature(minisign)",
            Form::Image(_) => "Signature(image)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = include_bytes!("testdata/message.der");
    const MINISIG: &str = include_str!("testdata/message.minisig");

    #[test]
    fn every_form_is_read() {
        let base64 = STANDARD.encode(DER);
        let broken = format!("{}\n{}\n", &base64[..64], &base64[64..]);
        for form in [DER, base64.as_bytes(), broken.as_bytes(), MINISIG.as_bytes()] {
            assert!(Signature::parse(form).is_ok());
        }
    }

    #[test]
    fn what_is_no_signature_is_refused_in_words() {
        let check = |bytes: &[u8], words: &str| {
            let error = Signature::parse(bytes).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        };
        check(b"", "neither");
        check(&[0xff; 70], "neither");
        check(b"{\"mediaType\": \"x\"}", "bundle");
        check(&[b'M'; 9000], "too long");
        check(b"untrusted comment: a\nRUQf\n", "damaged");
    }

    #[test]
    fn der_is_read_strictly() {
        let refused = |der: &[u8]| assert!(Signature::parse(der).is_err(), "{der:02x?}");
        refused(&[DER, &[0]].concat());
        refused(&DER[..DER.len() - 1]);
        // The length in its long form, and an integer with a leading zero too many.
        refused(&[&[0x30, 0x81, DER[1]], &DER[2..]].concat());
        refused(&[&[0x30, DER[1] + 1, 0x02, DER[3] + 1, 0], &DER[4..]].concat());
        refused(&[0x30, 6, 2, 1, 0, 2, 1, 1]);
        refused(&[0x30, 6, 2, 1, 1, 2, 1, 0]);
    }
}
