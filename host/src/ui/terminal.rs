//! The state of the terminal: switched for a question without echo, and put back however the program ends.

use std::io::{IsTerminal, stderr, stdin};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// What the terminal was like before a question of ours or of a program that we run; the thread that waits for signals needs it, too.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether a person sits at the keyboard and sees what is asked.
pub fn is_interactive() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Whether stdin is a terminal, on which programs that are run from here can ask.
pub fn has_keyboard() -> bool {
    stdin().is_terminal()
}

/// The width of the terminal at stderr, in columns. Some terminals do not know theirs and say 0.
pub(super) fn width() -> usize {
    match tcgetwinsize(stderr().as_fd()).map_or(0, |size| size.ws_col) {
        0 => 80,
        width => width.into(),
    }
}

/// The terminal without echo, without line editing and without signals by keys, until this is dropped.
pub(super) struct Quiet(());

impl Quiet {
    /// Switches the terminal at stdin.
    ///
    /// # Errors
    /// stdin is no terminal.
    pub(super) fn start() -> std::io::Result<Self> {
        let before = tcgetattr(stdin().as_fd())?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(stdin().as_fd(), OptionalActions::Flush, &quiet)?;
        Ok(Self(()))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        restore();
    }
}

/// Remembers what the terminal is like before another program may change it.
pub(super) fn remember() {
    if let Ok(now) = tcgetattr(stdin().as_fd()) {
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

/// Puts the terminal back as it was, if it was changed.
pub(super) fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that is gone needs no restoring.
        tcsetattr(stdin().as_fd(), OptionalActions::Now, &before).unwrap_or_default();
    }
}
