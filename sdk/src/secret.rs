//! Handles for secret values.

use std::fmt;

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::connhub::connector::secrets::Secret as Handle;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::StoredValue as Handle;

pub use crate::bindings::connhub::connector::secrets::Denied;

/// A secret value that the host keeps. The connector says where it goes and never sees it.
///
/// A handle is valid for the call in which it was given. It prints as `***`.
pub struct Secret(pub(crate) Handle);

impl Secret {
    /// The number of bytes of the value, to check it against a limit of the backend.
    pub fn length(&self) -> u64 {
        self.0.length()
    }

    /// The bytes themselves.
    ///
    /// A connector that can say where a secret goes does not need this.
    ///
    /// # Errors
    ///
    /// Without the separate grant `reveal` the host refuses and says what would have to be granted.
    pub fn reveal(&self) -> Result<Vec<u8>, Denied> {
        self.0.reveal()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
