//! `list`: whole, in pages, filtered.

use std::collections::BTreeSet;

use super::{Trial, has_field};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Connection, Field, Filter, IfExists, Kind};

/// What a large page is.
const LARGE: u32 = 500;
/// With more connections than this, small pages are not pages of one: nobody waits for thousands of requests.
const FEW: usize = 60;
/// Cursors that no connector gave out.
const CURSORS: [&str; 4] = ["nobody-gave-this", "-1", "\"}]", "99999999999999999999"];
/// A list that does not end is a fault, and found by this.
const MAX_PAGES: usize = 2_000;

impl<S: Subject> Trial<'_, S> {
    pub(super) async fn lists(&mut self, created: &Connection) {
        for tail in ["two", "three"] {
            let draft = self.plan.draft(tail);
            if let Err(error) = self.create(&draft, IfExists::Fail).await {
                let why = format!("`{}`: {}", draft.name, told(&error));
                self.book.conclude("create.new", Err(why));
            }
        }
        let all = self.pages(&Filter::default(), LARGE).await;
        let all = all.and_then(|all| match all.iter().find(|item| item.name == created.name) {
            None => Err(format!("`{}` is not listed", created.name)),
            Some(item) => {
                // Some backends tell the whole of a connection only when it is read by itself.
                let told = |field: &&Field| item.fields.iter().any(|own| own.name == field.name);
                let mut given = self.plan.sample.draft.fields.iter().filter(told);
                given.try_for_each(|field| has_field(item, field))?;
                Ok(all)
            }
        });
        let Some(all) = self.book.note("list.finds", all) else { return };
        let small = self.small_pages(&all).await;
        self.book.note("list.pages", small);
        let cursor = self.made_up_cursor().await;
        self.book.note("list.cursor", cursor);
        let filtered = self.filtered(&created.name).await;
        self.book.note("list.filter", filtered);
        let names = self.names_only(&all).await;
        self.book.note("list.names", names);
    }

    /// All pages of a list, held to what a page may be.
    async fn pages(&mut self, filter: &Filter, limit: u32) -> Result<Vec<Connection>, String> {
        let mut items = Vec::new();
        let mut cursors: BTreeSet<String> = BTreeSet::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let target = &self.plan.target;
            let page = self.subject.list(target, filter, cursor.as_deref(), limit).await;
            let page = page.map_err(|error| told(&error))?;
            self.book.read("`list`", &format!("{:?}", page.items));
            if page.items.len() > limit as usize {
                let count = page.items.len();
                return Err(format!("a page of at most {limit} has {count} connections"));
            }
            items.extend(page.items);
            match page.cursor {
                None => return Ok(items),
                Some(next) if !cursors.insert(next.clone()) => {
                    return Err("a cursor came back a second time".to_owned());
                }
                Some(next) => cursor = Some(next),
            }
        }
        Err(format!("the list has more than {MAX_PAGES} pages of {limit}"))
    }

    async fn small_pages(&mut self, all: &[Connection]) -> Result<(), String> {
        let limit =
            if all.len() <= FEW { 1 } else { u32::try_from(all.len() / 20).unwrap_or(LARGE) };
        let small = self.pages(&Filter::default(), limit).await?;
        let (large, small) = (self.own(all), self.own(&small));
        if large.len() != large.iter().collect::<BTreeSet<_>>().len() {
            return Err("a connection is listed twice".to_owned());
        }
        match large == small {
            true => Ok(()),
            false => Err(format!(
                "pages of {limit} have {}, one of {LARGE} has {}",
                small.join(", "),
                large.join(", ")
            )),
        }
    }

    /// What a server makes of a cursor is its own business; what a connector does with the answer is not.
    async fn made_up_cursor(&mut self) -> Result<(), String> {
        for cursor in CURSORS {
            let target = &self.plan.target;
            let page = self.subject.list(target, &Filter::default(), Some(cursor), 10).await;
            match page {
                Err(error) if matches!(error.kind, Kind::Connector | Kind::Refused) => {
                    return Err(format!("it did not survive `{cursor}`: {}", told(&error)));
                }
                Err(error) if error.message.trim().is_empty() && error.problems.is_empty() => {
                    return Err(format!("`{cursor}` ended in an error without a word"));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn filtered(&mut self, name: &str) -> Result<(), String> {
        let types = vec![self.plan.sample.draft.type_name.clone()];
        let filter = Filter { types, ..Filter::default() };
        let found = self.pages(&filter, LARGE).await?;
        if !found.iter().any(|item| item.name == name) {
            return Err("a filter by its type does not find it".to_owned());
        }
        let filter = Filter { all_scopes: true, ..Filter::default() };
        let found = self.pages(&filter, LARGE).await;
        match found {
            Ok(found) if self.plan.has_scopes && !found.iter().any(|item| item.name == name) => {
                Err("the list of all scopes does not have it".to_owned())
            }
            // A login may be good for one scope alone.
            _ => Ok(()),
        }
    }

    async fn names_only(&mut self, all: &[Connection]) -> Result<(), String> {
        let filter = Filter { names_only: true, ..Filter::default() };
        let names = self.pages(&filter, LARGE).await?;
        match self.own(&names) == self.own(all) {
            true => Ok(()),
            false => Err(format!("the names are {}", self.own(&names).join(", "))),
        }
    }

    /// The names of the trial's own connections, sorted: others may come and go meanwhile.
    fn own(&self, items: &[Connection]) -> Vec<String> {
        let names = items.iter().map(|item| item.name.clone());
        let mut names: Vec<String> =
            names.filter(|name| name.starts_with(&self.plan.prefix)).collect();
        names.sort();
        names
    }
}
