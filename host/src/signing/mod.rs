//! Who vouches for a component: public keys, detached signatures, and which of the keys signed which bytes.
//!
//! Three forms are known, each checked without a network:
//! - **ECDSA P-256 over SHA-256**, in DER, as `openssl dgst -sha256 -sign` writes it, or the base64 of that, as `cosign sign-blob --key` writes
//!   it. It is checked from the digest that was computed anyway;
//! - the same over the document that **cosign puts beside an image** in a registry, which names the component;
//! - **Ed25519 by minisign**, which hashes with BLAKE2b and signs its comment, too.
//!
//! Nothing here reads or writes a file.

mod image;
mod key;
mod private;
mod signature;
mod verify;

pub use image::{
    COSIGN_ANNOTATION, COSIGN_PAYLOAD, ImageSignature, ImageSignatures, MAX_IMAGE_BYTES,
};
pub use key::{KeyError, KeyId, PublicKey};
pub use private::{PrivateKey, PrivateKeyError};
pub use signature::{MAX_SIGNATURE_BYTES, Signature, SignatureError};
pub use verify::{Signed, signed_by};
