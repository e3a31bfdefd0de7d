//! The lines of a list, made while its pages come.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, scope};

use jiff::Timestamp;

use super::app::App;
use super::args::{ListArgs, SortKey};
use super::sort::Places;
use crate::model::{Connection, Error};
use crate::ui::json::Entry;
use crate::ui::view::{Columns, ConnectionRows, Detail};
use crate::ui::{Cell, Format, Headers, Style, Table};

/// Pages that wait for their lines. A list that comes faster waits for them, so that its memory is bounded.
const WAITING: usize = 1;

/// The lines of a list. They are made while its pages come, and only what they show is kept: a tenth of what a connection holds.
pub(super) struct Lines {
    table: Form,
    places: Places,
    key: Option<SortKey>,
}

/// What a line shows.
enum Form {
    Name(Table),
    Columns(ConnectionRows),
}

impl Lines {
    pub(super) fn new(args: &ListArgs, columns: Columns, app: &App) -> Self {
        let table = |detail| Form::Columns(ConnectionRows::new(columns, detail, Timestamp::now()));
        let table = match app.format {
            Format::Name => Form::Name(Table::new(vec!["NAME"])),
            Format::Wide => table(Detail::Wide),
            Format::Human | Format::Table | Format::Structured(_) => table(Detail::Narrow),
        };
        Self { table, places: Places::default(), key: args.sort_by }
    }

    pub(super) fn add(&mut self, backend: &str, connections: &[Connection]) {
        for connection in connections {
            let entry = Entry { backend, connection };
            self.places.add(entry, self.key);
            match &mut self.table {
                Form::Name(table) => table.row([Cell::from(&*connection.name)]),
                Form::Columns(rows) => rows.add(entry),
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn write(
        self,
        out: &mut dyn Write,
        style: Style,
        headers: Headers,
    ) -> io::Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        let order = self.places.order();
        let (mut table, headers) = match self.table {
            Form::Name(table) => (table, Headers::Hidden),
            Form::Columns(rows) => (rows.table, headers),
        };
        table.arrange(order);
        table.write(out, style, headers)
    }
}

/// The lines of a list of one backend: `list` hands over its pages.
///
/// # Errors
/// Those of `list`.
pub(super) fn draw(
    backend: &str,
    lines: Lines,
    list: impl FnOnce(&mut dyn FnMut(Vec<Connection>)) -> Result<(), Error>,
) -> Result<Lines, Error> {
    let lines = Mutex::new(lines);
    scope(|scope| {
        let mut drawing = Drawing { backend, lines: &lines, scope, first: None, pages: None };
        list(&mut |page| drawing.take(page)).map(|()| drawing.finish())
    })?;
    Ok(lines.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Makes the lines of many pages beside the reading of the next one.
struct Drawing<'scope, 'env> {
    backend: &'env str,
    lines: &'env Mutex<Lines>,
    scope: &'scope Scope<'scope, 'env>,
    /// The first page: there may be no other, and one page is not worth a thread.
    first: Option<Vec<Connection>>,
    /// Where the thread gets its pages from.
    pages: Option<SyncSender<Vec<Connection>>>,
}

impl Drawing<'_, '_> {
    fn take(&mut self, page: Vec<Connection>) {
        match (&self.pages, self.first.take()) {
            (None, None) => self.first = Some(page),
            (None, Some(first)) => {
                self.pages = self.start();
                self.draw(first);
                self.draw(page);
            }
            (Some(_), _) => self.draw(page),
        }
    }

    fn finish(mut self) {
        if let Some(first) = self.first.take() {
            self.draw(first);
        }
    }

    fn draw(&self, page: Vec<Connection>) {
        match &self.pages {
            // If the thread has panicked, so does the end of its scope.
            Some(pages) => pages.send(page).unwrap_or_default(),
            None => add(self.lines, self.backend, &page),
        }
    }

    fn start(&self) -> Option<SyncSender<Vec<Connection>>> {
        let (sender, pages) = sync_channel::<Vec<Connection>>(WAITING);
        let (lines, backend) = (self.lines, self.backend);
        let work = move || pages.iter().for_each(|page| add(lines, backend, &page));
        let thread = Builder::new().name("lines".to_owned()).spawn_scoped(self.scope, work);
        thread.ok().map(|_| sender)
    }
}

fn add(lines: &Mutex<Lines>, backend: &str, page: &[Connection]) {
    lines.lock().unwrap_or_else(PoisonError::into_inner).add(backend, page);
}
