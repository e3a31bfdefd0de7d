//! A list of connections that is written while its pages come.

use std::cell::{Cell, OnceCell, RefCell};

use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{BackendError, ConnectionForm, Entry};
use crate::model::Connection;
use crate::operations::Listing;

/// A part of a list that comes.
pub enum Piece {
    /// Connections of a backend.
    Page(String, Vec<Connection>),
    /// How the lists of the backends ended.
    End(Vec<Listing>),
}

/// The body of a list of connections whose items are not there yet. Each page is forgotten once it is written.
pub struct ArrivingList<I> {
    pieces: RefCell<I>,
    is_empty: Cell<bool>,
    listings: OnceCell<Vec<Listing>>,
}

impl<I: Iterator<Item = Piece>> ArrivingList<I> {
    /// A list of what will come.
    pub fn new(pieces: I) -> Self {
        let (is_empty, listings) = (Cell::new(true), OnceCell::new());
        Self { pieces: RefCell::new(pieces), is_empty, listings }
    }

    /// Waits for the next page of a backend; none if there are no more.
    pub fn next_page(&self) -> Option<(String, Vec<Connection>)> {
        match self.pieces.borrow_mut().next()? {
            Piece::Page(backend, connections) => {
                self.is_empty.update(|is_empty| is_empty && connections.is_empty());
                Some((backend, connections))
            }
            Piece::End(listings) => {
                self.listings.get_or_init(|| listings);
                None
            }
        }
    }

    /// Whether there was no connection, and how the lists of the backends ended; nothing of it if it was not written to its end.
    pub fn end(self) -> (bool, Vec<Listing>) {
        (self.is_empty.get(), self.listings.into_inner().unwrap_or_default())
    }
}

/// It can be written once: the pieces are gone afterwards.
impl<I: Iterator<Item = Piece>> Serialize for ArrivingList<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_struct("ConnectionList", 2)?;
        list.serialize_field("items", &Pages(self))?;
        let listings = self.listings.get().map(Vec::as_slice).unwrap_or_default();
        list.serialize_field("errors", &BackendError::of(listings))?;
        list.end()
    }
}

struct Pages<'a, I>(&'a ArrivingList<I>);

impl<I: Iterator<Item = Piece>> Serialize for Pages<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        while let Some((backend, connections)) = self.0.next_page() {
            for connection in &connections {
                let entry = Entry { backend: &backend, connection };
                items.serialize_element(&ConnectionForm::from(entry))?;
            }
        }
        items.end()
    }
}
