//! Master keys: where they come from, and which kind of place a store was made with.

mod cache;
mod command;
mod file;
mod identity;
mod keyring;
mod passphrase;
mod source;
mod text;

use std::fmt;
use std::path::{Path, PathBuf};

pub(super) use self::command::run as printed;
pub(super) use self::identity::{Identity, PublicId, header as identity_header, parts};
pub(super) use self::passphrase::Stretch;
pub use self::passphrase::{Passphrase, PassphraseReader, Purpose};
pub use self::source::KeySource;
pub(super) use self::source::{
    NewKey, for_existing_store, for_new_store, for_rotation, forget, is_remembered, remember,
    remembered, settle,
};
pub use self::text::new_key_text;

use super::crypto::StoreId;
use super::error::quoted;

/// The kind of place that the key of a store is in; recorded in the store, so that opening it does
/// not guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The system keyring, by the Secret Service.
    Keyring,
    /// A file of mode 0600.
    File,
    /// A passphrase, stretched by Argon2id.
    Passphrase,
    /// The output of a command.
    Command,
    /// The store itself, wrapped for each of its members.
    Members,
}

impl KeyKind {
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Keyring => 1,
            Self::File => 2,
            Self::Passphrase => 3,
            Self::Command => 4,
            Self::Members => 5,
        }
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        let all = [Self::Keyring, Self::File, Self::Passphrase, Self::Command, Self::Members];
        all.into_iter().find(|kind| kind.number() == number)
    }

    pub(super) fn hint(self) -> String {
        if self == Self::Members {
            return "say `members = true` in `[vault]` of plugins.toml: its key is held for each member"
                .to_owned();
        }
        format!("name {self} as the key of the vault in the settings, or use another folder")
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "the system keyring",
            Self::File => "a key file",
            Self::Passphrase => "a passphrase",
            Self::Command => "a key command",
            Self::Members => "the identities of its members",
        })
    }
}

/// The place of a particular key, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// The entry of the store in the system keyring.
    Keyring,
    /// This file.
    File(PathBuf),
    /// What the user typed, or what was read in its place.
    Passphrase,
    /// The output of this program.
    Command(String),
}

impl KeyPlace {
    pub(super) fn file(path: &Path) -> Self {
        Self::File(path.to_owned())
    }

    /// What to do when the key is missing, damaged or wrong.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::File(path) => {
                format!("put the key file of this store back: `cp -p BACKUP {}`", quoted(path))
            }
            Self::Keyring => "put the keyring of the session back that was there when the store \
                              was made; a store opens with its own key only"
                .to_owned(),
            Self::Passphrase => "type the passphrase that the store was made with".to_owned(),
            Self::Command(program) => {
                format!("see what `{program}` prints: it must be the key of this store")
            }
        }
    }

    /// What to do when the place does not answer.
    pub(super) fn answer_hint(&self) -> String {
        match self {
            Self::File(path) => format!("look at it: `ls -l {}`", quoted(path)),
            Self::Keyring => {
                "start the session's keyring and unlock it: `gnome-keyring-daemon --unlock`"
                    .to_owned()
            }
            Self::Passphrase => {
                "run it on a terminal, or name a file or a command that gives the passphrase"
                    .to_owned()
            }
            Self::Command(program) => {
                format!("run the command by itself and see what is wrong: `{program} …`")
            }
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("the key in the system keyring"),
            Self::File(path) => write!(f, "the key file `{}`", path.display()),
            Self::Passphrase => f.write_str("the passphrase"),
            Self::Command(program) => write!(f, "the key command `{program}`"),
        }
    }
}

/// The id of a store in hexadecimal, by which keyrings know its key.
pub(super) fn text_id(store: &StoreId) -> String {
    store.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_numbers_of_their_own() {
        for number in 1..=5 {
            assert_eq!(KeyKind::from_number(number).map(KeyKind::number), Some(number));
        }
        assert_eq!(KeyKind::from_number(0), None);
        assert_eq!(KeyKind::from_number(6), None);
    }
}
