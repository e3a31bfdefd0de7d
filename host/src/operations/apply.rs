//! Bringing a connection into a state that a manifest describes, and saying how far it is from there.

use futures_util::future::join_all;

use super::write::{draft, store};
use super::{Input, Opening, Rehearsal, Schema, open};
use crate::model::{Connection, Draft, Error, Field, IfExists, Kind, Outcome, Secret, Written};
use crate::plugins::Backend;

/// Stores a connection as it is given: what is there already is left alone if it is the same; `if_different` says what becomes of it if it
/// is not.
///
/// Most backends cannot compare secrets. Where one says that only secrets differ, they are read and compared here, in constant time; nothing
/// is written if they are the same.
///
/// # Errors
/// Everything that is wrong with the input at once, or what the backend says.
pub async fn apply(
    backend: &mut Backend,
    scope: Option<&str>,
    schema: &Schema,
    input: Input,
    if_different: IfExists,
    rehearsal: Rehearsal,
) -> Result<Written, Error> {
    let draft = draft(schema, input)?;
    if rehearsal == Rehearsal::Client {
        return store(backend, scope, draft, IfExists::Keep, rehearsal).await;
    }
    let found = settle(backend, scope, &draft, rehearsal).await?;
    match if_different {
        _ if found.outcome != Outcome::Kept => return Ok(found),
        IfExists::Replace => {}
        IfExists::Keep => return Ok(found),
        IfExists::Fail => return Err(is_there(&draft.name, &found.differences)),
    }
    let differences = found.differences;
    let mut written = store(backend, scope, draft, IfExists::Replace, rehearsal).await?;
    if written.outcome == Outcome::Replaced {
        written.differences = differences;
    }
    Ok(written)
}

/// One of many connections to be stored.
pub struct Order<'a> {
    /// Where.
    pub scope: Option<&'a str>,
    /// Its type as the backend has it.
    pub schema: &'a Schema,
    /// What was given.
    pub input: Input,
    /// What becomes of another connection of that name.
    pub if_different: IfExists,
}

/// Stores many connections in one backend. `backends` are the same one several times over: each works on its share, and the results are in
/// the order of the orders. One that fails does not hide the others.
///
/// In the local store all of them become durable together; what fails changes nothing.
pub async fn apply_all(
    backends: &mut [Backend],
    orders: Vec<Order<'_>>,
    rehearsal: Rehearsal,
) -> Vec<Result<Written, Error>> {
    let Some(first) = backends.first() else { return Vec::new() };
    let is_group = match rehearsal {
        Rehearsal::None => first.connector.begin_group(),
        _ => Ok(false),
    };
    let is_group = match is_group {
        Ok(is_group) => is_group,
        Err(error) => return all_failed(orders.len(), &error),
    };
    let results = share(backends, orders, rehearsal).await;
    match backends.first().filter(|_| is_group).map(|first| first.connector.commit_group()) {
        Some(Err(error)) => results.into_iter().map(|result| not_durable(result, &error)).collect(),
        _ => results,
    }
}

async fn share(
    backends: &mut [Backend],
    orders: Vec<Order<'_>>,
    rehearsal: Rehearsal,
) -> Vec<Result<Written, Error>> {
    let lanes = backends.len();
    let mut shares: Vec<Vec<(usize, Order<'_>)>> = backends.iter().map(|_| Vec::new()).collect();
    for (index, order) in orders.into_iter().enumerate() {
        shares[index % lanes].push((index, order));
    }
    let work = backends.iter_mut().zip(shares).map(|(backend, share)| async move {
        let mut done = Vec::with_capacity(share.len());
        for (index, order) in share {
            let Order { scope, schema, input, if_different } = order;
            let work = apply(backend, scope, schema, input, if_different, rehearsal);
            done.push((index, work.await));
        }
        done
    });
    let mut done: Vec<_> = join_all(work).await.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Another connection has the name.
fn is_there(name: &str, differences: &[String]) -> Error {
    Error::new(
        Kind::Exists,
        format!("`{name}` is there already, and differs in {}", differences.join(", ")),
    )
    .hint("say `--if-exists keep` or `--if-exists replace`")
}

fn all_failed(count: usize, error: &Error) -> Vec<Result<Written, Error>> {
    (0..count).map(|_| Err(repeated(error))).collect()
}

/// What seemed to be written is not there.
fn not_durable(result: Result<Written, Error>, error: &Error) -> Result<Written, Error> {
    match result {
        Ok(written) if written.outcome == Outcome::Unchanged => Ok(written),
        Ok(_) => Err(repeated(error)),
        failed => failed,
    }
}

fn repeated(error: &Error) -> Error {
    let hints = error.hints.iter();
    hints.fold(Error::new(error.kind, error.message.clone()), |error, hint| error.hint(hint))
}

/// A connection that is there, or not, and the one that is wanted.
#[derive(Debug)]
pub struct Comparison {
    /// What is there, if anything is.
    pub before: Option<Connection>,
    /// What is wanted.
    pub after: Connection,
    /// Names of what differs, as a connector reports it.
    pub differences: Vec<String>,
}

/// How a connection differs from what is given. Nothing is written.
///
/// # Errors
/// Everything that is wrong with the input at once, or what the backend says.
pub async fn compare(
    backend: &mut Backend,
    scope: Option<&str>,
    schema: &Schema,
    input: Input,
) -> Result<Comparison, Error> {
    let draft = draft(schema, input)?;
    let found = settle(backend, scope, &draft, Rehearsal::Server).await?;
    let scope = found.connection.scope.clone();
    let after = wanted(draft, scope);
    let before = (found.outcome != Outcome::Created).then_some(found.connection);
    Ok(Comparison { before, after, differences: found.differences })
}

/// Creates the connection if it is not there. If it is, says whether it is the same: then the outcome is `Unchanged`.
async fn settle(
    backend: &mut Backend,
    scope: Option<&str>,
    draft: &Draft,
    rehearsal: Rehearsal,
) -> Result<Written, Error> {
    let mut found = store(backend, scope, draft.clone(), IfExists::Keep, rehearsal).await?;
    if found.outcome == Outcome::Kept {
        leave_out_same_secrets(backend, scope, draft, &mut found).await?;
        if found.differences.is_empty() {
            found.outcome = Outcome::Unchanged;
            found.notes.clear();
        }
    }
    Ok(found)
}

/// A backend that cannot compare secrets reports all of them as different, and so does one that keeps with the secrets what is none.
async fn leave_out_same_secrets(
    backend: &mut Backend,
    scope: Option<&str>,
    draft: &Draft,
    found: &mut Written,
) -> Result<(), Error> {
    let is_open = |name: &str| {
        found.differences.iter().any(|known| known == name)
            && found.connection.secret_names.iter().any(|known| known == name)
    };
    let secrets = draft.secrets.iter().map(|secret| (secret.name.as_str(), secret.value.expose()));
    let fields = draft.fields.iter().map(|field| (field.name.as_str(), field.value.as_bytes()));
    let suspects: Vec<(&str, &[u8])> =
        secrets.chain(fields).filter(|(name, _)| is_open(name)).collect();
    if suspects.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = suspects.iter().map(|(name, _)| (*name).to_owned()).collect();
    // Who may write secrets may not always read them; then they count as different.
    let opening = Opening { scope, name: &draft.name, fields: &names };
    let Ok(stored) = open(backend, &opening).await else { return Ok(()) };
    for (name, value) in suspects {
        let stored = stored.iter().find(|field| field.name == name);
        if stored.is_some_and(|field| same_bytes(field.value.expose(), value)) {
            found.differences.retain(|known| known != name);
        }
    }
    Ok(())
}

/// Compares in a time that depends on the lengths alone.
pub(super) fn same(one: &Secret, other: &Secret) -> bool {
    same_bytes(one.expose(), other.expose())
}

fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |bits, (a, b)| bits | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

fn wanted(draft: Draft, scope: Option<String>) -> Connection {
    Connection {
        name: draft.name,
        scope,
        type_name: draft.type_name,
        fields: draft.fields,
        secret_names: draft.secrets.into_iter().map(|secret| secret.name).collect(),
        display_name: draft.display_name,
        description: draft.description,
        labels: draft.labels,
        ..Connection::default()
    }
}

impl Comparison {
    /// Whether anything would be written.
    pub fn differs(&self) -> bool {
        self.before.is_none() || !self.differences.is_empty()
    }

    /// What differs, one by one; of a connection that is not there yet, all of it. Values of secrets are not known here.
    pub fn changes(&self) -> Vec<Difference> {
        let one = |name: &String| {
            let before = self.before.as_ref();
            let is_secret = |connection: &Connection| connection.secret_names.contains(name);
            Difference {
                is_secret: is_secret(&self.after) || before.is_some_and(is_secret),
                before: before.and_then(|connection| shown(connection, name)),
                after: shown(&self.after, name),
                name: name.clone(),
            }
        };
        match &self.before {
            Some(_) => self.differences.iter().map(one).collect(),
            None => names(&self.after).iter().map(one).collect(),
        }
    }
}

/// What a connection says beside its name and type.
fn names(connection: &Connection) -> Vec<String> {
    let about = ["display_name", "description", "labels"];
    let said = about.into_iter().filter(|name| shown(connection, name).is_some());
    let fields = connection.fields.iter().map(|field| field.name.clone());
    let secrets = connection.secret_names.iter().cloned();
    said.map(str::to_owned).chain(fields).chain(secrets).collect()
}

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, or `type`, `display_name`, `description`, `labels`.
    pub name: String,
    /// Whether it is a secret; then the values are `***`.
    pub is_secret: bool,
    /// What is there.
    pub before: Option<String>,
    /// What is wanted.
    pub after: Option<String>,
}

fn shown(connection: &Connection, name: &str) -> Option<String> {
    if connection.secret_names.iter().any(|secret| secret == name) {
        return Some("***".to_owned());
    }
    let field: Option<&Field> = connection.fields.iter().find(|field| field.name == name);
    match (field, name) {
        (Some(field), _) => Some(field.value.clone()),
        (None, "type") => Some(connection.type_name.clone()),
        (None, "display_name") => connection.display_name.clone(),
        (None, "description") => connection.description.clone(),
        (None, "labels") => {
            let labels = connection.labels.iter();
            let labels = labels.map(|label| format!("{}={}", label.key, label.value));
            Some(labels.collect::<Vec<_>>().join(",")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_whole() {
        let check = |one: &str, other: &str, expected| {
            let secret = |text: &str| Secret::from(text.to_owned());
            assert_eq!(same(&secret(one), &secret(other)), expected, "{one} {other}");
        };
        check("hunter2", "hunter2", true);
        check("hunter2", "hunter3", false);
        check("hunter2", "hunter22", false);
        check("", "", true);
    }

    #[test]
    fn differences_are_shown_and_secrets_are_not() {
        let connection = |bucket: &str| Connection {
            type_name: "s3".to_owned(),
            fields: vec![Field { name: "bucket".to_owned(), value: bucket.to_owned() }],
            secret_names: vec!["key".to_owned()],
            ..Connection::default()
        };
        let comparison = Comparison {
            before: Some(connection("raw")),
            after: connection("clean"),
            differences: vec!["bucket".to_owned(), "key".to_owned(), "region".to_owned()],
        };
        let found = comparison.changes();
        let shown = |index: usize| (found[index].before.as_deref(), found[index].after.as_deref());
        assert_eq!(shown(0), (Some("raw"), Some("clean")));
        assert_eq!(shown(1), (Some("***"), Some("***")));
        assert!(found[1].is_secret && !found[0].is_secret);
        assert_eq!(shown(2), (None, None));
    }
}
