//! `get` and `open`.

use super::{Trial, fails, like, same_secrets};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Connection, Kind, Operation};

impl<S: Subject> Trial<'_, S> {
    pub(super) async fn reads(&mut self, created: &Connection) {
        let found = self.has(&created.name).await;
        let draft = self.plan.draft("one");
        let same = found.and_then(|found| like(&draft, &found).map(|()| found));
        if let Some(found) = self.book.note("get.same", same) {
            let again = self.has(&created.name).await.and_then(|again| match again == found {
                true => Ok(()),
                false => Err("two answers to the same question differ".to_owned()),
            });
            self.book.note("get.stable", again);
        }
        let missing = self.plan.name("missing");
        let result = self.get(&missing).await;
        self.book.note("get.missing", fails(result, &[Kind::NotFound]));
        self.opens(&created.name, &missing).await;
    }

    async fn opens(&mut self, name: &str, missing: &str) {
        let ids = ["open.same", "open.named", "open.missing"];
        let secrets = &self.plan.sample.draft.secrets;
        let why = match (self.plan.can(Operation::Open), secrets.first()) {
            (false, _) => "the connector says that it cannot open secrets",
            (true, None) => "the type has no secret that can be made up",
            (true, Some(first)) => {
                let target = &self.plan.target;
                let opened = self.subject.open(target, name, &[]).await;
                let opened = opened.map_err(|error| told(&error));
                self.book.note(ids[0], opened.and_then(|opened| same_secrets(secrets, &opened)));
                let only = [first.name.clone()];
                let opened = self.subject.open(target, name, &only).await;
                let opened = opened.map_err(|error| told(&error)).and_then(|opened| {
                    same_secrets(std::slice::from_ref(first), &opened)?;
                    match opened.len() {
                        1 => Ok(()),
                        count => Err(format!("{count} secrets came back for the name of one")),
                    }
                });
                self.book.note(ids[1], opened);
                let opened = self.subject.open(target, missing, &[]).await;
                self.book.note(ids[2], fails(opened, &[Kind::NotFound]));
                return;
            }
        };
        ids.into_iter().for_each(|id| self.book.skip(id, why));
    }
}
