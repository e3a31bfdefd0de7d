//! Connections as a table.

use std::borrow::Cow;

use jiff::Timestamp;

use super::target;
use crate::model::TestResult;
use crate::ui::age::age;
use crate::ui::json::Entry;
use crate::ui::style::Tone;
use crate::ui::table::{Cell, Table, columns};

/// The widest target in a narrow table, in columns.
const MAX_TARGET: usize = 48;

/// How much a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What fits on a terminal.
    Narrow,
    /// Everything in one line.
    Wide,
}

/// Which columns are there besides those that always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The scope, under this word for it.
    pub scope: Option<String>,
    /// The backend.
    pub backend: bool,
}

/// A table of connections. `now` is what ages are counted from.
pub fn connections(
    entries: &[Entry<'_>],
    columns: &Columns,
    detail: Detail,
    now: Timestamp,
) -> Table {
    let mut rows = ConnectionRows::new(columns.clone(), detail, now);
    entries.iter().for_each(|entry| rows.add(*entry));
    rows.table
}

/// A table of connections that grows by one at a time.
pub struct ConnectionRows {
    /// The table.
    pub table: Table,
    columns: Columns,
    detail: Detail,
    now: Timestamp,
}

impl ConnectionRows {
    /// A table without rows. `now` is what ages are counted from.
    pub fn new(columns: Columns, detail: Detail, now: Timestamp) -> Self {
        Self { table: Table::new(headers(&columns, detail)), columns, detail, now }
    }

    /// Adds a connection.
    pub fn add(&mut self, entry: Entry<'_>) {
        self.table.row(row(entry, &self.columns, self.detail, self.now));
    }
}

fn headers(columns: &Columns, detail: Detail) -> Vec<Cow<'static, str>> {
    let scope = columns.scope.as_ref().map(|word| Cow::Owned(word.to_uppercase()));
    let mut headers = vec!["NAME", "TYPE"];
    if columns.backend || detail == Detail::Wide {
        headers.push("BACKEND");
    }
    headers.extend(["TARGET", "STATUS", "AGE"]);
    if detail == Detail::Wide {
        headers.extend(["UPDATED", "LAST TESTED", "DISPLAY NAME", "OWNER", "ADDRESS", "LABELS"]);
    }
    scope.into_iter().chain(headers.into_iter().map(Cow::Borrowed)).collect()
}

fn row<'a>(entry: Entry<'a>, columns: &Columns, detail: Detail, now: Timestamp) -> Vec<Cell<'a>> {
    let connection = entry.connection;
    let text = |text: &'a Option<String>| Cell::from(text.as_deref().unwrap_or_default());
    let time = |time: &Option<String>| {
        Cell::from(time.as_deref().and_then(|time| age(time, now)).unwrap_or_default())
    };
    let mut cells = Vec::with_capacity(13);
    if columns.scope.is_some() {
        cells.push(text(&connection.scope));
    }
    cells.extend([Cell::from(&*connection.name), Cell::from(&*connection.type_name)]);
    if columns.backend || detail == Detail::Wide {
        cells.push(Cell::from(entry.backend));
    }
    cells.push(match detail {
        Detail::Narrow => Cell::from(cut(target(connection))),
        Detail::Wide => Cell::from(target(connection)),
    });
    cells.push(status(connection.status.as_deref().unwrap_or_default()));
    cells.push(time(if connection.created_at.is_some() {
        &connection.created_at
    } else {
        &connection.updated_at
    }));
    if detail == Detail::Wide {
        cells.push(time(&connection.updated_at));
        cells.push(last_test(connection.tested.as_ref(), now));
        cells.extend([&connection.display_name, &connection.owner, &connection.address].map(text));
        let labels = connection.labels.iter().map(|label| format!("{}={}", label.key, label.value));
        cells.push(Cell::from(labels.collect::<Vec<_>>().join(",")));
    }
    cells
}

fn last_test(tested: Option<&TestResult>, now: Timestamp) -> Cell<'static> {
    let Some(tested) = tested else { return Cell::from("") };
    let ago = age(&tested.at, now).map(|age| format!(" {age} ago")).unwrap_or_default();
    match tested.works {
        true => Cell::toned(format!("ok{ago}"), Tone::Good),
        false => Cell::toned(format!("failed{ago}"), Tone::Bad),
    }
}

/// The words are a backend's own; only those that mean trouble everywhere are colored.
fn status(status: &str) -> Cell<'_> {
    let tone = match status {
        "active" | "ready" => Tone::Good,
        "error" | "failed" => Tone::Bad,
        _ => Tone::Normal,
    };
    Cell::toned(status, tone)
}

fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    if columns(&text) <= MAX_TARGET {
        return text;
    }
    let kept: String = text.chars().take(MAX_TARGET - 1).collect();
    Cow::Owned(format!("{kept}…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Connection, Field, Label};
    use crate::ui::style::Style;
    use crate::ui::table::Headers;

    fn check(columns: &Columns, detail: Detail, expected: &str) {
        let field =
            |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        let lake = Connection {
            name: "lake".to_owned(),
            scope: Some("fraud".to_owned()),
            type_name: "s3".to_owned(),
            fields: vec![field("bucket", "raw"), field("endpoint", "https://minio")],
            display_name: Some("The lake".to_owned()),
            labels: vec![Label { key: "env".to_owned(), value: "prod".to_owned() }],
            status: Some("active".to_owned()),
            created_at: Some("2026-03-01T10:00:00Z".to_owned()),
            tested: Some(TestResult {
                works: false,
                at: "2026-03-01T11:00:00Z".to_owned(),
                message: "nobody is there".to_owned(),
            }),
            ..Connection::default()
        };
        let page = Connection {
            name: "p".to_owned(),
            type_name: "uri".to_owned(),
            fields: vec![field("uri", &"x".repeat(60))],
            ..Connection::default()
        };
        let entries = [&lake, &page].map(|connection| Entry { backend: "local", connection });
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut out = Vec::new();
        let table = connections(&entries, columns, detail, now);
        table.write(&mut out, Style::Plain, Headers::Shown).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn the_narrow_table_fits() {
        let target = "x".repeat(47);
        let blanks = " ".repeat(45);
        check(
            &Columns::default(),
            Detail::Narrow,
            &format!(
                "NAME   TYPE   TARGET{blanks}STATUS   AGE\n\
                 lake   s3     minio/raw{}active   120m\n\
                 p      uri    {target}…   -        -\n",
                " ".repeat(42)
            ),
        );
    }

    #[test]
    fn the_wide_table_has_everything() {
        let uri = "x".repeat(60);
        let gap = " ".repeat(57);
        check(
            &Columns { scope: Some("project".to_owned()), backend: false },
            Detail::Wide,
            &format!(
                "PROJECT   NAME   TYPE   BACKEND   TARGET{gap}STATUS   AGE    UPDATED   LAST TESTED      DISPLAY NAME   OWNER   ADDRESS   LABELS\n\
                 fraud     lake   s3     local     minio/raw{}active   120m   -         failed 60m ago   The lake       -       -         env=prod\n\
                 -         p      uri    local     {uri}   -        -      -         -                -              -       -         -\n",
                " ".repeat(54)
            ),
        );
    }
}
