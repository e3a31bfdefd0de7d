//! The order of a list.

use std::borrow::Cow;

use super::args::SortKey;
use crate::model::Connection;
use crate::ui::json::Entry;
use crate::ui::view;

/// What the entries of a list are sorted by, when they themselves are no longer there: a key, and within equal keys namespace, name and backend.
#[derive(Default)]
pub(super) struct Places {
    /// All of them in one piece: one allocation each would take more memory than the text.
    text: String,
    ends: Vec<usize>,
}

impl Places {
    /// Adds the place of one more entry.
    pub(super) fn add(&mut self, entry: Entry<'_>, key: Option<SortKey>) {
        parts(entry, key).for_each(|part| self.text.extend(["\0", &*part]));
        self.ends.push(self.text.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The numbers of the entries in their order. The first that was added has the number 0.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        order.sort_by_key(|number| self.place(*number));
        order
    }

    fn place(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

/// The key, then namespace, name and backend. Names hold no control characters, so that the parts do not run together.
fn parts(entry: Entry<'_>, key: Option<SortKey>) -> impl Iterator<Item = Cow<'_, str>> {
    let value = key.map(|key| value(entry, key)).unwrap_or_default();
    let scope = entry.connection.scope.as_deref().unwrap_or_default();
    let rest = [scope, &entry.connection.name, entry.backend].map(Cow::Borrowed);
    std::iter::once(value).chain(rest)
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
            let mut places = Places::default();
            all.iter().for_each(|connection| places.add(Entry { backend: "x", connection }, key));
            let order = places.order();
            let names: String = order.iter().map(|number| all[*number].name.as_str()).collect();
            assert_eq!(names, expected, "{key:?}");
        };
        check(None, "bca");
        check(Some(SortKey::Namespace), "bca");
        check(Some(SortKey::Name), "abc");
        check(Some(SortKey::Type), "bac");
        check(Some(SortKey::Target), "bca");
    }
}
