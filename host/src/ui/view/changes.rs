//! What happened to connections, as a table that goes on.

use std::borrow::Cow;

use super::target;
use crate::ui::json::Entry;
use crate::ui::style::Tone;
use crate::ui::table::{Cell, Table};

/// A table of what happened: a word and its connection a line. `scope` is the word for scopes, if they are to be shown.
pub fn changes<'a>(
    rows: impl Iterator<Item = (&'static str, Entry<'a>)>,
    scope: Option<&str>,
) -> Table {
    let scope_header = scope.map(|word| Cow::Owned(word.to_uppercase()));
    let headers = ["NAME", "TYPE", "TARGET", "STATUS"].map(Cow::Borrowed);
    let mut table = Table::new(
        [Cow::Borrowed("EVENT")].into_iter().chain(scope_header).chain(headers).collect(),
    );
    for (word, Entry { connection, .. }) in rows {
        let text = |text: &'a Option<String>| Cell::from(text.as_deref().unwrap_or_default());
        let scope = scope.map(|_| text(&connection.scope));
        let first = Cell::toned(word, tone(word));
        let rest = [
            Cell::from(&*connection.name),
            Cell::from(&*connection.type_name),
            Cell::from(target(connection)),
            text(&connection.status),
        ];
        table.row([first].into_iter().chain(scope).chain(rest));
    }
    table
}

fn tone(word: &str) -> Tone {
    match word {
        "added" => Tone::Good,
        "removed" => Tone::Bad,
        _ => Tone::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Connection;
    use crate::ui::style::Style;
    use crate::ui::table::Headers;

    #[test]
    fn a_line_says_what_happened_to_which() {
        let lake = Connection {
            name: "lake".to_owned(),
            scope: Some("fraud".to_owned()),
            type_name: "uri".to_owned(),
            ..Connection::default()
        };
        let entry = Entry { backend: "x", connection: &lake };
        let check = |scope: Option<&str>, headers, expected: &str| {
            let mut out = Vec::new();
            let table = changes([("added", entry), ("removed", entry)].into_iter(), scope);
            table.write(&mut out, Style::Plain, headers).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(
            None,
            Headers::Hidden,
            "added     lake   uri   -   -\nremoved   lake   uri   -   -\n",
        );
        check(
            Some("project"),
            Headers::Shown,
            "EVENT     PROJECT   NAME   TYPE   TARGET   STATUS\n\
             added     fraud     lake   uri    -        -\n\
             removed   fraud     lake   uri    -        -\n",
        );
    }
}
