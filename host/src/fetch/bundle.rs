//! A component and what belongs to it in one file, for machines without a network: a tar archive.
//!
//! It holds `NAME.wasm`, its signatures under the names that they have beside it, and texts for people. Reading takes these by their endings and
//! believes nothing else that the archive says. The same content makes the same archive.

use std::io::Read as _;

use tar::{Archive, Builder, EntryType, Header};

use super::{Fetched, MAX_COMPONENT};
use crate::model::Error;
use crate::signing::{MAX_IMAGE_BYTES, MAX_SIGNATURE_BYTES};

/// The largest archive that is read, in bytes: the largest component with its signatures, and texts.
pub(super) const MAX_BUNDLE: usize = MAX_COMPONENT + (4 << 20);
/// The most entries that are looked at.
const MAX_ENTRIES: usize = 32;
/// What every archive of this kind has at this place (POSIX, `pax` interchange format).
const MAGIC: (usize, &[u8]) = (257, b"ustar");

/// What a bundle is made of.
#[derive(Debug)]
pub struct Bundle<'a> {
    /// What the connector is called.
    pub name: &'a str,
    /// The component and its signatures.
    pub content: &'a Fetched,
    /// Texts for people, by file name.
    pub texts: &'a [(&'a str, String)],
}

impl Bundle<'_> {
    /// The archive.
    ///
    /// # Errors
    /// A name cannot be one of a file.
    pub fn to_tar(&self) -> std::io::Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        for (name, bytes) in self.files() {
            append(&mut archive, &name, bytes)?;
        }
        archive.into_inner()
    }

    /// The names of the files in the archive, in their order.
    pub fn names(&self) -> Vec<String> {
        self.files().map(|(name, _)| name).collect()
    }

    fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        let Fetched { component, sig, minisig, image } = self.content;
        let signatures = [(".sig", sig), (".minisig", minisig), (".cosign.json", image)];
        let signatures = signatures.into_iter().filter_map(|(ending, bytes)| {
            Some((format!("{}.wasm{ending}", self.name), bytes.as_deref()?))
        });
        let texts = self.texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes()));
        std::iter::once((format!("{}.wasm", self.name), &**component))
            .chain(signatures)
            .chain(texts)
    }
}

fn append(archive: &mut Builder<Vec<u8>>, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, name, bytes)
}

/// Whether a file is an archive, not a component.
pub(super) fn is_bundle(bytes: &[u8]) -> bool {
    let (place, magic) = MAGIC;
    bytes.get(place..place + magic.len()) == Some(magic)
}

/// Reads a bundle.
///
/// # Errors
/// It is damaged, holds no component or several, or something that is too large.
pub(super) fn read(bytes: &[u8]) -> Result<Fetched, Error> {
    let damaged = |error: std::io::Error| wrong("is damaged").because(error);
    let mut archive = Archive::new(bytes);
    let mut found = Found::default();
    for (index, entry) in archive.entries().map_err(damaged)?.enumerate() {
        if index >= MAX_ENTRIES {
            return Err(wrong(&format!("has more than {MAX_ENTRIES} entries")));
        }
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some((place, limit)) = found.place(&name) else { continue };
        if entry.header().entry_type() != EntryType::Regular {
            return Err(wrong("holds something else than files"));
        }
        if entry.size() > limit as u64 {
            return Err(wrong(&format!("holds {} bytes where {limit} are the most", entry.size())));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        if place.replace(content).is_some() {
            return Err(wrong(
                "holds two files of the same kind, and does not say which one counts",
            ));
        }
    }
    found.finish()
}

/// What was found so far.
#[derive(Default)]
struct Found {
    component: Option<Vec<u8>>,
    sig: Option<Vec<u8>>,
    minisig: Option<Vec<u8>>,
    image: Option<Vec<u8>>,
}

impl Found {
    /// Where a file belongs, and how large it may be.
    fn place(&mut self, name: &str) -> Option<(&mut Option<Vec<u8>>, usize)> {
        let (_, ending) = name.rsplit_once(".wasm")?;
        match ending {
            "" => Some((&mut self.component, MAX_COMPONENT)),
            ".sig" => Some((&mut self.sig, MAX_SIGNATURE_BYTES)),
            ".minisig" => Some((&mut self.minisig, MAX_SIGNATURE_BYTES)),
            ".cosign.json" => Some((&mut self.image, MAX_IMAGE_BYTES)),
            _ => None,
        }
    }

    fn finish(self) -> Result<Fetched, Error> {
        let Self { component, sig, minisig, image } = self;
        let component = component.ok_or_else(|| wrong("holds no component"))?;
        Ok(Fetched { component, sig, minisig, image })
    }
}

fn wrong(what: &str) -> Error {
    Error::refused(format!("the bundle {what}"))
        .hint("bundles are made by `connhub plugin save CONNECTOR`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Fetched {
        let component = b"\0asm".to_vec();
        Fetched { component, sig: Some(b"MEUC".to_vec()), ..Fetched::default() }
    }

    fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        for (name, bytes) in entries {
            append(&mut archive, name, bytes).unwrap();
        }
        archive.into_inner().unwrap()
    }

    #[test]
    fn what_was_written_is_read_and_the_same_each_time() {
        let content = content();
        let texts = [("README.txt", "for people".to_owned())];
        let bundle = Bundle { name: "acme", content: &content, texts: &texts };
        let archive = bundle.to_tar().unwrap();
        assert!(is_bundle(&archive));
        assert_eq!(archive, bundle.to_tar().unwrap());
        assert_eq!(read(&archive).unwrap(), content);
        assert!(!is_bundle(b"\0asm") && !is_bundle(&[]));
    }

    #[test]
    fn what_does_not_say_which_component_is_meant_is_refused() {
        let check = |archive: &[u8], words: &str| {
            let error = read(archive).unwrap_err();
            assert!(error.message.contains(words), "{error}");
        };
        check(&tar(&[("README.txt", b"x")]), "holds no component");
        check(&tar(&[("a.wasm", b"x"), ("b.wasm", b"y")]), "two files of the same kind");
        check(
            &tar(&[("a.wasm", b"x"), ("a.wasm.sig", &[0; MAX_SIGNATURE_BYTES + 1])]),
            "bytes where",
        );
        let many: Vec<(String, &[u8])> = (0..40).map(|n| (format!("{n}.txt"), &b"x"[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (&**name, *bytes)).collect();
        check(&tar(&many), "more than 32 entries");
        let whole = tar(&[("a.wasm", &[1; 600])]);
        check(&whole[..800], "is damaged");
        let mut link = Builder::new(Vec::new());
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        link.append_link(&mut header, "a.wasm", "/etc/passwd").unwrap();
        check(&link.into_inner().unwrap(), "something else than files");
    }

    #[test]
    fn names_lead_nowhere() {
        // Only the ending of a name is looked at; nothing is written under it.
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(1);
        let name = b"../../etc/x.wasm";
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_cksum();
        let mut archive = Builder::new(Vec::new());
        archive.append(&header, &b"x"[..]).unwrap();
        assert_eq!(read(&archive.into_inner().unwrap()).unwrap().component, b"x");
    }
}
