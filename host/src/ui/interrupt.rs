//! Ctrl-C, SIGTERM and the end of the terminal: the terminal is put in order and the program ends at once. Every write of the program is a transaction, so there is
//! nothing to finish but what other programs would be left with.

use std::sync::Arc;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
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
    if !is_ignored(SIGHUP) {
        signals.add_signal(SIGHUP)?;
    }
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

/// Whether whoever started the program said that this signal does nothing, as `nohup` does: then it stays so.
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = fs_err::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Ends the program as Ctrl-C does.
pub fn end_interrupted(talk: &Talk) -> ! {
    terminal::restore();
    talk.clear_at_once();
    end_everything();
    signal_hook::low_level::exit(SIGNALED + SIGINT)
}
