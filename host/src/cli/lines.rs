//! The lines of a list, made while its pages come.

use std::io::{self, Write};

use jiff::Timestamp;

use super::app::App;
use super::args::{ListArgs, SortKey};
use super::sheet::Sheet;
use super::sort::Places;
use crate::model::Connection;
use crate::ui::json::Entry;
use crate::ui::view::{Columns, ConnectionRows, Detail};
use crate::ui::{Cell, Format, Headers, Style, Table};

/// The lines of a list. They are made while its pages come, and only what they show is kept: a tenth of what a connection holds.
pub(super) struct Lines {
    rows: Rows,
    places: Places,
    key: Option<SortKey>,
}

/// What a line shows.
pub(super) enum Rows {
    Name(Table),
    Columns(ConnectionRows),
}

impl Rows {
    pub(super) fn new(format: &Format, columns: Columns) -> Self {
        let table = |detail| Self::Columns(ConnectionRows::new(columns, detail, Timestamp::now()));
        match format {
            Format::Name => Self::Name(Table::new(vec!["NAME"])),
            Format::Wide => table(Detail::Wide),
            Format::Human | Format::Table | Format::Structured(_) => table(Detail::Narrow),
        }
    }

    pub(super) fn add(&mut self, entry: Entry<'_>) {
        match self {
            Self::Name(table) => table.row([Cell::from(&*entry.connection.name)]),
            Self::Columns(rows) => rows.add(entry),
        }
    }

    pub(super) fn table(&mut self) -> &mut Table {
        match self {
            Self::Name(table) => table,
            Self::Columns(rows) => &mut rows.table,
        }
    }

    /// Names alone have no headers.
    pub(super) fn headers(&self, wanted: Headers) -> Headers {
        match self {
            Self::Name(_) => Headers::Hidden,
            Self::Columns(_) => wanted,
        }
    }
}

impl Lines {
    pub(super) fn new(args: &ListArgs, columns: Columns, app: &App) -> Self {
        let rows = Rows::new(&app.format, columns);
        Self { rows, places: Places::default(), key: args.sort_by }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn write(
        mut self,
        out: &mut dyn Write,
        style: Style,
        headers: Headers,
    ) -> io::Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        let headers = self.rows.headers(headers);
        let table = self.rows.table();
        table.arrange(self.places.order());
        table.write(out, style, headers)
    }
}

impl Sheet for Lines {
    fn add(&mut self, backend: &str, connections: &[Connection]) {
        for connection in connections {
            let entry = Entry { backend, connection };
            self.places.add(entry, self.key);
            self.rows.add(entry);
        }
    }
}
