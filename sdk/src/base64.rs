//! Base64 with padding (RFC 4648 §4), for visible values that a backend keeps encoded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes as base64.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text; none if it is not base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The UTF-8 text of a base64 text; none if it is neither.
pub fn decode_text(text: &str) -> Option<String> {
    String::from_utf8(decode(text)?).ok()
}
