//! A component that was fetched and looked into, before anything is decided about it.

use std::path::{Path, PathBuf};

use super::files::Change;
use crate::fetch::{Fetched, Fetcher, Source};
use crate::model::Error;
use crate::plugins::{SignatureEnding, who_signed};
use crate::runtime::{ComponentFile, Inspected};
use crate::settings::Signer;
use crate::signing::Signature;

/// A component that was fetched.
pub struct Candidate {
    /// Where it came from.
    pub source: Source,
    /// The component.
    pub file: ComponentFile,
    /// What it declares.
    pub inspected: Inspected,
    /// The signatures that were beside it.
    pub signatures: Vec<Signature>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// The signatures as files.
    kept: Vec<(SignatureEnding, Vec<u8>)>,
}

impl Candidate {
    /// Fetches a component and looks into it, without compiling or running it.
    ///
    /// # Errors
    /// It cannot be had, has another digest than `expected`, or is no connector.
    pub async fn fetch(
        fetcher: &Fetcher,
        source: Source,
        expected: Option<&str>,
    ) -> Result<Self, Error> {
        let fetched = fetcher.fetch(&source).await?;
        Self::of(source, fetched, expected)
    }

    /// The same of what was fetched already.
    pub(super) fn of(
        source: Source,
        fetched: Fetched,
        expected: Option<&str>,
    ) -> Result<Self, Error> {
        let file = ComponentFile::from(fetched.component);
        if let Some(expected) = expected.filter(|expected| **expected != file.sha256) {
            return Err(Error::refused(format!("`{source}` is not what `--sha256` says"))
                .hint(format!("asked for {expected}, got {}", file.sha256)));
        }
        let inspected = Inspected::of(file.bytes()).map_err(|error| {
            Error::refused(format!("`{source}` is no connector that can be started")).because(error)
        })?;
        let mut candidate = Self {
            source,
            file,
            inspected,
            signatures: Vec::new(),
            warnings: Vec::new(),
            kept: Vec::new(),
        };
        let given = [
            (SignatureEnding::Sig, fetched.sig),
            (SignatureEnding::Minisig, fetched.minisig),
            (SignatureEnding::Image, fetched.image),
        ];
        for (ending, bytes) in given {
            candidate.keep(ending, bytes);
        }
        Ok(candidate)
    }

    /// Keeps a signature; one that cannot be read is worth a warning, since nobody can have asked for it.
    fn keep(&mut self, ending: SignatureEnding, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return };
        match ending.parse(&bytes) {
            Ok(found) => {
                self.signatures.extend(found);
                self.kept.push((ending, bytes));
            }
            Err(error) => self.warnings.push(format!(
                "the signature `{}` beside it is left out: {error}",
                ending.as_str()
            )),
        }
    }

    /// Those of the signers who signed it.
    pub fn signed_by<'s>(&self, signers: impl IntoIterator<Item = &'s Signer>) -> Vec<&'s Signer> {
        who_signed(signers, &self.signatures, &self.file)
    }

    /// The ids of those of the signers who signed it.
    pub fn key_ids<'s>(&self, signers: impl IntoIterator<Item = &'s Signer>) -> Vec<String> {
        let mut ids: Vec<String> =
            self.signed_by(signers).iter().map(|signer| signer.key.id().to_string()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Refuses a component that none of the signers signed, if there are any.
    ///
    /// # Errors
    /// Nobody of them signed it.
    pub fn check_signed_by(&self, signers: &[Signer]) -> Result<(), Error> {
        if signers.is_empty() || !self.signed_by(signers).is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            signers.iter().map(|signer| format!("`{}`", signer.name)).collect();
        let error =
            Error::refused(format!("`{}` is not signed by {}", self.source, names.join(" or ")));
        Err(match self.signatures.len() {
            0 => error.hint("there is no signature beside it"),
            _ => error.hint("what is signed there is something else, or by somebody else"),
        })
    }

    /// The folder and name under which it is kept: a component of another digest is another file.
    pub(super) fn place(&self, data: &Path, name: &str) -> PathBuf {
        let digest = &self.file.sha256[..16];
        data.join("connectors").join(format!("{name}-{digest}.wasm"))
    }

    /// The component and its signatures as files.
    pub(super) fn changes(&self, place: &Path) -> Vec<Change> {
        let signatures = self.kept.iter();
        let signatures = signatures
            .map(|(ending, bytes)| Change::private(ending.beside(place), bytes.as_slice()));
        [Change::private(place, self.file.bytes())].into_iter().chain(signatures).collect()
    }
}
