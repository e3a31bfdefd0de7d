//! A new project for a connector. Its files are those of `sdk/templates`, which are a project themselves and are built and tested with
//! everything else; only names are put in their places.

use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt as _;

use super::languages::{CONTRACT, Language, Replacement, TextFile};
use crate::model::{Error, Kind};

/// A project to be made.
#[derive(Debug)]
pub struct Project<'a> {
    /// What the connector is called: small letters, digits and hyphens, with a letter in front.
    pub name: &'a str,
    /// The folder, which is made.
    pub folder: &'a Path,
    /// A checkout of the SDK to build with; none for the one that belongs to this program. Not every language has one.
    pub sdk: Option<&'a Path>,
    /// What it is written in.
    pub language: &'static Language,
}

/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// The names in the template.
const NAME: &str = "example-store";
const UNDERSCORED: &str = "example_store";
const TYPE: &str = "ExampleStore";
const VARIABLE: &str = "EXAMPLE_STORE";
const WORDS: &str = "example store";

impl Project<'_> {
    /// Writes the files, and returns their paths. A folder that holds anything is left alone.
    ///
    /// # Errors
    /// The name cannot be used, the folder is not empty, or a file cannot be written.
    pub fn write(&self) -> Result<Vec<PathBuf>, Error> {
        self.check_name()?;
        let own = (self.language.replacements)(self.sdk)?;
        self.check_folder()?;
        let write = |(path, text): &TextFile| {
            let place = self.folder.join(path);
            create(&place, &self.filled(path, text, &own))?;
            Ok(place)
        };
        self.files().map(write).collect()
    }

    fn files(&self) -> impl Iterator<Item = &'static TextFile> {
        let contract = if self.language.has_contract { CONTRACT } else { &[] };
        self.language.template.iter().chain(contract)
    }

    fn filled(&self, path: &str, text: &str, own: &[Replacement]) -> String {
        let underscored = self.name.replace('-', "_");
        let fill = |text: String, word: &Replacement| text.replace(word.from, &word.to);
        let text = own.iter().fold(text.to_owned(), fill);
        let text = text
            .replace(NAME, self.name)
            .replace(UNDERSCORED, &underscored)
            .replace(TYPE, &camel_case(self.name))
            .replace(VARIABLE, &underscored.to_uppercase())
            .replace(WORDS, &self.name.replace('-', " "));
        let ending = self.language.endings.iter().find(|(of, _)| *of == path);
        text + ending.map_or("", |(_, ending)| ending)
    }

    fn check_name(&self) -> Result<(), Error> {
        let name = self.name;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_good = name.len() <= MAX_NAME
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.split('-').all(|word| !word.is_empty() && word.bytes().all(is_plain));
        if is_good && !RESERVED.contains(&name) {
            return Ok(());
        }
        Err(Error::invalid(format!("`{name}` is no name for a project"))
            .hint("use up to 64 small letters, digits and single hyphens with a letter in front, as in `acme-store`"))
    }

    fn check_folder(&self) -> Result<(), Error> {
        let folder = self.folder.display();
        let first = match fs_err::read_dir(self.folder) {
            Ok(mut entries) => entries.next(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(Error::invalid(format!("`{folder}` cannot be used")).because(error));
            }
        };
        match first {
            None => Ok(()),
            Some(_) => Err(Error::new(Kind::Exists, format!("`{folder}` is not empty"))
                .hint("name another folder with `--dir`")),
        }
    }
}

/// Names that another package has already, or that are words of the language.
const RESERVED: &[&str] =
    &["connhub-sdk", "serde", "test", "crate", "self", "super", "core", "std"];

fn camel_case(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    };
    name.split('-').map(capital).collect::<Vec<String>>().concat()
}

/// Never over a file that is there.
fn create(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let failed = |error: std::io::Error| {
        Error::new(Kind::Other, format!("`{}` cannot be written", path.display())).because(error)
    };
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o644).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::languages::LANGUAGES;
    use super::*;

    fn project<'a>(name: &'a str, folder: &'a Path) -> Project<'a> {
        Project { name, folder, sdk: None, language: Language::of_word("rust").unwrap() }
    }

    #[test]
    fn every_name_of_every_template_is_replaced() {
        for language in LANGUAGES {
            let folder = tempfile::tempdir().unwrap();
            let project = Project { language, ..project("acme-data-2", folder.path()) };
            for file in &project.write().unwrap() {
                let text = fs_err::read_to_string(file).unwrap();
                let shown = file.display();
                let is_contract = shown.to_string().contains("/wit/");
                assert!(
                    is_contract || !text.to_lowercase().contains("example"),
                    "{shown}:\n{text}"
                );
            }
            let plugins = fs_err::read_to_string(folder.path().join("plugins.toml")).unwrap();
            assert!(plugins.contains("acme_data_2.wasm"), "{plugins}");
        }
    }

    #[test]
    fn the_names_of_the_template_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("new");
        let files = project("acme-data-2", &place).write().unwrap();
        assert_eq!(files.len(), Language::of_word("rust").unwrap().template.len());
        for file in &files {
            let text = fs_err::read_to_string(file).unwrap();
            assert!(!text.to_lowercase().contains("example"), "{}:\n{text}", file.display());
        }
        let source = fs_err::read_to_string(place.join("src/lib.rs")).unwrap();
        assert!(source.contains("export!(AcmeData2, needs"), "{source}");
        let manifest = fs_err::read_to_string(place.join("Cargo.toml")).unwrap();
        let tag = format!("tag = \"v{}\"", env!("CARGO_PKG_VERSION"));
        assert!(manifest.contains(&tag) && manifest.contains("\n[workspace]\n"), "{manifest}");
        let plugins = fs_err::read_to_string(place.join("plugins.toml")).unwrap();
        assert!(plugins.contains("release/acme_data_2.wasm"), "{plugins}");
        assert!(plugins.contains("\"ACME_DATA_2_TOKEN\""), "{plugins}");
    }

    #[test]
    fn nothing_is_written_over_anything() {
        let folder = tempfile::tempdir().unwrap();
        project("acme", folder.path()).write().expect("an empty folder will do");
        let error = project("acme", folder.path()).write().unwrap_err();
        assert_eq!(error.kind, Kind::Exists);
    }

    #[test]
    fn a_name_is_one_that_every_file_can_hold() {
        let folder = tempfile::tempdir().unwrap();
        let long = "a".repeat(65);
        for name in ["", "Acme", "a_b", "1a", "a--b", "a-", "-a", "a/b", "..", "ä", "test", &long]
        {
            let place = folder.path().join("new");
            let error = project(name, &place).write().unwrap_err();
            assert!(error.to_string().contains("no name for a project"), "{name}: {error}");
            assert!(!place.exists(), "{name}");
        }
    }

    #[test]
    fn an_sdk_is_looked_at_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("new");
        let wrong = Project { sdk: Some(folder.path()), ..project("acme", &place) };
        assert!(wrong.write().unwrap_err().to_string().contains("no checkout of the SDK"));
        assert!(!place.exists());
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk");
        Project { sdk: Some(&sdk), ..project("acme", &place) }.write().unwrap();
        let manifest = fs_err::read_to_string(place.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("connhub-sdk = { path = "), "{manifest}");
    }
}
