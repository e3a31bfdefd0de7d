//! How `create` and `update` tell what they did.

use jiff::Timestamp;

use super::app::App;
use crate::model::{Error, Written};
use crate::operations::Rehearsal;
use crate::ui::Format;
use crate::ui::json::{Document, Entry, Wrote};
use crate::ui::view::{self, Columns, Detail, Place};

pub(super) fn show(
    place: Place<'_>,
    written: &Written,
    rehearsal: Rehearsal,
    app: &App,
) -> Result<(), Error> {
    let connection = &written.connection;
    let Place { backend, scope_word } = place;
    let entry = [Entry { backend, connection }];
    let table = |detail| view::connections(&entry, &Columns::default(), detail, Timestamp::now());
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("Result", Wrote::new(backend, written, rehearsal)).write(form, out)
        }
        Format::Name => writeln!(out, "{}", connection.name),
        Format::Table => table(Detail::Narrow).write(out, style, app.headers()),
        Format::Wide => table(Detail::Wide).write(out, style, app.headers()),
        Format::Human if app.is_quiet() => Ok(()),
        Format::Human => {
            view::written(place, written, rehearsal, out, style)?;
            match rehearsal {
                Rehearsal::None => Ok(()),
                _ => view::description(entry[0], scope_word, Timestamp::now(), out, style),
            }
        }
    })?;
    let talk = app.console.talk();
    written.notes.iter().for_each(|note| talk.note(note));
    connection.warnings.iter().for_each(|warning| talk.warning(warning));
    Ok(())
}
