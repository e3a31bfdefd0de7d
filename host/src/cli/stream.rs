//! `connhub list --unsorted`: each page is printed as it comes, so that a list of any length takes the memory of a page.
//!
//! The pages are read by this thread and written by another one. Whoever reads what is written may have seen enough: then no more pages are read.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, scope};

use super::app::App;
use super::lines::Rows;
use super::pages::{Pages, own_error};
use crate::model::{Error, Kind};
use crate::operations::Listing;
use crate::ui::json::{ArrivingList, Document, Entry, Piece};
use crate::ui::{Headers, Style};

/// Pages that wait to be written. A list that comes faster waits for them.
const WAITING: usize = 1;

/// What it returns is whether there was nothing to show, and how the lists of the backends ended.
///
/// # Errors
/// The only backend failed, there are no threads, or stdout cannot be written.
pub(super) fn run(pages: Pages<'_>, app: &App) -> Result<(bool, Vec<Listing>), Error> {
    let (sender, pieces) = sync_channel(WAITING);
    let is_one = pages.is_one();
    let rows = Rows::new(&app.format, pages.columns());
    let headers = rows.headers(app.headers());
    scope(|scope| {
        let thread = Builder::new().name("lines".to_owned());
        let console = &app.console;
        let form = app.format.structured();
        let thread = thread.spawn_scoped(scope, move || {
            let list = ArrivingList::new(pieces.into_iter());
            console.data(|out, style| match form {
                Some(form) => Document::new("ConnectionList", &list).write(form, out),
                None => write_rows(&list, rows, out, style, headers),
            })?;
            Ok(list.end())
        });
        let thread = thread.map_err(|error| {
            Error::new(Kind::Other, "the system has no resources left").because(error)
        })?;
        let listed = send(pages, sender);
        let written: Result<_, Error> = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        let (is_empty, listings) = written?;
        listed?;
        Ok((is_empty, own_error(listings, is_one)?))
    })
}

/// Sends each page and then the end.
fn send(pages: Pages<'_>, sender: SyncSender<Piece>) -> Result<(), Error> {
    let gone = |_| Error::new(Kind::Other, "nobody reads the list any more");
    let listings = pages.silent().list(&mut |backend, page| {
        sender.send(Piece::Page(backend.to_owned(), page)).map_err(gone)
    })?;
    // Whoever is gone does not want to know how it ended.
    sender.send(Piece::End(listings)).unwrap_or_default();
    Ok(())
}

fn write_rows(
    list: &ArrivingList<impl Iterator<Item = Piece>>,
    mut rows: Rows,
    out: &mut dyn Write,
    style: Style,
    mut headers: Headers,
) -> io::Result<()> {
    while let Some((backend, connections)) = list.next_page() {
        if connections.is_empty() {
            continue;
        }
        connections.iter().for_each(|connection| rows.add(Entry { backend: &backend, connection }));
        rows.table().flush(out, style, headers)?;
        out.flush()?;
        headers = Headers::Hidden;
    }
    Ok(())
}
