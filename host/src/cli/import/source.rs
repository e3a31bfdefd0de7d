//! From the name of a program to what it keeps: where its files are, and who may read them.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::app::App;
use crate::cli::args::{ImportArgs, ImportSource};
use crate::imports::{self, AwsFile, Found, Text};
use crate::model::types::catalog;
use crate::model::{Error, Kind, Secret};

/// The most that is read as one text, in bytes: some 100,000 connections.
const MAX_TEXT: usize = 64 << 20;
/// The most that is read as one value, in bytes.
const MAX_VALUE: usize = 1 << 20;
/// Anybody besides the owner may read it.
const READABLE_BY_OTHERS: u32 = 0o044;
/// Stands for stdin.
pub(super) const STDIN: &str = "-";

/// Everything that the source holds.
///
/// # Errors
/// It is not there, cannot be read, or has another form.
pub(super) fn read(args: &ImportArgs, app: &App) -> Result<Found, Error> {
    check_flags(args)?;
    let source = Source { args, app };
    match args.source {
        ImportSource::Aws => source.aws(),
        ImportSource::Rclone => source.rclone(),
        ImportSource::Airflow => source.airflow(),
        ImportSource::Flowfile => source.flowfile(),
        ImportSource::Dbt => source.dbt(),
        ImportSource::Dotenv => source.dotenv(),
        ImportSource::Backup => source.backup(),
    }
}

/// The value of a field that is in a file.
///
/// # Errors
/// Why there is none.
pub(in crate::cli) fn field_file(path: &Path, app: &App) -> Result<Secret, &'static str> {
    let path = match (path.strip_prefix("~"), app.environment.path("HOME")) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    };
    match fs_err::metadata(&path) {
        Err(_) => return Err("cannot be read"),
        Ok(metadata) if !metadata.is_file() => return Err("is not a file"),
        Ok(_) => {}
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = fs_err::File::open(&path)
        .and_then(|file| file.take(MAX_VALUE as u64 + 1).read_to_end(&mut bytes));
    match read {
        Err(_) => Err("cannot be read"),
        Ok(length) if length > MAX_VALUE => Err("is too large for a value"),
        Ok(_) => Ok(Secret::new(bytes.to_vec())),
    }
}

/// Flags that another source has.
fn check_flags(args: &ImportArgs) -> Result<(), Error> {
    let wrong = |flag: &str, source: &str| {
        Err(Error::invalid(format!("`{flag}` belongs to `connhub import {source}`")))
    };
    match args.source {
        ImportSource::Dotenv => {}
        _ if args.type_name.is_some() => return wrong("--type", "dotenv"),
        _ => {}
    }
    match args.source {
        ImportSource::Rclone | ImportSource::Backup => {}
        _ if args.password_command.is_some() => return wrong("--password-command", "rclone"),
        _ => {}
    }
    if !args.identity.is_empty() && args.source != ImportSource::Backup {
        return wrong("--identity", "backup");
    }
    if args.key.is_some() && args.source != ImportSource::Flowfile {
        return wrong("--key", "flowfile");
    }
    Ok(())
}

/// A text that was read.
pub(super) struct Document {
    pub(super) name: String,
    text: Zeroizing<String>,
}

impl Document {
    pub(super) fn as_text(&self) -> Text<'_> {
        Text { name: &self.name, text: &self.text }
    }
}

/// The command line, and what is around it.
pub(super) struct Source<'a> {
    pub(super) args: &'a ImportArgs,
    pub(super) app: &'a App,
}

impl Source<'_> {
    fn aws(&self) -> Result<Found, Error> {
        if let Some(path) = &self.args.file {
            let text = self.document(path)?;
            return imports::aws(&[(AwsFile::Either, text.as_text())]);
        }
        let config = self.place("AWS_CONFIG_FILE", ".aws/config")?;
        let credentials = self.place("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")?;
        let mut texts = Vec::new();
        for (file, path) in [(AwsFile::Config, &config), (AwsFile::Credentials, &credentials)] {
            if path.exists() {
                texts.push((file, self.document(path)?));
            }
        }
        if texts.is_empty() {
            return Err(self.nothing(&[config, credentials]));
        }
        let texts: Vec<_> = texts.iter().map(|(file, text)| (*file, text.as_text())).collect();
        imports::aws(&texts)
    }

    fn airflow(&self) -> Result<Found, Error> {
        if let Some(path) = &self.args.file {
            return imports::airflow(self.document(path)?.as_text());
        }
        let found =
            imports::airflow_variables(self.app.environment.with_prefix(imports::AIRFLOW_PREFIX));
        match found.entries.is_empty() {
            false => Ok(found),
            true => Err(Error::new(
                Kind::NotFound,
                "no variable `AIRFLOW_CONN_…` is set, and no file is named",
            )
            .hint("`airflow connections export FILE` writes one; name it behind `airflow`, or `-` for stdin")),
        }
    }

    fn dbt(&self) -> Result<Found, Error> {
        let path = match &self.args.file {
            Some(path) => path.clone(),
            None => match self.app.environment.path("DBT_PROFILES_DIR") {
                Some(folder) => folder.join("profiles.yml"),
                None => {
                    self.first_of(vec!["profiles.yml".into(), self.home(".dbt/profiles.yml")?])?
                }
            },
        };
        let variable = |name: &str| self.app.environment.text(name).map(str::to_owned);
        imports::dbt(self.document(&path)?.as_text(), &variable)
    }

    fn dotenv(&self) -> Result<Found, Error> {
        let only = self.args.type_name.as_ref().map(|name| {
            catalog::canonical(name).ok_or_else(|| {
                let error = Error::invalid(format!("there is no connection type `{name}`"));
                error.hint("`connhub types` lists the types")
            })
        });
        let only = only.transpose()?;
        let path = self.args.file.clone().unwrap_or_else(|| ".env".into());
        imports::dotenv(self.document(&path)?.as_text(), only)
    }

    /// A small file that holds a secret.
    pub(super) fn secret_file(&self, path: &Path) -> Result<Secret, Error> {
        let read = field_file(path, self.app);
        self.warn_if_open(path);
        read.map_err(|why| Error::new(Kind::NotFound, format!("`{}` {why}", path.display())))
    }

    /// A text with secrets.
    fn document(&self, path: &Path) -> Result<Document, Error> {
        let document = self.read(path)?;
        self.warn_if_open(path);
        Ok(document)
    }

    pub(super) fn read(&self, path: &Path) -> Result<Document, Error> {
        let is_stdin = path == Path::new(STDIN);
        let name = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
        let mut bytes = Zeroizing::new(Vec::new());
        let read = match is_stdin {
            true => std::io::stdin().lock().take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes),
            false => fs_err::File::open(path)
                .and_then(|file| file.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes)),
        };
        let length = read.map_err(|error| unreadable(&name, error))?;
        if length > MAX_TEXT {
            let most = MAX_TEXT >> 20;
            return Err(Error::invalid(format!("`{name}` has more than {most} MiB")));
        }
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(Document { name, text: Zeroizing::new(text) }),
            Err(error) => {
                let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                drop(Zeroizing::new(error.into_bytes()));
                Err(Error::invalid(format!("{name}:{line}: it is not UTF-8")))
            }
        }
    }

    pub(super) fn warn_if_open(&self, path: &Path) {
        let Ok(metadata) = fs_err::metadata(path) else { return };
        if metadata.is_file() && metadata.permissions().mode() & READABLE_BY_OTHERS != 0 {
            let path = path.display();
            self.app.console.talk().warning(&format!(
                "`{path}` holds secrets and can be read by others; narrow it with `chmod 600 {path}`"
            ));
        }
    }

    pub(super) fn home(&self, path: &str) -> Result<PathBuf, Error> {
        let home = self.app.environment.path("HOME").map(|home| home.join(path));
        home.ok_or_else(|| Error::invalid("`HOME` is not set").hint("name the file"))
    }

    fn place(&self, variable: &str, below_home: &str) -> Result<PathBuf, Error> {
        self.app.environment.path(variable).map_or_else(|| self.home(below_home), Ok)
    }

    pub(super) fn first_of(&self, places: Vec<PathBuf>) -> Result<PathBuf, Error> {
        let found = places.iter().find(|path| path.exists()).cloned();
        found.ok_or_else(|| self.nothing(&places))
    }

    fn nothing(&self, places: &[PathBuf]) -> Error {
        let places: Vec<String> =
            places.iter().map(|path| format!("`{}`", path.display())).collect();
        let verb = if places.len() == 1 { "is" } else { "are" };
        let not = if places.len() == 1 { "not there" } else { "both not there" };
        Error::new(Kind::NotFound, format!("{} {verb} {not}", places.join(" and ")))
            .hint("name the file behind the source: `connhub import SOURCE FILE`")
    }
}

pub(super) fn unreadable(name: &str, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        _ => Kind::Other,
    };
    Error::new(kind, format!("`{name}` cannot be read")).because(error)
}
