//! The vault: a sealed store of records, private to one connector and one user.
//!
//! # What it promises
//!
//! - **Atomic and durable.** Every operation is one transaction. What was acknowledged survives a
//!   killed process and a power failure; what failed has changed nothing. Names are unique by a
//!   constraint of the database, not by looking first.
//! - **Sealed.** Names, scopes, visible fields, secrets and their number are encrypted. Who has the
//!   files and not the key learns the number of records and of their past versions, which records share a connector or a
//!   scope, their revisions, their sizes in steps of 32 bytes, and when a file was written.
//! - **Authentic, absence included.** A record that was altered, moved, exchanged, duplicated,
//!   removed or rolled back, and a flipped byte in any file, give the right value or an error that
//!   names the file. "There is no such record" is only said when the store says so.
//! - **Its key is never made anew.** A key is made together with a new, empty store, or by a rotation
//!   that the old key or the recovery key has just opened the store for. A store whose key is missing is an error that
//!   changes nothing.
//! - **Reading changes nothing.** It takes no lock that a writer waits for, migrates nothing, and
//!   makes no store where there is none. (SQLite's log and index appear while a store is open.)
//!
//! # Files
//!
//! A folder of mode 0700 with files of mode 0600, made so and checked at each opening:
//!
//! | file | contents |
//! |---|---|
//! | `store.db` | SQLite; `-wal` and `-shm` are beside it while it is open |
//! | `store.mark` | the generation that was last acknowledged (`mark.rs`) |
//! | `store.members` | which store it was and who its owners were, if it has members (`members/pin.rs`) |
//! | `store.lock` | the lock under which a store is made and its keys are replaced (`create.rs`, `rotate.rs`) |
//!
//! # A server
//!
//! The rows may be on a server of PostgreSQL instead (`postgres/`), for a team. Everything else is the same, and knows of rows within a transaction alone
//! (`rows.rs`). The folder has the mark and the lock of this user then.
//!
//! # Format
//!
//! The master key comes from the keyring, a file, a passphrase or a command (`key/`). It wraps a
//! random data key and the name of the owner (`header.rs`); the data key is expanded into one key
//! per purpose (`crypto.rs`). Once the data key was replaced (`rotate.rs`), the header wraps the first
//! one, too: names stay hashed with it. A record is a row (`row.rs`):
//!
//! - `key`, the keyed hash of owner, connector, scope and name; unique (`place.rs`);
//! - `space` and `scope`, keyed hashes by which records are selected;
//! - `revision`, which starts at 1;
//! - two sealed groups of fields, the visible one with the names and the secret one (`group.rs`),
//!   each AES-256-GCM with a random nonce. Bound to each are format, store, group, key hash (that
//!   is, owner, connector, scope and name) and revision.
//!
//! A ciphertext cannot be moved, since it is bound to its place. A whole row cannot be removed or
//! replaced by its older self, since the store seals, anew in each transaction, one keyed sum over
//! the rows of each of 128 buckets (`state.rs`). A look at one record checks the rows of its
//! bucket, and a further one in the same bucket its own row (`checked.rs`); a scan checks the buckets
//! that it passes. Nothing ever costs a look at the whole store, and nothing needs to be decrypted
//! for it.
//!
//! # A lost master key
//!
//! If the user wants one, the header also wraps the data key for a recipient of age (`recovery.rs`): a further key that opens the store.
//!
//! # Members
//!
//! A store can have members (`members/`). Its master key is in the header then, in a file of age for all of them, and each opens it with an identity of
//! their own (`key/identity.rs`). Its records belong to all members, who have rights.
//!
//! # The past
//!
//! What is replaced or removed stays as a version (`past.rs`, `history.rs`), as many of each name as the configuration says. Versions are rows of a
//! table that is made when the first one is kept, in the same transaction; before that a store has the form that older programs read.
//! They are sealed as they were as records, counted in the state by sums of their own, and not passed by anything that reads or adds records.
//!
//! # Limits
//!
//! - Past versions are there until newer ones push them out or somebody removes them: who can open the store can read them.
//! - Somebody who puts *all* files of an older state in place, the mark included, is not noticed:
//!   that is what restoring a backup is. If only `store.db` is older, it is.
//! - A process of the same user can read whatever the user can, the key file included.
//! - A key seals at most 2^32 messages: two per write of a record and one for the state.
//! - Names have at most 253 bytes, the visible part 1 MiB, the up to 256 secrets of a record 4 MiB
//!   together.
//! - The memory for expanded keys is not wiped before the store is closed.
//! - A file system without working locks (some network file systems) is not supported.
//! - Where nothing can be written, a store can be read if it was closed, or if a killed process has
//!   left both log and index (`sqlite/frozen.rs`).

mod ahead;
mod backup;
mod bucket;
mod check;
mod checked;
mod config;
mod copy;
mod create;
mod crypto;
mod database;
mod encoding;
mod error;
mod files;
mod group;
mod header;
mod history;
mod host;
mod key;
mod layout;
mod lazy;
mod lock;
mod mark;
mod members;
mod merge;
mod migrate;
mod moment;
mod past;
mod place;
mod postgres;
mod record;
mod recovery;
mod rotate;
mod row;
mod rows;
mod scan;
mod sealed_record;
mod site;
mod sqlite;
mod state;
mod status;
mod store;
mod unlock;
mod whole;

#[cfg(test)]
mod tests;

pub use self::backup::{Present, Restored};
pub use self::check::check_bytes;
pub use self::config::VaultConfig;
pub use self::error::{Cause, Doing, ServerFault, Unwritable, VaultError};
pub use self::history::{At, Past, Replacement, Version};
pub use self::host::{VaultInterface, VaultState, View};
pub use self::key::{
    KeyKind, KeyPlace, KeySource, Passphrase, PassphraseReader, Purpose, new_key_text,
};
pub use self::lazy::Vault;
pub use self::members::{MAX_MEMBERS, Member, MemberChange, MembersChanged, Right};
pub use self::migrate::Migration;
pub use self::moment::Moment;
pub use self::past::{Ended, Ending};
pub use self::postgres::{Password, Server, TlsMode};
pub use self::record::{
    Entry, Key, MAX_NAME, MAX_PAGE, MAX_PUBLIC, MAX_SECRET_COUNT, MAX_SECRETS, NamedSecret, Others,
    Page, SecretChanges, Selection, Space,
};
pub use self::rotate::{OldKey, Rotated, Rotation};
pub use self::status::{KeyState, Status, lock, status, unlock_for};
pub use self::store::Store;
