//! stderr: progress, messages, warnings, errors.

use std::io::{Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::report::indented;
use super::style::{Style, Tone};
use super::terminal;

/// What takes less is not worth a line.
const DELAY: Duration = Duration::from_millis(500);
/// The time between two pictures of the spinner.
const FRAME: Duration = Duration::from_millis(100);
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Back to the first column, and everything in the line removed.
const CLEAR: &str = "\r\x1b[2K";

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and warnings.
    Quiet,
    /// What a person at a terminal wants to know.
    #[default]
    Normal,
    /// Each step.
    Info,
    /// For finding a fault.
    Debug,
    /// Everything.
    Trace,
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// Every step.
    Trace,
    /// For finding a fault.
    Debug,
    /// Progress.
    Info,
    /// Something a user should know.
    Warning,
    /// Something went wrong.
    Error,
}

/// The one who writes to stderr.
pub struct Talk {
    verbosity: Verbosity,
    style: Style,
    is_terminal: bool,
    line: Mutex<Line>,
    changed: Condvar,
}

/// The line of progress.
#[derive(Default)]
struct Line {
    /// What is being done; none if nothing is.
    job: Option<String>,
    /// The last thing that was said about it.
    detail: Option<String>,
    is_drawn: bool,
    is_paused: bool,
    has_thread: bool,
}

/// Something that may take long; it is over when this is dropped.
pub struct Progress<'a>(&'a Talk);

/// The line of progress is away until this is dropped.
pub(super) struct Pause<'a>(&'a Talk);

/// The line of progress is away until this is dropped, wherever it is.
pub struct Hold(Arc<Talk>);

impl Talk {
    /// `is_terminal` says whether stderr is one.
    pub fn new(verbosity: Verbosity, style: Style, is_terminal: bool) -> Self {
        Self { verbosity, style, is_terminal, line: Mutex::default(), changed: Condvar::new() }
    }

    /// The style of stderr.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Something that works but is not as it should be. It is said even if the user asked for quiet.
    pub fn warning(&self, text: &str) {
        self.write(&format!(
            "{} {}\n",
            self.style.paint(Tone::Caution, "warning:"),
            indented(text)
        ));
    }

    /// Something that is good to know.
    pub fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.write(&format!("{} {}\n", self.style.paint(Tone::Hint, "note:"), indented(text)));
        }
    }

    /// A line for a person; silent if the user asked for quiet.
    pub fn line(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.write(&format!("{text}\n"));
        }
    }

    /// A step of the program itself.
    pub fn step(&self, text: &str) {
        if self.verbosity >= Verbosity::Info {
            self.write(&format!("{}\n", self.style.paint(Tone::Faint, text)));
        }
    }

    /// A message of a connector.
    pub fn message(&self, connector: &str, importance: Importance, text: &str) {
        let (needed, word, tone) = match importance {
            Importance::Error => (Verbosity::Quiet, "error", Tone::Bad),
            Importance::Warning => (Verbosity::Quiet, "warning", Tone::Caution),
            Importance::Info => (Verbosity::Info, "info", Tone::Faint),
            Importance::Debug => (Verbosity::Debug, "debug", Tone::Faint),
            Importance::Trace => (Verbosity::Trace, "trace", Tone::Faint),
        };
        if self.verbosity >= needed {
            let word = self.style.paint(tone, word);
            let text = indented(text);
            self.write(&format!("{word}: connector `{connector}`: {text}\n"));
        } else if importance == Importance::Info {
            self.lock().detail = Some(text.to_owned());
        }
    }

    /// Writes as it is, in place of the line of progress.
    pub fn write(&self, text: &str) {
        let mut line = self.lock();
        line.clear();
        put(text);
    }

    /// Whether a person sees what is said.
    pub fn is_on_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Says that something may take long. It is shown on a terminal only, and only after half a second.
    pub fn progress<'a>(self: &'a Arc<Self>, job: &str) -> Progress<'a> {
        if self.is_terminal && self.verbosity != Verbosity::Quiet {
            let mut line = self.lock();
            line.job = Some(job.to_owned());
            line.detail = None;
            if !line.has_thread {
                let talk = Arc::clone(self);
                let thread = thread::Builder::new().name("progress".to_owned());
                line.has_thread = thread.spawn(move || talk.spin()).is_ok();
            }
        }
        Progress(self)
    }

    /// Says in the line of progress how many bytes have come, and of how many if that is known.
    pub fn come(&self, come: u64, total: Option<u64>) {
        self.lock().detail = Some(amount(come, total));
    }

    /// Takes the line of progress away while somebody is asked.
    pub(super) fn pause(&self) -> Pause<'_> {
        self.lock().pause();
        Pause(self)
    }

    /// Takes the line of progress away while another program talks to the user. The program may be ended before it has put the
    /// terminal back as it was, so that is done for it.
    pub fn hold(self: &Arc<Self>) -> Hold {
        terminal::remember();
        self.lock().pause();
        Hold(Arc::clone(self))
    }

    /// Takes the line of progress away if nobody is writing it at this moment.
    pub(super) fn clear_at_once(&self) {
        if let Ok(mut line) = self.line.try_lock() {
            line.clear();
        }
    }

    fn spin(&self) {
        let mut line = self.wait(self.lock(), DELAY);
        let mut frames = FRAMES.iter().cycle();
        while line.job.is_some() {
            if !line.is_paused {
                line.draw(frames.next().unwrap_or(&""));
            }
            line = self.wait(line, FRAME);
        }
        line.has_thread = false;
    }

    fn wait<'a>(&'a self, line: MutexGuard<'a, Line>, time: Duration) -> MutexGuard<'a, Line> {
        let waited = self.changed.wait_timeout_while(line, time, |line| line.job.is_some());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn draw(&mut self, frame: &str) {
        let Some(job) = &self.job else { return };
        let text = match &self.detail {
            Some(detail) => format!("{frame} {job}: {detail}"),
            None => format!("{frame} {job}"),
        };
        put(&format!("{CLEAR}{}", fit(&text, terminal::width())));
        self.is_drawn = true;
    }

    fn pause(&mut self) {
        self.clear();
        self.is_paused = true;
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            put(CLEAR);
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.job = None;
        line.clear();
        self.0.changed.notify_all();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        terminal::restore();
        self.0.lock().is_paused = false;
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.lock().is_paused = false;
    }
}

/// The first line of the text, cut so that it does not wrap: a line that wraps cannot be cleared.
fn fit(text: &str, width: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(width.saturating_sub(1)).collect()
}

/// Bytes as people read them, in tenths of a mebibyte.
fn amount(come: u64, total: Option<u64>) -> String {
    let tenths = |bytes: u64| {
        let tenths = bytes.saturating_mul(10) >> 20;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match total {
        Some(total) => format!("{} of {} MiB", tenths(come), tenths(total)),
        None => format!("{} MiB", tenths(come)),
    }
}

/// There is nobody left to tell if stderr is closed.
fn put(text: &str) {
    stderr().write_all(text.as_bytes()).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line_that_does_not_wrap() {
        assert_eq!(fit("⠋ local: reading\nmore", 80), "⠋ local: reading");
        assert_eq!(fit("abcdef", 4), "abc");
        assert_eq!(fit("", 4), "");
    }

    #[test]
    fn amounts_are_read_by_people() {
        assert_eq!(amount(1_677_722, Some(12 << 20)), "1.6 of 12.0 MiB");
        assert_eq!(amount(0, None), "0.0 MiB");
        assert_eq!(amount(u64::MAX, None), "1759218604441.5 MiB");
    }

    #[test]
    fn the_last_message_is_kept_for_the_line_unless_it_is_written() {
        let talk = Arc::new(Talk::new(Verbosity::Normal, Style::Plain, false));
        talk.message("x", Importance::Info, "page 2");
        talk.message("x", Importance::Debug, "detail");
        assert_eq!(talk.lock().detail.as_deref(), Some("page 2"));
    }

    #[test]
    fn no_line_is_started_off_a_terminal_or_when_quiet() {
        for (verbosity, is_terminal) in [(Verbosity::Normal, false), (Verbosity::Quiet, true)] {
            let talk = Arc::new(Talk::new(verbosity, Style::Plain, is_terminal));
            let progress = talk.progress("local");
            assert!(talk.lock().job.is_none());
            drop(progress);
        }
    }
}
