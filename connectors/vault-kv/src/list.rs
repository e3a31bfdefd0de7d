//! Lists: the names of folders, and one read for each secret, since the store lists nothing but names.

use connhub_sdk::{Connection, Error, Filter, Level, Page, PageRequest};

use crate::api::Store;
use crate::entry::Stored;
use crate::fault::Fault;
use crate::metadata::UNKNOWN;
use crate::place::Folder;

/// The most secrets that one page reads. Every folder that is listed has at least one, so that this bounds the requests.
const PAGE: usize = 100;

pub(crate) fn list(
    store: &Store<'_>,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page, Error> {
    let (folder, depth) = match filter.all_scopes {
        true => (Folder::default(), Depth::All),
        false => (store.folder.clone(), Depth::One),
    };
    let after = request.cursor.as_deref();
    let mut walk = Walk { store, depth, after, left: request.limit_up_to(PAGE), paths: Vec::new() };
    let end = walk.folder(&folder)?;
    let cursor = match end {
        End::Reached => None,
        End::Full => walk.paths.last().cloned(),
    };
    let mut items = Vec::new();
    for path in &walk.paths {
        items.extend(connection(store, path)?.filter(|connection| filter.matches(connection)));
    }
    Ok(Page { items, cursor })
}

/// Whether folders in folders are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    One,
    All,
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// There is nothing more.
    Reached,
    /// There may be more.
    Full,
}

/// Collects the paths of secrets in their order, which is that of the texts: a folder's path ends with a slash and begins what is in it.
struct Walk<'a> {
    store: &'a Store<'a>,
    depth: Depth,
    /// The last path of the page before.
    after: Option<&'a str>,
    left: usize,
    paths: Vec<String>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder) -> Result<End, Error> {
        let prefix = folder.prefix();
        for name in self.names(folder)? {
            let path = format!("{prefix}{name}");
            if self.is_behind_us(&path) {
                continue;
            }
            if self.left == 0 {
                return Ok(End::Full);
            }
            if !path.ends_with('/') {
                self.left -= 1;
                self.paths.push(path);
            } else if self.depth == Depth::All && self.folder(&Folder::parse(&path))? == End::Full {
                return Ok(End::Full);
            }
        }
        Ok(End::Reached)
    }

    /// Whether the pages before had it, or all that is in it.
    fn is_behind_us(&self, path: &str) -> bool {
        self.after
            .is_some_and(|after| path <= after && !(path.ends_with('/') && after.starts_with(path)))
    }

    fn names(&self, folder: &Folder) -> Result<Vec<String>, Error> {
        let fault = match self.store.names(folder) {
            Ok(names) => return Ok(names),
            Err(fault) => fault,
        };
        let shown = format!("{}/metadata/{}", self.store.settings.mount.join("/"), folder.prefix());
        if self.depth == Depth::All && fault.is_forbidden() && *folder != Folder::default() {
            self.store
                .host
                .log(Level::Warn, &format!("`{shown}` is left out: it may not be listed"));
            return Ok(Vec::new());
        }
        Err(fault.into_error("list connections", &format!("`list` on `{shown}`")))
    }
}

/// The connection at a path; none if it was deleted. One that may not be read is named all the same.
fn connection(store: &Store<'_>, path: &str) -> Result<Option<Connection>, Error> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = Folder::parse(folder);
    match store.read_in(&folder, name) {
        Ok((Stored::Live(live), _)) => Ok(Some(live.connection(&store.settings, &folder, name))),
        Ok((Stored::Nothing | Stored::Deleted(_), _)) => Ok(None),
        Err(fault) if fault.is_forbidden() => Ok(Some(unreadable(folder.scope(), name))),
        Err(fault) => Err(told(store, fault, path)),
    }
}

fn unreadable(scope: Option<String>, name: &str) -> Connection {
    Connection {
        scope,
        status: Some("unreadable".into()),
        warnings: vec!["this login may not read it".into()],
        ..Connection::new(name, UNKNOWN)
    }
}

fn told(store: &Store<'_>, fault: Fault, path: &str) -> Error {
    let right = format!("`read` on `{}/data/{path}`", store.settings.mount.join("/"));
    fault.into_error(&format!("read `{path}`"), &right)
}
