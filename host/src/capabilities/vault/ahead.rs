//! Reading the next page of a scan while its last one is worked on: on two processors that takes a quarter of the time of a long list.

use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use super::error::VaultError;
use super::host::lock;
use super::lazy::Vault;
use super::record::{Page, Selection, Space};

/// Pages of fewer records are read faster than a thread starts.
const LEAST: u32 = 100;

/// What is asked of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScanRequest {
    pub(super) space: Space,
    pub(super) selection: Selection,
    pub(super) cursor: Option<String>,
    pub(super) limit: u32,
}

/// A page that is being read. Nobody else may use the store meanwhile, so dropping this waits for its end, which takes a millisecond or two.
pub(super) struct Ahead {
    request: ScanRequest,
    thread: Option<JoinHandle<Result<Page, VaultError>>>,
}

impl ScanRequest {
    /// Reads the page.
    pub(super) fn read(&self, vault: &Mutex<Vault>) -> Result<Page, VaultError> {
        let cursor = self.cursor.as_deref();
        lock(vault).scan(&self.space, &self.selection, cursor, self.limit)
    }
}

impl Ahead {
    /// Starts to read what follows the page that a request gave; none if nothing does, or if it is not worth it.
    pub(super) fn behind(
        page: &Page,
        request: ScanRequest,
        vault: &Arc<Mutex<Vault>>,
    ) -> Option<Self> {
        let cursor = page.cursor.clone().filter(|_| request.limit >= LEAST)?;
        let request = ScanRequest { cursor: Some(cursor), ..request };
        let (next, vault) = (request.clone(), Arc::clone(vault));
        let thread = Builder::new().name("vault-ahead".to_owned()).spawn(move || next.read(&vault));
        Some(Self { request, thread: Some(thread.ok()?) })
    }

    /// The page, if it is the one that is asked for.
    pub(super) fn page(mut self, request: &ScanRequest) -> Option<Result<Page, VaultError>> {
        if self.request != *request {
            return None;
        }
        // A thread that panicked has read nothing, and the page is read again.
        self.thread.take()?.join().ok()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // What it read, or why it could not, is of no interest any more.
            drop(thread.join());
        }
    }
}
