//! Tables in columns that are as wide as their widest cell.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::style::{Style, Tone};
use crate::scrub::{is_plain_line, sanitize};

/// Blanks between two columns.
const GAP: usize = 3;
/// Stands for what is not there, so that columns can be counted.
const NOTHING: &str = "-";

/// A table. It keeps the text of all cells in one piece, so that a long list takes little memory.
pub struct Table {
    headers: Vec<Cow<'static, str>>,
    text: String,
    cells: Vec<Packed>,
    /// The widest cell of each column.
    widths: Vec<usize>,
    order: Option<Vec<usize>>,
}

/// A cell of a table, whose text begins where that of the cell before ends.
struct Packed {
    end: usize,
    tone: Tone,
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Headers {
    /// It does.
    #[default]
    Shown,
    /// There is no such line.
    Hidden,
}

/// A piece of text in a table.
pub struct Cell<'a> {
    text: Cow<'a, str>,
    tone: Tone,
}

impl<'a> Cell<'a> {
    /// Text in a tone.
    pub fn toned(text: impl Into<Cow<'a, str>>, tone: Tone) -> Self {
        Self { text: one_line(text.into()), tone }
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Normal)
    }
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<Cow<'static, str>>>(headers: Vec<T>) -> Self {
        let headers: Vec<_> = headers.into_iter().map(Into::into).collect();
        let widths = vec![0; headers.len()];
        Self { headers, text: String::new(), cells: Vec::new(), widths, order: None }
    }

    /// Adds a row: one cell for each column.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        let before = self.cells.len();
        for (cell, width) in cells.into_iter().zip(&mut self.widths) {
            *width = (*width).max(columns(&cell.text));
            self.text.push_str(&cell.text);
            self.cells.push(Packed { end: self.text.len(), tone: cell.tone });
        }
        debug_assert_eq!(self.cells.len() - before, self.headers.len());
    }

    /// Shows the rows with these numbers, in this order. The first row that was added has the number 0.
    pub fn arrange(&mut self, order: Vec<usize>) {
        self.order = Some(order);
    }

    /// Writes the table.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write, style: Style, headers: Headers) -> io::Result<()> {
        let widths = self.widths(headers);
        if headers == Headers::Shown {
            let cells = self.headers.iter().map(|header| (header.as_ref(), Tone::Strong));
            write_row(out, style, &widths, cells)?;
        }
        let mut write = |row| write_row(out, style, &widths, self.cells_of(row));
        match &self.order {
            Some(order) => order.iter().try_for_each(|row| write(*row)),
            None => (0..self.cells.len() / self.headers.len()).try_for_each(write),
        }
    }

    /// Writes the rows and forgets them. Those that come later get columns that are at least as wide.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn flush(&mut self, out: &mut dyn Write, style: Style, headers: Headers) -> io::Result<()> {
        self.write(out, style, headers)?;
        self.widths = self.widths(headers);
        self.text.clear();
        self.cells.clear();
        self.order = None;
        Ok(())
    }

    fn cells_of(&self, row: usize) -> impl Iterator<Item = (&str, Tone)> {
        let first = row * self.headers.len();
        let mut start = first.checked_sub(1).map_or(0, |before| self.cells[before].end);
        self.cells[first..first + self.headers.len()].iter().map(move |cell| {
            let text = &self.text[start..cell.end];
            start = cell.end;
            (text, cell.tone)
        })
    }

    fn widths(&self, headers: Headers) -> Vec<usize> {
        let wider = |(header, width): (&Cow<'static, str>, &usize)| match headers {
            Headers::Shown => header.len().max(*width),
            Headers::Hidden => *width,
        };
        self.headers.iter().zip(&self.widths).map(wider).collect()
    }
}

fn write_row<'a>(
    out: &mut dyn Write,
    style: Style,
    widths: &[usize],
    cells: impl Iterator<Item = (&'a str, Tone)>,
) -> io::Result<()> {
    let mut blanks = 0;
    for ((text, tone), width) in cells.zip(widths) {
        let text = if text.is_empty() { NOTHING } else { text };
        write_blanks(out, blanks)?;
        out.write_all(style.paint(tone, text).as_bytes())?;
        blanks = GAP + width.max(&1) - columns(text).min(*width.max(&1));
    }
    out.write_all(b"\n")
}

/// Writes many blanks at once. Padding by the formatter writes each of them alone, which takes most of the time of a long table.
fn write_blanks(out: &mut dyn Write, mut count: usize) -> io::Result<()> {
    const BLANKS: [u8; 64] = [b' '; 64];
    while count > 0 {
        let now = count.min(BLANKS.len());
        out.write_all(&BLANKS[..now])?;
        count -= now;
    }
    Ok(())
}

/// How many columns the text takes on a terminal.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Nothing in a cell steers the terminal, ends the line or turns the direction of writing.
fn one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_plain_line(&text) {
        return text;
    }
    let harmless = match sanitize(&text, usize::MAX) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    };
    if harmless.contains(['\n', '\t']) {
        return Cow::Owned(harmless.replace(['\n', '\t'], " "));
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[[&str; 2]], headers: Headers, expected: &str) {
        let mut table = Table::new(vec!["NAME", "TARGET"]);
        for row in rows {
            table.row(row.iter().map(|text| Cell::from(*text)));
        }
        let mut out = Vec::new();
        table.write(&mut out, Style::Plain, headers).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn columns_are_aligned_and_lines_have_no_blanks_at_the_end() {
        check(
            &[["a", "b"], ["long-name", "c"]],
            Headers::Shown,
            "NAME        TARGET\na           b\nlong-name   c\n",
        );
        check(&[["a", "b"]], Headers::Hidden, "a   b\n");
        check(&[], Headers::Shown, "NAME   TARGET\n");
    }

    #[test]
    fn rows_are_shown_in_the_order_that_is_asked_for() {
        let mut table = Table::new(vec!["A", "B"]);
        for text in ["0", "1", "2"] {
            table.row([Cell::from(text), Cell::from("x")]);
        }
        table.arrange(vec![2, 0, 1]);
        let mut out = Vec::new();
        table.write(&mut out, Style::Plain, Headers::Hidden).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "2   x\n0   x\n1   x\n");
    }

    #[test]
    fn rows_that_were_written_are_gone_and_later_columns_are_no_narrower() {
        let mut table = Table::new(vec!["NAME", "B"]);
        let mut out = Vec::new();
        for (name, headers) in [("a", Headers::Shown), ("bb", Headers::Hidden)] {
            table.row([Cell::from(name), Cell::from("x")]);
            table.flush(&mut out, Style::Plain, headers).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "NAME   B\na      x\nbb     x\n");
    }

    #[test]
    fn what_is_missing_is_seen() {
        check(&[["", ""], ["ab", "c"]], Headers::Hidden, "-    -\nab   c\n");
        check(&[["", ""]], Headers::Hidden, "-   -\n");
    }

    #[test]
    fn wide_characters_take_two_columns_and_line_ends_none() {
        check(&[["データ", "x"], ["abcdef", "y"]], Headers::Hidden, "データ   x\nabcdef   y\n");
        check(&[["a\nb", "x\ty"]], Headers::Hidden, "a b   x y\n");
    }

    #[test]
    fn nothing_in_a_cell_steers_the_terminal() {
        check(
            &[["a\u{1b}[2Jb", "c\u{7f}"], ["d\u{9b}1m", "e\u{202e}f"]],
            Headers::Hidden,
            "a␛[2Jb      c␡\nd\\u{9b}1m   e\\u{202e}f\n",
        );
    }

    #[test]
    fn colors_do_not_count() {
        let mut table = Table::new(vec!["A", "B"]);
        table.row([Cell::toned("ok", Tone::Good), Cell::from("x")]);
        let mut out = Vec::new();
        table.write(&mut out, Style::Colored, Headers::Hidden).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\x1b[32mok\x1b[0m   x\n");
    }
}
