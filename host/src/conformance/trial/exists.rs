//! `create` for a name that is taken.

use super::{Trial, fails, has_field, like};
use crate::conformance::book::told;
use crate::conformance::subject::Subject;
use crate::model::{Connection, Draft, Field, IfExists, Kind, Outcome};

impl<S: Subject> Trial<'_, S> {
    pub(super) async fn exists(&mut self, created: &Connection) {
        let draft = self.plan.draft("one");
        let changed = self.plan.sample.change.clone().map(|field| with(&draft, field));
        let other = changed.as_ref().unwrap_or(&draft).clone();
        let result = self.create(&other, IfExists::Fail).await;
        let result = fails(result, &[Kind::Exists]);
        let unchanged = self.has(&created.name).await.and_then(|found| like(&draft, &found));
        self.book.note("create.exists", result.and(unchanged));
        let kept = self.kept(&draft, changed.as_ref()).await;
        self.book.note("create.keep", kept);
        let replaced = self.replaced(&other).await;
        self.book.note("create.replace", replaced);
        let again = self.again(&other).await;
        self.book.note("create.again", again);
    }

    async fn kept(&mut self, same: &Draft, changed: Option<&Draft>) -> Result<(), String> {
        let written = self.create(same, IfExists::Keep).await.map_err(|error| told(&error))?;
        // What is kept with the secrets cannot be compared.
        let visible = |name: &&String| {
            same.fields.iter().any(|field| field.name == **name)
                && !written.connection.secret_names.contains(*name)
        };
        match (written.outcome, written.differences.iter().find(visible)) {
            (Outcome::Kept | Outcome::Unchanged, None) => {}
            (Outcome::Kept | Outcome::Unchanged, Some(name)) => {
                return Err(format!("`{name}` is said to differ, and is the same"));
            }
            (outcome, _) => return Err(format!("the outcome is {outcome:?}")),
        }
        let Some(changed) = changed else { return Ok(()) };
        let written = self.create(changed, IfExists::Keep).await.map_err(|error| told(&error))?;
        if written.outcome != Outcome::Kept {
            return Err(format!("the outcome is {:?}", written.outcome));
        }
        let field = self.plan.sample.change.as_ref().map(|field| &field.name);
        if !field.is_some_and(|name| written.differences.contains(name)) {
            return Err(format!("the differences are {:?}", written.differences));
        }
        like(same, &self.has(&same.name).await?).map_err(|why| format!("it was not kept: {why}"))
    }

    async fn replaced(&mut self, other: &Draft) -> Result<(), String> {
        let written = self.create(other, IfExists::Replace).await.map_err(|error| told(&error))?;
        match written.outcome {
            Outcome::Replaced | Outcome::Updated => {}
            Outcome::Unchanged if self.plan.sample.change.is_none() => {}
            outcome => return Err(format!("the outcome is {outcome:?}")),
        }
        like(other, &self.has(&other.name).await?)
    }

    async fn again(&mut self, other: &Draft) -> Result<(), String> {
        let before = self.has(&other.name).await?;
        let written = self.create(other, IfExists::Replace).await.map_err(|error| told(&error))?;
        if !matches!(written.outcome, Outcome::Replaced | Outcome::Updated | Outcome::Unchanged) {
            return Err(format!("the outcome is {:?}", written.outcome));
        }
        let after = self.has(&other.name).await?;
        before.fields.iter().try_for_each(|field| has_field(&after, field))?;
        match before.secret_names == after.secret_names {
            true => Ok(()),
            false => Err("it has other secrets than before".to_owned()),
        }
    }
}

/// A draft in which one field is different.
fn with(draft: &Draft, field: Field) -> Draft {
    let mut draft = draft.clone();
    match draft.fields.iter_mut().find(|own| own.name == field.name) {
        Some(own) => *own = field,
        None => draft.fields.push(field),
    }
    draft
}
