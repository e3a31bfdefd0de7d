//! `connhub vault recovery` and `connhub vault recover`.

use super::args::{RecoverArgs, RecoveryArgs, RecoveryCommand};
use super::rotate_key;
use crate::cli::app::App;
use crate::cli::import::field_file;
use crate::cli::password;
use crate::model::{Error, Kind, Secret};
use crate::operations::vault;
use crate::plugins::VaultConfig;
use crate::ui::Format;
use crate::ui::json::{VaultResult, check_keys, key_kind_word};

pub(super) fn run(command: &RecoveryCommand, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    match command {
        RecoveryCommand::Create(args) => create(args, app),
        RecoveryCommand::Status => status(app),
        RecoveryCommand::Remove => remove(app),
    }
}

fn create(args: &RecoveryArgs, app: &App) -> Result<u8, Error> {
    if args.recipient.is_none() {
        refuse_forms(app)?;
    }
    let config = super::config(app)?;
    let recipient = match &args.recipient {
        Some(recipient) => recipient.clone(),
        None => show_new(&config, app)?,
    };
    let replaced = super::recorded(app, "vault recovery create", "created", || {
        vault::create_recovery(&config, &recipient)
    })?;
    if replaced {
        let talk = app.console.talk();
        talk.note("the recovery key that was there before opens the store no longer");
    }
    match &args.recipient {
        Some(_) => {
            let recipient = Some(recipient);
            super::show(&VaultResult { recipient, ..VaultResult::of("created") }, app)
        }
        None => Ok(0),
    }
}

/// A recovery key has one form.
pub(super) fn refuse_forms(app: &App) -> Result<(), Error> {
    if app.format == Format::Human {
        return Ok(());
    }
    Err(Error::invalid("a recovery key is printed as it is, without `-o` and `--json`")
        .hint("or name the recipient whose identity is the key: `--recipient age1…`"))
}

/// Prints a new recovery key and returns its recipient. It is seen before the store has it: one that nobody read must not take the place of
/// one that somebody keeps.
fn show_new(config: &VaultConfig, app: &App) -> Result<String, Error> {
    vault::check_recovery(config)?;
    let (identity, recipient) = vault::recovery_identity();
    print(&identity, app)?;
    Ok(recipient)
}

/// Prints a recovery key that opens nothing yet.
///
/// # Errors
/// Nobody reads it.
pub(super) fn print(identity: &Secret, app: &App) -> Result<(), Error> {
    let mut failed = None;
    app.console.data(|out, _| {
        let written = out.write_all(identity.expose()).and_then(|()| out.write_all(b"\n"));
        let written = written.and_then(|()| out.flush());
        failed = written.as_ref().err().map(std::io::Error::kind);
        written
    })?;
    if failed.is_some() {
        return Err(Error::new(Kind::Other, "nobody read the recovery key, so it was not made"));
    }
    app.console.talk().note("this is the recovery key; it is not kept and not shown again, so put it where the store is not");
    Ok(())
}

fn status(app: &App) -> Result<u8, Error> {
    let recipient = vault::recovery(&super::config(app)?)?;
    let outcome = if recipient.is_some() { "present" } else { "absent" };
    super::show(&VaultResult { recipient, ..VaultResult::of(outcome) }, app)
}

fn remove(app: &App) -> Result<u8, Error> {
    let config = super::config(app)?;
    let had = super::recorded(app, "vault recovery remove", "removed", || {
        vault::remove_recovery(&config)
    })?;
    super::show(&VaultResult::of(if had { "removed" } else { "unchanged" }), app)
}

pub(super) fn recover(args: &RecoverArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let source = rotate_key::target(&args.place, app)?;
    let identity = identity(args, app)?;
    let recovered = super::recorded(app, "vault recover", "recovered", || {
        vault::recover(&config, &identity, &source)
    })?;
    let result = VaultResult {
        from: Some(key_kind_word(recovered.from)),
        to: Some(key_kind_word(recovered.to)),
        ..VaultResult::of("recovered")
    };
    super::show(&result, app)?;
    rotate_key::tell(&recovered, app.plugins()?.settings(), app);
    Ok(0)
}

fn identity(args: &RecoverArgs, app: &App) -> Result<Secret, Error> {
    match &args.identity {
        None => password::asked("recovery key", "name a file with it: `--identity FILE`", app),
        Some(path) => field_file(path, app)
            .map_err(|why| Error::new(Kind::NotFound, format!("`{}` {why}", path.display()))),
    }
}
