//! What the Secrets of a Depot are for. One may serve all purposes, or each its own.

use connhub_sdk::{Error, SettingReader};
use serde_json::{Value, json};

use crate::depot::{Depot, Reference};
use crate::loaded::{Loaded, UsedSecret};
use crate::settings::Settings;

/// The documented words, and the one of the first generation.
const KNOWN: [&str; 4] = ["rw", "scan", "query", "r"];

/// The purposes of the credentials that a backend reads and writes.
#[derive(Debug)]
pub(crate) struct Purposes {
    words: Vec<String>,
    /// Whether the backend says so. If it does not, all purposes that a Depot has are meant.
    are_chosen: bool,
}

impl Purposes {
    /// Reads the setting `purposes`.
    pub(crate) fn of(read: &SettingReader<'_>, are_chosen: bool) -> Result<Self, Error> {
        let words = read.list("purposes");
        let unknown = words.iter().find(|word| !KNOWN.contains(word));
        match unknown {
            Some(word) => {
                let message = format!("has `{word}`; known are `rw`, `scan`, `query` and `r`");
                Err(Error::wrong_setting("purposes", &message))
            }
            None if words.is_empty() => Err(Error::wrong_setting("purposes", "is empty")),
            None => Ok(Self { words: words.into_iter().map(str::to_owned).collect(), are_chosen }),
        }
    }

    fn cover(&self, reference: &Reference) -> bool {
        !self.are_chosen || reference.purpose.is_empty() || self.words.contains(&reference.purpose)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The purposes as they are written.
    pub(crate) fn text(&self) -> String {
        self.words.join(",")
    }
}

/// A Depot's uses of its Secrets after its credentials are in `secret`. Uses that the settings leave alone stay.
pub(crate) fn references(settings: &Settings, old: &[Reference], secret: &str) -> Value {
    let id = settings.secret_id(secret);
    let left = old.iter().filter(|reference| !settings.purposes.cover(reference));
    let left = left.map(|reference| json!({"id": reference.id, "purpose": reference.purpose}));
    let own = settings.purposes.words.iter().map(|word| json!({"id": id, "purpose": word}));
    left.chain(own).collect()
}

impl Depot {
    /// The purpose under which the Depot Service is asked for the credentials; none if the Depot has no Secret for the purposes of the
    /// settings.
    pub(crate) fn purpose(&self, settings: &Settings) -> Option<&str> {
        let mut covered = self.references.iter().filter(|one| settings.purposes.cover(one));
        let first = covered.clone().find(|reference| !reference.purpose.is_empty());
        let purpose = first.or_else(|| covered.next())?.purpose.as_str();
        Some(if purpose.is_empty() { "rw" } else { purpose })
    }

    /// Its Secrets and what each is for, for a user.
    pub(crate) fn uses(&self) -> String {
        let mut uses: Vec<(&str, Vec<&str>)> = Vec::new();
        for Reference { id, purpose } in &self.references {
            match uses.iter_mut().find(|(known, _)| known == id) {
                Some((_, purposes)) => purposes.push(purpose),
                None => uses.push((id, vec![purpose])),
            }
        }
        let text =
            |(id, purposes): &(&str, Vec<&str>)| format!("`{id}` for {}", purposes.join(", "));
        uses.iter().map(text).collect::<Vec<_>>().join("; ")
    }
}

impl Loaded {
    /// The Secrets for the purposes of the settings.
    pub(crate) fn covered(&self, settings: &Settings) -> Vec<&UsedSecret> {
        let is_covered = |secret: &&UsedSecret| self.serves(settings, secret, true);
        self.secrets.iter().filter(is_covered).collect()
    }

    /// Whether a Secret serves a purpose that the settings leave alone.
    pub(crate) fn serves_others(&self, settings: &Settings, secret: &UsedSecret) -> bool {
        self.serves(settings, secret, false)
    }

    fn serves(&self, settings: &Settings, secret: &UsedSecret, covered: bool) -> bool {
        self.depot.references.iter().any(|reference| {
            reference.secret_in(settings) == Some(&secret.name)
                && settings.purposes.cover(reference) == covered
        })
    }
}
