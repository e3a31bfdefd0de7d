//! `update`, with and without a revision.

use super::{Trial, fails, has_field, same_secrets};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Connection, Error, Kind, Operation, Outcome, Patch, Written};

const IDS: [&str; 5] =
    ["update.changes", "update.secret", "update.expected", "update.conflict", "update.missing"];

impl<S: Subject> Trial<'_, S> {
    pub(super) async fn updates(&mut self) {
        if !self.plan.can(Operation::Update) {
            let why = "the connector says that it cannot update";
            return IDS.into_iter().for_each(|id| self.book.skip(id, why));
        }
        let name = self.plan.name("two");
        let before = match self.has(&name).await {
            Ok(before) => before,
            Err(why) => return self.book.skip_rest(why),
        };
        self.changes(&before).await;
        self.replaces_secret(&name).await;
        self.revisions(&before).await;
        let patch = self.patch("x");
        let missing = self.plan.name("missing");
        let result = self.update(&missing, &patch, None).await;
        self.book.note("update.missing", fails(result, &[Kind::NotFound]));
    }

    async fn update(
        &mut self,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let written = self.subject.update(&self.plan.target, name, patch, expected).await;
        if let Ok(written) = &written {
            self.book.read("`update`", &format!("{written:?}"));
        }
        written
    }

    /// A change that is another for each `tail`, where a field may be changed.
    fn patch(&self, tail: &str) -> Patch {
        let mut patch = self.plan.change();
        patch.fields.iter_mut().for_each(|field| field.value.push_str(tail));
        patch
    }

    async fn changes(&mut self, before: &Connection) {
        if self.plan.sample.change.is_none() {
            return self.book.skip(IDS[0], "the type has no field that can be changed by itself");
        }
        let patch = self.patch("a");
        let written = self.update(&before.name, &patch, None).await;
        let result = match written {
            Err(error) => Err(told(&error)),
            Ok(written) if written.outcome != Outcome::Updated => {
                Err(format!("the outcome is {:?}", written.outcome))
            }
            Ok(_) => self.has(&before.name).await.and_then(|after| {
                patch.fields.iter().try_for_each(|field| has_field(&after, field))?;
                let others =
                    before.fields.iter().filter(|field| field.name != patch.fields[0].name);
                others.into_iter().try_for_each(|field| has_field(&after, field))?;
                match after.secret_names == before.secret_names {
                    true => Ok(()),
                    false => Err("the secrets are others than before".to_owned()),
                }
            }),
        };
        self.book.note(IDS[0], result);
    }

    async fn replaces_secret(&mut self, name: &str) {
        let patch = self.plan.secret_change();
        if patch.secrets.is_empty() || !self.plan.can(Operation::Open) {
            return self.book.skip(IDS[1], "there is no secret that can be replaced and read");
        }
        let mut expected = self.plan.sample.draft.secrets.clone();
        expected[0] = patch.secrets[0].clone();
        let written = self.update(name, &patch, None).await;
        let result = match written {
            Err(error) => Err(told(&error)),
            Ok(_) => {
                let opened = self.subject.open(&self.plan.target, name, &[]).await;
                let opened = opened.map_err(|error| told(&error));
                opened.and_then(|opened| same_secrets(&expected, &opened))
            }
        };
        self.book.note(IDS[1], result);
    }

    /// `before` was read before anything was changed, so its revision is an old one.
    async fn revisions(&mut self, before: &Connection) {
        let now = match self.has(&before.name).await {
            Ok(now) => now,
            Err(why) => return self.book.conclude(IDS[2], Err(why)),
        };
        let (Some(old), Some(current)) = (&before.revision, &now.revision) else {
            let why = "its connections have no revisions";
            return IDS[2..4].iter().for_each(|id| self.book.skip(id, why));
        };
        let patch = self.patch("b");
        if old == current {
            let why = "the revision is the same after two changes".to_owned();
            return self.book.conclude(IDS[3], Err(why));
        }
        let refused = self.update(&before.name, &patch, Some(old)).await;
        let unchanged = self.has(&before.name).await.and_then(|after| match after == now {
            true => Ok(()),
            false => Err("it was changed all the same".to_owned()),
        });
        self.book.note(IDS[3], fails(refused, &[Kind::Conflict]).and(unchanged));
        let written = self.update(&before.name, &patch, Some(current)).await;
        self.book.note(IDS[2], written.map(drop).map_err(|error| told(&error)));
    }
}
