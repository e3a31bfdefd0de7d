//! Signatures that cosign puts beside an image in a registry.
//!
//! They are not over the component but over a small document, the payload, which names the digest of the image's manifest, which names the digest
//! of the component (containers/image, `docs/containers-signature.5.md`; sigstore/cosign, `specs/SIGNATURE_SPEC.md`). Whoever keeps the manifest
//! and the payloads can check the whole chain again without the registry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa;
use serde::{Deserialize, Serialize};

use super::private::{PrivateKey, PrivateKeyError};
use super::signature::{Form, Signature, SignatureError};

/// The longest document that is looked at.
pub const MAX_IMAGE_BYTES: usize = 256 << 10;
/// The type of the layer that is a payload, as cosign writes it.
pub const COSIGN_PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation of such a layer that holds the signature.
pub const COSIGN_ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// The type of the layer that is a component, as wasm-pkg-tools writes it.
const COMPONENT_TYPE: &str = "application/wasm";
/// The type of the payloads that count.
const PAYLOAD_TYPE: &str = "cosign container image signature";

/// What is kept of an image beside its component: the manifest and the signatures over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSignatures {
    /// The manifest, exactly as the registry gave it.
    pub manifest: String,
    /// Payloads and signatures over them.
    pub signatures: Vec<ImageSignature>,
}

/// One signature over an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSignature {
    /// The payload, exactly as the registry gave it.
    pub payload: String,
    /// The base64 of the ECDSA signature over it.
    pub signature: String,
}

/// A signature over a payload that leads to one component.
#[derive(Clone)]
pub(super) struct OverImage {
    pub signature: ecdsa::Signature,
    pub payload_sha256: [u8; 32],
    pub component_sha256: [u8; 32],
}

impl ImageSignatures {
    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() > MAX_IMAGE_BYTES {
            return Err(SignatureError::TooLong);
        }
        serde_json::from_slice(bytes).map_err(SignatureError::Image)
    }

    /// The form for a file.
    pub fn to_json(&self) -> String {
        // Texts in a struct always have a form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The signatures that can be checked. One whose payload is of another image or another type counts for nothing and is left out.
    pub fn signatures(&self) -> Vec<Signature> {
        let Some(component) = component_of(&self.manifest) else {
            return Vec::new();
        };
        let manifest = format!("sha256:{}", hexadecimal(&sha256(self.manifest.as_bytes())));
        let over_image = |one: &ImageSignature| {
            let payload: Payload = serde_json::from_str(&one.payload).ok()?;
            let critical = payload.critical;
            if critical.kind != PAYLOAD_TYPE || critical.image.digest != manifest {
                return None;
            }
            let der = STANDARD.decode(one.signature.trim()).ok()?;
            Some(Signature(Form::Image(OverImage {
                signature: ecdsa::Signature::from_der(&der).ok()?,
                payload_sha256: sha256(one.payload.as_bytes()),
                component_sha256: component,
            })))
        };
        self.signatures.iter().filter_map(over_image).collect()
    }
}

impl ImageSignature {
    /// Signs an image by the digest of its manifest, as `cosign sign --key` does. `reference` is where it is, without tag and digest.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn new(key: &PrivateKey, digest: &str, reference: &str) -> Result<Self, PrivateKeyError> {
        let payload = serde_json::json!({
            "critical": {
                "identity": { "docker-reference": reference },
                "image": { "docker-manifest-digest": digest },
                "type": PAYLOAD_TYPE,
            },
            "optional": null,
        });
        let payload = payload.to_string();
        let signature = STANDARD.encode(key.sign(&sha256(payload.as_bytes()))?);
        Ok(Self { payload, signature })
    }
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(rename = "mediaType")]
    media_type: String,
    digest: String,
}

/// The digest of the component of an image, which is its only layer: with two of them a signature would not say which one is meant.
fn component_of(manifest: &str) -> Option<[u8; 32]> {
    let manifest: Manifest = serde_json::from_str(manifest).ok()?;
    let [layer] = &manifest.layers[..] else { return None };
    let digits = layer.digest.strip_prefix("sha256:")?;
    (layer.media_type == COMPONENT_TYPE).then(|| bytes_of(digits))?
}

fn bytes_of(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    digest
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{PrivateKey, Signed, signed_by};

    const COMPONENT: &[u8] = b"a component";

    fn manifest(layers: &str) -> String {
        format!("{{\"schemaVersion\":2,\"layers\":[{layers}]}}")
    }

    fn layer(bytes: &[u8]) -> String {
        let digest = hexadecimal(&sha256(bytes));
        format!("{{\"mediaType\":\"application/wasm\",\"digest\":\"sha256:{digest}\",\"size\":1}}")
    }

    fn payload(manifest: &str, kind: &str) -> String {
        let digest = hexadecimal(&sha256(manifest.as_bytes()));
        format!(
            "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"x\"}},\"image\":{{\"docker-manifest-digest\":\"sha256:{digest}\"}},\"type\":\"{kind}\"}},\"optional\":null}}"
        )
    }

    /// Whether the signature of `key` over `payload` beside `manifest` vouches for `component`.
    fn check(key: &PrivateKey, manifest: &str, payload: &str, component: &[u8]) -> bool {
        let signature = STANDARD.encode(key.sign(&sha256(payload.as_bytes())).unwrap());
        let kept = ImageSignatures {
            manifest: manifest.to_owned(),
            signatures: vec![ImageSignature { payload: payload.to_owned(), signature }],
        };
        let read = ImageSignatures::parse(kept.to_json().as_bytes()).unwrap();
        assert_eq!(read, kept);
        let digest = sha256(component);
        let signed = Signed { sha256: &digest, bytes: component };
        !signed_by([&key.public_key()], &read.signatures(), signed).is_empty()
    }

    #[test]
    fn a_signature_leads_from_the_payload_to_the_component() {
        let key = PrivateKey::generate();
        let image = manifest(&layer(COMPONENT));
        assert!(check(&key, &image, &payload(&image, PAYLOAD_TYPE), COMPONENT));
    }

    #[test]
    fn what_is_signed_here_is_what_cosign_signs() {
        let key = PrivateKey::generate();
        let image = manifest(&layer(COMPONENT));
        let digest = format!("sha256:{}", hexadecimal(&sha256(image.as_bytes())));
        let signed = ImageSignature::new(&key, &digest, "h/x").unwrap();
        assert_eq!(signed.payload, payload(&image, PAYLOAD_TYPE).replace("\"x\"", "\"h/x\""));
        let kept = ImageSignatures { manifest: image, signatures: vec![signed] };
        let component = sha256(COMPONENT);
        let signed = Signed { sha256: &component, bytes: COMPONENT };
        assert_eq!(signed_by([&key.public_key()], &kept.signatures(), signed).len(), 1);
    }

    #[test]
    fn every_link_of_the_chain_is_checked() {
        let key = PrivateKey::generate();
        let image = manifest(&layer(COMPONENT));
        let of_image = payload(&image, PAYLOAD_TYPE);
        assert!(!check(&key, &image, &of_image, b"another component"));
        let other = manifest(&layer(b"another component"));
        assert!(
            !check(&key, &other, &of_image, b"another component"),
            "a payload of another image"
        );
        assert!(!check(&key, &image, &payload(&image, "something else"), COMPONENT));
        let two = manifest(&format!("{},{}", layer(COMPONENT), layer(b"x")));
        assert!(!check(&key, &two, &payload(&two, PAYLOAD_TYPE), COMPONENT));
        let another_type = image.replace("application/wasm", "application/x");
        assert!(!check(&key, &another_type, &payload(&another_type, PAYLOAD_TYPE), COMPONENT));
        for damaged in ["", "{}", "[]"] {
            assert!(!check(&key, damaged, &of_image, COMPONENT));
            assert!(!check(&key, &image, damaged, COMPONENT));
        }
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for wrong in ["", "{}", "{\"manifest\":\"\",\"signatures\":[],\"more\":1}"] {
            assert!(ImageSignatures::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(ImageSignatures::parse(&vec![b' '; MAX_IMAGE_BYTES + 1]).is_err());
    }
}
