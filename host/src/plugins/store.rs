//! From the settings to the local store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use age::x25519::Recipient;

use super::team;
use crate::capabilities::vault::{
    KeySource, Passphrase, PassphraseReader, VaultConfig, VaultState,
};
use crate::model::Error;
use crate::settings::{KeyWord, Settings, VaultSection, env, expand};

/// How long an unlocked key stays in the kernel's keyring if nothing is said.
const UNLOCKED: Duration = Duration::from_secs(15 * 60);

/// How many past versions of a connection are kept if nothing is said.
const VERSIONS: usize = 10;

/// How many are kept at most: all versions of a connection are looked at together.
const MAX_VERSIONS: usize = 100;

/// The local store of this user; nothing is opened yet. `ask` gives the passphrase where one is configured.
///
/// # Errors
/// `[vault]` does not say what its kind of key needs.
pub fn vault(settings: &Settings, ask: Arc<dyn PassphraseReader>) -> Result<VaultState, Error> {
    vault_config(settings, ask).map(VaultState::new)
}

/// Where the local store of this user is, and what opens it. `ask` gives the passphrase where one is configured.
///
/// # Errors
/// `[vault]` does not say what its kind of key needs.
pub fn vault_config(
    settings: &Settings,
    ask: Arc<dyn PassphraseReader>,
) -> Result<VaultConfig, Error> {
    let own = own_config(settings, ask)?;
    if !settings.vault.members.unwrap_or(false) {
        return Ok(own);
    }
    if own.recovery.is_some() {
        return Err(Error::invalid(
            "`recovery` in `[vault]` is for a store without members: members let one another in again",
        )
        .hint("leave it out, and let in one more owner whose identity lies in a safe; docs/team.md"));
    }
    Ok(as_member(settings, own))
}

/// The same for the user's identity, whether or not the store has members.
///
/// # Errors
/// `[vault]` does not say what its kind of key needs.
pub fn identity_config(
    settings: &Settings,
    ask: Arc<dyn PassphraseReader>,
) -> Result<VaultConfig, Error> {
    own_config(settings, ask).map(|own| as_member(settings, own))
}

/// The key is not the one of the store, but the one of the identity that opens it.
fn as_member(settings: &Settings, own: VaultConfig) -> VaultConfig {
    let named = env::USER_NAMES.iter().find_map(|name| settings.environment.text(name));
    let key = KeySource::Identity {
        file: settings.paths.data.join("vault.identity"),
        name: member_name(named.unwrap_or_default()),
        key: Box::new(own.key),
    };
    VaultConfig { key, ..own }
}

/// The name of the user without what a member's name cannot have.
fn member_name(user: &str) -> String {
    let name: String = user.chars().filter(|c| c.is_alphanumeric() || "._-".contains(*c)).collect();
    let name = name.trim_start_matches(['.', '_', '-']);
    if name.is_empty() { "owner".to_owned() } else { name.to_owned() }
}

fn own_config(settings: &Settings, ask: Arc<dyn PassphraseReader>) -> Result<VaultConfig, Error> {
    let server = team::server(settings)?;
    let (directory, owner) = match &server {
        // The number of a user means something on one machine only. Who opens the store is whom it belongs to.
        Some(server) => {
            (settings.paths.data.join("team").join(server.fingerprint()), "team".to_owned())
        }
        None => (
            settings.paths.data.join("vault"),
            format!("uid:{}", rustix::process::geteuid().as_raw()),
        ),
    };
    Ok(VaultConfig {
        directory,
        server,
        owner,
        key: key_source(settings, settings.vault.key, ask)?,
        recovery: recovery(&settings.vault)?,
        history: history(&settings.vault)?,
        session_bus: settings.environment.text(env::SESSION_BUS).map(str::to_owned),
    })
}

/// A kind of place for the key of the local store, with what `[vault]` says of it.
///
/// # Errors
/// `[vault]` does not say what this kind of key needs.
pub fn key_source(
    settings: &Settings,
    kind: KeyWord,
    ask: Arc<dyn PassphraseReader>,
) -> Result<KeySource, Error> {
    let section = &settings.vault;
    let file = key_file(settings, section)?;
    Ok(match kind {
        KeyWord::Auto => KeySource::Auto { file },
        KeyWord::Keyring => KeySource::Keyring,
        KeyWord::File => KeySource::File(file),
        KeyWord::Passphrase => {
            KeySource::Passphrase(Passphrase { reader: ask, cache: unlocked_for(section) })
        }
        KeyWord::Command => KeySource::Command(command(section)?),
    })
}

/// For whom a new store has a recovery key. What is written there in error may be a secret, and is not repeated.
fn recovery(section: &VaultSection) -> Result<Option<Recipient>, Error> {
    let parsed = section.recovery.as_ref().map(|text| text.trim().parse());
    parsed.transpose().map_err(|_| {
        Error::invalid("`recovery` in `[vault]` is no recipient of age")
            .hint("a recipient begins with `age1`; `age-keygen` prints it as the public key")
    })
}

/// How many past versions of a connection are kept.
fn history(section: &VaultSection) -> Result<usize, Error> {
    let wanted = section.history.map_or(VERSIONS, |wanted| wanted as usize);
    if wanted > MAX_VERSIONS {
        return Err(Error::invalid(format!(
            "`history` in `[vault]` is {wanted}, and at most {MAX_VERSIONS} versions of a connection are kept"
        ))
        .hint("say for example `history = 10`, or `history = 0` for none"));
    }
    Ok(wanted)
}

/// Nothing said is a quarter of an hour, 0 is not at all.
fn unlocked_for(section: &VaultSection) -> Option<Duration> {
    let time =
        section.unlocked_seconds.map_or(UNLOCKED, |seconds| Duration::from_secs(seconds.into()));
    Some(time).filter(|time| !time.is_zero())
}

fn key_file(settings: &Settings, section: &VaultSection) -> Result<PathBuf, Error> {
    let Some(text) = &section.key_file else {
        return Ok(settings.paths.config.join("vault.key"));
    };
    expand(text, &settings.environment).map(PathBuf::from).map_err(|variable| {
        Error::invalid(format!(
            "`key-file` in `[vault]` uses the variable `{variable}`, which is not set"
        ))
        .hint(format!("export {variable}=…"))
    })
}

fn command(section: &VaultSection) -> Result<Vec<String>, Error> {
    section.command.clone().filter(|command| !command.is_empty()).ok_or_else(|| {
        Error::invalid("`key = \"command\"` in `[vault]` needs a `command`")
            .hint("add for example `command = [\"pass\", \"show\", \"connhub\"]` to `[vault]`")
    })
}
