//! `connhub vault clear-history`.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::args::ClearHistoryArgs;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::vault;
use crate::ui::json::{VaultResult, check_keys};
use crate::ui::{self, Answer};

pub(super) fn run(args: &ClearHistoryArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let before = args.older_than.map(before).transpose()?;
    if !args.yes {
        ask(args, app)?;
    }
    let config = super::config(app)?;
    let cleared = super::recorded(app, "vault clear-history", "cleared", || {
        vault::clear_history(&config, before)
    })?;
    super::show(&VaultResult { records: Some(cleared), ..VaultResult::of("cleared") }, app)
}

/// The moment that long ago.
fn before(span: Span) -> Result<Timestamp, Error> {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    match now.checked_sub(span) {
        Ok(before) if !span.is_negative() => Ok(before.timestamp()),
        _ => Err(Error::invalid("`--older-than` is no time in the past")
            .hint("say for example `--older-than 90d`")),
    }
}

fn ask(args: &ClearHistoryArgs, app: &App) -> Result<(), Error> {
    if !ui::is_interactive() {
        return Err(Error::invalid("nobody can be asked here whether to remove past versions")
            .hint("add `--yes` to remove them without a question"));
    }
    let which = if args.older_than.is_some() { "old" } else { "all" };
    let question = format!("remove {which} past versions of the connections of the local store?");
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was removed")),
    }
}
