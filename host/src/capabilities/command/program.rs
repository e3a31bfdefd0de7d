//! Which file a program is.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::access::Access;
use crate::capabilities::failure::{Denial, Failure};
use crate::policy::CommandLimits;

use super::error::CommandError;

/// Everything about one program of a connector.
#[derive(Clone, Debug)]
pub struct CommandConfig {
    /// The name by which the connector runs it.
    pub name: String,
    /// Where it is.
    pub place: ProgramPlace,
    /// What may be done with it.
    pub access: Access,
    /// The environment that it gets.
    pub environment: Vec<(String, OsString)>,
    /// Where its working folder may be, the best place first.
    pub folders: Vec<PathBuf>,
    /// What its runs may use.
    pub limits: CommandLimits,
    /// The most bytes of one file and of the input.
    pub document: usize,
    /// Whether the connector is on trial: there are no programs then.
    pub on_trial: bool,
}

/// A program that may be run.
#[derive(Debug)]
pub struct Found {
    /// The path by which it was found.
    pub called: PathBuf,
    /// The file itself, without links.
    pub path: PathBuf,
}

/// Where a program is.
#[derive(Clone, Debug)]
pub enum ProgramPlace {
    /// At this path.
    At(PathBuf),
    /// In the first of these folders that has it.
    Named {
        /// Its name.
        name: String,
        /// The folders of `PATH`.
        folders: Vec<PathBuf>,
    },
}

impl ProgramPlace {
    /// The place of a program as a grant says it. `search` is `PATH`, of which what is relative does not count: it would depend on where
    /// somebody calls this program.
    pub fn new(program: &str, search: Option<OsString>) -> Self {
        if program.starts_with('/') {
            return Self::At(PathBuf::from(program));
        }
        let folders = search.map(|search| std::env::split_paths(&search).collect::<Vec<_>>());
        let folders = folders.unwrap_or_default().into_iter().filter(|folder| folder.is_absolute());
        Self::Named { name: program.to_owned(), folders: folders.collect() }
    }

    fn find(&self) -> Option<PathBuf> {
        match self {
            Self::At(path) => is_program(path).then(|| path.clone()),
            Self::Named { name, folders } => {
                folders.iter().map(|folder| folder.join(name)).find(|path| is_program(path))
            }
        }
    }
}

impl CommandConfig {
    /// Whether the program is there and could be run.
    pub fn is_installed(&self) -> bool {
        self.program().is_ok()
    }

    /// The program, which is what it is at this moment.
    ///
    /// # Errors
    /// It is not there, others can change it, or policy does not allow it.
    pub fn program(&self) -> Result<Found, CommandError> {
        if self.on_trial {
            let what = format!("command `{}` is not run on trial: no program is", self.name);
            return Err(CommandError::Unavailable(Failure::new(what)));
        }
        let called = self.place.find().ok_or_else(|| self.missing())?;
        let path = fs_err::canonicalize(&called).map_err(|error| {
            let failure = Failure::new(format!("command `{}` cannot be found", self.name));
            CommandError::Unavailable(failure.because(error))
        })?;
        if is_changeable_by_others(&path) {
            let what = format!(
                "`{}` is not run: every user of the machine can change it",
                called.display()
            );
            return Err(Denial::always(what).into());
        }
        self.access.check_program(&path.to_string_lossy())?;
        Ok(Found { called, path })
    }

    fn missing(&self) -> CommandError {
        let (what, hint) = match &self.place {
            ProgramPlace::At(path) => {
                (path.display().to_string(), "install it there, or name another path".to_owned())
            }
            ProgramPlace::Named { name, .. } => {
                let hint = format!("install `{name}`, or write its path as `program` of the grant");
                (name.clone(), hint)
            }
        };
        let what = format!("the program `{what}` of command `{}` is not installed", self.name);
        CommandError::Unavailable(Failure::new(what).hint(hint))
    }
}

fn is_program(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|data| data.is_file() && data.mode() & 0o111 != 0)
}

/// Whether everybody can write the file, or put another in its place.
fn is_changeable_by_others(path: &Path) -> bool {
    const STICKY: u32 = 0o1000;
    let mode = |path: &Path| fs_err::metadata(path).map_or(0, |data| data.mode());
    let folder = path.parent().map_or(0, mode);
    mode(path) & 0o002 != 0 || folder & (STICKY | 0o002) == 0o002
}
