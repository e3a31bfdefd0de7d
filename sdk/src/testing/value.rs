//! Secret values in the stand-in.

use std::rc::Rc;

use crate::{Denied, Secret};

/// A handle for a value.
pub fn secret(value: impl AsRef<[u8]>) -> Secret {
    Secret(StoredValue { bytes: value.as_ref().into(), reveal: Reveal::Refused })
}

/// A handle for a value that the connector may reveal, as if the grant allowed it.
pub fn revealable_secret(value: impl AsRef<[u8]>) -> Secret {
    Secret(StoredValue { bytes: value.as_ref().into(), reveal: Reveal::Granted })
}

/// The value behind a handle, for assertions.
pub fn value_of(secret: &Secret) -> &[u8] {
    &secret.0.bytes
}

#[derive(Clone)]
pub(crate) struct StoredValue {
    bytes: Rc<[u8]>,
    reveal: Reveal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reveal {
    Granted,
    Refused,
}

impl StoredValue {
    pub(crate) fn length(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn reveal(&self) -> Result<Vec<u8>, Denied> {
        match self.reveal {
            Reveal::Granted => Ok(self.bytes.to_vec()),
            Reveal::Refused => Err(Denied { message: "`reveal` is not granted".into() }),
        }
    }
}
