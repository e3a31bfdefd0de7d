//! The way of a connector's messages to the terminal.

use std::sync::Arc;

use crate::plugins::{Level, Sink};
use crate::ui::{Importance, Talk};

/// Hands messages to stderr.
pub(super) struct Messages(pub Arc<Talk>);

impl Sink for Messages {
    fn message(&self, connector: &str, level: Level, text: &str) {
        let importance = match level {
            Level::Trace => Importance::Trace,
            Level::Debug => Importance::Debug,
            Level::Info => Importance::Info,
            Level::Warn => Importance::Warning,
            Level::Error => Importance::Error,
        };
        self.0.message(connector, importance, text);
    }

    fn warning(&self, text: &str) {
        self.0.warning(text);
    }
}
