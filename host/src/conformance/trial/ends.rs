//! Two at once, rehearsals, and `delete`.

use futures_util::future::join;

use super::{Trial, fails};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Filter, IfExists, Kind, Outcome, Target};

impl<S: Subject> Trial<'_, S> {
    /// Two create the same connection at the same time.
    pub(super) async fn races(&mut self) {
        let draft = self.plan.draft("race");
        self.journal.note(&draft.name);
        let target = &self.plan.target;
        let (one, other) = join(
            self.subject.create(target, &draft, IfExists::Fail),
            self.rival.create(target, &draft, IfExists::Fail),
        )
        .await;
        let result = match (one, other) {
            (Ok(won), lost @ Err(_)) | (lost @ Err(_), Ok(won)) => {
                let won = match won.outcome {
                    Outcome::Created => Ok(()),
                    outcome => Err(format!("the outcome of who won is {outcome:?}")),
                };
                won.and(fails(lost, &[Kind::Exists, Kind::Conflict]))
            }
            (Ok(_), Ok(_)) => Err("both of two created it".to_owned()),
            (Err(one), Err(_)) => Err(format!("neither of two created it: {}", told(&one))),
        };
        self.book.note("create.race", result);
    }

    /// A dry run, which not every backend has.
    pub(super) async fn rehearses(&mut self) {
        let draft = self.plan.draft("rehearsed");
        self.journal.note(&draft.name);
        let target = Target { dry_run: true, ..self.plan.target.clone() };
        let rehearsed = self.subject.create(&target, &draft, IfExists::Fail).await;
        let created = self.get(&draft.name).await;
        let result = match &rehearsed {
            Ok(_) => fails(created, &[Kind::NotFound])
                .map_err(|why| format!("a rehearsed `create` wrote something: {why}")),
            // It says that it has none, and keeps to it.
            Err(error) if error.kind == Kind::Invalid => fails(created, &[Kind::NotFound]),
            Err(error) => Err(told(error)),
        };
        let name = self.plan.name("one");
        let deleted = match self.subject.delete(&target, &name, None).await {
            Ok(_) => self.has(&name).await.map(drop),
            Err(error) if error.kind == Kind::Invalid => self.has(&name).await.map(drop),
            Err(error) => Err(told(&error)),
        };
        self.book.note("dry-run.writes-nothing", result.and(deleted));
    }

    pub(super) async fn ends(&mut self) {
        self.keeps_what_changed().await;
        let name = self.plan.name("one");
        let removed = self.subject.delete(&self.plan.target, &name, None).await;
        let result = removed.map_err(|error| told(&error)).and_then(|removed| {
            match removed.iter().all(|part| !part.kind.is_empty() && !part.name.is_empty()) {
                _ if removed.is_empty() => Err("it does not say what it removed".to_owned()),
                true => Ok(()),
                false => Err("what it removed has no kind or no name".to_owned()),
            }
        });
        self.book.note("delete.removes", result);
        let gone = self.get(&name).await;
        let gone = fails(gone, &[Kind::NotFound]);
        let page = self.subject.list(&self.plan.target, &Filter::default(), None, 500).await;
        let listed = page.is_ok_and(|page| page.items.iter().any(|item| item.name == name));
        let listed = if listed { Err("it is still listed".to_owned()) } else { Ok(()) };
        self.book.note("delete.gone", gone.and(listed));
        let again = self.subject.delete(&self.plan.target, &name, None).await;
        self.book.note("delete.again", fails(again, &[Kind::NotFound]));
    }

    /// The second connection was changed since it was created, so its first revision is an old one.
    async fn keeps_what_changed(&mut self) {
        let id = "delete.conflict";
        let name = self.plan.name("two");
        let found = match self.has(&name).await {
            Ok(found) => found,
            Err(why) => return self.book.skip(id, why),
        };
        if found.revision.is_none() {
            return self.book.skip(id, "its connections have no revisions");
        }
        // Of another connection, so it is certainly not this one's.
        let other = self.has(&self.plan.name("three")).await.ok().and_then(|other| other.revision);
        let Some(old) = other.filter(|other| Some(other) != found.revision.as_ref()) else {
            return self.book.skip(id, "no other revision is known");
        };
        let removed = self.subject.delete(&self.plan.target, &name, Some(&old)).await;
        let there = self.has(&name).await.map(drop);
        self.book.note(id, fails(removed, &[Kind::Conflict]).and(there));
    }
}
