//! Lists: page by page from one backend, or from all backends at once.

use futures_util::future::join_all;

use super::explain_access;
use crate::model::{Connection, Error, Filter, Kind, Page, matches};
use crate::plugins::Backend;

/// Connections per page: what Kubernetes clients ask for.
const PAGE: u32 = 500;
/// A list that does not end is a fault of the connector, not a long list.
const MAX_CONNECTIONS: usize = 2_000_000;
/// Pages may be empty where few connections match; this is enough for a backend that gives 200 at a time.
const MAX_PAGES: usize = 10_000;

/// What one backend answered.
pub struct Listing {
    /// The backend.
    pub backend: String,
    /// Its connections, or why there are none.
    pub result: Result<Vec<Connection>, Error>,
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
    loop {
        let page = backend.connector.list(&target, filter, cursor.as_deref(), PAGE).await;
        let page = page.map_err(|error| explain_access(error, backend, scope))?;
        seen.pages += 1;
        seen.connections += page.items.len();
        let next = check_page(backend, &page, cursor.as_deref(), &seen)?;
        let scope = target.scope.as_deref().filter(|_| !filter.all_scopes);
        show(page.items.into_iter().filter(|item| wanted(item, scope, filter)).collect())?;
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// Lists several backends at once. One that fails does not hide the others.
pub async fn list_all(
    backends: Vec<Backend>,
    scope: Option<&str>,
    filter: &Filter,
) -> Vec<Listing> {
    join_all(backends.into_iter().map(|mut backend| async move {
        let mut connections = Vec::new();
        let keep = |page: Vec<Connection>| {
            connections.extend(page);
            Ok(())
        };
        let result = list(&mut backend, scope, filter, keep).await;
        Listing { backend: backend.name, result: result.map(|()| connections) }
    }))
    .await
}

/// How much of a list was read.
#[derive(Default)]
struct Seen {
    pages: usize,
    connections: usize,
}

/// A connector may lie about pages: too many items, a cursor that leads nowhere, a list without an end.
fn check_page(
    backend: &Backend,
    page: &Page,
    cursor: Option<&str>,
    seen: &Seen,
) -> Result<Option<String>, Error> {
    let broken = |what: &str| {
        let name = backend.connector.name();
        Error::new(Kind::Connector, format!("connector `{name}` {what}"))
            .hint("this is a fault of the connector; nothing was changed")
    };
    if page.items.len() > PAGE as usize {
        return Err(broken("returned more connections than it was asked for"));
    }
    if seen.connections > MAX_CONNECTIONS || seen.pages > MAX_PAGES {
        return Err(broken("lists without an end"));
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
    use super::*;

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
