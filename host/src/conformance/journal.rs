//! What a trial has created, so that it can be deleted again.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::book::told;
use super::subject::Subject;
use crate::model::{Kind, Target};

/// The names of connections that may be there because of a trial. A name is noted before it is created.
#[derive(Debug)]
pub struct Journal {
    prefix: String,
    names: Mutex<BTreeSet<String>>,
}

impl Journal {
    /// A journal for names that begin with `prefix`; it takes no others.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), names: Mutex::default() }
    }

    /// Notes a name that is going to be created. A name without the prefix is somebody else's, and is not noted.
    pub fn note(&self, name: &str) {
        if name.starts_with(&self.prefix) {
            self.lock().insert(name.to_owned());
        }
    }

    /// What may still be there.
    pub fn names(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// Says that a name is certainly not there.
    pub(super) fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes whatever a trial has left. What cannot be deleted is returned, each with the reason.
pub async fn clean_up<S: Subject>(
    subject: &mut S,
    target: &Target,
    journal: &Journal,
) -> Vec<String> {
    let mut left = Vec::new();
    for name in journal.names() {
        match subject.delete(target, &name, None).await {
            Ok(_) => journal.forget(&name),
            // A name that the connector refuses cannot be there.
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Invalid) => {
                journal.forget(&name);
            }
            Err(error) => left.push(format!("`{name}`: {}", told(&error))),
        }
    }
    left
}
