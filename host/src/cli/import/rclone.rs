//! The configuration of rclone: where it is, and its password.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::source::{Document, Source};
use crate::cli::password;
use crate::imports::{self, Found, Text};
use crate::model::{Error, Kind, Secret};

/// How often a password may be typed.
const ATTEMPTS: usize = 3;

impl Source<'_> {
    /// The remotes of its configuration.
    pub(super) fn rclone(&self) -> Result<Found, Error> {
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
}
