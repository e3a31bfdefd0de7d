//! The passphrase of the local store: from a file, from a program, or from the person at the terminal.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::input::without_line_end;
use crate::model::{Kind, Secret};
use crate::plugins::{PassphraseReader, Purpose};
use crate::programs::{Program, Stderr, Terminal};
use crate::settings::{Settings, env};
use crate::ui::{self, Talk};

/// Why there is no passphrase.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The longest passphrase, in bytes.
const MAX_PASSPHRASE: u64 = 64 << 10;
/// How often a new passphrase may be repeated wrongly.
const ATTEMPTS: usize = 3;

/// Gives the passphrase when the store is opened.
pub(super) struct AskPassphrase {
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
    talk: Arc<Talk>,
    terminal: Terminal,
    is_interactive: bool,
    /// What else can be done where nobody can be asked.
    instead: String,
}

impl AskPassphrase {
    pub(super) fn new(settings: &Settings, talk: Arc<Talk>, terminal: Terminal) -> Self {
        Self {
            file: settings.environment.path(env::PASSPHRASE_FILE),
            command: settings.vault.command.clone(),
            is_interactive: ui::is_interactive(),
            instead: format!(
                "name a file with it in `{}`, or a `command` in `[vault]`",
                env::PASSPHRASE_FILE
            ),
            terminal,
            talk,
        }
    }

    /// Gives the passphrase that takes the place of one that [`AskPassphrase::new`] gives.
    pub(super) fn for_new(file: Option<PathBuf>, talk: Arc<Talk>, terminal: Terminal) -> Self {
        Self {
            file,
            command: None,
            is_interactive: ui::is_interactive(),
            instead: "name a file with the new one: `--new-passphrase-file FILE`".to_owned(),
            terminal,
            talk,
        }
    }

    /// What a program prints. Its stderr is the user's, so that it can ask and explain itself.
    fn of_command(&self, command: &[String]) -> Result<Secret, Cause> {
        let program = Program::of(command, self.terminal.clone());
        let program = program.ok_or("`command` names no program")?;
        one_line(&**Program { stderr: Stderr::Shown, ..program }.output_blocking()?)
    }

    fn ask(&self, purpose: Purpose) -> Result<Secret, Cause> {
        if !self.is_interactive {
            return Err(format!("nobody can be asked here; {}", self.instead).into());
        }
        match purpose {
            Purpose::Unlock => self.prompt("passphrase of the local store"),
            Purpose::NewStore => self.ask_twice(),
        }
    }

    fn ask_twice(&self) -> Result<Secret, Cause> {
        for _ in 0..ATTEMPTS {
            let first = self.prompt("new passphrase for the local store")?;
            let second = self.prompt("the same passphrase again")?;
            if first == second {
                return Ok(first);
            }
            self.talk.warning("the two passphrases differ");
        }
        Err("the passphrases differed each time".into())
    }

    /// The store that waits for the passphrase would report an interruption as a fault of its own.
    fn prompt(&self, label: &str) -> Result<Secret, Cause> {
        match ui::secret(&self.talk, label) {
            Err(error) if error.kind == Kind::Interrupted => ui::end_interrupted(&self.talk),
            typed => Ok(typed?),
        }
    }
}

impl PassphraseReader for AskPassphrase {
    fn read(&self, purpose: Purpose) -> Result<Secret, Cause> {
        match (&self.file, &self.command) {
            (Some(file), _) => of_file(file),
            (None, Some(command)) => self.of_command(command),
            (None, None) => self.ask(purpose),
        }
    }
}

fn of_file(path: &Path) -> Result<Secret, Cause> {
    one_line(fs_err::File::open(path)?)
}

fn one_line(source: impl std::io::Read) -> Result<Secret, Cause> {
    // The full size from the start leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE as usize + 1));
    source.take(MAX_PASSPHRASE + 1).read_to_end(&mut bytes)?;
    let line = without_line_end(&bytes);
    match line.len() as u64 {
        0 => Err("the passphrase is empty".into()),
        length if length > MAX_PASSPHRASE => Err("the passphrase is too long".into()),
        _ => Ok(Secret::new(line.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Style, Verbosity};

    fn reader(file: Option<PathBuf>, command: Option<&[&str]>) -> AskPassphrase {
        AskPassphrase {
            file,
            command: command.map(|words| words.iter().map(ToString::to_string).collect()),
            talk: Arc::new(Talk::new(Verbosity::Quiet, Style::Plain, false)),
            terminal: Terminal::Absent,
            is_interactive: false,
            instead: "set CONNHUB_PASSPHRASE_FILE".to_owned(),
        }
    }

    #[test]
    fn a_file_comes_before_a_program_and_both_lose_one_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        fs_err::write(&path, "correct horse\n\n").unwrap();
        let command: &[&str] = &["echo", "battery"];
        let read = |reader: AskPassphrase| reader.read(Purpose::Unlock).unwrap();
        assert_eq!(read(reader(Some(path), Some(command))).expose(), b"correct horse\n");
        assert_eq!(read(reader(None, Some(command))).expose(), b"battery");
    }

    #[test]
    fn without_a_source_off_a_terminal_there_is_none() {
        let check = |reader: AskPassphrase, words: &str| {
            let error = reader.read(Purpose::NewStore).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check(reader(None, None), "CONNHUB_PASSPHRASE_FILE");
        check(reader(None, Some(&["false"])), "`false` failed");
        check(reader(None, Some(&["true"])), "is empty");
        check(reader(None, Some(&["/no/such/program"])), "cannot be started");
        check(reader(Some("/no/such/file".into()), None), "/no/such/file");
    }
}
