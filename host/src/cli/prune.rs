//! `connhub apply --prune`: connections that carry a label of ours and that no file describes any more.

use std::collections::{BTreeMap, HashSet};

use super::app::App;
use super::args::ApplyArgs;
use super::jobs::{Jobs, NameDigest, Whereto, digest};
use super::many::Lanes;
use crate::model::{Connection, Error, Filter, Kind, LabelMatch, parse_selector};
use crate::operations::{self, Rehearsal, Uses};
use crate::ui::{self, Answer};

/// What was described, by backend and scope.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<Whereto, HashSet<NameDigest>>);

impl Kept {
    /// Everything that the jobs describe.
    ///
    /// # Errors
    /// Two of them describe the same connection.
    pub(super) fn of(jobs: &Jobs, lanes: &mut Lanes) -> Result<Self, Error> {
        let scope = |(backend, named): &Whereto| {
            Ok((backend.clone(), lanes.of(backend)?.scope(named.as_deref())?))
        };
        let wheretos = jobs.wheretos().iter().map(scope).collect::<Result<Vec<_>, Error>>()?;
        let mut kept = Self::default();
        for (at, (whereto, name)) in jobs.traces().enumerate() {
            let names = kept.0.entry(wheretos[whereto].clone()).or_default();
            if !names.insert(*name) {
                return Err(jobs.twice(at));
            }
        }
        Ok(kept)
    }
}

/// A connection that was deleted.
pub(super) struct Pruned {
    backend: String,
    scope: Option<String>,
    name: String,
    is_rehearsal: bool,
}

impl Pruned {
    /// What to say about it.
    pub(super) fn line(&self) -> String {
        let word = if self.is_rehearsal { "would be pruned" } else { "pruned" };
        let scope = self.scope.as_ref().map(|scope| format!("/{scope}")).unwrap_or_default();
        format!("{word}: `{}` in `{}{scope}`", self.name, self.backend)
    }
}

/// What may be deleted.
pub(super) struct Prune {
    labels: Vec<LabelMatch>,
    is_confirmed: bool,
    rehearsal: Rehearsal,
}

impl Prune {
    /// What the command line asks for, if it does.
    ///
    /// # Errors
    /// The selector selects everything, or nobody can be asked.
    pub(super) fn of(args: &ApplyArgs, rehearsal: Rehearsal) -> Result<Option<Self>, Error> {
        if !args.prune {
            return Ok(None);
        }
        let labels = parse_selector(args.selector.as_deref().unwrap_or_default())?;
        if labels.is_empty() {
            return Err(Error::invalid(
                "`--prune` needs a label that tells your connections from others",
            )
            .hint(
                "give all of them one, for example `managed-by=ci`, and say `-l managed-by=ci`",
            ));
        }
        if !args.yes && rehearsal == Rehearsal::None && !ui::is_interactive() {
            return Err(Error::invalid("nobody can be asked here whether to delete").hint(
                "add `--yes` to prune without a question, or `--dry-run` to see what it would do",
            ));
        }
        Ok(Some(Self { labels, is_confirmed: args.yes, rehearsal }))
    }

    /// Deletes what has the labels and was not described.
    ///
    /// # Errors
    /// The user said no, or a backend fails.
    pub(super) fn run(
        &self,
        kept: &Kept,
        lanes: &mut Lanes,
        app: &App,
    ) -> Result<Vec<Pruned>, Error> {
        let mut surplus = Vec::new();
        for ((backend, scope), names) in &kept.0 {
            let filter = Filter { labels: self.labels.clone(), ..Filter::default() };
            let mut found: Vec<Connection> = Vec::new();
            let take = |page: Vec<Connection>| {
                found.extend(page.into_iter().filter(|one| !names.contains(&digest(&one.name))));
                Ok(())
            };
            let opened = lanes.of(backend)?.first();
            let work = operations::list(opened, scope.as_deref(), &filter, take);
            app.wait(&format!("listing `{backend}`"), work)?;
            surplus.extend(found.into_iter().map(|one| Pruned {
                backend: backend.clone(),
                scope: one.scope.or_else(|| scope.clone()),
                name: one.name,
                is_rehearsal: self.rehearsal != Rehearsal::None,
            }));
        }
        if surplus.is_empty() {
            return Ok(surplus);
        }
        self.ask(&surplus, app)?;
        self.delete(&surplus, lanes, app)?;
        Ok(if app.format.structured().is_some() { surplus } else { Vec::new() })
    }

    fn ask(&self, surplus: &[Pruned], app: &App) -> Result<(), Error> {
        if self.is_confirmed || self.rehearsal != Rehearsal::None {
            return Ok(());
        }
        let names: Vec<String> = surplus.iter().map(|one| format!("`{}`", one.name)).collect();
        let question = format!("delete {}, which no file describes?", names.join(", "));
        match ui::confirm(app.console.talk(), &question)? {
            Answer::Yes => Ok(()),
            Answer::No => Err(Error::new(Kind::Other, "nothing was pruned")),
        }
    }

    fn delete(&self, surplus: &[Pruned], lanes: &mut Lanes, app: &App) -> Result<(), Error> {
        for one in surplus {
            if self.rehearsal == Rehearsal::None {
                let opened = lanes.of(&one.backend)?.first();
                let scope = one.scope.as_deref();
                let work = operations::delete(opened, scope, &one.name, Uses::Keep, self.rehearsal);
                app.wait(&format!("deleting in `{}`", one.backend), work)?;
            }
            if app.format.structured().is_none() && !app.is_quiet() {
                app.console.data(|out, _| writeln!(out, "{}", one.line()))?;
            }
        }
        Ok(())
    }
}
