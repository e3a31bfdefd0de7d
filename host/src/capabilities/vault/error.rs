//! Why the vault refuses or cannot.

use std::path::{Path, PathBuf};

use crate::model::{Error, Kind};

use super::files::folder_of;
use super::key::{KeyKind, KeyPlace};
use super::members::Right;

/// The cause of an error, as another library reports it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation on the vault failed. No text of it holds a stored value or a key.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key is taken.
    #[error("the name is taken")]
    Exists,
    /// There is no such record.
    #[error("there is no such record")]
    Missing,
    /// The record has another revision than expected, given here.
    #[error("the record was changed meanwhile and is at revision {0} now")]
    Stale(u64),
    /// A part of a record is larger than the vault takes.
    #[error("{what} is larger than {limit} {unit}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// The largest that is taken.
        limit: usize,
        /// What the limit counts.
        unit: &'static str,
    },
    /// The request makes no sense.
    #[error("{what}")]
    Invalid {
        /// What is wrong with it.
        what: String,
    },
    /// A file holds bytes that nobody with the key has written.
    #[error("the store is damaged: `{}`: {what}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        what: &'static str,
        /// What the database said, if it noticed first.
        #[source]
        source: Option<Cause>,
    },
    /// The store is older than what was acknowledged: writes were lost, or an older copy was put
    /// in its place.
    #[error(
        "`{}` is at generation {found}, but generation {acknowledged} was acknowledged",
        store.display()
    )]
    RolledBack {
        /// The store.
        store: PathBuf,
        /// The file that remembers what was acknowledged.
        mark: PathBuf,
        /// The generation of the store.
        found: u64,
        /// The generation that was acknowledged.
        acknowledged: u64,
    },
    /// The store is not there, and other files say that it was.
    #[error("`{}` is gone, but `{}` is there", store.display(), left.display())]
    Gone {
        /// The store.
        store: PathBuf,
        /// A file that belongs to it.
        left: PathBuf,
    },
    /// The key is intact, but not the one that the store was made with.
    #[error("{place} does not open `{}`", store.display())]
    WrongKey {
        /// Where the key came from.
        place: KeyPlace,
        /// The store.
        store: PathBuf,
    },
    /// The store is there and its key is not.
    #[error("the key of `{}` is missing: {place} is not there", store.display())]
    KeyMissing {
        /// Where the key should be.
        place: KeyPlace,
        /// The store.
        store: PathBuf,
    },
    /// The key is there and is not intact.
    #[error("{place} is damaged: {what}")]
    KeyDamaged {
        /// Where the key came from.
        place: KeyPlace,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The place of the key does not answer.
    #[error("{place} gives no key")]
    KeyUnavailable {
        /// Where the key should come from.
        place: KeyPlace,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The configuration names another kind of key than the store was made with.
    #[error(
        "`{}` was made with {made} as its key, the configuration names {configured}",
        store.display()
    )]
    OtherKey {
        /// The store.
        store: PathBuf,
        /// The kind that the store was made with.
        made: KeyKind,
        /// What the configuration names.
        configured: &'static str,
    },
    /// The store was made for another user.
    #[error("`{}` belongs to the user `{made}`, not to `{configured}`", store.display())]
    OtherOwner {
        /// The store.
        store: PathBuf,
        /// The owner that the store was made for.
        made: String,
        /// The owner in the configuration.
        configured: String,
    },
    /// The store has members, and the user is none of them.
    #[error("you are no member of `{}`; your public key is `{key}`", store.display())]
    NotMember {
        /// The store.
        store: PathBuf,
        /// The public key of the user.
        key: String,
    },
    /// The store has members, and the user has no identity yet.
    #[error("`{}` has members, and you have no identity yet", store.display())]
    NoIdentity {
        /// The store.
        store: PathBuf,
    },
    /// The file of the user's identity holds something else.
    #[error("the identity in `{}` is damaged: {what}", file.display())]
    IdentityDamaged {
        /// The file.
        file: PathBuf,
        /// What was found.
        what: &'static str,
    },
    /// The member may not do this.
    #[error("this takes the right `{needed}` in the store, and `{name}` has the right `{right}`")]
    MayNot {
        /// The member.
        name: String,
        /// What they may do.
        right: Right,
        /// What was needed.
        needed: Right,
    },
    /// There is no member of this name.
    #[error("the store has no member `{name}`")]
    NoSuchMember {
        /// The name.
        name: String,
    },
    /// A member has the name, the key or the role already.
    #[error("the member `{name}` has this name, key or role already")]
    MemberExists {
        /// The member.
        name: String,
    },
    /// The store does not follow what is remembered of it.
    #[error("`{}` is not what its owners made of it: {what}", store.display())]
    Usurped {
        /// The store.
        store: PathBuf,
        /// The file that remembers what it was.
        pin: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file or folder can be reached by others, or is not a plain one.
    #[error("`{}` {what}", path.display())]
    Permissions {
        /// The file or folder.
        path: PathBuf,
        /// The permission bits found.
        mode: u32,
        /// What is wrong with it.
        what: String,
        /// The command that corrects it.
        hint: String,
    },
    /// The store was written by a newer version of the program.
    #[error("`{}` has the format {version}, this program knows {supported}", store.display())]
    Unsupported {
        /// The store.
        store: PathBuf,
        /// The version found.
        version: u64,
        /// The version that this program reads and writes.
        supported: u64,
    },
    /// Another process replaced the key of the store since it was opened.
    #[error("the key of `{}` was replaced meanwhile", store.display())]
    Rekeyed {
        /// The store.
        store: PathBuf,
    },
    /// There is something where a store or its copy is to be put.
    #[error("`{}` is there already", path.display())]
    Occupied {
        /// The file or folder.
        path: PathBuf,
    },
    /// Other processes kept the store locked for all of the waiting time.
    #[error("other processes kept `{}` locked for 30 s", store.display())]
    Busy {
        /// The store.
        store: PathBuf,
    },
    /// There is no space left.
    #[error("there is no space left for `{}`", path.display())]
    Full {
        /// The file that was written.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// The system refuses to read or write a file.
    #[error("cannot {action} `{}`", path.display())]
    Unavailable {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// Nothing can be written in the folder of the store.
    #[error("{}", read_only_text(folder, *why, *doing))]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: Unwritable,
        /// What was to be done.
        doing: Doing,
    },
    /// The server that the store is on refuses something, or cannot be reached.
    #[error("{what}")]
    Server {
        /// The class of it.
        why: ServerFault,
        /// What, with the address of the store.
        what: String,
        /// What to do about it.
        hint: String,
        /// What the server said.
        #[source]
        source: Option<Cause>,
    },
    /// The operating system gives no random numbers.
    #[error("the system's random number generator does not work")]
    Random,
}

/// Why a server gives no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerFault {
    /// It does not answer, or not in time.
    Unreachable,
    /// It does not let the user in.
    Login,
    /// The user may not do this.
    Forbidden,
    /// There is no such database, or a table is gone.
    Absent,
    /// Anything else.
    Other,
}

/// Why nothing can be written in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// Its file system is mounted read-only.
    FileSystem,
    /// The user has no right to.
    Folder,
}

/// What was to be done with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// To read it.
    Read,
    /// To change it.
    Change,
    /// To change the form of its tables.
    Rebuild,
}

impl VaultError {
    /// What to type to get on, if there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Permissions { hint, .. } => Some(hint.clone()),
            Self::Damaged { file, .. } => Some(damaged_hint(file)),
            Self::RolledBack { mark, .. } => Some(format!(
                "put the newest backup in its place; to go on with the older state: `rm {}`",
                quoted(mark)
            )),
            Self::Gone { left, .. } => Some(format!(
                "put a backup in its place; to start with an empty store: `rm {}`",
                quoted(left)
            )),
            Self::WrongKey { place, .. } | Self::KeyDamaged { place, .. } => Some(place.hint()),
            Self::KeyMissing { place, .. } => Some(place.hint()),
            Self::KeyUnavailable { place, .. } => Some(place.answer_hint()),
            Self::OtherKey { made, .. } => Some(made.hint()),
            Self::OtherOwner { store, .. } if is_server(store) => {
                Some("name another `schema` in `[vault]`".to_owned())
            }
            Self::OtherOwner { configured, .. } => Some(format!(
                "a store cannot change its owner; as `{configured}`, keep another folder for it"
            )),
            Self::Unsupported { store, supported, .. } if is_server(store) => Some(format!(
                "install the newer version of `connhub`, or have the owner of the tables go back with it: `connhub vault migrate --to {supported}`"
            )),
            Self::Unsupported { .. } => Some("install the newer version of `connhub`".to_owned()),
            Self::Rekeyed { .. } => Some("run it again".to_owned()),
            Self::Occupied { .. } => Some("`--replace` says that it may make place".to_owned()),
            Self::Server { hint, .. } => Some(hint.clone()),
            Self::Busy { store } if is_server(store) => Some(
                "see who uses it: `SELECT pid, usename, state, query FROM pg_stat_activity`"
                    .to_owned(),
            ),
            Self::Busy { store } => Some(format!("see who uses it: `fuser {}`", quoted(store))),
            Self::Full { path, .. } => {
                Some(format!("make room: `df -h {}`", quoted(folder_of(path))))
            }
            Self::ReadOnly { folder, why, doing } => Some(read_only_hint(folder, *why, *doing)),
            Self::Unavailable { path, .. } => {
                Some(format!("look at it: `ls -ld {}`", quoted(path)))
            }
            _ => self.member_hint(),
        }
    }

    /// What to type if it is about members.
    fn member_hint(&self) -> Option<String> {
        match self {
            Self::NotMember { key, .. } => Some(format!(
                "an owner of the store lets you in: `connhub vault add-member NAME --key {key}`"
            )),
            Self::NoIdentity { .. } => Some(
                "make one, and give what it prints to an owner of the store: `connhub vault identity`"
                    .to_owned(),
            ),
            Self::IdentityDamaged { file, .. } => Some(format!(
                "put a copy of it back: `cp -p BACKUP {}`",
                quoted(file)
            )),
            Self::MayNot { name, needed, .. } => Some(format!(
                "an owner of the store can change that: `connhub vault set-right {name} {needed}`"
            )),
            Self::NoSuchMember { .. } => Some("see who they are: `connhub vault members`".to_owned()),
            Self::MemberExists { name } => Some(format!(
                "another right: `connhub vault set-right {name} RIGHT`; another key: `connhub vault remove-member {name}` first"
            )),
            Self::Usurped { pin, .. } => Some(format!(
                "ask an owner of the store; if it is right, `rm {}` and what is there now is believed",
                quoted(pin)
            )),
            _ => None,
        }
    }

    pub(super) fn damaged(file: &Path, what: &'static str) -> Self {
        Self::Damaged { file: file.to_owned(), what, source: None }
    }

    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded];
        if full.contains(&source.kind()) {
            return Self::Full { path, source: source.into() };
        }
        Self::Unavailable { action, path, source: source.into() }
    }

    /// How a user is told of an error that is kept.
    pub fn told(&self) -> Error {
        let told = Error::new(self.kind(), self.to_string());
        match self.hint() {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Server { why, .. } => why.kind(),
            Self::Exists | Self::Occupied { .. } | Self::MemberExists { .. } => Kind::Exists,
            Self::Missing | Self::NoSuchMember { .. } => Kind::NotFound,
            Self::MayNot { .. } | Self::NotMember { .. } => Kind::Forbidden,
            Self::NoIdentity { .. } => Kind::Unauthenticated,
            Self::Stale(_) | Self::Rekeyed { .. } => Kind::Conflict,
            Self::TooLarge { .. } | Self::Invalid { .. } => Kind::Invalid,
            Self::WrongKey { place: KeyPlace::Passphrase, .. }
            | Self::KeyUnavailable { place: KeyPlace::Passphrase, .. } => Kind::Unauthenticated,
            Self::Busy { .. } | Self::KeyUnavailable { .. } => Kind::Unavailable,
            Self::Full { .. } | Self::ReadOnly { .. } | Self::Unavailable { .. } | Self::Random => {
                Kind::Other
            }
            _ => Kind::Refused,
        }
    }
}

impl ServerFault {
    fn kind(self) -> Kind {
        match self {
            Self::Unreachable => Kind::Unavailable,
            Self::Login => Kind::Unauthenticated,
            Self::Forbidden => Kind::Forbidden,
            Self::Absent => Kind::NotFound,
            Self::Other => Kind::Other,
        }
    }
}

/// How a user is told. Whatever concerns the integrity of the store is [`Kind::Refused`].
impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        let told = error.told();
        match error.into_cause() {
            Some(cause) => told.because(cause),
            None => told,
        }
    }
}

impl VaultError {
    fn into_cause(self) -> Option<Cause> {
        match self {
            Self::Damaged { source, .. } | Self::Server { source, .. } => source,
            Self::KeyUnavailable { source, .. }
            | Self::Full { source, .. }
            | Self::Unavailable { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn read_only_text(folder: &Path, why: Unwritable, doing: Doing) -> String {
    let folder = folder.display();
    let why = match why {
        Unwritable::FileSystem => format!("its folder `{folder}` is on a read-only file system"),
        Unwritable::Folder => format!("you may not write in its folder `{folder}`"),
    };
    match doing {
        Doing::Change | Doing::Rebuild => format!("the local store cannot be changed: {why}"),
        Doing::Read => format!(
            "the local store cannot be read: {why}, and it was not closed or is being changed elsewhere"
        ),
    }
}

fn read_only_hint(folder: &Path, why: Unwritable, doing: Doing) -> String {
    let folder = quoted(folder);
    let open = match why {
        Unwritable::FileSystem => "mount the file system for writing".to_owned(),
        Unwritable::Folder => format!("`chmod u+w {folder}`"),
    };
    match doing {
        Doing::Change | Doing::Rebuild => {
            format!("{open}, or work in another place: `CONNHUB_HOME=FOLDER`")
        }
        Doing::Read => format!(
            "read a copy of the folder: `cp -a {folder} FOLDER`; or {open} and repeat the command, which closes the store"
        ),
    }
}

/// Whether a store is named by the address of a server.
fn is_server(store: &Path) -> bool {
    store.as_os_str().as_encoded_bytes().starts_with(b"postgres://")
}

fn damaged_hint(file: &Path) -> String {
    if is_server(file) {
        return "have the administrator of the server put a backup of the schema back; `connhub vault verify` says whether all of it is as it was written"
            .to_owned();
    }
    let folder = quoted(folder_of(file));
    format!("put a backup in its place: `cp -a BACKUP/. {folder}`")
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> PathBuf {
        PathBuf::from("/data/it's/store.db")
    }

    fn exit_code(error: VaultError) -> u8 {
        Error::from(error).kind.exit_code()
    }

    #[test]
    fn paths_are_quoted_for_a_shell() {
        assert_eq!(quoted(&store()), r"'/data/it'\''s/store.db'");
    }

    #[test]
    fn exit_codes_tell_classes_apart() {
        let wrong = |place| VaultError::WrongKey { place, store: store() };
        let file = KeyPlace::file(Path::new("/key"));
        let silent = |place| VaultError::KeyUnavailable { place, source: "no".into() };
        assert_eq!(exit_code(VaultError::Exists), 5);
        assert_eq!(exit_code(VaultError::Missing), 3);
        assert_eq!(exit_code(VaultError::Stale(2)), 5);
        assert_eq!(exit_code(VaultError::Invalid { what: String::new() }), 2);
        assert_eq!(exit_code(wrong(file.clone())), 8);
        assert_eq!(exit_code(wrong(KeyPlace::Passphrase)), 4);
        assert_eq!(exit_code(silent(KeyPlace::Keyring)), 6);
        assert_eq!(exit_code(VaultError::KeyMissing { place: file, store: store() }), 8);
        assert_eq!(exit_code(VaultError::damaged(&store(), "it is")), 8);
        assert_eq!(exit_code(VaultError::Busy { store: store() }), 6);
    }

    #[test]
    fn what_the_system_says_is_sorted_and_kept() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = VaultError::io("write", &store(), full);
        assert!(matches!(error, VaultError::Full { .. }));
        assert_eq!(error.hint().as_deref(), Some(r"make room: `df -h '/data/it'\''s'`"));
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = Error::from(VaultError::io("write", &store(), denied));
        assert_eq!(error.message, "cannot write `/data/it's/store.db`");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("permission denied"));
    }
}
