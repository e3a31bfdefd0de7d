//! Taking away what belongs to a connection.

use connhub_sdk::Error;

use crate::client::{Client, Kind};
use crate::fault::Fault;
use crate::first::{SECRET_TYPE, SECRET_VERSION, halves};
use crate::plan::VERSION;
use crate::settings::{Generation, Settings, Wait};

/// Deletes a resource; one that is gone already is no fault.
pub(crate) fn remove(client: &Client<'_>, kind: Kind, name: &str) -> Result<(), Fault> {
    match client.remove(kind, name) {
        Err(fault) if fault.is_missing() => Ok(()),
        other => other,
    }
}

/// Deletes a Secret whose Depot was deleted before. DataOS may take a moment to see that the Depot does not need it any more.
pub(crate) fn remove_secret_after(
    client: &Client<'_>,
    depot: &str,
    secret: &str,
) -> Result<(), Fault> {
    let start = client.host.now();
    loop {
        let Err(fault) = remove(client, Kind::Secret, secret) else {
            return Ok(());
        };
        let by_this_depot = fault.dependent().is_some_and(|id| is_depot(id, depot));
        let Wait::Until { timeout, interval } = client.settings.wait else {
            return Err(fault);
        };
        let elapsed = client.host.now().duration_since(start).unwrap_or_default();
        if !by_this_depot || elapsed >= timeout {
            return Err(fault);
        }
        client.host.sleep(interval);
    }
}

/// Whether `TYPE:VERSION:NAME[:WORKSPACE]` is this Depot.
pub(crate) fn is_depot(id: &str, depot: &str) -> bool {
    let mut parts = id.split(':');
    parts.next() == Some(Kind::Depot.word()) && parts.nth(1) == Some(depot)
}

/// After an answer that did not say whether a Secret was stored: it is undone if it is there and of this connection. That of somebody else, who was
/// quicker, stays.
pub(crate) fn undo_if_stored(
    client: &Client<'_>,
    (connection, secret): (&str, &str),
    error: Error,
    undo: impl FnOnce(Error) -> Error,
) -> Error {
    match client.read(Kind::Secret, secret) {
        Ok(there) if there.is_secret_of(connection) => undo(error),
        Ok(_) => error,
        Err(fault) if fault.is_missing() => error,
        Err(fault) => {
            let why = fault.into_error(&format!("read the Secret `{secret}`")).message();
            let text = format!(
                "whether {} was stored is unknown ({why}); running the same command again completes \
                 it",
                secret_words(client.settings, secret)
            );
            annotate(error, &text)
        }
    }
}

/// A Secret by the names that it has in DataOS.
pub(crate) fn secret_words(settings: &Settings, secret: &str) -> String {
    match settings.generation {
        Generation::First => format!("the pair of Secrets `{}`", halves(secret).join("` and `")),
        Generation::Second => format!("the Secret `{secret}`"),
    }
}

/// Adds to an error what could not be undone, and how to do so by hand.
pub(crate) fn left_over(
    settings: &Settings,
    error: Error,
    kind: Kind,
    name: &str,
    why: &Error,
) -> Error {
    let title = kind.title();
    let text = format!(
        "undoing the write failed too ({}), so the {title} `{name}` is left over; run the same \
         command again to complete it, or delete it with {}",
        why.message(),
        by_hand(settings, kind, name)
    );
    annotate(error, &text)
}

/// How something is deleted without this program.
fn by_hand(settings: &Settings, kind: Kind, name: &str) -> String {
    let command = |word: &str, name: &str, version: &str| {
        format!("`dataos-ctl resource delete -t {word} -n {name} -v {version}`")
    };
    match (settings.generation, kind) {
        (Generation::First, Kind::Secret) => {
            halves(name).map(|half| command(SECRET_TYPE, &half, SECRET_VERSION)).join(" and ")
        }
        _ => command(kind.word(), name, VERSION),
    }
}

/// Adds a sentence to an error, which stays of its kind.
pub(crate) fn annotate(error: Error, text: &str) -> Error {
    let add = |message: String| format!("{message}; {text}");
    match error {
        Error::Invalid(mut problems) => {
            if let Some(last) = problems.last_mut() {
                last.message = add(std::mem::take(&mut last.message));
            }
            Error::Invalid(problems)
        }
        Error::Unauthenticated(message) => Error::Unauthenticated(add(message)),
        Error::Forbidden(message) => Error::Forbidden(add(message)),
        Error::AlreadyExists(message) => Error::AlreadyExists(add(message)),
        Error::Conflict(message) => Error::Conflict(add(message)),
        Error::Unsupported(message) => Error::Unsupported(add(message)),
        Error::Denied(message) => Error::Denied(add(message)),
        Error::Unavailable(mut unavailability) => {
            unavailability.message = add(unavailability.message);
            Error::Unavailable(unavailability)
        }
        Error::Other(message) => Error::Other(add(message)),
        other @ (Error::NotFound(_) | Error::InUse(_)) => Error::Other(add(other.message())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_depots_are_recognized() {
        assert!(is_depot("depot:v2alpha:sales", "sales"));
        assert!(is_depot("depot:v2alpha:sales:public", "sales"));
        assert!(!is_depot("depot:v2alpha:sales2", "sales"));
        assert!(!is_depot("secret:v2alpha:sales", "sales"));
    }

    #[test]
    fn annotated_errors_stay_of_their_kind() {
        let check = |error: Error, expected: Error| assert_eq!(annotate(error, "more"), expected);
        check(Error::Forbidden("no".into()), Error::Forbidden("no; more".into()));
        check(Error::invalid("f", "bad"), Error::invalid("f", "bad; more"));
        check(Error::unavailable("down"), Error::unavailable("down; more"));
        check(Error::InUse(vec!["a".into()]), Error::Other("used by a; more".into()));
    }
}
