//! `connhub vault verify`.

use super::args::VerifyArgs;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::vault;
use crate::ui::json::{VaultResult, check_keys};

pub(super) fn run(args: &VerifyArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let records = {
        let _progress = app.console.talk().progress("opening every record");
        vault::verify(&config, args.file.as_deref())?
    };
    super::show(&VaultResult { records: Some(records), ..VaultResult::of("verified") }, app)
}
