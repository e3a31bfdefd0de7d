//! What the vault stores and gives back, and the limits on it.

use crate::model::Secret;

use super::error::VaultError;

/// Whose records are meant. Records of other spaces are invisible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The name of the connector.
    pub connector: String,
}

/// The place of a record, unique within a space.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// A folder for records; may be empty. At most [`MAX_NAME`] bytes.
    pub scope: String,
    /// Not empty. At most [`MAX_NAME`] bytes.
    pub name: String,
}

/// The visible part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub key: Key,
    /// The connector's own encoding. At most [`MAX_PUBLIC`] bytes.
    pub public: Vec<u8>,
    /// The names of the stored secrets, in the order in which they were set.
    pub secret_names: Vec<String>,
    /// Starts at 1 and grows by 1 with each replacement.
    pub revision: u64,
}

/// A secret of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSecret {
    /// Unique within the record.
    pub name: String,
    /// The value. All values of a record together have at most [`MAX_SECRETS`] bytes.
    pub value: Secret,
}

/// A change of the secrets of a record.
#[derive(Clone, Debug)]
pub struct SecretChanges {
    /// Secrets to add or to put in the place of those of the same name.
    pub set: Vec<NamedSecret>,
    /// Names of secrets to remove. A name that is not stored is not an error.
    pub remove: Vec<String>,
    /// What happens to the rest.
    pub others: Others,
}

/// What happens to secrets that a change does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    Keep,
    /// They are removed.
    Remove,
}

/// Which records to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of the space.
    All,
    /// Those whose scope is exactly this.
    Scope(String),
}

/// A part of what a scan finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of the keyed hashes of the keys, which says nothing about them.
    pub entries: Vec<Entry>,
    /// Where to go on; none when there is nothing more.
    pub cursor: Option<String>,
}

/// The longest scope, record name and secret name, in bytes.
pub const MAX_NAME: usize = 253;

/// The largest visible part of a record, in bytes.
pub const MAX_PUBLIC: usize = 1024 * 1024;

/// The size of all secrets of a record together, in bytes.
pub const MAX_SECRETS: usize = 4 * 1024 * 1024;

/// The number of secrets of a record.
pub const MAX_SECRET_COUNT: usize = 256;

/// The number of records in a page, whatever was asked for. It bounds the memory of one call.
pub const MAX_PAGE: u32 = 10_000;

impl Key {
    pub(super) fn check(&self) -> Result<(), VaultError> {
        check_scope(&self.scope)?;
        check_name("the name of a record", &self.name)
    }
}

impl Selection {
    pub(super) fn check(&self) -> Result<(), VaultError> {
        match self {
            Self::All => Ok(()),
            Self::Scope(scope) => check_scope(scope),
        }
    }
}

pub(super) fn check_public(public: &[u8]) -> Result<(), VaultError> {
    check_size("the visible part of a record", public.len(), MAX_PUBLIC)
}

pub(super) fn check_secrets(secrets: &[NamedSecret]) -> Result<(), VaultError> {
    check_count(secrets.len())?;
    let size = secrets.iter().fold(0_usize, |sum, secret| sum.saturating_add(secret.value.len()));
    check_size("the secrets of a record", size, MAX_SECRETS)?;
    for (index, secret) in secrets.iter().enumerate() {
        check_name("the name of a secret", &secret.name)?;
        if secrets[..index].iter().any(|earlier| earlier.name == secret.name) {
            let what = format!("the secret `{}` is given twice", secret.name);
            return Err(VaultError::Invalid { what });
        }
    }
    Ok(())
}

fn check_count(count: usize) -> Result<(), VaultError> {
    if count > MAX_SECRET_COUNT {
        let what = "the list of secrets of a record";
        return Err(VaultError::TooLarge { what, limit: MAX_SECRET_COUNT, unit: "entries" });
    }
    Ok(())
}

fn check_scope(scope: &str) -> Result<(), VaultError> {
    check_size("the scope of a record", scope.len(), MAX_NAME)
}

fn check_name(what: &'static str, name: &str) -> Result<(), VaultError> {
    if name.is_empty() {
        return Err(VaultError::Invalid { what: format!("{what} is empty") });
    }
    check_size(what, name.len(), MAX_NAME)
}

fn check_size(what: &'static str, size: usize, limit: usize) -> Result<(), VaultError> {
    if size > limit {
        return Err(VaultError::TooLarge { what, limit, unit: "bytes" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scope: usize, name: usize) -> Key {
        Key { scope: "s".repeat(scope), name: "n".repeat(name) }
    }

    fn secrets(count: usize, size: usize) -> Vec<NamedSecret> {
        let named = |index| NamedSecret {
            name: format!("secret-{index}"),
            value: Secret::new(vec![0; size]),
        };
        (0..count).map(named).collect()
    }

    #[test]
    fn names_have_a_shortest_and_a_longest_length() {
        let check = |scope, name, good| assert_eq!(key(scope, name).check().is_ok(), good);
        check(0, 1, true);
        check(253, 253, true);
        check(254, 1, false);
        check(0, 254, false);
        check(1, 0, false);
    }

    #[test]
    fn secrets_are_bounded_in_number_and_in_size() {
        let check = |count, size, good| {
            assert_eq!(check_secrets(&secrets(count, size)).is_ok(), good, "{count} of {size}");
        };
        check(256, 10, true);
        check(257, 0, false);
        check(4, MAX_SECRETS / 4, true);
        check(4, MAX_SECRETS / 4 + 1, false);
    }

    #[test]
    fn a_secret_that_is_given_twice_is_refused() {
        let mut twice = secrets(2, 1);
        twice[1].name = twice[0].name.clone();
        let error = check_secrets(&twice).expect_err("two of one name");
        assert_eq!(error.to_string(), "the secret `secret-0` is given twice");
    }

    #[test]
    fn the_visible_part_is_bounded() {
        assert!(check_public(&vec![0; MAX_PUBLIC]).is_ok());
        assert!(check_public(&vec![0; MAX_PUBLIC + 1]).is_err());
    }
}
