//! `connhub vault recovery` and `connhub vault recover`.

use super::args::{RecoverArgs, RecoveryArgs, RecoveryCommand};
use super::rotate_key;
use crate::cli::app::App;
use crate::cli::import::field_file;
use crate::cli::password;
use crate::model::{Error, Kind, Secret};
use crate::operations::vault;
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
    if args.recipient.is_none() && app.format != Format::Human {
        return Err(Error::invalid(
            "a recovery key is printed as it is, without `-o` and `--json`",
        )
        .hint("or name the recipient whose identity is the key: `--recipient age1…`"));
    }
    let config = super::config(app)?;
    let (identity, replaced) = super::recorded(app, "vault recovery create", "created", || {
        vault::create_recovery(&config, args.recipient.as_deref())
    })?;
    let talk = app.console.talk();
    if replaced {
        talk.note("the recovery key that was there before opens the store no longer");
    }
    let Some(identity) = identity else {
        let recipient = args.recipient.clone();
        return super::show(&VaultResult { recipient, ..VaultResult::of("created") }, app);
    };
    talk.note("this is the recovery key; it is not kept and not shown again, so put it where the store is not");
    app.console.data(|out, _| {
        out.write_all(identity.expose())?;
        out.write_all(b"\n")
    })?;
    Ok(0)
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
