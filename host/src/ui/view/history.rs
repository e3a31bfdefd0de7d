//! The versions of a connection.

use jiff::Timestamp;

use crate::ui::age::age;
use crate::ui::json::HistoryForm;
use crate::ui::style::Tone;
use crate::ui::table::{Cell, Table};

/// A table of versions, the oldest first. `now` is what ages are counted from.
pub fn history(form: &HistoryForm<'_>, now: Timestamp) -> Table {
    let mut table = Table::new(vec!["VERSION", "STATE", "WRITTEN", "ENDED", "CHANGED"]);
    let ago = |time: Option<&str>| {
        Cell::from(time.and_then(|time| age(time, now)).map_or(String::new(), |age| age + " ago"))
    };
    for item in &form.items {
        let tone = match item.state {
            "current" => Tone::Good,
            "deleted" => Tone::Caution,
            _ => Tone::Normal,
        };
        table.row([
            Cell::from(item.version.to_string()),
            Cell::toned(item.state, tone),
            ago(item.written_at),
            ago(item.ended_at.as_deref()),
            Cell::from(item.changed.join(", ")),
        ]);
    }
    table
}
