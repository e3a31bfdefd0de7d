//! `connhub vault backup` and `connhub vault restore`.

use super::args::{BackupArgs, RestoreArgs};
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::vault;
use crate::ui::json::{VaultResult, check_keys};

pub(super) fn backup(args: &BackupArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let records = super::recorded(app, "vault backup", "written", || {
        let _progress = app.console.talk().progress("copying the local store");
        vault::backup(&config, &args.file, super::present(args.replace))
    })?;
    let file = Some(args.file.display().to_string());
    super::show(&VaultResult { records: Some(records), file, ..VaultResult::of("written") }, app)
}

pub(super) fn restore(args: &RestoreArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let restored = super::recorded(app, "vault restore", "restored", || {
        let _progress = app.console.talk().progress("opening every record of the copy");
        vault::restore(&config, &args.file, super::present(args.replace))
    })?;
    let result = VaultResult {
        records: Some(restored.records),
        file: Some(config.directory.display().to_string()),
        before: restored.before.map(|path| path.display().to_string()),
        ..VaultResult::of("restored")
    };
    super::show(&result, app)
}
