//! Keys of publishers, and which signatures count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::form::{KeyForm, SignedByForm, Text};
use super::position::{At, Position};
use super::reader::{Reader, did_you_mean};

/// A key that a policy file lists. Its text is read by whoever checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Its name in the file.
    pub name: String,
    /// The public key: PEM, or minisign's form.
    pub material: String,
    /// Its line.
    pub position: Position,
}

/// A listed key by which a component is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// What identifies the key, however it is written.
    pub id: String,
    /// The key as a policy file lists it.
    pub material: String,
}

/// A key that does not count any more, by its name in the file or by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedKey {
    /// As it is written.
    pub text: String,
    /// The key of that name, if the file lists one.
    material: Option<String>,
}

impl RevokedKey {
    pub fn is(&self, signer: &Signer) -> bool {
        let same_text = self.material.as_ref().is_some_and(|material| *material == signer.material);
        same_text || self.text.eq_ignore_ascii_case(&signer.id)
    }
}

/// The keys of a file, by name.
pub type Keys = BTreeMap<String, ListedKey>;

/// What `signed-by` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    all_of: Vec<ListedKey>,
    any_of: Vec<ListedKey>,
    minimum: usize,
}

impl SignedBy {
    /// What is missing; nothing if the signers are enough.
    pub fn missing(&self, signers: &[&Signer]) -> Option<String> {
        let signs = |key: &ListedKey| signers.iter().any(|signer| signer.material == key.material);
        if let Some(key) = self.all_of.iter().find(|key| !signs(key)) {
            return Some(format!("it is not signed by `{}`", key.name));
        }
        // One key counts once, under however many names it is listed.
        let ids: BTreeSet<&str> = signers
            .iter()
            .filter(|signer| self.any_of.iter().any(|key| key.material == signer.material))
            .map(|signer| signer.id.as_str())
            .collect();
        if ids.len() >= self.minimum {
            return None;
        }
        let names: Vec<&str> = self.any_of.iter().map(|key| key.name.as_str()).collect();
        Some(format!(
            "it is signed by {} of {}, and {} are needed",
            ids.len(),
            names.join(", "),
            self.minimum
        ))
    }

    pub fn read(
        form: &SignedByForm,
        position: &Position,
        keys: &Keys,
        reader: &mut Reader<'_>,
    ) -> Self {
        let (all_of, any_of) =
            (named(&form.all_of, keys, reader), named(&form.any_of, keys, reader));
        if form.all_of.is_empty() && form.any_of.is_empty() {
            reader.problem(position.clone(), "`signed-by` names no key; give `all-of` or `any-of`");
        }
        let given = form.minimum.as_ref().map(|minimum| *minimum.get_ref());
        let minimum = given.unwrap_or(usize::from(!form.any_of.is_empty()));
        if minimum > form.any_of.len() || (given == Some(0)) {
            reader.problem(
                position.clone(),
                format!(
                    "`minimum = {minimum}` must be at least 1 and at most the {} keys of `any-of`",
                    form.any_of.len()
                ),
            );
        }
        Self { all_of, any_of, minimum }
    }
}

impl fmt::Display for SignedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |keys: &[ListedKey], word: &str| {
            keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(word)
        };
        f.write_str(&names(&self.all_of, " and "))?;
        if !self.all_of.is_empty() && !self.any_of.is_empty() {
            f.write_str(", and ")?;
        }
        match self.any_of.is_empty() {
            true => Ok(()),
            false => write!(f, "{} of {}", self.minimum, names(&self.any_of, ", ")),
        }
    }
}

fn named(names: &[Text], keys: &Keys, reader: &mut Reader<'_>) -> Vec<ListedKey> {
    let mut found = Vec::new();
    for name in names {
        match keys.get(name.get_ref()) {
            Some(key) => found.push(key.clone()),
            None => {
                let known: Vec<&str> = keys.keys().map(String::as_str).collect();
                let problem = format!("there is no `[keys.{}]`", name.get_ref().escape_debug());
                let position = reader.position(name);
                reader.problem_with_hint(position, problem, did_you_mean(name.get_ref(), &known));
            }
        }
    }
    found
}

/// Reads `[keys.NAME]`.
pub fn key(
    name: &str,
    form: &KeyForm,
    position: Position,
    reader: &mut Reader<'_>,
) -> Option<ListedKey> {
    match (&form.pem, &form.minisign) {
        (Some(text), None) | (None, Some(text)) => {
            let material = text.trim().to_owned();
            Some(ListedKey { name: name.to_owned(), material, position })
        }
        _ => {
            reader.problem(position, format!("`[keys.{name}]` needs either `pem` or `minisign`"));
            None
        }
    }
}

/// Reads `revoked-keys`: names of the file's keys, or ids.
pub fn revoked(texts: &[Text], keys: &Keys, reader: &mut Reader<'_>) -> Vec<At<RevokedKey>> {
    reader.each(texts, |text| {
        let material = keys.get(text).map(|key| key.material.clone());
        match material.is_some() || is_id(text) {
            true => Ok(RevokedKey { text: text.to_owned(), material }),
            false => Err(format!(
                "`{}` is neither the name of a key in this file nor the id of one, such as `p256:` and 64 hexadecimal digits",
                text.escape_debug()
            )),
        }
    })
}

/// The form in which keys are named where signatures are checked.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("p256:").or_else(|| text.strip_prefix("minisign:"));
    digits.is_some_and(|digits| digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}
