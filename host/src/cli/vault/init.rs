//! `connhub vault init`.

use super::args::InitArgs;
use super::recovery;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::{self, vault};
use crate::plugins::VaultConfig;
use crate::ui::json::{VaultResult, check_keys};

pub(super) fn run(args: &InitArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    if args.recovery {
        recovery::refuse_forms(app)?;
    }
    let config = super::config(app)?;
    if let Some(recipient) = &args.recipient {
        let recovery = Some(operations::sealed::recipient(recipient)?);
        return make(&VaultConfig { recovery, ..config }, app);
    }
    if args.recovery { make_with_new_key(config, app) } else { make(&config, app) }
}

fn make(config: &VaultConfig, app: &App) -> Result<u8, Error> {
    let recipient = super::recorded(app, "vault init", "created", || vault::init(config))?;
    let file = Some(config.place().display().to_string());
    super::show(&VaultResult { file, recipient, ..VaultResult::of("initialized") }, app)
}

/// The recovery key is seen before there is a store that it opens, and before anything is made.
fn make_with_new_key(config: VaultConfig, app: &App) -> Result<u8, Error> {
    vault::check_init(&config)?;
    let (identity, recipient) = vault::recovery_identity();
    recovery::print(&identity, app)?;
    let recovery = Some(operations::sealed::recipient(&recipient)?);
    let config = VaultConfig { recovery, ..config };
    let talk = app.console.talk();
    match super::recorded(app, "vault init", "created", || vault::init(&config)) {
        Ok(_) => {
            talk.note(&format!("the local store is made in `{}`", config.place().display()));
            Ok(0)
        }
        Err(error) => {
            // What failed may have been the last step, or the answer to it.
            talk.note("the recovery key opens nothing, unless a store was made after all: `connhub vault status`");
            Err(error)
        }
    }
}
