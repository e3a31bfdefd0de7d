//! Where the pages of a list come from: one backend, or all of them at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::app::{App, Chosen};
use super::args::ListArgs;
use super::expiring::Expiring;
use super::sheet::{Sheet, fill};
use crate::model::{Connection, Error, Filter, SCOPE_WORD};
use crate::operations::{self, Listing};
use crate::plugins::Backend;
use crate::ui::Format;
use crate::ui::view::Columns;

/// Backends that will be listed.
pub(super) struct Pages<'a> {
    args: &'a ListArgs,
    app: &'a App,
    filter: &'a Filter,
    expiring: &'a Expiring,
    opened: Vec<Backend>,
    /// Those that could not be opened, where there are others.
    unopened: Vec<Listing>,
    /// Whether one backend is meant, so that its error is that of the command.
    is_one: bool,
    /// Whether lines are printed meanwhile, so that progress is seen by them.
    is_silent: bool,
    words: Words,
}

/// Takes a page of a backend.
type Show<'a> = &'a mut dyn FnMut(&str, Vec<Connection>) -> Result<(), Error>;

impl<'a> Pages<'a> {
    /// Opens the backends that are meant.
    ///
    /// # Errors
    /// There is no such backend, or the only one cannot be opened.
    pub(super) fn open(
        args: &'a ListArgs,
        filter: &'a Filter,
        expiring: &'a Expiring,
        app: &'a App,
    ) -> Result<Self, Error> {
        let chosen = app.backends()?;
        let (opened, unopened, words) = (Vec::new(), Vec::new(), Words::new(args, app));
        let is_one = matches!(chosen, Chosen::One(_));
        let mut pages =
            Self { args, app, filter, expiring, opened, unopened, is_one, is_silent: false, words };
        match chosen {
            Chosen::One(name) => pages.opened.push(app.open(name)?),
            Chosen::All(names) => names.iter().for_each(|name| match app.open(name) {
                Ok(backend) => pages.opened.push(backend),
                Err(error) => pages.unopened.push(Listing::new(name, Err(error))),
            }),
        }
        pages.opened.iter_mut().for_each(|backend| pages.words.ask(backend, app));
        Ok(pages)
    }

    /// Which columns a table has.
    pub(super) fn columns(&self) -> Columns {
        let scope = self.args.all_namespaces.then(|| self.scope_word());
        Columns { scope, backend: !self.is_one }
    }

    /// What the backends call a scope.
    pub(super) fn scope_word(&self) -> String {
        self.words.one()
    }

    /// Whether one backend is meant.
    pub(super) fn is_one(&self) -> bool {
        self.is_one
    }

    /// Says nothing of its progress.
    pub(super) fn silent(self) -> Self {
        Self { is_silent: true, ..self }
    }

    /// Fills a sheet with all pages. A backend that fails adds nothing.
    ///
    /// # Errors
    /// The only backend failed.
    pub(super) fn gather<S: Sheet>(self, mut sheet: S) -> Result<(S, Vec<Listing>), Error> {
        if self.is_one {
            let name = self.opened.first().map(|backend| backend.name.clone()).unwrap_or_default();
            return fill(sheet, &name, |take| {
                let listings = self.list(&mut |_, page| {
                    take(page);
                    Ok(())
                })?;
                own_error(listings, true)
            });
        }
        let mut found: BTreeMap<String, Vec<Connection>> = BTreeMap::new();
        let listings = self.list(&mut |backend, page| {
            found.entry(backend.to_owned()).or_default().extend(page);
            Ok(())
        })?;
        for Listing { backend, .. } in listings.iter().filter(|listing| listing.result.is_ok()) {
            sheet.add(backend, &found.remove(backend).unwrap_or_default());
        }
        Ok((sheet, listings))
    }

    /// Hands over each page as it comes. All backends are asked at once.
    ///
    /// # Errors
    /// The system has no resources to wait.
    pub(super) fn list(self, show: Show<'_>) -> Result<Vec<Listing>, Error> {
        let Self { app, filter, expiring, opened, is_silent, .. } = self;
        let mut listings = self.unopened;
        let job = match &opened[..] {
            [one] => format!("listing `{}`", one.name),
            all => format!("listing {} backends", all.len()),
        };
        let show = RefCell::new(show);
        let kept = |backend: &str, mut page: Vec<Connection>| {
            expiring.keep(&mut page);
            (show.borrow_mut())(backend, page)
        };
        let asked = operations::list_all(opened, app.scope(), filter, &kept);
        let asked = async { Ok(asked.await) };
        let listed: Vec<_> = if is_silent { app.block_on(asked)? } else { app.wait(&job, asked)? };
        listings.extend(listed);
        listings.sort_by(|one, other| one.backend.cmp(&other.backend));
        Ok(listings)
    }
}

/// The error of the only backend is that of the command.
///
/// # Errors
/// There is only one backend, and it failed.
pub(super) fn own_error(listings: Vec<Listing>, is_one: bool) -> Result<Vec<Listing>, Error> {
    let own = |listing: Listing| match listing.result {
        Err(error) if is_one => Err(error),
        result => Ok(Listing { result, ..listing }),
    };
    listings.into_iter().map(own).collect()
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

    /// The word of all backends, if they have the same.
    fn one(&self) -> String {
        let only = self.found.first().filter(|_| self.found.len() == 1);
        only.map_or(SCOPE_WORD, String::as_str).to_owned()
    }
}
