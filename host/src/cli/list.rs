//! `connhub list`.

use std::collections::BTreeSet;

use super::app::{ALL, App, Chosen};
use super::args::{ListArgs, SortKey};
use super::expiring::Expiring;
use super::lines::{Lines, draw};
use super::sort::sort;
use super::watch;
use crate::model::types::catalog;
use crate::model::{Connection, Error, Filter, SCOPE_WORD, parse_selector};
use crate::operations::{self, Listing};
use crate::plugins::Backend;
use crate::ui::json::{BackendError, CONNECTION_KEYS, ConnectionList, Document, Entry, check_keys};
use crate::ui::view::Columns;
use crate::ui::{Format, Structured};

pub(super) fn run(args: &ListArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), CONNECTION_KEYS)?;
    let filter = filter(args, &app.format)?;
    if args.watch {
        return watch::run(args, &filter, app);
    }
    let expiring = Expiring::new(args.expiring)?;
    let listings = match app.format.structured() {
        Some(form) => show_document(args, &filter, &expiring, form, app)?,
        None => show_lines(args, &filter, &expiring, app)?,
    };
    expiring.warn(app);
    Ok(tell_failures(&listings, app))
}

fn show_document(
    args: &ListArgs,
    filter: &Filter,
    expiring: &Expiring,
    form: &Structured,
    app: &App,
) -> Result<Vec<Listing>, Error> {
    let listings = match app.backends()? {
        Chosen::One(name) => {
            let mut connections = Vec::new();
            list_one(app.open(name)?, filter, expiring, app, |page| connections.extend(page))?;
            vec![Listing { backend: name.to_owned(), result: Ok(connections) }]
        }
        Chosen::All(names) => list_all(&names, filter, expiring, &mut Words::new(args, app), app)?,
    };
    let entries = sorted(&listings, args.sort_by);
    app.console.data(|out, _| {
        let body = ConnectionList { items: &entries, errors: errors(&listings) };
        Document::new("ConnectionList", body).write(form, out)
    })?;
    Ok(listings)
}

fn show_lines(
    args: &ListArgs,
    filter: &Filter,
    expiring: &Expiring,
    app: &App,
) -> Result<Vec<Listing>, Error> {
    let mut words = Words::new(args, app);
    let (lines, listings) = match app.backends()? {
        Chosen::One(name) => {
            let mut backend = app.open(name)?;
            words.ask(&mut backend, app);
            let lines = Lines::new(args, words.columns(args, false), app);
            let lines = draw(name, lines, |show| list_one(backend, filter, expiring, app, show))?;
            (lines, vec![Listing { backend: name.to_owned(), result: Ok(Vec::new()) }])
        }
        Chosen::All(names) => {
            let listings = list_all(&names, filter, expiring, &mut words, app)?;
            let mut lines = Lines::new(args, words.columns(args, true), app);
            for listing in &listings {
                lines.add(&listing.backend, listing.result.as_deref().unwrap_or_default());
            }
            (lines, listings)
        }
    };
    let is_empty = lines.is_empty();
    app.console.data(|out, style| lines.write(out, style, app.headers()))?;
    if is_empty {
        say_empty(&listings, &words.one(), args, app);
    }
    Ok(listings)
}

fn filter(args: &ListArgs, format: &Format) -> Result<Filter, Error> {
    let canonical = |name: &String| catalog::canonical(name).unwrap_or(name).to_owned();
    Ok(Filter {
        all_scopes: args.all_namespaces,
        types: args.types.iter().map(canonical).collect(),
        labels: parse_selector(args.selector.as_deref().unwrap_or_default())?,
        names_only: *format == Format::Name
            && args.expiring.is_none()
            && matches!(args.sort_by, None | Some(SortKey::Name)),
    })
}

/// What the backends call a scope.
struct Words {
    /// Whether people will see it.
    are_shown: bool,
    found: BTreeSet<String>,
}

impl Words {
    fn new(args: &ListArgs, app: &App) -> Self {
        let are_shown = app.format.structured().is_none()
            && app.format != Format::Name
            && (args.all_namespaces || app.scope().is_some());
        Self { are_shown, found: BTreeSet::new() }
    }

    fn ask(&mut self, backend: &mut Backend, app: &App) {
        if self.are_shown {
            self.found.insert(app.scope_word(backend));
        }
    }

    fn columns(&self, args: &ListArgs, backend: bool) -> Columns {
        Columns { scope: args.all_namespaces.then(|| self.one()), backend }
    }

    /// The word of all backends, if they have the same.
    fn one(&self) -> String {
        let only = self.found.first().filter(|_| self.found.len() == 1);
        only.map_or(SCOPE_WORD, String::as_str).to_owned()
    }
}

fn list_one(
    mut backend: Backend,
    filter: &Filter,
    expiring: &Expiring,
    app: &App,
    mut show: impl FnMut(Vec<Connection>),
) -> Result<(), Error> {
    let job = format!("listing `{}`", backend.name);
    let show = |mut page| {
        expiring.keep(&mut page);
        show(page);
        Ok(())
    };
    app.wait(&job, operations::list(&mut backend, app.scope(), filter, show))
}

/// Asks all backends at once; the answers come in the order of the names.
fn list_all(
    names: &[&str],
    filter: &Filter,
    expiring: &Expiring,
    words: &mut Words,
    app: &App,
) -> Result<Vec<Listing>, Error> {
    let mut opened = Vec::new();
    let mut listings = Vec::new();
    for name in names {
        match app.open(name) {
            Ok(mut backend) => {
                words.ask(&mut backend, app);
                opened.push(backend);
            }
            Err(error) => {
                listings.push(Listing { backend: (*name).to_owned(), result: Err(error) })
            }
        }
    }
    let job = format!("listing {} backends", opened.len());
    let asked = operations::list_all(opened, app.scope(), filter);
    listings.extend(app.wait(&job, async { Ok(asked.await) })?);
    for connections in listings.iter_mut().filter_map(|listing| listing.result.as_mut().ok()) {
        expiring.keep(connections);
    }
    listings.sort_by(|one, other| one.backend.cmp(&other.backend));
    Ok(listings)
}

fn sorted(listings: &[Listing], key: Option<SortKey>) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for Listing { backend, result } in listings {
        let connections = result.as_deref().unwrap_or_default();
        entries.extend(connections.iter().map(|connection| Entry { backend, connection }));
    }
    sort(&mut entries, key);
    entries
}

fn errors(listings: &[Listing]) -> Vec<BackendError<'_>> {
    let failed = listings.iter().filter_map(|listing| {
        Some(BackendError::new(&listing.backend, None, listing.result.as_ref().err()?))
    });
    failed.collect()
}

/// Says that there is nothing, where the list would stand.
fn say_empty(listings: &[Listing], scope_word: &str, args: &ListArgs, app: &App) {
    let answered = listings.iter().filter(|listing| listing.result.is_ok());
    let names: Vec<String> = answered.map(|listing| format!("`{}`", listing.backend)).collect();
    if names.is_empty() {
        return;
    }
    let word = if names.len() == 1 { "backend" } else { "backends" };
    let scope = app.scope().filter(|_| !args.all_namespaces);
    let scope = scope.map(|scope| format!(", {scope_word} `{scope}`")).unwrap_or_default();
    let talk = app.console.talk();
    if args.selector.is_some() || args.expiring.is_some() || !args.types.is_empty() {
        talk.line(&format!("no connections match in {word} {}{scope}", names.join(", ")));
        let unknown = args.types.iter().filter(|name| catalog::canonical(name).is_none());
        let meant = unknown.filter_map(|name| catalog::suggest(name));
        return meant.for_each(|name| talk.line(&format!("did you mean `--type {name}`?")));
    }
    talk.line(&format!("no connections in {word} {}{scope}", names.join(", ")));
    let backend = app.named_backend().filter(|name| *name != ALL);
    let place = [("--backend", backend), ("-n", app.scope())];
    let place = place.iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", (*value)?)));
    talk.line(&format!(
        "create one with `connhub create NAME{} --type s3 bucket=BUCKET access_key_id=ID secret_access_key=-`",
        place.collect::<String>()
    ));
}

/// Says which backends could not be asked, and returns the exit code of the first.
fn tell_failures(listings: &[Listing], app: &App) -> u8 {
    let mut code = 0;
    for listing in listings {
        if let Err(error) = &listing.result {
            app.warn_about(&listing.backend, error);
            code = if code == 0 { error.kind.exit_code() } else { code };
        }
    }
    code
}
