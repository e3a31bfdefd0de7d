//! Messages of a connector: scrubbed, cut, and handed to whoever shows them.

use std::sync::Arc;

use wasmtime::component::HasData;

use crate::contract::log::{self as contract, Host};
use crate::model::Meter;
use crate::scrub::{Scrubber, sanitize};

/// The longest single message that is passed on, in bytes.
const MAX_MESSAGE: usize = 4 << 10;

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// For finding a fault.
    Debug,
    /// Progress.
    Info,
    /// Something a user should know.
    Warn,
    /// Something went wrong.
    Error,
}

/// Where messages go. The text is safe to show.
pub trait Sink: Send + Sync {
    /// Takes one message of a connector.
    fn message(&self, connector: &str, level: Level, text: &str);

    /// Takes a warning of the program itself.
    fn warning(&self, text: &str);
}

/// The messages of one call.
pub struct LogState {
    connector: String,
    sink: Arc<dyn Sink>,
    left: usize,
    meter: Meter,
}

impl LogState {
    /// `limit` is the number of bytes of all messages of the call.
    pub fn new(connector: &str, sink: Arc<dyn Sink>, limit: usize, meter: Meter) -> Self {
        Self { connector: connector.to_owned(), sink, left: limit, meter }
    }

    /// Passes a message on. What is over the limit is dropped, and the user is told once.
    pub fn write(&mut self, scrubber: &Scrubber, level: Level, message: &str) {
        if self.left == 0 {
            return;
        }
        if message.len() > self.left {
            self.left = 0;
            self.meter.hit("log-kib");
            let text = "further messages are dropped: the limit `log-kib` was hit";
            return self.sink.message(&self.connector, Level::Warn, text);
        }
        self.left -= message.len();
        let scrubbed = scrubber.text(message);
        self.sink.message(&self.connector, level, &sanitize(&scrubbed, MAX_MESSAGE));
    }
}

/// The interface's view of a call.
pub struct View<'a> {
    /// The messages of the call.
    pub state: &'a mut LogState,
    /// The secrets known to the call.
    pub scrubber: &'a Scrubber,
}

/// Links the interface.
pub struct Log;

impl HasData for Log {
    type Data<'a> = View<'a>;
}

impl Host for View<'_> {
    async fn write(&mut self, level: contract::Level, message: String) {
        let level = match level {
            contract::Level::Trace => Level::Trace,
            contract::Level::Debug => Level::Debug,
            contract::Level::Info => Level::Info,
            contract::Level::Warn => Level::Warn,
            contract::Level::Error => Level::Error,
        };
        self.state.write(self.scrubber, level, &message);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::model::Secret;

    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl Sink for Kept {
        fn message(&self, connector: &str, _: Level, text: &str) {
            self.0.lock().unwrap().push(format!("{connector}: {text}"));
        }

        fn warning(&self, _: &str) {}
    }

    #[test]
    fn messages_are_scrubbed_and_bounded() {
        let kept = Arc::new(Kept::default());
        let mut state = LogState::new("x", kept.clone(), 60, Meter::default());
        let mut scrubber = Scrubber::default();
        scrubber.add(&Secret::from("hunter2hunter2".to_owned()));
        state.write(&scrubber, Level::Info, "the key is hunter2hunter2\x1b[31m");
        state.write(&scrubber, Level::Info, &"a".repeat(100));
        state.write(&scrubber, Level::Info, "lost");
        let lines = kept.0.lock().unwrap();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("x: the key is ***") && !lines[0].contains('\x1b'));
        assert!(lines[1].contains("log-kib"));
    }
}
