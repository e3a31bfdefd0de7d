//! Lists: page by page from one backend, or from all backends at once.

use std::time::Instant;

use futures_util::future::join_all;

use super::explain_access;
use crate::model::{Connection, Error, Filter, Kind, Page, matches};
use crate::plugins::Backend;
use crate::policy::{ListLimits, limit_hit};

/// Connections per page: what Kubernetes clients ask for.
const PAGE: u32 = 500;
/// Connections per page of the store on this machine, where a further page costs next to nothing and a smaller one takes less memory.
const NEAR_PAGE: u32 = 250;

/// How the list of one backend ended.
pub struct Listing {
    /// The backend.
    pub backend: String,
    /// Why it has no more, if it failed.
    pub result: Result<(), Error>,
}

impl Listing {
    /// The end of the list of a backend.
    pub fn new(backend: &str, result: Result<(), Error>) -> Self {
        Self { backend: backend.to_owned(), result }
    }
}

/// Lists the connections of one backend. Each page is handed to `show` as it comes.
///
/// # Errors
/// What the backend or `show` says; pages before it have been shown.
pub async fn list(
    backend: &mut Backend,
    scope: Option<&str>,
    filter: &Filter,
    mut show: impl FnMut(Vec<Connection>) -> Result<(), Error>,
) -> Result<(), Error> {
    let target = backend.target(scope)?;
    let mut cursor: Option<String> = None;
    let mut seen = Seen::default();
    let limit = if backend.connector.is_local() { NEAR_PAGE } else { PAGE };
    loop {
        let page = backend.connector.list(&target, filter, cursor.as_deref(), limit).await;
        let page = page.map_err(|error| explain_access(error, backend, scope))?;
        let next = check_page(backend.connector.name(), &page, cursor.as_deref(), limit)?;
        seen.count(&page);
        seen.check(backend.connector.name(), &backend.connector.limits().list)?;
        let scope = target.scope.as_deref().filter(|_| !filter.all_scopes);
        show(page.items.into_iter().filter(|item| wanted(item, scope, filter)).collect())?;
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Lists several backends at once. One that fails does not hide the others. Each page is handed to `show` with its backend as it comes.
pub async fn list_all<F>(
    backends: Vec<Backend>,
    scope: Option<&str>,
    filter: &Filter,
    show: &F,
) -> Vec<Listing>
where
    F: Fn(&str, Vec<Connection>) -> Result<(), Error>,
{
    join_all(backends.into_iter().map(|mut backend| async move {
        let name = backend.name.clone();
        let result = list(&mut backend, scope, filter, |page| show(&name, page)).await;
        Listing { backend: name, result }
    }))
    .await
}

/// How much of a list was read.
struct Seen {
    pages: usize,
    items: usize,
    bytes: usize,
    since: Instant,
}

impl Default for Seen {
    fn default() -> Self {
        Self { pages: 0, items: 0, bytes: 0, since: Instant::now() }
    }
}

impl Seen {
    fn count(&mut self, page: &Page) {
        self.pages += 1;
        self.items += page.items.len();
        self.bytes += page.bytes;
    }

    /// A list that does not end is a fault of the connector, not a long list.
    fn check(&self, connector: &str, limits: &ListLimits) -> Result<(), Error> {
        let ListLimits { items, pages, bytes, time } = *limits;
        let (what, key) = if self.items > items {
            (format!("more than {items} connections"), "list-items")
        } else if self.pages > pages {
            (format!("more than {pages} pages"), "list-pages")
        } else if self.bytes > bytes {
            (format!("more than {} MiB", bytes >> 20), "list-mib")
        } else if self.since.elapsed() > time {
            (format!("for longer than {} s", time.as_secs()), "list-seconds")
        } else {
            return Ok(());
        };
        Err(limit_hit(connector, &format!("listed {what}"), key))
    }
}

/// A connector may lie about pages: too many items, a cursor that leads nowhere.
fn check_page(
    connector: &str,
    page: &Page,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Option<String>, Error> {
    let broken = |what: &str| {
        Error::new(Kind::Connector, format!("connector `{connector}` {what}"))
            .hint("this is a fault of the connector; nothing was changed")
    };
    if page.items.len() > limit as usize {
        return Err(broken("returned more connections than it was asked for"));
    }
    match page.cursor.as_deref() {
        Some(next) if Some(next) == cursor => Err(broken("returned the same page again")),
        Some(next) => Ok(Some(next.to_owned())),
        None => Ok(None),
    }
}

/// Applies the filter again: what comes back is not to be trusted to be what was asked for.
fn wanted(connection: &Connection, scope: Option<&str>, filter: &Filter) -> bool {
    let in_scope = match (scope, connection.scope.as_deref()) {
        (Some(asked), Some(found)) => asked == found,
        _ => true,
    };
    let of_type = filter.types.is_empty() || filter.types.contains(&connection.type_name);
    in_scope && of_type && (filter.names_only || matches(&filter.labels, &connection.labels))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_limit_of_a_list_is_named_when_it_is_passed() {
        let limits =
            ListLimits { items: 5, pages: 3, bytes: 2 << 20, time: Duration::from_secs(60) };
        let check = |items, pages, bytes, seconds, key: &str| {
            let since = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
            let checked = Seen { items, pages, bytes, since }.check("x", &limits);
            match checked {
                Ok(()) => assert_eq!(key, ""),
                Err(error) => {
                    assert!(error.hints[0].contains(key) && error.message.contains("`x`"))
                }
            }
        };
        check(5, 3, 2 << 20, 0, "");
        check(6, 1, 0, 0, "`list-items`");
        check(0, 4, 0, 0, "`list-pages`");
        check(0, 1, (2 << 20) + 1, 0, "`list-mib`");
        check(0, 1, 0, 61, "`list-seconds`");
    }

    #[test]
    fn what_was_not_asked_for_is_dropped() {
        let connection = |scope: &str, kind: &str| Connection {
            name: "a".to_owned(),
            scope: Some(scope.to_owned()),
            type_name: kind.to_owned(),
            ..Connection::default()
        };
        let filter = Filter { types: vec!["s3".to_owned()], ..Filter::default() };
        assert!(wanted(&connection("p", "s3"), Some("p"), &filter));
        assert!(wanted(&connection("q", "s3"), None, &filter));
        assert!(!wanted(&connection("q", "s3"), Some("p"), &filter));
        assert!(!wanted(&connection("p", "uri"), Some("p"), &filter));
    }
}
