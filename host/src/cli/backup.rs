//! `connhub export --backup`.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::app::{App, Chosen};
use super::args::BackupArgs;
use super::password;
use super::taken::Taker;
use crate::imports::BACKUP_VERSION;
use crate::model::{Connection, Error, Filter, Kind};
use crate::operations::sealed::{Lock, Sealing, Shape, recipient, seal};
use crate::operations::text_file::PrivateFile;
use crate::operations::{self, Opened, Opening};
use crate::plugins::Backend;
use crate::ui::json::{BackupEnd, BackupHead, Document, Entry, RevealedForm};

/// Nothing is in its place before everything is written.
pub(super) fn run(names: &[String], args: &BackupArgs, app: &App) -> Result<u8, Error> {
    let Some(path) = &args.backup else { return Err(Error::invalid("no file is named")) };
    let is_stdout = path == Path::new("-");
    if is_stdout && app.console.is_data_on_terminal() {
        return Err(Error::invalid("a backup is not written to a terminal")
            .hint("name a file: `connhub export --backup FILE`"));
    }
    let lock = lock(args, app)?;
    let shape = if args.armor { Shape::Armored } else { Shape::Binary };
    let count = match is_stdout {
        true => {
            let mut written = Ok(0);
            app.console.data(|mut out, _| {
                written = Backup::write(&mut out, &lock, shape, names, app).map(|(_, count)| count);
                Ok(())
            })?;
            written?
        }
        false => {
            let file = PrivateFile::create(path)?;
            let (file, count) = Backup::write(file, &lock, shape, names, app)?;
            file.finish()?;
            count
        }
    };
    let noun = if count == 1 { "connection" } else { "connections" };
    let place = if is_stdout { "stdout".to_owned() } else { format!("`{}`", path.display()) };
    app.console
        .talk()
        .line(&format!("wrote {count} {noun} with their secrets to {place}, encrypted"));
    Ok(0)
}

fn lock(args: &BackupArgs, app: &App) -> Result<Lock, Error> {
    const INSTEAD: &str = "add `--passphrase-command COMMAND` or `--recipient age1…`";
    match &args.passphrase_command {
        _ if !args.recipient.is_empty() => {
            let recipients = args.recipient.iter().map(|text| recipient(text));
            Ok(Lock::Recipients(recipients.collect::<Result<_, _>>()?))
        }
        Some(command) => Ok(Lock::Passphrase(password::of_command(command, app)?)),
        None => {
            let label = "passphrase of the backup";
            Ok(Lock::Passphrase(password::asked_twice(label, INSTEAD, app)?))
        }
    }
}

/// A backup that is being written.
struct Backup<W: Write> {
    out: Sealing<W>,
    count: usize,
}

impl<W: Write> Backup<W> {
    /// Writes a whole backup; returns how many connections it holds.
    fn write(
        out: W,
        lock: &Lock,
        shape: Shape,
        names: &[String],
        app: &App,
    ) -> Result<(W, usize), Error> {
        let mut backup = Self::begin(out, lock, shape)?;
        backup.fill(names, app)?;
        let count = backup.count;
        Ok((backup.finish()?, count))
    }

    fn begin(out: W, lock: &Lock, shape: Shape) -> Result<Self, Error> {
        let mut backup = Self { out: seal(out, lock, shape)?, count: 0 };
        let created_at = Timestamp::now().to_string();
        let head = BackupHead { version: BACKUP_VERSION, created_at };
        backup.line(&Document::new("Backup", head)).map_err(not_written)?;
        Ok(backup)
    }

    /// The connections that are named, or all.
    fn fill(&mut self, names: &[String], app: &App) -> Result<(), Error> {
        if !names.is_empty() {
            let mut taker = Taker::new(app);
            return names.iter().try_for_each(|name| self.add(&taker.take(name)?));
        }
        match app.backends()? {
            Chosen::One(backend) => self.add_all(app.open(backend)?, app),
            Chosen::All(backends) => {
                backends.into_iter().try_for_each(|backend| self.add_all(app.open(backend)?, app))
            }
        }
    }

    /// All connections of a backend, page by page.
    fn add_all(&mut self, mut backend: Backend, app: &App) -> Result<(), Error> {
        let filter = Filter { all_scopes: app.scope().is_none(), ..Filter::default() };
        let mut found: Vec<Connection> = Vec::new();
        let take = |page: Vec<Connection>| {
            found.extend(page);
            Ok(())
        };
        let job = format!("listing `{}`", backend.name);
        let listed = app.wait(&job, operations::list(&mut backend, app.scope(), &filter, take));
        listed.map_err(|error| match error.kind {
            Kind::Forbidden if filter.all_scopes => {
                error.hint("without `-n` a backup is of all scopes; name one with `-n SCOPE`")
            }
            _ => error,
        })?;
        let job = format!("reading {} connections of `{}`", found.len(), backend.name);
        let _progress = app.console.talk().progress(&job);
        for connection in found {
            let secrets = match connection.secret_names.is_empty() {
                true => Vec::new(),
                false => {
                    let scope = connection.scope.as_deref().or(app.scope());
                    let opening = Opening { scope, name: &connection.name, fields: &[] };
                    app.wait(&job, operations::open(&mut backend, &opening))?
                }
            };
            self.add(&Opened { backend: backend.name.clone(), connection, secrets })?;
        }
        Ok(())
    }

    fn add(&mut self, opened: &Opened) -> Result<(), Error> {
        let entry = Entry { backend: &opened.backend, connection: &opened.connection };
        let document = Document::new("Connection", RevealedForm::new(entry, &opened.secrets));
        self.line(&document).map_err(not_written)?;
        self.count += 1;
        Ok(())
    }

    fn line<T: serde::Serialize>(&mut self, document: &Document<T>) -> io::Result<()> {
        let mut line = Zeroizing::new(Vec::new());
        document.write_line(&mut *line)?;
        self.out.write_all(&line)
    }

    fn finish(mut self) -> Result<W, Error> {
        let end = Document::new("End", BackupEnd { connections: self.count });
        self.line(&end).map_err(not_written)?;
        self.out.finish().map_err(not_written)
    }
}

fn not_written(error: io::Error) -> Error {
    Error::new(Kind::Other, "the backup cannot be written").because(error)
}
