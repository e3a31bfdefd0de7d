//! New secrets in the place of old ones, wherever these are.

use std::pin::Pin;

use super::apply::same;
use super::{Change, Input, KeptSecrets, Opening, Rehearsal, Schema, list, open, update};
use crate::model::{Connection, Error, Filter, Kind, SecretField, Written};
use crate::plugins::Backend;

/// What a test of a connection found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It works.
    Passed,
    /// It does not, and why.
    Failed(String),
    /// There is no way to tell, and why.
    NotTestable(String),
}

/// What tests a connection with secrets that are not stored yet.
pub trait Tester {
    /// Tries to log in.
    fn test<'a>(
        &'a self,
        connection: &'a Connection,
        secrets: &'a [SecretField],
    ) -> Pin<Box<dyn Future<Output = Trial> + 'a>>;
}

/// Tests new secrets together with those that stay.
///
/// # Errors
/// The connection does not work with them. Nothing was written.
pub async fn try_out(
    tester: &dyn Tester,
    connection: &Connection,
    old: &[SecretField],
    new: &[SecretField],
) -> Result<Trial, Error> {
    let is_replaced = |secret: &&SecretField| new.iter().any(|one| one.name == secret.name);
    let kept = old.iter().filter(|secret| !is_replaced(secret));
    let all: Vec<SecretField> = new.iter().chain(kept).cloned().collect();
    match tester.test(connection, &all).await {
        Trial::Failed(why) => Err(Error::new(
            Kind::TestFailed,
            format!("`{}` does not work with the new secret: {why}", connection.name),
        )
        .hint("nothing was changed")),
        trial => Ok(trial),
    }
}

/// Connections that were found in a backend.
#[derive(Debug, Default)]
pub struct Found {
    /// Those with the same secrets.
    pub copies: Vec<Connection>,
    /// Names of those that were copied once, and have other secrets now or cannot be opened.
    pub strays: Vec<String>,
}

/// The connections of a backend that have the same secrets. One that is told apart by `is_original` is left out; `is_marked` says which
/// ones were copied from the original.
///
/// # Errors
/// The backend cannot be listed. A connection that cannot be opened is none of the copies.
pub async fn copies(
    backend: &mut Backend,
    type_name: &str,
    old: &[SecretField],
    is_original: impl Fn(&Connection) -> bool,
    is_marked: impl Fn(&Connection) -> bool,
) -> Result<Found, Error> {
    let names: Vec<String> = old.iter().map(|secret| secret.name.clone()).collect();
    let mut candidates = everything(backend, type_name).await?;
    candidates.retain(|one| {
        !is_original(one) && names.iter().all(|name| one.secret_names.contains(name))
    });
    let mut found = Found::default();
    for candidate in candidates {
        let scope = candidate.scope.as_deref();
        let opening = Opening { scope, name: &candidate.name, fields: &names };
        let opened = open(backend, &opening).await;
        if opened.is_ok_and(|opened| has_all(&opened, old)) {
            found.copies.push(candidate);
        } else if is_marked(&candidate) {
            found.strays.push(candidate.name);
        }
    }
    Ok(found)
}

/// All connections of a type: of all scopes, or of the usual one where not all can be listed.
async fn everything(backend: &mut Backend, type_name: &str) -> Result<Vec<Connection>, Error> {
    let mut found = Vec::new();
    let mut filter =
        Filter { all_scopes: true, types: vec![type_name.to_owned()], ..Filter::default() };
    let mut keep = |page: Vec<Connection>| {
        found.extend(page);
        Ok(())
    };
    if let Err(error) = list(backend, None, &filter, &mut keep).await {
        if !matches!(error.kind, Kind::Forbidden | Kind::Other | Kind::Invalid) {
            return Err(error);
        }
        filter.all_scopes = false;
        list(backend, None, &filter, &mut keep).await?;
    }
    Ok(found)
}

fn has_all(found: &[SecretField], old: &[SecretField]) -> bool {
    old.iter().all(|secret| {
        found.iter().any(|one| one.name == secret.name && same(&one.value, &secret.value))
    })
}

/// Puts secrets in the place of those of the same names, if the connection is still as it was read.
///
/// # Errors
/// What the backend says.
pub async fn replace_secrets(
    backend: &mut Backend,
    schema: &Schema,
    connection: &Connection,
    secrets: Vec<SecretField>,
    expected: Option<&str>,
) -> Result<Written, Error> {
    let input = Input { name: connection.name.clone(), secrets, ..Input::default() };
    let change = Change { schema, input, expected, kept_secrets: KeptSecrets::default() };
    let scope = connection.scope.clone();
    update(backend, scope.as_deref(), connection, change, Rehearsal::None).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    struct Fake(Trial);

    impl Tester for Fake {
        fn test<'a>(
            &'a self,
            _: &'a Connection,
            secrets: &'a [SecretField],
        ) -> Pin<Box<dyn Future<Output = Trial> + 'a>> {
            let names: Vec<&str> = secrets.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, ["new", "kept"]);
            Box::pin(std::future::ready(self.0.clone()))
        }
    }

    fn secret(name: &str, value: &str) -> SecretField {
        SecretField { name: name.to_owned(), value: Secret::from(value.to_owned()) }
    }

    #[tokio::test]
    async fn secrets_that_do_not_work_are_refused_before_anything_is_written() {
        let connection = Connection { name: "lake".to_owned(), ..Connection::default() };
        let (old, new) = ([secret("new", "a"), secret("kept", "b")], [secret("new", "c")]);
        let tried = |trial: Trial| {
            let connection = &connection;
            let (old, new) = (&old, &new);
            async move { try_out(&Fake(trial), connection, old, new).await }
        };
        assert_eq!(tried(Trial::Passed).await.unwrap(), Trial::Passed);
        let untestable = Trial::NotTestable("nobody is there".to_owned());
        assert_eq!(tried(untestable.clone()).await.unwrap(), untestable);
        let error = tried(Trial::Failed("no such user".to_owned())).await.unwrap_err();
        assert_eq!(error.kind, Kind::TestFailed);
        assert!(error.message.contains("no such user"));
    }

    #[test]
    fn a_copy_has_all_of_the_secrets() {
        let old = [secret("a", "1"), secret("b", "2")];
        assert!(has_all(&[secret("b", "2"), secret("a", "1"), secret("c", "3")], &old));
        assert!(!has_all(&[secret("a", "1"), secret("b", "3")], &old));
        assert!(!has_all(&[secret("a", "1")], &old));
    }
}
