//! What can be typed after `connhub vault`. Comments on fields are the help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use jiff::{SignedDuration, Span};

use crate::settings::KeyWord;

const ROTATE: &str = "\
Every record is sealed anew in one transaction: a program that is killed leaves a store with the old keys or
with the new ones, and either opens. Other programs that have the store open go on with the new keys.

The old master key stays beside the new one, where connhub keeps it (a key file, the system keyring), because older
copies of the store need it; --forget-old removes it. A passphrase is asked for twice.";
const BACKUP: &str = "\
The copy is sealed as the store is. It opens with the key that the store has now, which is not in it: keep a copy
of the key in another place. For a file that opens with a passphrase anywhere, see `connhub export --backup`.";
const CLEAR: &str = "\
What connections are now stays. Copies of the store that were made before have the versions still. For one connection,
see `connhub delete NAME --purge`.";
const RECOVERY: &str = "\
Without --recipient the key is printed to stdout, once: keep it where the store is not. With it nothing secret is
printed, and whoever has the identity of the recipient can open the store.";
const INIT: &str = "\
Without this command the first connection makes the store. With --recovery a recovery key is
printed to stdout before anything is made, once: keep it where the store is not. With --recipient
nothing secret is printed; `recovery` in `[vault]` names one for every store that is made.";
const RECOVER: &str = "\
The key is asked for without echo, unless --identity names a file with it. The store is opened whole before anything
is changed. Records stay as they are; `connhub vault rotate-key` seals them anew.";
const IDENTITY: &str = "\
The public key begins with `age1` and is no secret: an owner of a store with members lets you in with it. The secret key stays
on this machine, in a file that is sealed with a master key as a store is (`key` in `[vault]` of plugins.toml).";
const ADD_MEMBER: &str = "\
The key of the store is wrapped for the new member, too; records stay as they are. Their public key is what
`connhub vault identity` prints where they are: take it from them, not from the database.";
const REMOVE_MEMBER: &str = "\
The store gets new keys, and every record is sealed anew: the member reads nothing that is written from then on. What they
have read or copied before stays readable to them, so replace those secrets: `connhub rotate`.";
const MIGRATE: &str = "\
Records stay as they are. Without --to the tables get the newest version that this program knows.
An older program goes on once they have a version that it knows. What goes with a later version is
said, and asked first. The role in `url` of `[vault]` has to own the tables.";
const RESTORE: &str = "\
All of the copy is opened with the configured key before it takes the place of the store.";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum VaultCommand {
    /// Make the local store, if wanted with a recovery key
    #[command(after_help = INIT)]
    Init(InitArgs),
    /// Say where the local store is, where its key is, and whether it opens
    Status,
    /// Forget the unlocked key, so that the passphrase is asked for again
    Lock,
    /// Ask for the passphrase once, and remember the key for a time
    Unlock(UnlockArgs),
    /// Open every record, and say if something is not as it was written
    Verify(VerifyArgs),
    /// Give the local store new keys
    #[command(after_help = ROTATE)]
    RotateKey(RotateKeyArgs),
    /// Write a sealed copy of the local store
    #[command(after_help = BACKUP)]
    Backup(BackupArgs),
    /// Make, show or remove a recovery key, which opens the store if its master key is lost
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// Give the store a new master key, by its recovery key
    #[command(after_help = RECOVER)]
    Recover(RecoverArgs),
    /// Print your public key, by which you become a member of a store
    #[command(after_help = IDENTITY)]
    Identity,
    /// Say who the members of the store are, and what each may do
    Members,
    /// Let somebody into the store
    #[command(after_help = ADD_MEMBER)]
    AddMember(AddMemberArgs),
    /// Say what a member may do
    SetRight(SetRightArgs),
    /// Take a member out of the store, and give it new keys
    #[command(after_help = REMOVE_MEMBER)]
    RemoveMember(RemoveMemberArgs),
    /// Remove past versions of connections, so that nothing is left of the secrets in them
    #[command(after_help = CLEAR)]
    ClearHistory(ClearHistoryArgs),
    /// Bring the tables of a store on a server to another version, or back
    #[command(after_help = MIGRATE)]
    Migrate(MigrateArgs),
    /// Make the local store of a sealed copy
    #[command(after_help = RESTORE)]
    Restore(RestoreArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Print a recovery key, which opens the store if its master key is lost
    #[arg(long)]
    pub recovery: bool,
    /// Let the identity of this recipient of age, such as `age1…`, open the store if its master key is lost
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "recovery")]
    pub recipient: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UnlockArgs {
    /// For how long, such as `30m` or `8h`; at most a day
    #[arg(long = "for", value_name = "TIME", default_value = "8h")]
    pub time: SignedDuration,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// A copy that `vault backup` wrote, to check instead of the store
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RotateKeyArgs {
    #[command(flatten)]
    pub place: NewKeyArgs,
    /// Replace the master key alone; records stay as they are
    #[arg(long)]
    pub master_only: bool,
    /// Remove the old master key: older copies of the store cannot be opened any more
    #[arg(long)]
    pub forget_old: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KeyPlaceWord {
    Keyring,
    File,
    Passphrase,
    Command,
}

impl From<KeyPlaceWord> for KeyWord {
    fn from(word: KeyPlaceWord) -> Self {
        match word {
            KeyPlaceWord::Keyring => Self::Keyring,
            KeyPlaceWord::File => Self::File,
            KeyPlaceWord::Passphrase => Self::Passphrase,
            KeyPlaceWord::Command => Self::Command,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BackupArgs {
    /// The file to write
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecoveryCommand {
    /// Make a recovery key; one that was there before opens the store no longer
    #[command(after_help = RECOVERY)]
    Create(RecoveryArgs),
    /// Say whether there is a recovery key, and for which recipient
    Status,
    /// Remove the recovery key
    Remove,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RecoveryArgs {
    /// For the identity of this recipient of age, such as `age1…`
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RecoverArgs {
    /// The file with the recovery key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub identity: Option<PathBuf>,
    #[command(flatten)]
    pub place: NewKeyArgs,
}

/// What a member may do. Each has those before it in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RightWord {
    /// Read connections and their secrets
    Use,
    /// Write connections
    Manage,
    /// Say who the members are, and replace the keys
    Own,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddMemberArgs {
    /// What the others call the member
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The member's public key, as `connhub vault identity` prints it
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// What the member may do
    #[arg(long, value_name = "RIGHT", value_enum, default_value = "use")]
    pub right: RightWord,
    /// The member's role in the database server, which gets the rights that it needs there
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SetRightArgs {
    /// The member
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What they may do from now on
    #[arg(value_name = "RIGHT", value_enum)]
    pub right: RightWord,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RemoveMemberArgs {
    /// The member
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Where a new master key comes from.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewKeyArgs {
    /// Where the new master key is to be; by default where the old one is
    #[arg(long, value_name = "PLACE", value_enum)]
    pub to: Option<KeyPlaceWord>,
    /// The program that prints the new master key, quoted as for a shell; by default `command` in `[vault]`
    #[arg(long, value_name = "COMMAND")]
    pub new_command: Option<String>,
    /// Take the new passphrase from this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "new_command")]
    pub new_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ClearHistoryArgs {
    /// Remove only versions that ended longer ago than this, such as `90d` or `1y`
    #[arg(long, value_name = "TIME")]
    pub older_than: Option<Span>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MigrateArgs {
    /// The version that the tables are to have
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i32>,
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreArgs {
    /// The copy
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Take the place of the store that is there, which is kept beside it
    #[arg(long)]
    pub replace: bool,
}
