//! `connhub vault rotate-key`.

use std::sync::Arc;

use super::args::{NewKeyArgs, RotateKeyArgs};
use crate::cli::app::App;
use crate::cli::keyboard;
use crate::cli::passphrase::AskPassphrase;
use crate::model::Error;
use crate::operations::vault::{self, KeyKind, OldKey, Rotated, Rotation};
use crate::plugins::{KeySource, VaultConfig, key_source};
use crate::settings::{KeyWord, Settings};
use crate::ui::json::{VaultResult, check_keys, key_kind_word};

pub(super) fn run(args: &RotateKeyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let source = target(&args.place, app)?;
    let rotation = if args.master_only { Rotation::Master } else { Rotation::Both };
    let old = if args.forget_old { OldKey::Forgotten } else { OldKey::Kept };
    let rotated = rotate(&config, &source, (rotation, old), app)?;
    let result = VaultResult {
        records: Some(rotated.records),
        from: Some(key_kind_word(rotated.from)),
        to: Some(key_kind_word(rotated.to)),
        ..VaultResult::of("rotated")
    };
    super::show(&result, app)?;
    tell(&rotated, app.plugins()?.settings(), app);
    Ok(0)
}

fn rotate(
    config: &VaultConfig,
    source: &KeySource,
    (rotation, old): (Rotation, OldKey),
    app: &App,
) -> Result<Rotated, Error> {
    super::recorded(app, "vault rotate-key", "rotated", || {
        vault::rotate(config, source, rotation, old)
    })
}

/// Where the new master key comes from.
pub(super) fn target(args: &NewKeyArgs, app: &App) -> Result<KeySource, Error> {
    let settings = app.plugins()?.settings();
    let kind = args.to.map_or(settings.vault.key, KeyWord::from);
    if args.new_command.is_some() && kind != KeyWord::Command {
        return Err(unfit("--new-command", "command"));
    }
    if args.new_passphrase_file.is_some() && kind != KeyWord::Passphrase {
        return Err(unfit("--new-passphrase-file", "passphrase"));
    }
    if let Some(command) = &args.new_command {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        return words.map(KeySource::Command).ok_or_else(|| {
            Error::invalid("the command for the new key cannot be understood")
                .hint("quote its words as for a shell, for example `pass show \"my key\"`")
        });
    }
    let talk = app.console.talk();
    let file = args.new_passphrase_file.clone();
    let ask = AskPassphrase::for_new(file, Arc::clone(talk), keyboard::terminal(talk));
    key_source(settings, kind, Arc::new(ask))
}

fn unfit(flag: &str, place: &str) -> Error {
    Error::invalid(format!("`{flag}` is for a store whose new key is a {place}"))
        .hint(format!("say so with `--to {place}`, or leave it out"))
}

/// What is left to do for the person.
pub(super) fn tell(rotated: &Rotated, settings: &Settings, app: &App) {
    let talk = app.console.talk();
    if !rotated.is_new_master {
        talk.warning("the key command prints the same key as before, so only the data key is new");
    }
    if !fits(settings.vault.key, rotated.to) {
        let word = key_kind_word(rotated.to);
        talk.warning(&format!(
            "the settings do not fit the store any more; say `key = \"{word}\"` in `[vault]` of plugins.toml"
        ));
    }
}

/// Whether a store with this kind of key opens with these settings.
fn fits(configured: KeyWord, kind: KeyKind) -> bool {
    match configured {
        KeyWord::Auto => matches!(kind, KeyKind::Keyring | KeyKind::File),
        KeyWord::Keyring => kind == KeyKind::Keyring,
        KeyWord::File => kind == KeyKind::File,
        KeyWord::Passphrase => kind == KeyKind::Passphrase,
        KeyWord::Command => kind == KeyKind::Command,
    }
}
