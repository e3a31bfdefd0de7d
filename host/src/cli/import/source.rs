//! From the name of a program to what it keeps: where its files are, and who may read them.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::app::App;
use crate::cli::args::{ImportArgs, ImportSource};
use crate::cli::password;
use crate::imports::{self, AwsFile, Found, Text};
use crate::model::types::catalog;
use crate::model::{Error, Kind, Secret};
use crate::operations::flowfile::read_catalog;
use crate::operations::sealed::{Opener, Sealed, damaged, identities};
use crate::settings::short_lived;

/// The most that is read as one text, in bytes: some 100,000 connections.
const MAX_TEXT: usize = 64 << 20;
/// The most that is read as one value, in bytes.
const MAX_VALUE: usize = 1 << 20;
/// The most clear text of a backup, in bytes.
const MAX_BACKUP: u64 = 2 << 30;
/// Anybody besides the owner may read it.
const READABLE_BY_OTHERS: u32 = 0o044;
const STDIN: &str = "-";
/// How often a password may be typed.
const ATTEMPTS: usize = 3;

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
pub(super) fn field_file(path: &Path, app: &App) -> Result<Secret, &'static str> {
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
struct Document {
    name: String,
    text: Zeroizing<String>,
}

impl Document {
    fn as_text(&self) -> Text<'_> {
        Text { name: &self.name, text: &self.text }
    }
}

struct Source<'a> {
    args: &'a ImportArgs,
    app: &'a App,
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

    fn rclone(&self) -> Result<Found, Error> {
        let path = match &self.args.file {
            Some(path) => path.clone(),
            None => self.first_of(self.rclone_places()?)?,
        };
        let sealed = self.read(&path)?;
        if !imports::is_rclone_encrypted(sealed.as_text())? {
            self.warn_if_open(&path);
            return imports::rclone(sealed.as_text());
        }
        let name = sealed.name.clone();
        let text = self.opened(&sealed)?;
        // Lines are those of what was encrypted.
        imports::rclone(Text { name: &name, text: &text })
    }

    fn rclone_places(&self) -> Result<Vec<PathBuf>, Error> {
        if let Some(path) = self.app.environment.path("RCLONE_CONFIG") {
            return Ok(vec![path]);
        }
        let config = self.app.environment.path("XDG_CONFIG_HOME");
        let config = config.map_or_else(|| self.home(".config"), Ok)?;
        Ok(vec![config.join("rclone/rclone.conf"), self.home(".rclone.conf")?])
    }

    /// A wrong password of a person is asked for again.
    fn opened(&self, sealed: &Document) -> Result<Zeroizing<String>, Error> {
        let given = self.rclone_password()?;
        let attempts = if given.is_some() { 1 } else { ATTEMPTS };
        for _ in 0..attempts {
            let password = match &given {
                Some(password) => password.clone(),
                None => password::asked(
                    "password of rclone's configuration",
                    "add `--password-command COMMAND`, or set RCLONE_CONFIG_PASS",
                    self.app,
                )?,
            };
            match imports::rclone_opened(sealed.as_text(), &password)? {
                Ok(text) => return Ok(text),
                Err(_) if given.is_none() => self.app.console.talk().warning("wrong password"),
                Err(_) => {}
            }
        }
        Err(Error::new(
            Kind::Unauthenticated,
            format!("the password does not open `{}`", sealed.name),
        ))
    }

    fn rclone_password(&self) -> Result<Option<Secret>, Error> {
        let environment = &self.app.environment;
        let command = self.args.password_command.as_deref();
        if let Some(command) = command.or(environment.text("RCLONE_PASSWORD_COMMAND")) {
            return password::of_command(command, self.app).map(Some);
        }
        Ok(environment.text("RCLONE_CONFIG_PASS").map(|text| Secret::from(text.to_owned())))
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
        let path = self.args.file.clone().unwrap_or_else(|| ".env".into());
        let only = self.args.type_name.as_ref().map(|name| {
            catalog::canonical(name).ok_or_else(|| {
                let error = Error::invalid(format!("there is no connection type `{name}`"));
                error.hint("`connhub types` lists the types")
            })
        });
        imports::dotenv(self.document(&path)?.as_text(), only.transpose()?)
    }

    fn flowfile(&self) -> Result<Found, Error> {
        let path = match &self.args.file {
            Some(path) => path.clone(),
            None => self.flowfile_place()?,
        };
        self.warn_if_open(&path);
        let catalog = read_catalog(&path, &short_lived(&self.app.environment))?;
        let key = self.flowfile_key()?;
        let name = path.display().to_string();
        let found = imports::flowfile(&name, catalog.rows, &catalog.secrets, key.as_ref());
        if key.is_none() && !catalog.secrets.is_empty() {
            self.app.console.talk().warning(
                "the key of Flowfile's secrets was not found; name it with `--key FILE`, or the folder that holds `.secret_key`",
            );
        }
        Ok(found)
    }

    fn flowfile_place(&self) -> Result<PathBuf, Error> {
        let environment = &self.app.environment;
        let url = environment.text("FLOWFILE_DATABASE_URL");
        if let Some(path) = url.and_then(|url| url.strip_prefix("sqlite:///")) {
            return Ok(path.into());
        }
        if let Some(path) = environment.path("FLOWFILE_DB_PATH") {
            return Ok(path);
        }
        let storage = environment.path("FLOWFILE_STORAGE_DIR");
        let storage = storage.map_or_else(|| self.home(".flowfile"), Ok)?;
        self.first_of(vec![storage.join("database/flowfile_catalog.db")])
    }

    /// The master key: from the flag, from the variable of a container, or from the store of a desktop.
    fn flowfile_key(&self) -> Result<Option<imports::FlowfileKey>, Error> {
        let environment = &self.app.environment;
        if let Some(path) = &self.args.key {
            let found = match path.is_dir() {
                true => self.flowfile_store(path),
                false => imports::FlowfileKey::of_text(&self.secret_file(path)?),
            };
            let none = || Error::invalid(format!("`{}` holds no key of Flowfile", path.display()));
            return found.ok_or_else(none).map(Some);
        }
        if let Some(text) = environment.text("FLOWFILE_MASTER_KEY") {
            return Ok(imports::FlowfileKey::of_text(&Secret::from(text.to_owned())));
        }
        let named = ["FLOWFILE_SECURE_STORAGE_PATH", "SECURE_STORAGE_PATH"];
        let folders = named.iter().filter_map(|name| environment.path(name));
        let folders = folders.chain([self.home(".config/flowfile")?, "/tmp/.flowfile".into()]);
        let mut found = folders.filter_map(|folder| self.flowfile_store(&folder));
        Ok(found.next())
    }

    fn flowfile_store(&self, folder: &Path) -> Option<imports::FlowfileKey> {
        let key = self.secret_file(&folder.join(".secret_key")).ok()?;
        let store = self.secret_file(&folder.join("flowfile.json.enc")).ok()?;
        imports::FlowfileKey::of_store(&key, store.expose())
    }

    /// A small file that holds a secret.
    fn secret_file(&self, path: &Path) -> Result<Secret, Error> {
        let read = field_file(path, self.app);
        self.warn_if_open(path);
        read.map_err(|why| Error::new(Kind::NotFound, format!("`{}` {why}", path.display())))
    }

    /// Everything is read and checked before anything of it is used.
    fn backup(&self) -> Result<Found, Error> {
        let Some(path) = &self.args.file else {
            return Err(Error::invalid("the file of the backup is not named")
                .hint("write `connhub import backup FILE`"));
        };
        let name = path.display().to_string();
        let source: Box<dyn std::io::Read> = match path == Path::new(STDIN) {
            true => Box::new(std::io::stdin()),
            false => Box::new(fs_err::File::open(path).map_err(|error| unreadable(&name, error))?),
        };
        let sealed = Sealed::read(&name, source)?;
        let opener = self.opener(&name, sealed.has_passphrase())?;
        let clear = sealed.open(&opener)?.take(MAX_BACKUP);
        let mut lines = std::io::BufReader::new(clear);
        let mut reading = imports::BackupReading::default();
        let mut found = Found::default();
        let mut line = Zeroizing::new(Vec::new());
        loop {
            line.clear();
            let mut limited = std::io::Read::take(&mut lines, imports::BACKUP_LINE_LIMIT as u64);
            let read = std::io::BufRead::read_until(&mut limited, b'\n', &mut line);
            if read.map_err(|error| damaged(&name, error))? == 0 {
                break;
            }
            found.entries.extend(reading.take(&name, &line)?);
        }
        reading.end(&name)?;
        Ok(found)
    }

    fn opener(&self, name: &str, has_passphrase: bool) -> Result<Opener, Error> {
        if !has_passphrase {
            return self.identities(name);
        }
        if !self.args.identity.is_empty() {
            return Err(Error::invalid(format!("`{name}` is encrypted with a passphrase"))
                .hint("leave out `--identity`"));
        }
        let passphrase = match &self.args.password_command {
            Some(command) => password::of_command(command, self.app)?,
            None => {
                let instead = "add `--passphrase-command COMMAND`";
                password::asked("passphrase of the backup", instead, self.app)?
            }
        };
        Ok(Opener::Passphrase(passphrase))
    }

    fn identities(&self, name: &str) -> Result<Opener, Error> {
        let mut all = Vec::new();
        for path in &self.args.identity {
            let text = self.secret_file(path)?;
            match identities(&path.display().to_string(), text.expose())? {
                Opener::Identities(found) => all.extend(found),
                Opener::Passphrase(_) => {}
            }
        }
        match all.is_empty() {
            false => Ok(Opener::Identities(all)),
            true => Err(Error::invalid(format!("`{name}` is encrypted for an identity of age"))
                .hint("name the file that holds it with `--identity FILE`")),
        }
    }

    /// A text with secrets.
    fn document(&self, path: &Path) -> Result<Document, Error> {
        let document = self.read(path)?;
        self.warn_if_open(path);
        Ok(document)
    }

    fn read(&self, path: &Path) -> Result<Document, Error> {
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

    fn warn_if_open(&self, path: &Path) {
        let Ok(metadata) = fs_err::metadata(path) else { return };
        if metadata.is_file() && metadata.permissions().mode() & READABLE_BY_OTHERS != 0 {
            let path = path.display();
            self.app.console.talk().warning(&format!(
                "`{path}` holds secrets and can be read by others; narrow it with `chmod 600 {path}`"
            ));
        }
    }

    fn home(&self, path: &str) -> Result<PathBuf, Error> {
        let home = self.app.environment.path("HOME").map(|home| home.join(path));
        home.ok_or_else(|| Error::invalid("`HOME` is not set").hint("name the file"))
    }

    fn place(&self, variable: &str, below_home: &str) -> Result<PathBuf, Error> {
        self.app.environment.path(variable).map_or_else(|| self.home(below_home), Ok)
    }

    fn first_of(&self, places: Vec<PathBuf>) -> Result<PathBuf, Error> {
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

fn unreadable(name: &str, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        _ => Kind::Other,
    };
    Error::new(kind, format!("`{name}` cannot be read")).because(error)
}
