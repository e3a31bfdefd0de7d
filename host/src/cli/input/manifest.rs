//! `-f`: many connections in files, in folders and on stdin.
//!
//! Everything is read and checked for its form before anything is done with it, and then read again from the same texts, one connection after
//! the other: what is held are the texts, and not what they say.

use std::path::{Path, PathBuf};

use super::document::{syntax, tree};
use super::foreign::Pieces;
use super::given::Given;
use super::locate::Syntax;
use super::sources::{DocumentText, Literals, Sources};
use super::walk::{Found, Take, Walk};
use crate::model::{Error, Kind};

/// The extensions of files that are read in a folder.
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "toml"];

/// A connection that a file describes.
pub(in crate::cli) struct Manifest {
    /// Where it was found: `FILE:LINE`.
    pub place: String,
    /// The backend that it names.
    pub backend: Option<String>,
    /// The scope that it names.
    pub scope: Option<String>,
    /// What it says.
    pub given: Given,
}

/// Everything that was named, checked for its form.
pub(in crate::cli) struct Manifests {
    texts: Vec<Text>,
    literals: Literals,
    /// Those in the form of a backend, in their order: they are put together from several documents, and held.
    foreign: Vec<Manifest>,
}

impl Manifests {
    /// Reads everything that was named, and takes a note of each connection, in their order.
    ///
    /// # Errors
    /// Something cannot be read, has the wrong form, or holds a secret where that was not allowed.
    pub(in crate::cli) fn read<T>(
        paths: &[PathBuf],
        literals: Literals,
        sources: &mut Sources<'_>,
        note: impl FnMut(&Manifest) -> T,
    ) -> Result<(Self, Vec<T>), Error> {
        let mut check = Check::new(literals, note);
        for path in paths {
            for file in files(path)? {
                check.take(sources.document(&file)?)?;
            }
        }
        check.finish()
    }

    /// Hands over one connection after the other, in their order. A text is gone when all of it was handed over.
    ///
    /// # Errors
    /// What `take` says; then the rest is not handed over.
    pub(in crate::cli) fn for_each(
        self,
        take: &mut dyn FnMut(Manifest) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut foreign = self.foreign.into_iter();
        for text in self.texts {
            text.walk(self.literals, &mut |found| match found {
                Found::Ours(manifest) => take(manifest),
                Found::Whole(..) => foreign.next().map_or(Ok(()), &mut *take),
                Found::Part(..) => Ok(()),
            })?;
        }
        Ok(())
    }

    /// Place and name of one of them, for a message.
    ///
    /// # Errors
    /// There are not so many.
    pub(in crate::cli) fn told(&self, wanted: usize) -> Result<(String, String), Error> {
        let mut foreign = self.foreign.iter();
        let mut count = 0;
        let mut told = None;
        for text in &self.texts {
            text.walk(self.literals, &mut |found| {
                let one = match found {
                    Found::Ours(manifest) => Some((manifest.place, manifest.given.name)),
                    Found::Whole(..) => {
                        foreign.next().map(|one| (one.place.clone(), one.given.name.clone()))
                    }
                    Found::Part(..) => return Ok(()),
                };
                if count == wanted {
                    told = one;
                }
                count += 1;
                Ok(())
            })?;
        }
        told.ok_or_else(|| Error::new(Kind::Other, "the files do not describe so many connections"))
    }
}

/// A text that describes connections.
struct Text {
    /// How messages call it.
    name: String,
    text: DocumentText,
    syntax: Syntax,
}

impl Text {
    fn of(text: DocumentText) -> Self {
        let path = text.origin().path;
        let name = path.map_or_else(|| "stdin".into(), |path| path.display().to_string());
        let syntax = syntax(path, &text.text).unwrap_or_else(|| {
            if tree(&text.text, Syntax::Toml).is_ok() { Syntax::Toml } else { Syntax::Yaml }
        });
        Self { name, text, syntax }
    }

    fn walk(&self, literals: Literals, take: Take<'_>) -> Result<(), Error> {
        let mut walk = Walk { name: &self.name, origin: self.text.origin(), literals, take };
        walk.read(&self.text.text, self.syntax)
    }
}

/// The first reading.
struct Check<T, N> {
    texts: Vec<Text>,
    literals: Literals,
    note: N,
    /// What was noted; nothing of what is not put together yet.
    notes: Vec<Option<T>>,
    pieces: Pieces,
}

impl<T, N: FnMut(&Manifest) -> T> Check<T, N> {
    fn new(literals: Literals, note: N) -> Self {
        let (texts, notes, pieces) = (Vec::new(), Vec::new(), Pieces::default());
        Self { texts, literals, note, notes, pieces }
    }

    fn take(&mut self, text: DocumentText) -> Result<(), Error> {
        let text = Text::of(text);
        let Self { literals, note, notes, pieces, .. } = self;
        text.walk(*literals, &mut |found| {
            match found {
                Found::Ours(manifest) => notes.push(Some(note(&manifest))),
                Found::Whole(place, whole) => {
                    notes.push(None);
                    pieces.whole(place, whole);
                }
                Found::Part(place, part) => pieces.part(place, part),
            }
            Ok(())
        })?;
        self.texts.push(text);
        Ok(())
    }

    fn finish(mut self) -> Result<(Manifests, Vec<T>), Error> {
        let foreign = self.pieces.together()?;
        let open = self.notes.iter_mut().filter(|note| note.is_none());
        for (open, manifest) in open.zip(&foreign) {
            *open = Some((self.note)(manifest));
        }
        let manifests = Manifests { texts: self.texts, literals: self.literals, foreign };
        Ok((manifests, self.notes.into_iter().flatten().collect()))
    }
}

/// The file itself, or those of a folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if path == Path::new("-") || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed =
        |error: std::io::Error| Error::new(Kind::Other, "the folder cannot be read").because(error);
    let mut files = Vec::new();
    for entry in fs_err::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|known| EXTENSIONS.contains(&known)) && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("`{}` holds no manifest", path.display()))
            .hint("files with the endings .yaml, .yml, .json and .toml are read"));
    }
    files.sort();
    Ok(files)
}

/// An error with the place that it is about.
pub(super) fn at(place: &str, mut error: Error) -> Error {
    error.message = format!("{place}: {}", error.message);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<(Manifests, Vec<String>), Error> {
        let mut check = Check::new(Literals::Refused, |one: &Manifest| one.given.name.clone());
        for (path, text) in files {
            check.take(DocumentText::new((*text).to_owned(), Some(path.into())))?;
        }
        check.finish()
    }

    fn found(files: &[(&str, &str)]) -> Result<Vec<Manifest>, Error> {
        let (manifests, noted) = read(files)?;
        let told: Vec<(String, String)> =
            (0..noted.len()).map(|at| manifests.told(at)).collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        manifests.for_each(&mut |one| {
            found.push(one);
            Ok(())
        })?;
        let names: Vec<&String> = found.iter().map(|one| &one.given.name).collect();
        assert_eq!(names, noted.iter().collect::<Vec<_>>(), "both readings find the same");
        let places = found.iter().map(|one| (one.place.clone(), one.given.name.clone()));
        assert_eq!(places.collect::<Vec<_>>(), told);
        Ok(found)
    }

    fn names(files: &[(&str, &str)]) -> Vec<String> {
        let found = found(files).unwrap_or_else(|error| panic!("{error:?}"));
        found.iter().map(|one| format!("{} {}", one.place, one.given.name)).collect()
    }

    #[test]
    fn documents_and_lists_are_found_in_order() {
        let yaml = "---\nname: a\n---\n# only a comment\n--- \nname: b\ndescription: |\n  x\n  ---\n\
                    ---\nitems:\n- name: c\n- {name: d}\n";
        assert_eq!(
            names(&[("f.yaml", yaml)]),
            ["f.yaml:1 a", "f.yaml:5 b", "f.yaml:10, item 1 c", "f.yaml:10, item 2 d"]
        );
        let json = "{\"name\": \"a\"}\n{\"name\": \"b\"} [{\"name\": \"c\"}]";
        assert_eq!(names(&[("f.json", json)]), ["f.json a", "f.json b", "f.json, item 1 c"]);
        let toml = "[[connections]]\nname = \"a\"\n[[connections]]\nname = \"b\"\n";
        assert_eq!(names(&[("f", toml)]), ["f, item 1 a", "f, item 2 b"]);
        assert_eq!(names(&[("f.yaml", "")]), [""; 0]);
        let items = "{\"kind\": \"List\", \"items\": [{\"name\": \"a\"}, [{\"name\": \"b\"}]]}";
        assert_eq!(names(&[("f.json", items)]), ["f.json, item 1 a", "f.json, item 2, item 1 b"]);
        assert_eq!(names(&[("f", "- name: a\n- name: b\n")]), ["f:1, item 1 a", "f:1, item 2 b"]);
        assert_eq!(names(&[("f.json", "null [] {\"items\": []}")]), [""; 0]);
    }

    /// Nothing is handed over after what was not taken, and the error of who takes is left as it is.
    #[test]
    fn handing_over_ends_with_the_first_error() {
        let (manifests, noted) =
            read(&[("f.json", "[{\"name\": \"a\"}, {\"name\": \"b\"}]")]).unwrap();
        assert_eq!(noted, ["a", "b"]);
        let mut taken = 0;
        let ended = manifests.for_each(&mut |_| {
            taken += 1;
            Err(Error::new(Kind::Other, "the disk is full"))
        });
        assert_eq!((taken, ended.unwrap_err().message.as_str()), (1, "the disk is full"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_without_values() {
        let check = |file: &str, text: &str, words: &str| {
            let error = found(&[(file, text)]).err().expect(text);
            assert!(error.message.contains(words), "{}", error.message);
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        };
        check("f.yaml", "name: a\n---\nname: [hunter2]\n", "f.yaml:2: ");
        check("f.yaml", "name: a\n---\nb\n: {", "at line 4");
        check("f.yaml", "name: a\nsecrets: {password: hunter2}\n", "must be a reference");
        check("f.yaml", "type: s3\n", "it has no `name`");
        check("f.json", "{\"name\": \"hunter2\",}", "not JSON at line 1");
        check(
            "f.json",
            "[\n{\"name\": \"a\"},\n{\"hunter2\": 1e999}]",
            "f.json: it is not JSON at line 3",
        );
        check("f.json", "[{\"name\": \"a\"}, {\"hunter2\": ]", "not JSON at line 1, column 29");
        check("f.json", "[{\"type\": \"s3\"}]", "f.json, item 1: it has no `name`");
        check(
            "f.json",
            "{\"items\": [\n{\"name\": \"a\"},\n{\"name\": \"a\", \"name\": \"hunter2\"}]}",
            "f.json: a key is given twice at line 3",
        );
        check("f.json", "\n{\"items\": [],\n\"items\": [\"hunter2\"]}", "given twice at line 3");
        check("f.json", "{\"items\": {\"name\": \"hunter2\"}}", "unknown key `items`");
        check("f.json", "[{\"name\": \"a\"}, \"hunter2\"]", "f.json, item 2: it is no mapping");
        check("f.yaml", "items:\n- name: a\n- {type: hunter2}\n", "f.yaml:1, item 2: it has no");
        check("f.yaml", "name: a\n---\n- name: a\n- name: b\n  name: hunter2\n", "at line 5");
        check("f.yaml", "kind: Pod\napiVersion: v1\n", "no manifest that can be read");
        check("f.yaml", "hunter2", "it is no mapping");
    }
}
