//! What a component is, without running it.

use std::path::Path;

use crate::model::{Error, Kind};
use crate::runtime::Inspected;

/// The bytes of a file, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The same, as bytes.
    pub bytes: [u8; 32],
    /// The number of bytes.
    pub size: u64,
}

/// The digest of a file.
///
/// # Errors
/// It cannot be read.
pub fn digest(path: &Path) -> Result<Digest, Error> {
    Ok(Digest::of(&read(path)?))
}

/// The digest of a component, what it declares, and its bytes.
///
/// # Errors
/// It cannot be read, or it is no connector.
pub fn inspect(path: &Path) -> Result<(Digest, Inspected, Vec<u8>), Error> {
    let bytes = read(path)?;
    let (digest, inspected) = inspect_bytes(&bytes, path)?;
    Ok((digest, inspected, bytes))
}

/// The same of bytes that were read already; `path` is for messages.
///
/// # Errors
/// It is no connector.
pub fn inspect_bytes(bytes: &[u8], path: &Path) -> Result<(Digest, Inspected), Error> {
    let inspected = Inspected::of(bytes).map_err(|error| {
        Error::refused(format!("`{}` is no connector that can be started", path.display()))
            .because(error)
    })?;
    Ok((Digest::of(bytes), inspected))
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let size = bytes.len() as u64;
        let mut digest = [0; 32];
        digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { sha256, bytes: digest, size }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs_err::read(path).map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Other,
        };
        Error::new(kind, "the component cannot be read").because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_digest_and_is_not_always_a_connector() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wasm");
        assert_eq!(digest(&path).unwrap_err().kind, Kind::NotFound);
        fs_err::write(&path, b"abc").unwrap();
        let found = digest(&path).unwrap();
        assert_eq!(
            found.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(found.size, 3);
        assert_eq!(inspect(&path).unwrap_err().kind, Kind::Refused);
    }
}
