//! A signature, the signatures of an image, or a public key.

use connhub::signing::{ImageSignatures, PublicKey, Signature, Signed, signed_by};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "signature",
    run,
    words: &[
        "untrusted comment: ",
        "trusted comment: ",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----END PUBLIC KEY-----\n",
        "{\"",
        "\u{30}\u{45}\u{2}",
        "\n",
    ],
};

fn run(data: &[u8]) {
    // Nothing made of the input was signed by the key of the input.
    let signed = Signed { sha256: &[7; 32], bytes: b"connhub" };
    let mut signatures: Vec<Signature> = Signature::parse(data).into_iter().collect();
    if let Ok(image) = ImageSignatures::parse(data) {
        let again = ImageSignatures::parse(image.to_json().as_bytes());
        assert!(again.is_ok(), "what is written can be read");
        signatures.extend(image.signatures());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(key) = PublicKey::parse(text) else { return };
    assert!(signed_by([&key], &signatures, signed).is_empty(), "one text is no key and signature");
    if let Some(pem) = key.to_pem() {
        let again = PublicKey::parse(&pem).expect("what is written can be read");
        assert_eq!(again.id(), key.id(), "a key has one name");
    }
}
