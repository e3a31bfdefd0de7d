//! Backups of our own: opened, and read to their end.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::source::{STDIN, Source, unreadable};
use crate::cli::password;
use crate::imports::{self, Found};
use crate::model::Error;
use crate::operations::sealed::{Opener, Sealed, damaged, identities};

/// The most clear text of a backup, in bytes.
const MAX_BACKUP: u64 = 2 << 30;

impl Source<'_> {
    /// Everything is read and checked before anything of it is used.
    pub(super) fn backup(&self) -> Result<Found, Error> {
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
}
