//! Little computing: a `create` that the host stops in the middle leaves nothing half done, and can be made again.

use super::book::{Book, told};
use super::journal::Journal;
use super::subject::Subject;
use super::trial::{Plan, like, same_secrets};
use crate::model::{Draft, IfExists, Kind, Operation};

/// The check that this is about.
const ID: &str = "hostile.computing";
/// The limit that is hit.
const LIMIT: &str = "cpu-milliseconds";
/// Nobody gets so far.
const UNBOUNDED: u64 = u64::MAX;
/// At which parts of the steps that it takes a `create` is stopped, in percent. Whoever has nearly done it is about to say so.
const PARTS: [u64; 3] = [10, 30, 50];

/// Counts how much computing a `create` takes, gives others a part of it, and looks at what they leave. What was created may still be there
/// afterwards: see [`super::clean_up`].
pub async fn starve<S: Subject>(subject: &mut S, plan: &Plan, book: &mut Book, journal: &Journal) {
    let needed = [Operation::Create, Operation::Get, Operation::Delete];
    if !needed.into_iter().all(|operation| plan.can(operation)) {
        return book.skip(ID, "it takes `create`, `get` and `delete`");
    }
    let draft = plan.draft("counted");
    journal.note(&draft.name);
    subject.stop_after(Some(UNBOUNDED));
    let counted = subject.create(&plan.target, &draft, IfExists::Fail).await;
    let steps = subject.steps();
    subject.stop_after(None);
    if let Err(error) = counted {
        return book.skip(ID, format!("`create` fails without a limit, too: {}", told(&error)));
    }
    for part in PARTS {
        let limit = steps.saturating_mul(part) / 100;
        let draft = plan.draft(&format!("stopped{part}"));
        journal.note(&draft.name);
        let result = stopped(subject, plan, &draft, limit).await;
        subject.stop_after(None);
        if let Err(why) = result {
            return book.conclude(ID, Err(format!("after {limit} of {steps} steps, {why}")));
        }
    }
    book.conclude(ID, Ok(()));
}

/// A `create` that is stopped, and what a user does next.
async fn stopped<S: Subject>(
    subject: &mut S,
    plan: &Plan,
    draft: &Draft,
    limit: u64,
) -> Result<(), String> {
    let target = &plan.target;
    subject.stop_after(Some(limit));
    let cut = subject.create(target, draft, IfExists::Fail).await;
    subject.stop_after(None);
    match cut {
        Err(error) if error.limit == Some(LIMIT) => {}
        Err(error) => {
            return Err(format!(
                "`create` ended in something else than `{LIMIT}`: {}",
                told(&error)
            ));
        }
        Ok(_) => return Err("`create` was not stopped".to_owned()),
    }
    match subject.get(target, &draft.name).await {
        Ok(found) => like(draft, &found).map_err(|why| format!("half of it was there: {why}"))?,
        Err(error) if error.kind == Kind::NotFound => {
            let again = subject.create(target, draft, IfExists::Fail).await;
            again.map_err(|error| format!("the same `create` failed again: {}", told(&error)))?;
        }
        Err(error) => return Err(format!("`get` failed: {}", told(&error))),
    }
    whole(subject, plan, draft).await
}

/// Whether a connection is there with everything that was given for it.
async fn whole<S: Subject>(subject: &mut S, plan: &Plan, draft: &Draft) -> Result<(), String> {
    let found = subject.get(&plan.target, &draft.name).await;
    let found = found.map_err(|error| format!("the second `get` failed: {}", told(&error)))?;
    like(draft, &found)?;
    if plan.can(Operation::Open) && !draft.secrets.is_empty() {
        let opened = subject.open(&plan.target, &draft.name, &[]).await;
        let opened = opened.map_err(|error| format!("`open` failed: {}", told(&error)))?;
        same_secrets(&draft.secrets, &opened)?;
    }
    Ok(())
}
