//! Servers that misbehave: whatever comes back, a call ends in a clear error.

use super::book::{Book, told};
use super::journal::Journal;
use super::subject::Subject;
use super::trial::Plan;
use crate::model::{Error, Filter, IfExists, Kind, Operation};

/// What becomes of every request of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfortune {
    /// Status 500 with a text.
    ServerError,
    /// Status 429 that asks for more patience than anybody has.
    Overloaded,
    /// JSON that stops in the middle.
    Truncated,
    /// All headers and half a body, then the connection is reset.
    Reset,
    /// Headers, and a byte now and then without an end.
    Trickle,
    /// Status 200 with a page for people.
    Html,
    /// JSON under the name of a picture, in the bytes of one.
    ContentType,
    /// JSON of a shape that nobody expects.
    WrongShape,
    /// 100 MiB.
    Huge,
    /// Bytes without an end.
    Endless,
    /// The connection breaks before an answer.
    Broken,
    /// No answer comes in time.
    Slow,
    /// Status 400 with what was sent.
    Echo,
}

impl Misfortune {
    /// Each with the check that it is for.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::ServerError, "hostile.server-error"),
        (Self::Overloaded, "hostile.overloaded"),
        (Self::Truncated, "hostile.truncated"),
        (Self::Reset, "hostile.reset"),
        (Self::Trickle, "hostile.trickle"),
        (Self::Html, "hostile.html"),
        (Self::ContentType, "hostile.content-type"),
        (Self::WrongShape, "hostile.wrong-shape"),
        (Self::Huge, "hostile.huge"),
        (Self::Endless, "hostile.endless"),
        (Self::Broken, "hostile.broken"),
        (Self::Slow, "hostile.slow"),
        (Self::Echo, "hostile.echo"),
    ];
}

/// What stands between a connector and its servers.
pub trait Faults {
    /// From now on every request ends like this, or as the server wants it.
    fn strike(&self, misfortune: Option<Misfortune>);

    /// How many requests met with it since it was set.
    fn struck(&self) -> usize;
}

/// Calls the operations while the server misbehaves. Nothing that is asked for reaches the server. `hurried` is the same connector with little
/// time for an answer: nobody has to wait as long as a user would.
pub async fn attack<S: Subject>(
    subject: &mut S,
    hurried: &mut S,
    faults: &impl Faults,
    plan: &Plan,
    book: &mut Book,
    journal: &Journal,
) {
    for (misfortune, id) in Misfortune::ALL {
        faults.strike(Some(misfortune));
        let subject = match misfortune {
            Misfortune::Trickle => &mut *hurried,
            _ => &mut *subject,
        };
        let result = calls(subject, plan, book, journal).await;
        let struck = faults.struck();
        faults.strike(None);
        match (struck, result) {
            (0, _) => book.skip(id, "the connector sends no requests"),
            (_, result) => book.conclude(id, result),
        }
    }
}

async fn calls<S: Subject>(
    subject: &mut S,
    plan: &Plan,
    book: &mut Book,
    journal: &Journal,
) -> Result<(), String> {
    let target = &plan.target;
    let name = plan.name("hostile");
    journal.note(&name);
    let draft = crate::model::Draft { name: name.clone(), ..plan.sample.draft.clone() };
    let listed = subject.list(target, &Filter::default(), None, 10).await.map(drop);
    let found = subject.get(target, &name).await.map(drop);
    let created = subject.create(target, &draft, IfExists::Fail).await.map(drop);
    let deleted = subject.delete(target, &name, None).await.map(drop);
    let mut results =
        vec![("list", listed), ("get", found), ("create", created), ("delete", deleted)];
    if plan.can(Operation::Open) {
        results.push(("open", subject.open(target, &name, &[]).await.map(drop)));
    }
    if plan.can(Operation::Update) {
        let updated = subject.update(target, &name, &plan.change(), None).await;
        results.push(("update", updated.map(drop)));
    }
    for (operation, result) in results {
        if let Err(error) = &result {
            book.read(&format!("the error of `{operation}`"), &format!("{error:?}"));
        }
        is_clear(result).map_err(|why| format!("`{operation}` {why}"))?;
    }
    Ok(())
}

/// An error that a user can act on; a limit of the host counts, a crash does not.
pub(super) fn is_clear(result: Result<(), Error>) -> Result<(), String> {
    match result {
        Ok(()) => Err("succeeded, although no server answered it".to_owned()),
        Err(error) if error.limit.is_some() => Ok(()),
        Err(error) if matches!(error.kind, Kind::Connector | Kind::Refused) => {
            Err(format!("did not survive it: {}", told(&error)))
        }
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Exists) => {
            Err(format!("took it for an answer: {}", told(&error)))
        }
        Err(error) if error.message.trim().is_empty() && error.problems.is_empty() => {
            Err("ended in an error without a word".to_owned())
        }
        Err(_) => Ok(()),
    }
}
