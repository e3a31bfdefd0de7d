//! `connhub list`.

use super::app::{ALL, App};
use super::args::{ListArgs, SortKey};
use super::expiring::Expiring;
use super::lines::Lines;
use super::pages::Pages;
use super::records::Records;
use super::{stream, watch};
use crate::model::types::catalog;
use crate::model::{Error, Filter, parse_selector};
use crate::operations::Listing;
use crate::ui::json::{BackendError, CONNECTION_KEYS, ConnectionList, Document, check_keys};
use crate::ui::{Format, Structured};

pub(super) fn run(args: &ListArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), CONNECTION_KEYS)?;
    let filter = filter(args, &app.format)?;
    if args.watch {
        return watch::run(args, &filter, app);
    }
    let expiring = Expiring::new(args.expiring)?;
    let pages = Pages::open(args, &filter, &expiring, app)?;
    let scope_word = pages.scope_word();
    let (is_empty, listings) = match app.format.structured() {
        _ if args.unsorted => stream::run(pages, app)?,
        Some(form) => show_document(pages, args, form, app)?,
        None => show_lines(pages, args, app)?,
    };
    // An empty document says so itself.
    if is_empty && app.format.structured().is_none() {
        say_empty(&listings, &scope_word, args, app);
    }
    expiring.warn(app);
    Ok(tell_failures(&listings, app))
}

/// What it returns is whether there was nothing to show, and how the lists of the backends ended.
fn show_document(
    pages: Pages<'_>,
    args: &ListArgs,
    form: &Structured,
    app: &App,
) -> Result<(bool, Vec<Listing>), Error> {
    let (records, listings) = pages.gather(Records::new(args.sort_by))?;
    let is_empty = records.is_empty();
    app.console.data(|out, _| {
        let body = ConnectionList { items: records.sorted()?, errors: BackendError::of(&listings) };
        Document::new("ConnectionList", body).write(form, out)
    })?;
    Ok((is_empty, listings))
}

fn show_lines(pages: Pages<'_>, args: &ListArgs, app: &App) -> Result<(bool, Vec<Listing>), Error> {
    let lines = Lines::new(args, pages.columns(), app);
    let (lines, listings) = pages.gather(lines)?;
    let is_empty = lines.is_empty();
    app.console.data(|out, style| lines.write(out, style, app.headers()))?;
    Ok((is_empty, listings))
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
