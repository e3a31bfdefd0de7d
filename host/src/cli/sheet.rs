//! What becomes of the pages of a sorted list. It is made while they come, by another thread if there are many.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, scope};

use crate::model::{Connection, Error};

/// Pages that wait for their lines. A list that comes faster waits for them, so that its memory is bounded.
const WAITING: usize = 1;

/// Keeps of each connection what will be shown.
pub(super) trait Sheet: Send {
    /// Adds a page of a backend.
    fn add(&mut self, backend: &str, connections: &[Connection]);
}

/// Fills the sheet with a list of one backend: `list` hands over its pages.
///
/// # Errors
/// Those of `list`.
pub(super) fn fill<S: Sheet, T>(
    sheet: S,
    backend: &str,
    list: impl FnOnce(&mut dyn FnMut(Vec<Connection>)) -> Result<T, Error>,
) -> Result<(S, T), Error> {
    let sheet = Mutex::new(sheet);
    let listed: Result<T, Error> = scope(|scope| {
        let mut filling = Filling { backend, sheet: &sheet, scope, first: None, pages: None };
        let listed = list(&mut |page| filling.take(page))?;
        filling.finish();
        Ok(listed)
    });
    let listed = listed?;
    Ok((sheet.into_inner().unwrap_or_else(PoisonError::into_inner), listed))
}

/// Works on many pages beside the reading of the next one.
struct Filling<'scope, 'env, S> {
    backend: &'env str,
    sheet: &'env Mutex<S>,
    scope: &'scope Scope<'scope, 'env>,
    /// The first page: there may be no other, and one page is not worth a thread.
    first: Option<Vec<Connection>>,
    /// Where the thread gets its pages from.
    pages: Option<SyncSender<Vec<Connection>>>,
}

impl<S: Sheet> Filling<'_, '_, S> {
    fn take(&mut self, page: Vec<Connection>) {
        match (&self.pages, self.first.take()) {
            (None, None) => self.first = Some(page),
            (None, Some(first)) => {
                self.pages = self.start();
                self.work(first);
                self.work(page);
            }
            (Some(_), _) => self.work(page),
        }
    }

    fn finish(mut self) {
        if let Some(first) = self.first.take() {
            self.work(first);
        }
    }

    fn work(&self, page: Vec<Connection>) {
        match &self.pages {
            // If the thread has panicked, so does the end of its scope.
            Some(pages) => pages.send(page).unwrap_or_default(),
            None => add(self.sheet, self.backend, &page),
        }
    }

    fn start(&self) -> Option<SyncSender<Vec<Connection>>> {
        let (sender, pages) = sync_channel::<Vec<Connection>>(WAITING);
        let (sheet, backend) = (self.sheet, self.backend);
        let work = move || pages.iter().for_each(|page| add(sheet, backend, &page));
        let thread = Builder::new().name("lines".to_owned()).spawn_scoped(self.scope, work);
        thread.ok().map(|_| sender)
    }
}

fn add<S: Sheet>(sheet: &Mutex<S>, backend: &str, page: &[Connection]) {
    sheet.lock().unwrap_or_else(PoisonError::into_inner).add(backend, page);
}
