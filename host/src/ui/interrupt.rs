//! Ctrl-C and SIGTERM: the terminal is put in order and the program ends at once. Every write of the program is a transaction, so there is
//! nothing to finish but what other programs would be left with.

use std::sync::Arc;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::talk::Talk;
use super::terminal;
use crate::model::end_everything;

/// Shells report 128 and the number of the signal.
const SIGNALED: i32 = 128;

/// Signals are waited for until this is dropped.
#[derive(Debug)]
pub struct Watch(Handle);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Waits for signals on a thread of its own, so that they work while the program waits for something else.
///
/// # Errors
/// The system has no descriptor or thread left.
pub fn watch(talk: &Arc<Talk>) -> std::io::Result<Watch> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let handle = signals.handle();
    let talk = Arc::clone(talk);
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            terminal::restore();
            talk.clear_at_once();
            end_everything();
            signal_hook::low_level::exit(SIGNALED + signal);
        }
    })?;
    Ok(Watch(handle))
}

/// Ends the program as Ctrl-C does.
pub fn end_interrupted(talk: &Talk) -> ! {
    terminal::restore();
    talk.clear_at_once();
    end_everything();
    signal_hook::low_level::exit(SIGNALED + SIGINT)
}
