//! The messages of a connector on trial.

use std::sync::{Arc, Mutex, PoisonError};

use crate::plugins::{Level, Sink};

/// Keeps messages and passes them on.
pub(super) struct Kept {
    texts: Mutex<Vec<String>>,
    next: Arc<dyn Sink>,
}

impl Kept {
    pub(super) fn new(next: Arc<dyn Sink>) -> Self {
        Self { texts: Mutex::default(), next }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for Kept {
    /// A server that is made to fail makes many a connector warn, which is nothing that a user has to know: so `-v` shows warnings, too.
    fn message(&self, connector: &str, level: Level, text: &str) {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        self.next.message(connector, level.min(Level::Info), text);
    }

    fn warning(&self, text: &str) {
        self.next.warning(text);
    }
}
