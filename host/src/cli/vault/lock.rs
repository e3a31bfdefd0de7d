//! `connhub vault lock` and `connhub vault unlock`.

use std::time::Duration;

use super::args::UnlockArgs;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::vault;
use crate::ui::json::{VaultResult, check_keys};

/// The longest time that a key stays unlocked.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn lock(app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let was_known = vault::lock(&super::config(app)?)?;
    super::show(&VaultResult::of(if was_known { "locked" } else { "unchanged" }), app)
}

pub(super) fn unlock(args: &UnlockArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let time = Duration::try_from(args.time).ok();
    let time = time.filter(|time| (1..=LONGEST.as_secs()).contains(&time.as_secs()));
    let time = time.ok_or_else(|| {
        Error::invalid("a key is unlocked for a second at least, and for a day at most")
            .hint("say for example `--for 8h`")
    })?;
    if !vault::unlock(&super::config(app)?, time)? {
        app.console.talk().warning(
            "this system keeps no keys for programs, so the passphrase will be asked for each time",
        );
        return super::show(&VaultResult::of("unchanged"), app);
    }
    super::show(&VaultResult::of("unlocked"), app)
}
