//! The items of a list for programs, made while its pages come.

use std::io;

use super::args::SortKey;
use super::sheet::Sheet;
use super::sort::Places;
use crate::model::Connection;
use crate::ui::json::{Entry, PackedItems};

/// The items of a document.
pub(super) struct Records {
    items: PackedItems,
    places: Places,
    key: Option<SortKey>,
    /// Why an item has no form.
    broken: io::Result<()>,
}

impl Records {
    pub(super) fn new(key: Option<SortKey>) -> Self {
        Self { items: PackedItems::default(), places: Places::default(), key, broken: Ok(()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The items in their order.
    ///
    /// # Errors
    /// One of them has no form in JSON.
    pub(super) fn sorted(mut self) -> io::Result<PackedItems> {
        self.items.arrange(self.places.order());
        self.broken.map(|()| self.items)
    }
}

impl Sheet for Records {
    fn add(&mut self, backend: &str, connections: &[Connection]) {
        for connection in connections {
            let entry = Entry { backend, connection };
            self.places.add(entry, self.key);
            if self.broken.is_ok() {
                self.broken = self.items.add(&entry);
            }
        }
    }
}
