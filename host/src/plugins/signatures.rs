//! Signatures beside components: where they lie, and whether those that are asked for are there.

use std::path::{Path, PathBuf};

use crate::fetch::read;
use crate::model::Error;
use crate::runtime::ComponentFile;
use crate::settings::{ConnectorSettings, Signer};
use crate::signing::{
    ImageSignatures, MAX_IMAGE_BYTES, MAX_SIGNATURE_BYTES, Signature, SignatureError, Signed,
    signed_by,
};

/// What stands behind a component's name in the names of its signatures.
pub const SIGNATURE_ENDINGS: [SignatureEnding; 3] =
    [SignatureEnding::Sig, SignatureEnding::Minisig, SignatureEnding::Image];

/// The kind of a file with signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEnding {
    /// `.sig`: ECDSA in DER or base64.
    Sig,
    /// `.minisig`: a file of minisign.
    Minisig,
    /// `.cosign.json`: what was kept of an image of a registry.
    Image,
}

impl SignatureEnding {
    /// The file beside a component.
    pub fn beside(self, component: &Path) -> PathBuf {
        let mut name = component.as_os_str().to_owned();
        name.push(self.as_str());
        PathBuf::from(name)
    }

    /// What stands behind the name of the component.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sig => ".sig",
            Self::Minisig => ".minisig",
            Self::Image => ".cosign.json",
        }
    }

    fn max_bytes(self) -> usize {
        match self {
            Self::Sig | Self::Minisig => MAX_SIGNATURE_BYTES,
            Self::Image => MAX_IMAGE_BYTES,
        }
    }

    /// The signatures in such a file.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(self, bytes: &[u8]) -> Result<Vec<Signature>, SignatureError> {
        match self {
            Self::Sig | Self::Minisig => Signature::parse(bytes).map(|one| vec![one]),
            Self::Image => ImageSignatures::parse(bytes).map(|image| image.signatures()),
        }
    }
}

/// All signatures that lie beside a component. None is as good as no file.
///
/// # Errors
/// A file is there and cannot be used, which it is better to know than to wonder about.
pub fn signatures_beside(component: &Path) -> Result<Vec<Signature>, Error> {
    let mut signatures = Vec::new();
    for ending in SIGNATURE_ENDINGS {
        let path = ending.beside(component);
        let Some(bytes) = read(&path, ending.max_bytes())? else { continue };
        signatures.extend(ending.parse(&bytes).map_err(|error| {
            let hint = error.hint();
            Error::refused(format!("`{}` holds no signature", path.display()))
                .because(error)
                .hint(hint)
        })?);
    }
    Ok(signatures)
}

/// Whose signatures lie beside a component.
#[derive(Debug)]
pub struct Beside<'s> {
    /// How many there are, whoever made them.
    pub signatures: usize,
    /// Those of the known signers who made one that is good.
    pub signers: Vec<&'s Signer>,
}

/// Who, of the known signers, has signed a component by the files beside it.
///
/// # Errors
/// A file is there and cannot be used.
pub fn beside<'s>(
    known: impl IntoIterator<Item = &'s Signer>,
    component: &Path,
    signed: Signed<'_>,
) -> Result<Beside<'s>, Error> {
    let signatures = signatures_beside(component)?;
    let made_one = |signer: &&Signer| !signed_by([&signer.key], &signatures, signed).is_empty();
    let signers = known.into_iter().filter(made_one).collect();
    Ok(Beside { signatures: signatures.len(), signers })
}

/// Those of the signers who signed a component.
pub fn who_signed<'s>(
    signers: impl IntoIterator<Item = &'s Signer>,
    signatures: &[Signature],
    file: &ComponentFile,
) -> Vec<&'s Signer> {
    let signed = Signed { sha256: file.digest(), bytes: file.bytes() };
    let made_one = |signer: &&Signer| !signed_by([&signer.key], signatures, signed).is_empty();
    signers.into_iter().filter(made_one).collect()
}

/// The ids of the keys, of those that the configuration asks for, that signed the component. Nothing is read if it asks for none.
///
/// # Errors
/// Nobody of them did, or a signature cannot be read.
pub(super) fn check(
    connector: &ConnectorSettings,
    file: &ComponentFile,
) -> Result<Vec<String>, Error> {
    if connector.signed_by.is_empty() {
        return Ok(Vec::new());
    }
    let signatures = signatures_beside(&connector.component)?;
    let signers = who_signed(&connector.signed_by, &signatures, file);
    if signers.is_empty() {
        return Err(unsigned(connector, signatures.len()));
    }
    Ok(signers.iter().map(|signer| signer.key.id().to_string()).collect())
}

fn unsigned(connector: &ConnectorSettings, signatures: usize) -> Error {
    let names: Vec<String> =
        connector.signed_by.iter().map(|signer| format!("`{}`", signer.name)).collect();
    let found = match signatures {
        0 => "there is no signature beside it".to_owned(),
        1 => "the signature beside it is by somebody else or over something else".to_owned(),
        _ => "the signatures beside it are by others or over something else".to_owned(),
    };
    let place = connector.component.display();
    Error::refused(format!(
        "connector `{}` ({place}) is not signed by {}: {found}",
        connector.name,
        names.join(" or ")
    ))
    .hint(format!("a signature is looked for in `{place}.sig` and `{place}.minisig`"))
    .hint(format!("it is asked for by `signed-by` in {}", connector.source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;
    use crate::policy::{Grants, Limits};
    use crate::signing::PrivateKey;

    const COMPONENT: &[u8] = b"not looked into here";

    struct Place {
        folder: tempfile::TempDir,
        key: PrivateKey,
    }

    impl Place {
        fn new() -> Self {
            let place = Self { folder: tempfile::tempdir().unwrap(), key: PrivateKey::generate() };
            fs_err::write(place.component(), COMPONENT).unwrap();
            place
        }

        fn component(&self) -> PathBuf {
            self.folder.path().join("x.wasm")
        }

        fn file(&self) -> ComponentFile {
            ComponentFile::read(&self.component()).unwrap()
        }

        fn sign(&self, key: &PrivateKey) {
            let signature = key.sign(self.file().digest()).unwrap();
            fs_err::write(SignatureEnding::Sig.beside(&self.component()), signature).unwrap();
        }

        fn check(&self) -> Result<(), Error> {
            let signer = Signer {
                name: "ada".to_owned(),
                key: self.key.public_key(),
                source: "p:1".to_owned(),
            };
            let connector = ConnectorSettings {
                name: "x".to_owned(),
                component: self.component(),
                locked: None,
                trusted: None,
                signed_by: vec![signer],
                grants: Grants::default(),
                limits: Limits::default(),
                source: "p:2".to_owned(),
                configured_by: crate::policy::admin::ConfiguredBy::User,
            };
            check(&connector, &self.file()).map(drop)
        }
    }

    #[test]
    fn a_signature_beside_the_component_is_found_and_checked() {
        let place = Place::new();
        let error = place.check().unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert!(error.message.contains("no signature beside it"), "{}", error.message);
        place.sign(&place.key);
        place.check().unwrap();
        place.sign(&PrivateKey::generate());
        assert!(place.check().unwrap_err().message.contains("somebody else"));
        place.sign(&place.key);
        fs_err::write(place.component(), b"changed").unwrap();
        assert!(place.check().is_err(), "the signature is over other bytes");
    }

    #[test]
    fn a_damaged_signature_is_said() {
        let place = Place::new();
        fs_err::write(SignatureEnding::Minisig.beside(&place.component()), "nothing").unwrap();
        let error = place.check().unwrap_err();
        assert!(error.message.contains("x.wasm.minisig` holds no signature"), "{}", error.message);
        fs_err::remove_file(SignatureEnding::Minisig.beside(&place.component())).unwrap();
        let long = vec![b'M'; MAX_SIGNATURE_BYTES * 2];
        fs_err::write(SignatureEnding::Sig.beside(&place.component()), long).unwrap();
        assert_eq!(place.check().unwrap_err().kind, Kind::Refused);
    }
}
