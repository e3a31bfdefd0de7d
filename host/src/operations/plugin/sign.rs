//! Keys and signatures for those who have neither openssl nor cosign.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fs_err::os::unix::fs::OpenOptionsExt as _;

use super::files::{self, Change};
use crate::fetch;
use crate::model::{Error, Kind, Secret};
use crate::plugins::SignatureEnding;
use crate::runtime::ComponentFile;
use crate::signing::{KeyId, PrivateKey, PrivateKeyError, PublicKey};

/// The largest file that can be a key, in bytes.
const MAX_KEY: usize = 16 << 10;

/// A pair of keys that was made.
#[derive(Debug)]
pub struct KeyPair {
    /// The file with the private key.
    pub private: PathBuf,
    /// The file with the public key.
    pub public: PathBuf,
    /// The name of the key.
    pub id: KeyId,
}

/// A signature that was made.
#[derive(Debug)]
pub struct Signing {
    /// The file with the signature.
    pub signature: PathBuf,
    /// The digest that was signed.
    pub sha256: String,
    /// The name of the key.
    pub id: KeyId,
}

/// Makes `PREFIX.key`, for its owner alone, and `PREFIX.pub`.
///
/// # Errors
/// One of them is there already, or cannot be written.
pub fn keygen(prefix: &Path) -> Result<KeyPair, Error> {
    let key = PrivateKey::generate();
    let unusable = || Error::new(Kind::Other, "the key cannot be written as text");
    let private_pem = key.to_pem().map_err(|error| unusable().because(error))?;
    let public_pem = key.public_key().to_pem().ok_or_else(unusable)?;
    let at = |ending: &str| {
        let mut path = prefix.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    };
    let (private, public) = (at(".key"), at(".pub"));
    if public.symlink_metadata().is_ok() {
        return Err(there_already(&public));
    }
    create(&private, private_pem.expose(), 0o600)?;
    if let Err(error) = create(&public, public_pem.as_bytes(), 0o644) {
        // A key whose public half nobody has is of no use; it was made just now.
        let _ = fs_err::remove_file(&private);
        return Err(error);
    }
    Ok(KeyPair { private, public, id: key.public_key().id().clone() })
}

/// Signs a component: writes the base64 of the signature into `FILE.sig`, as `cosign sign-blob` does.
///
/// # Errors
/// The key or the component cannot be read, or the signature cannot be written.
pub fn sign(component: &Path, key: &Path) -> Result<Signing, Error> {
    let path = key;
    let key = private_key(path)?;
    let bytes = fetch::read(component, fetch::MAX_COMPONENT)?
        .ok_or_else(|| missing("the component", component))?;
    let file = ComponentFile::from(bytes);
    let signature = key.sign(file.digest()).map_err(|error| unusable(path, error))?;
    let place = SignatureEnding::Sig.beside(component);
    files::apply(vec![Change::write(&place, STANDARD.encode(signature))])?;
    Ok(Signing { signature: place, sha256: file.sha256, id: key.public_key().id().clone() })
}

/// Reads a private key from a file.
///
/// # Errors
/// It cannot be read or is no private key of P-256 that can be used.
pub fn private_key(path: &Path) -> Result<PrivateKey, Error> {
    let text =
        fetch::read(path, MAX_KEY)?.ok_or_else(|| missing("the key", path)).map(Secret::new)?;
    PrivateKey::parse(&text).map_err(|error| unusable(path, error))
}

fn unusable(key: &Path, error: PrivateKeyError) -> Error {
    let hint = error.hint();
    Error::invalid(format!("`{}` cannot be used to sign", key.display())).because(error).hint(hint)
}

/// Reads a public key from a file, and returns its text, too.
///
/// # Errors
/// It cannot be read or is no public key.
pub fn public_key(path: &Path) -> Result<(PublicKey, String), Error> {
    let bytes = fetch::read(path, MAX_KEY)?.ok_or_else(|| missing("the key", path))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let key = PublicKey::parse(&text).map_err(|error| {
        let hint = error.hint();
        Error::invalid(format!("`{}` is no public key that can be used", path.display()))
            .because(error)
            .hint(hint)
    })?;
    Ok((key, text))
}

fn missing(what: &str, path: &Path) -> Error {
    Error::new(Kind::NotFound, format!("{what} `{}` does not exist", path.display()))
}

fn there_already(path: &Path) -> Error {
    Error::new(Kind::Exists, format!("`{}` is there already", path.display()))
        .hint("choose another name with `--out PREFIX`; a key is never replaced")
}

fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(path),
        _ => Error::new(Kind::Other, format!("`{}` cannot be written", path.display()))
            .because(error),
    };
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_pair_of_keys_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let pair = keygen(&folder.path().join("acme")).unwrap();
        let mode = fs_err::metadata(&pair.private).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(public_key(&pair.public).unwrap().0.id(), &pair.id);
        let before = fs_err::read(&pair.private).unwrap();
        assert_eq!(keygen(&folder.path().join("acme")).unwrap_err().kind, Kind::Exists);
        assert_eq!(fs_err::read(&pair.private).unwrap(), before);
        fs_err::remove_file(&pair.private).unwrap();
        assert_eq!(keygen(&folder.path().join("acme")).unwrap_err().kind, Kind::Exists);
        assert!(!pair.private.exists(), "no private key without its public half");
    }

    #[test]
    fn a_signature_is_base64_beside_the_component() {
        let folder = tempfile::tempdir().unwrap();
        let pair = keygen(&folder.path().join("acme")).unwrap();
        let component = folder.path().join("x.wasm");
        assert_eq!(sign(&component, &pair.private).unwrap_err().kind, Kind::NotFound);
        fs_err::write(&component, b"abc").unwrap();
        let signing = sign(&component, &pair.private).unwrap();
        assert_eq!(signing.signature, folder.path().join("x.wasm.sig"));
        let text = fs_err::read_to_string(&signing.signature).unwrap();
        assert!(STANDARD.decode(&text).is_ok(), "{text}");
        let error = sign(&component, &pair.public).unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
    }
}
