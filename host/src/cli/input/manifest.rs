//! `-f`: many connections in files, in folders and on stdin.
//!
//! Everything is read and checked for its form before anything is done with it. Where it was found is kept for messages.

use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::assignment::{Assignment, Source};
use super::document::{Document, Origin, not_json, syntax, tree};
use super::given::Given;
use super::locate::Syntax;
use super::sources::{Literals, Sources};
use crate::model::formats::{self, Foreign, ForeignValue, Role};
use crate::model::{Error, Kind};

/// The extensions of files that are read in a folder.
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "toml"];
/// The keys under which documents hold further documents.
const LISTS: [&str; 2] = ["items", "connections"];

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

/// Reads everything that was named.
///
/// # Errors
/// Something cannot be read, has the wrong form, or holds a secret where that was not allowed.
pub(in crate::cli) fn read_manifests(
    paths: &[PathBuf],
    literals: Literals,
    sources: &mut Sources<'_>,
) -> Result<Vec<Manifest>, Error> {
    let mut found = Found { literals, ..Found::default() };
    for path in paths {
        for file in files(path)? {
            let text = sources.document(&file)?;
            found.read(&text.text, text.origin())?;
        }
    }
    found.finish()
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

/// What was read so far.
#[derive(Default)]
struct Found {
    literals: Literals,
    manifests: Vec<Manifest>,
    /// Connections in the form of a backend, each with its place.
    wholes: Vec<(String, usize, Foreign)>,
    /// Manifests that others take up.
    parts: Vec<(String, Foreign, bool)>,
}

impl Found {
    fn read(&mut self, text: &str, origin: Origin<'_>) -> Result<(), Error> {
        let name = origin.path.map_or_else(|| "stdin".into(), |path| path.display().to_string());
        let at_file = |error: Error| at(&name, error);
        match syntax(origin.path, text) {
            Some(Syntax::Json) => self.read_json(&name, text, origin),
            Some(Syntax::Toml) => {
                let tree = tree(text, Syntax::Toml).map_err(|fault| at_file(fault.behind(0)))?;
                self.add(&name, tree, origin)
            }
            None if let Ok(tree) = tree(text, Syntax::Toml) => self.add(&name, tree, origin),
            _ => self.read_yaml(&name, text, origin),
        }
    }

    /// Document by document, and item by item of a list: a tree takes ten times the memory of its text.
    fn read_json(&mut self, name: &str, text: &str, origin: Origin<'_>) -> Result<(), Error> {
        let parsed = |error: serde_json::Error| at(name, not_json(&error).behind(0));
        for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            let document = document.map_err(parsed)?;
            let is_list = document.get().starts_with('[');
            let items = match is_list {
                true => serde_json::from_str(document.get()).map_err(parsed)?,
                false => vec![document],
            };
            for (index, item) in items.into_iter().enumerate() {
                // The form of the whole was right; what is wrong now is a key that stands twice or a number that is out of bounds.
                let before = item.get().as_ptr().addr() - text.as_ptr().addr();
                let lines = || text[..before].matches('\n').count() as u64;
                let tree = tree(item.get(), Syntax::Json)
                    .map_err(|fault| at(name, fault.behind(lines())))?;
                match is_list {
                    true => self.add(&format!("{name}, item {}", index + 1), tree, origin)?,
                    false => self.add(name, tree, origin)?,
                }
            }
        }
        Ok(())
    }

    /// Document by document: a list of many takes no more memory than one.
    fn read_yaml(&mut self, name: &str, text: &str, origin: Origin<'_>) -> Result<(), Error> {
        for (line, document) in yaml_documents(text) {
            let tree = tree(document, Syntax::Yaml);
            let tree = tree.map_err(|fault| at(name, fault.behind(line as u64)))?;
            self.add(&format!("{name}:{}", line + 1), tree, origin)?;
        }
        Ok(())
    }

    /// Takes a document, or those that it lists.
    fn add(&mut self, place: &str, tree: Value, origin: Origin<'_>) -> Result<(), Error> {
        match tree {
            Value::Null => Ok(()),
            Value::Array(items) => self.add_list(place, items, origin),
            Value::Object(mut map) => {
                match LISTS.iter().find(|key| map.get(**key).is_some_and(Value::is_array)) {
                    Some(key) => match map.remove(*key) {
                        Some(Value::Array(items)) => self.add_list(place, items, origin),
                        _ => Ok(()),
                    },
                    None => self.add_one(place, map, origin).map_err(|error| at(place, error)),
                }
            }
            _ => Err(at(place, Error::invalid("it is no mapping"))),
        }
    }

    fn add_list(
        &mut self,
        place: &str,
        items: Vec<Value>,
        origin: Origin<'_>,
    ) -> Result<(), Error> {
        for (index, item) in items.into_iter().enumerate() {
            self.add(&format!("{place}, item {}", index + 1), item, origin)?;
        }
        Ok(())
    }

    fn add_one(
        &mut self,
        place: &str,
        map: Map<String, Value>,
        origin: Origin<'_>,
    ) -> Result<(), Error> {
        if is_ours(&map) {
            let document = Document::of_tree(Value::Object(map), origin);
            let mut document = document.map_err(|fault| fault.behind(0))?;
            if self.literals == Literals::Refused {
                document.check_literals().map_err(|fault| fault.behind(0))?;
            }
            let (backend, scope) = (document.backend.take(), document.scope.take());
            let given = Given::of_document(document)?;
            self.manifests.push(Manifest { place: place.to_owned(), backend, scope, given });
            return Ok(());
        }
        let foreign = match formats::read(&Value::Object(map)) {
            None => return Err(unknown_form()),
            Some(Err(what)) => return Err(Error::invalid(what)),
            Some(Ok(foreign)) => foreign,
        };
        match foreign.role {
            Role::Part => self.parts.push((place.to_owned(), with_paths(foreign, origin), false)),
            Role::Connection => {
                self.wholes.push((
                    place.to_owned(),
                    self.manifests.len(),
                    with_paths(foreign, origin),
                ));
            }
        }
        Ok(())
    }

    /// Puts together what belongs together.
    fn finish(mut self) -> Result<Vec<Manifest>, Error> {
        let wholes = std::mem::take(&mut self.wholes);
        let mut in_order: Vec<(usize, Manifest)> = Vec::new();
        for (place, position, whole) in wholes {
            let parts = self.parts_of(&place, &whole)?;
            let given = given(formats::merged(whole, parts)).map_err(|error| at(&place, error))?;
            let scope = given.scope.clone();
            in_order.push((position, Manifest { place, backend: None, scope, given }));
        }
        if let Some((place, part, _)) = self.parts.iter().find(|(_, _, is_used)| !is_used) {
            let (title, name) = (&part.title, &part.name);
            return Err(at(
                place,
                Error::invalid(format!("nothing in these files uses the {title} `{name}`"))
                    .hint("give the manifest that refers to it as well"),
            ));
        }
        for (position, manifest) in in_order.into_iter().rev() {
            self.manifests.insert(position.min(self.manifests.len()), manifest);
        }
        Ok(self.manifests)
    }

    fn parts_of(&mut self, place: &str, whole: &Foreign) -> Result<Vec<Foreign>, Error> {
        let mut parts = Vec::new();
        for name in &whole.parts {
            let found = self.parts.iter_mut().find(|(_, part, _)| part.name == *name);
            let Some((_, part, is_used)) = found else {
                return Err(at(
                    place,
                    Error::new(
                        Kind::NotFound,
                        format!("it refers to `{name}`, which is in none of these files"),
                    )
                    .hint("give that manifest as well"),
                ));
            };
            *is_used = true;
            parts.push(Foreign {
                values: part.values.clone(),
                title: String::new(),
                name: String::new(),
                role: Role::Part,
                scope: None,
                type_name: None,
                display_name: None,
                description: None,
                labels: Vec::new(),
                parts: Vec::new(),
            });
        }
        Ok(parts)
    }
}

/// Files that a manifest names are relative to its folder.
fn with_paths(mut foreign: Foreign, origin: Origin<'_>) -> Foreign {
    let folder = origin.path.and_then(Path::parent).unwrap_or(Path::new(""));
    for (_, value) in &mut foreign.values {
        if let ForeignValue::File(path) = value {
            *path = folder.join(&*path).display().to_string();
        }
    }
    foreign
}

fn given(foreign: Foreign) -> Result<Given, Error> {
    let assignment = |(field, value)| Assignment {
        field,
        source: match value {
            ForeignValue::Visible(text) => Source::Literal(text),
            ForeignValue::Hidden(secret) => Source::Inline(secret),
            ForeignValue::File(path) => Source::File(path.into()),
        },
    };
    Given::of_document(Document {
        name: Some(foreign.name),
        type_name: foreign.type_name,
        backend: None,
        scope: foreign.scope,
        display_name: foreign.display_name,
        description: foreign.description,
        labels: foreign.labels,
        assignments: foreign.values.into_iter().map(assignment).collect(),
    })
}

/// Ours say so, or say nothing and have the keys of ours.
fn is_ours(map: &Map<String, Value>) -> bool {
    match map.get("apiVersion").and_then(Value::as_str) {
        Some(version) => version.starts_with("connhub/"),
        None => !map.contains_key("version") && !map.contains_key("kind"),
    }
}

fn unknown_form() -> Error {
    let titles = formats::titles().join(", ");
    Error::invalid("it is no manifest that can be read")
        .hint(format!("what can be read are documents of `apiVersion: connhub/v1` and: {titles}"))
        .hint("docs/manifests.md describes them")
}

fn at(place: &str, mut error: Error) -> Error {
    error.message = format!("{place}: {}", error.message);
    error
}

/// The documents of a YAML stream, each with the number of lines before it. Nowhere in YAML can a line begin with `---` but between
/// documents.
fn yaml_documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let mut line = 0;
    std::iter::from_fn(move || {
        let text = rest?;
        let start = line;
        let mut end = 0;
        for (index, one) in text.split_inclusive('\n').enumerate() {
            if index > 0 && is_marker(one) {
                rest = Some(&text[end..]);
                line += index;
                return Some((start, &text[..end]));
            }
            end += one.len();
        }
        rest = None;
        Some((start, text))
    })
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Result<Vec<Manifest>, Error> {
        let mut found = Found::default();
        for (path, text) in files {
            found.read(text, Origin { path: Some(Path::new(path)), distrust: None })?;
        }
        found.finish()
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
        check("f.yaml", "kind: Pod\napiVersion: v1\n", "no manifest that can be read");
        check("f.yaml", "hunter2", "it is no mapping");
    }
}
