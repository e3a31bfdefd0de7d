//! The order of a list.

use std::borrow::Cow;

use super::args::SortKey;
use crate::model::Connection;
use crate::ui::json::Entry;
use crate::ui::view;

/// Sorts by the key, and within equal keys by namespace, name and backend.
pub(super) fn sort(entries: &mut [Entry<'_>], key: Option<SortKey>) {
    entries.sort_by_cached_key(|entry| place(*entry, key));
}

/// What is sorted by: the key, then namespace, name and backend. Names hold no control characters, so that the parts do not run together.
pub(super) fn place(entry: Entry<'_>, key: Option<SortKey>) -> String {
    let value = key.map(|key| value(entry, key)).unwrap_or_default();
    let scope = entry.connection.scope.as_deref().unwrap_or_default();
    [&value, scope, &entry.connection.name, entry.backend].join("\0")
}

fn value<'a>(entry: Entry<'a>, key: SortKey) -> Cow<'a, str> {
    let connection: &'a Connection = entry.connection;
    let text = |text: &'a Option<String>| Cow::Borrowed(text.as_deref().unwrap_or_default());
    match key {
        SortKey::Name => Cow::Borrowed(&connection.name),
        SortKey::Namespace => text(&connection.scope),
        SortKey::Type => Cow::Borrowed(&connection.type_name),
        SortKey::Backend => Cow::Borrowed(entry.backend),
        SortKey::Target => view::target(connection),
        SortKey::Status => text(&connection.status),
        SortKey::Owner => text(&connection.owner),
        // Times in RFC 3339 and in UTC sort as texts.
        SortKey::Created => text(&connection.created_at),
        SortKey::Updated => text(&connection.updated_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_equal_keys_keep_the_default_order() {
        let connection = |scope: &str, name: &str, kind: &str| Connection {
            name: name.to_owned(),
            scope: Some(scope.to_owned()),
            type_name: kind.to_owned(),
            ..Connection::default()
        };
        let all =
            [connection("q", "a", "s3"), connection("p", "c", "uri"), connection("p", "b", "s3")];
        let check = |key, expected: &str| {
            let mut entries: Vec<_> =
                all.iter().map(|connection| Entry { backend: "x", connection }).collect();
            sort(&mut entries, key);
            let names: String =
                entries.iter().map(|entry| entry.connection.name.as_str()).collect();
            assert_eq!(names, expected, "{key:?}");
        };
        check(None, "bca");
        check(Some(SortKey::Namespace), "bca");
        check(Some(SortKey::Name), "abc");
        check(Some(SortKey::Type), "bac");
        check(Some(SortKey::Target), "bca");
    }
}
