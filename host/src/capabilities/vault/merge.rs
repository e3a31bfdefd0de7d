//! Applying a change to the secrets of a record.

use super::error::VaultError;
use super::record::{NamedSecret, SecretChanges, check_secrets};

/// The secrets after the change: those that stay keep their order, new ones come last.
pub(super) fn merge(
    stored: Vec<NamedSecret>,
    changes: &SecretChanges,
) -> Result<Vec<NamedSecret>, VaultError> {
    check_secrets(&changes.set)?;
    let removed = |secret: &NamedSecret| changes.remove.contains(&secret.name);
    if let Some(both) = changes.set.iter().find(|secret| removed(secret)) {
        let what = format!("the secret `{}` is both set and removed", both.name);
        return Err(VaultError::Invalid { what });
    }
    let mut merged: Vec<NamedSecret> =
        stored.into_iter().filter(|secret| !removed(secret)).collect();
    for secret in &changes.set {
        match merged.iter_mut().find(|stored| stored.name == secret.name) {
            Some(stored) => stored.value = secret.value.clone(),
            None => merged.push(secret.clone()),
        }
    }
    check_secrets(&merged)?;
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use crate::model::Secret;

    use super::super::record::Others;
    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> Vec<NamedSecret> {
        let named = |(name, value): &(&str, &str)| NamedSecret {
            name: (*name).to_owned(),
            value: Secret::from((*value).to_owned()),
        };
        pairs.iter().map(named).collect()
    }

    fn change(set: &[(&str, &str)], remove: &[&str]) -> SecretChanges {
        let remove = remove.iter().map(|name| (*name).to_owned()).collect();
        SecretChanges { set: secrets(set), remove, others: Others::Keep }
    }

    #[test]
    fn secrets_are_set_replaced_and_removed() {
        let check = |set: &[(&str, &str)], remove: &[&str], expected: &[(&str, &str)]| {
            let stored = secrets(&[("a", "1"), ("b", "2")]);
            let merged = merge(stored, &change(set, remove)).expect("a good change");
            assert_eq!(merged, secrets(expected));
        };
        check(&[], &[], &[("a", "1"), ("b", "2")]);
        check(&[("a", "9")], &[], &[("a", "9"), ("b", "2")]);
        check(&[("c", "3")], &["a"], &[("b", "2"), ("c", "3")]);
        check(&[], &["a", "b", "none"], &[]);
    }

    #[test]
    fn a_secret_is_not_set_and_removed_at_once() {
        let error = merge(Vec::new(), &change(&[("a", "1")], &["a"])).expect_err("both");
        assert_eq!(error.to_string(), "the secret `a` is both set and removed");
    }

    #[test]
    fn the_result_is_bounded_and_not_just_the_change() {
        let stored: Vec<NamedSecret> =
            (0..256).flat_map(|index| secrets(&[(format!("s{index}").as_str(), "x")])).collect();
        assert!(merge(stored, &change(&[("new", "1")], &[])).is_err());
    }
}
